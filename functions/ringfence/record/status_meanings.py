"""What each status means, what is left to do in it, and the command that comes next. For people."""

from __future__ import annotations

from enum import Enum
from types import MappingProxyType

from ringfence.model.frozen import frozen
from ringfence.record.status import IncidentStatus

_S = IncidentStatus


class Next(Enum):
    """The kind of command that comes next. `{words}` say what it is for."""

    WATCH = "to follow it"
    RUN = "to change it now"
    APPROVE = "to see the plan and approve it"
    RECHECK = "to verify it now"
    RELEASE = "to undo the changes"
    RELEASE_AGAIN = "to finish the release"
    VERIFY = "to verify the record"
    SHOW = "to read all of it"


@frozen
class Meaning:
    """A status for people.

    Attributes
    ----------
    words : str
        What it means.
    next : Next
        The command that comes next.
    open : bool
        Whether a person or Ringfence still has something to do.
    """

    words: str
    next: Next
    open: bool


def _open(words: str, then: Next) -> Meaning:
    return Meaning(words, then, open=True)


def _ended(words: str, then: Next) -> Meaning:
    return Meaning(words, then, open=False)


MEANINGS = MappingProxyType(
    {
        _S.NONE: _ended("nothing is recorded", Next.SHOW),
        _S.STARTED: _open(
            "changes are allowed, or there is no decision yet; nothing was verified", Next.WATCH
        ),
        _S.NOTED: _ended("the mode is `off`; nothing was planned", Next.RUN),
        _S.RECORDED: _open("a person was notified; nothing was planned", Next.RUN),
        _S.DRY_RUN: _open("a plan was recorded; nothing was changed", Next.RUN),
        _S.WAITING: _open(
            "a plan was recorded and waits for an answer of people; nothing of it was changed", Next.APPROVE
        ),
        _S.DECLINED: _ended(
            "people rejected the plan, or nobody answered in time; nothing of it was changed", Next.RUN
        ),
        _S.UNDER_WAY: _open("only later stages were verified, not containment", Next.WATCH),
        _S.OPEN: _open("steps remain, or somebody undid the containment or the fix", Next.RUN),
        _S.SETTLING: _open("no steps remain, but a change is not visible yet", Next.WATCH),
        _S.CONTAINED: _open("the resource is contained; later stages are not complete", Next.RECHECK),
        _S.FOR_REVIEW: _open("no steps remain; a person has to review the rest", Next.SHOW),
        _S.COMPLETE: _ended("no steps remain in any stage", Next.RELEASE),
        _S.RELEASING: _open("a release was started and is not complete", Next.RELEASE_AGAIN),
        _S.RELEASED: _ended("the changes were undone; this status is final", Next.VERIFY),
        _S.CLOSED: _ended("the resource does not exist", Next.VERIFY),
        _S.JOINED: _ended("only in the result of a request: another execution handles it", Next.SHOW),
    }
)
"""One row for each status: help, documentation, filters and the next command come from here."""


def of_words(text: str) -> IncidentStatus | None:
    """Return the status with these words, with spaces or hyphens, or with this code. None if there is none.

    Examples
    --------
    >>> of_words("not-contained") is of_words("Not contained") is IncidentStatus.OPEN
    True
    """
    plain = text.strip().lower()
    words = plain.replace("-", " ")
    return next((one for one in IncidentStatus if plain == one.value or words == one.words), None)
