"""The command that was typed, with another value of one option."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ringfence.record.shell import typed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def again(command: Sequence[str], option: str, value: str) -> str:
    """Return the present command with this value of an option, and all other words unchanged.

    If this process was not started with the command, it is the command without other words.
    """
    command = tuple(command)
    words = tuple(sys.argv[1:])
    known = words if words[: len(command)] == command else command
    return typed("ringfence", *_without(option, known), option, value)


def _without(option: str, words: Sequence[str]) -> Iterator[str]:
    """Yield the words without an option: `--limit 4` or `--limit=4`."""
    before = ""
    for one in words:
        if option not in {one, before, one.partition("=")[0]}:
            yield one
        before = one
