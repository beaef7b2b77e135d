"""Parts of events for tests that bend them."""

from __future__ import annotations

from hypothesis import strategies as st

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def paths(value: object, prefix: str = "") -> list[str]:
    """List the dotted path of everything in objects."""
    if not isinstance(value, dict):
        return []
    below = [(f"{prefix}{key}", inner) for key, inner in value.items()]
    return [path for path, _ in below] + [deep for path, inner in below for deep in paths(inner, f"{path}.")]
