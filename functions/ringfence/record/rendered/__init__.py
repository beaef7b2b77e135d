"""Facts in words, for people: one function for each fact, in the module for its subject."""

from __future__ import annotations

from functools import singledispatch
from typing import TYPE_CHECKING

from ringfence.model.errors import BadInput
from ringfence.model.frozen import frozen
from ringfence.model.step import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@frozen
class RenderedFact:
    """A fact in words. `notes` are additional details. `step` is what a step does, without its result."""

    words: str
    notes: tuple[str, ...] = ()
    before: str = ""
    after: str = ""
    result: str = ""
    requests: tuple[str, ...] = ()
    step: str = ""


@singledispatch
def rendered(fact: object, intents: Mapping[str, str]) -> RenderedFact:
    """Return a fact in words. `intents` are the words of earlier steps. Raises BadInput if it has none."""
    del intents
    raise BadInput("fact", "must be a fact that the timeline can show", type(fact).__name__)


def each(what: str, words: Iterable[str]) -> tuple[str, ...]:
    """Say of each text what it is."""
    return tuple(f"{what}: {one}" for one in words)


def count(number: int, thing: str) -> str:
    """Count things in words."""
    return counted(number, thing)
