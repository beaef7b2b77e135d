"""A decision about a finding: the mode, the reason, and the permit that only some decisions give."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from ringfence.model.codec import value
from ringfence.model.errors import Refused, Retryable
from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from datetime import datetime

    from ringfence.model.subject import Ref


class Mode(StrEnum):
    """What Ringfence may do about a finding. The most cautious mode comes first."""

    OFF = "off"
    NOTIFY = "notify"
    DRY_RUN = "dry-run"
    APPROVE = "approve"
    """A person must approve the plan first."""
    AUTO_UNLESS_VETOED = "auto-unless-vetoed"
    """A person has some minutes to stop the plan."""
    AUTO = "auto"

    @property
    def records(self) -> bool:
        """Whether an incident is opened or joined."""
        return self is not Mode.OFF

    @property
    def observes(self) -> bool:
        """Whether the subject is looked at, and steps are planned."""
        return self not in (Mode.OFF, Mode.NOTIFY)

    @property
    def changes(self) -> bool:
        """Whether steps are carried out."""
        return self is Mode.AUTO

    @property
    def asks(self) -> bool:
        """Whether the plan waits for an answer of a person."""
        return self in (Mode.APPROVE, Mode.AUTO_UNLESS_VETOED)

    @property
    def can_be_vetoed(self) -> bool:
        """Whether the plan is carried out if nobody stops it."""
        return self is Mode.AUTO_UNLESS_VETOED

    @property
    def leaves_to_a_person(self) -> bool:
        """Whether a notification reports what is not applied."""
        return self in (Mode.NOTIFY, Mode.DRY_RUN)

    @property
    def freedom(self) -> int:
        """How much it permits, as a number: the order of caution. 0 is the most cautious mode."""
        return tuple(Mode).index(self)

    def at_most(self, other: Mode) -> Mode:
        """Return the more cautious one of two modes."""
        return min(self, other, key=_freedom)


UNCHECKED = Mode.APPROVE
"""The highest mode of a finding of another product that no source confirms."""


def _freedom(mode: Mode) -> int:
    return mode.freedom


class DecisionCode(StrEnum):
    """The reason of a decision, for programs. People read the sentence."""

    UNKNOWN = ""
    """A decision from before there were codes, or from a newer version."""
    POLICY = "policy"
    OUT_OF_SCOPE = "out-of-scope"
    ARCHIVED = "archived"
    SAMPLE = "sample"
    NOT_ANSWERED = "not-answered"
    EXEMPT = "exempt"
    KEPT_DRY = "kept-dry"
    NOTIFY_ONLY = "notify-only"
    ROOT = "root"
    URGENT = "urgent"
    UNCONFIRMED = "unconfirmed"
    REFUTED = "refuted"
    BLINDED = "blinded"
    DOWNGRADED = "downgraded"
    LIMITED = "limited"
    EMERGENCY = "emergency"
    FORGEABLE = "forgeable"
    """Held back only because of tags that everybody who may tag the resource can write."""
    UNDECIDED = "undecided"
    """It is not known whether some rule of the policy matches."""
    PROTECTED = "protected"
    SENDER = "sender"
    """The policy limits what the sender of the finding may cause."""
    REQUESTED = "requested"
    PLAN_CHANGED = "plan-changed"
    APPROVED = "approved"
    """People approved the recorded plan, or nobody vetoed it in time."""

    @property
    def holds(self) -> bool:
        """Whether the decision holds a part of a response back because of its subject."""
        return self in {
            DecisionCode.DOWNGRADED,
            DecisionCode.EMERGENCY,
            DecisionCode.FORGEABLE,
            DecisionCode.LIMITED,
        }

    @classmethod
    def _missing_(cls, value: object) -> DecisionCode:  # noqa: ARG003 - whatever a newer version wrote
        return cls.UNKNOWN


@value
class Decision:
    """The mode of a response, and the reason.

    Attributes
    ----------
    mode : Mode
        What Ringfence may do.
    reason : str
        The reason for people.
    rule : str
        The name of the policy rule that decided. Empty: no rule did.
    code : DecisionCode
        The reason for programs.
    """

    mode: Mode
    reason: str
    rule: str = ""
    code: DecisionCode = DecisionCode.UNKNOWN

    def __post_init__(self) -> None:
        """Convert mode and code from the texts in the log. An unknown mode raises an error."""
        object.__setattr__(self, "mode", Mode(self.mode))
        object.__setattr__(self, "code", DecisionCode(self.code))

    def permit(self) -> None:
        """Raise Refused unless the mode allows changes. Every change passes this check."""
        if not self.mode.changes:
            raise Refused(f"mode is {self.mode}: {self.reason}")


@frozen
class Permit:
    """A permit for one resource. The engine checks it before it applies a step.

    `until` is the end of the lease. No change may start after it.
    """

    ref: Ref
    until: datetime

    @classmethod
    def of(cls, decision: Decision, ref: Ref, until: datetime) -> Permit:
        """Create a permit. Raises Refused unless the decision's mode allows changes."""
        decision.permit()
        return cls(ref, until)

    def check(self, ref: Ref, now: datetime) -> None:
        """Raise Refused for another resource, and Retryable after the end of the lease."""
        if ref != self.ref:
            raise Refused(f"the permit is for {self.ref.key}, not {ref.key}")
        if now >= self.until:
            from ringfence.model.times import utc_text  # most permits have not ended

            raise Retryable(f"the lease ended at {utc_text(self.until)}; no change may start after that")
