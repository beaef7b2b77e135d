"""The command that was typed, with another value of one option, or without some of its options."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

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


def options_given(*leave: str) -> tuple[str, ...]:
    """Return the options of the present command as they were typed, without the parameters in `leave`.

    All options are read from the command, so that none has to be named here. Values from environment
    variables are left out, because they apply to the next command too.
    """
    context = click.get_current_context()
    options = (one for one in context.command.params if isinstance(one, click.Option))
    return tuple(word for one in options if one.name not in leave for word in _typed_words(context, one))


def _typed_words(context: click.Context, option: click.Option) -> Iterator[str]:
    """Yield the words of an option, or nothing if it was not on the command line."""
    name = option.name or ""
    if context.get_parameter_source(name) is not ParameterSource.COMMANDLINE:
        return
    given = context.params[name]
    if option.is_flag:
        yield option.opts[0] if given else option.secondary_opts[0]
        return
    for value in given if option.multiple else (given,):
        yield from (option.opts[0], str(value))


def _without(option: str, words: Sequence[str]) -> Iterator[str]:
    """Yield the words without an option: `--limit 4` or `--limit=4`."""
    before = ""
    for one in words:
        if option not in {one, before, one.partition("=")[0]}:
            yield one
        before = one
