"""Examples of the parameters of AWS's operations."""

from __future__ import annotations

from typing import Any


def with_bytes(example: Any) -> Any:  # noqa: ANN401 - any parameters
    """Put bytes where an example has nothing: botocore has none for them."""
    if isinstance(example, dict):
        return {name: with_bytes(one) for name, one in example.items()}
    if isinstance(example, list):
        return [with_bytes(one) for one in example]
    return b"bytes" if example is None else example
