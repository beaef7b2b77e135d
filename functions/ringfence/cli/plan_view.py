"""Plans and responses on a terminal. All text is printed literally, never as markup."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.padding import Padding
from rich.text import Text

from ringfence.cli.incident_views import BAD, GOOD, OPEN, STYLES, plain
from ringfence.cli.text import MOST_SHOWN
from ringfence.record.facts import RELEASE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from contextlib import AbstractContextManager

    from rich.console import RenderableType

    from ringfence.model.document import Document


PIPE_WIDTH = 2 * MOST_SHOWN
"""The width without a terminal: each text stays on one line."""


class Screen:
    """Output for people: standard output, or standard error if standard output is for JSON."""

    def __init__(self, *, as_json: bool) -> None:
        self._console = Console(stderr=as_json, highlight=False, markup=False, emoji=False)
        if not self._console.is_terminal:
            self._console.width = PIPE_WIDTH

    def show(self, *parts: RenderableType) -> None:
        """Print parts, one below the other."""
        for part in parts:
            self._console.print(part)

    def say(self, text: str, style: str = "") -> None:
        """Print one line."""
        self.show(plain(text, style))

    def conclude(self, text: str, style: str = "") -> None:
        """Print an empty line, then one line."""
        self.show(Text(), plain(text, style))

    def note(self, text: str) -> None:
        """Print one line in a dim color."""
        self.say(text, "dim")

    def lines(self, status: Document) -> None:
        """Print recorded entries, one per line."""
        for line in status.children("lines"):
            at = (line.optional_text("at") or "")[11:19]
            style = STYLES.get(line.optional_text("result") or "", "")
            self.show(Text.assemble(plain(f"{at} ", "dim"), plain(line.text("words"), style)))
            if line.optional_text("kind") != "Verified":  # what is left is shown at the end
                self.show(*(_indented(plain(note, "dim"), 9) for note in line.texts("notes")))

    def busy(self, text: str) -> AbstractContextManager[object]:
        """Show a spinner on a terminal."""
        return self._console.status(plain(text))


def plan_shown(answer: Document, heading: str) -> RenderableType:
    """Return a plan: the changes of each stage, their side effects, and the residual risk."""
    return Group(*_plan(answer, heading))


def _plan(answer: Document, heading: str) -> Iterator[RenderableType]:
    yield plain(f"{heading} {subject_words(answer)}", "bold")
    plans = list(answer.children("plans"))
    for plan in plans:
        yield Text()
        yield plain(plan.optional_text("title") or plan.text("stage"), "bold")
        steps = list(plan.children("steps"))
        if not steps:
            yield _indented(plain("nothing to do", GOOD))
        for step in steps:
            yield from _step(step)
    yield from listed("Residual risk" if _runs(plans) else "Not undone", _exposure(plans))


def _step(step: Document) -> Iterator[RenderableType]:
    yield _indented(plain(step.text("words")))
    before, after = step.optional_text("before") or "", step.optional_text("after") or ""
    yield _indented(Text.assemble(plain(before, BAD), plain(" → "), plain(after, GOOD)), 4)
    if cost := step.optional_text("cost"):
        yield _indented(plain(f"side effect: {cost}", OPEN), 4)
    if irreversible := step.optional_text("irreversible"):
        yield _indented(plain(f"a release does not undo this: {irreversible}", "dim"), 4)


def _runs(plans: Iterable[Document]) -> bool:
    return not any(plan.text("stage") == RELEASE for plan in plans)


def _exposure(plans: Iterable[Document]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words for plan in plans for words in plan.texts("exposure")))


def listed(title: str, words: Iterable[str], style: str = OPEN) -> Iterator[RenderableType]:
    """Yield a title and a list. Yield nothing for an empty list."""
    shown = tuple(words)
    if shown:
        yield Text()
        yield plain(title, "bold")
        yield from (_indented(plain(f"- {one}", style)) for one in shown)


def subject_words(answer: Document) -> str:
    """Return the subject of a response in words."""
    subject = answer.child("subject")
    kind, account, region, name = (subject.text(key) for key in ("kind", "account", "region", "id"))
    return f"{kind} {name} (account {account}, {region})"


def outstanding(status: Document) -> RenderableType:
    """Return the remaining steps, the refusals and the residual risk."""
    parts = (
        ("Remaining", "remaining", BAD),
        ("Settling", "settling", OPEN),
        ("Refused permanently", "refused", BAD),
        ("Still open to an intruder", "open_access", BAD),
        ("Needs your review", "review", OPEN),
    )
    shown = [part for title, key, style in parts for part in listed(title, status.texts(key), style)]
    named = {*status.texts("review"), *status.texts("open_access")}
    left = (one for one in status.texts("exposure") if one not in named)
    return Group(*shown, *listed("Residual risk", left))


def _indented(part: RenderableType, by: int = 2) -> RenderableType:
    return Padding(part, (0, 0, 0, by), expand=False)
