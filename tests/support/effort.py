"""How hard a law is tried: the profile says with how many examples."""

from __future__ import annotations

from hypothesis import settings

USUAL = 100
"""Examples of a law in `make test`."""


def examples(count: int, *, thorough: int = 0) -> settings:
    """Return the settings of a law whose examples take long: `count` of them instead of the usual number.

    A profile that has more than the usual number of examples has more of these in proportion, or `thorough`
    of them.
    """
    more = settings().max_examples > USUAL
    return settings(max_examples=thorough if thorough and more else count * settings().max_examples // USUAL)
