"""The facts about a deployment as a whole: pauses, limits, heartbeats, dead letters. Imported if needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.codec import value
from ringfence.record.facts import Fact

if TYPE_CHECKING:
    from datetime import datetime


@value
class Heartbeat(Fact):
    """A heartbeat came through every link up to the log. It belongs to no response.

    `places` is the number of places that must send heartbeats. `silent` are those of which two are missing.
    """

    places: int
    silent: tuple[str, ...] = ()


@value
class Pause:
    """No change is made until `until`, in everything that the scope names. Empty names mean any.

    `at` and `who`: when, and which principal, paused.
    """

    id: str
    who: str
    reason: str
    at: datetime
    until: datetime
    runbook: str = ""
    account: str = ""
    incident: str = ""


@value
class PausesChanged(Fact):
    """A pause began, will end soon, or ended. `active` are all pauses after that.

    `change` is one of `PauseChange`. `reason`: why a person resumed.
    """

    change: str
    pause: Pause
    active: tuple[Pause, ...] = ()
    reason: str = ""


class PauseChange:
    """What happened to a pause."""

    BEGAN = "began"
    ENDS_SOON = "ends soon"
    ENDED = "ended"
    RESUMED = "resumed"


@value
class PauseHeld(Fact):
    """Steps that would be applied now wait for the end of these pauses.

    `unreadable`: why nobody can tell what is paused, in words. Then nothing is changed.
    """

    pauses: tuple[Pause, ...] = ()
    unreadable: str = ""


@value
class BreakerOpened(Fact):
    """A limit on automatic responses was reached for the first time in its window.

    Attributes
    ----------
    limit : str
        The limit, such as `account/111122223333`.
    most : int
        How many responses it allows.
    window : str
        `hour` or `day`.
    until : datetime
        When the breaker closes.
    """

    limit: str
    most: int
    window: str
    until: datetime


@value
class ReplayRequested(Fact):
    """A person had dead letters put back on their queue.

    Attributes
    ----------
    queue : str
        The queue, without its prefix.
    letters : tuple of str
        The ids of the messages.
    about : tuple of str
        What each message is about: its type, its account and its region.
    reason : str
        Why, in the person's words.
    """

    queue: str
    letters: tuple[str, ...]
    about: tuple[str, ...]
    reason: str


@value
class LimitReset(Fact):
    """A person reset a limit.

    Attributes
    ----------
    limit : str
        The limit, such as `account/111122223333/hour`.
    most : int
        How many responses it allows.
    reason : str
        Why, in the person's words.
    owners : tuple of str
        Who used its places: subjects, or incidents for the limit of a subject.
    opened_at : datetime or None
        Since when the breaker was open. None if it was not.
    """

    limit: str
    most: int
    reason: str
    owners: tuple[str, ...] = ()
    opened_at: datetime | None = None


@value
class FindingRefused(Fact):
    """A sent finding was refused: the policy does not let its sender send it.

    Attributes
    ----------
    sender : str
        The ARN of the sender, or for the bus the account id.
    way : str
        `api` or `bus`.
    field : str
        The field that the policy does not allow.
    given : str
        The value of the field.
    reason : str
        The reason, in words.
    finding : str
        The id of the finding.
    type : str
        The type of the finding.
    """

    sender: str
    way: str
    field: str
    given: str
    reason: str
    finding: str = ""
    type: str = ""
