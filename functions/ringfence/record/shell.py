"""Command lines for people. What an intruder can choose is quoted, so that a shell does not run it."""

from __future__ import annotations

import re

_PLAIN = re.compile(r"[\w@%+=:,./-]+", re.ASCII)
"""Words that a POSIX shell takes literally."""
REASON = '--reason "…"'


def typed(*words: str) -> str:
    """Return a command line for a POSIX shell.

    Examples
    --------
    >>> print(typed("ringfence", "run", "harden-bucket", "$(id)"))
    ringfence run harden-bucket '$(id)'
    """
    return " ".join(one if _PLAIN.fullmatch(one) else _quoted(one) for one in words)


def _quoted(word: str) -> str:
    literal = word.replace("'", "'\"'\"'")
    return f"'{literal}'"
