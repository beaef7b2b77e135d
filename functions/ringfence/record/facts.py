"""The facts of the audit log: one frozen value for each kind of entry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.codec import value

if TYPE_CHECKING:
    from datetime import datetime

    from ringfence.model.finding import Finding
    from ringfence.model.step import Step
    from ringfence.policy.decision import Decision

RELEASE = "release"
"""The stage of an undo, and how what a person asks for begins where it is one."""


class Fact:
    """Something that happened. What is not recorded as a fact did not happen."""


@value
class FindingReceived(Fact):
    """A finding came in: the first, an update of it, or another one about the same subject.

    `event` is the event as received, shortened to what an entry can hold.
    """

    finding: Finding
    event: str = ""


@value
class RunRequested(Fact):
    """A person asked for a run or a release. `verified`: the caller's ARN was established by IAM.

    `plan` is the digest of the plan that they looked at and agreed to; empty where they did not look.
    """

    what: str
    reason: str
    remediations: tuple[str, ...] = ()
    dry_run: bool = False
    verified: bool = True
    plan: str = ""


@value
class DecisionMade(Fact):
    """What may happen because of a finding or a request, and why.

    `opened_at` is the incident's instant, `choices` the options in force.
    """

    decision: Decision
    opened_at: datetime
    finding: str = ""
    remediations: tuple[str, ...] = ()
    choices: tuple[tuple[str, str], ...] = ()


@value
class Planned(Fact):
    """The steps that remained when a stage was planned, and what stays open, in words."""

    stage: str
    digest: str
    steps: tuple[Step, ...] = ()
    exposure: tuple[str, ...] = ()


@value
class Intended(Fact):
    """A change is about to be made."""

    intent: str
    stage: str
    step: Step


class Result:
    """How an intent ended."""

    APPLIED = "applied"
    NOT_APPLIED = "not-applied"
    FAILED = "failed"
    DENIED = "denied"
    SKIPPED = "skipped"
    REFUSED = "refused"
    GONE = "gone"
    DRIFTED = "drifted"


@value
class Outcome(Fact):
    """What became of an intent. `by` is `call`, or `observation` where the call's end is unknown.

    `provides` are the ids that symbols came to stand for, `requests` the service's request ids.
    """

    intent: str
    result: str
    by: str = "call"
    detail: str = ""
    provides: tuple[tuple[str, str], ...] = ()
    requests: tuple[str, ...] = ()


@value
class Verified(Fact):
    """What a second look found. `remaining` and `exposure` are in words.

    `judged`: containment was among what ran; a run of later stages alone says nothing about it. `review`
    is what of the exposure a person must look at: until then it is not complete. `waiting` is what of the
    settling others have yet to do, in their own time. `whole`: every stage was looked at. `remediations` are
    those that it speaks of; all that were decided on where none are named.
    """

    contained: bool
    complete: bool
    remaining: tuple[str, ...] = ()
    settling: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    exposure: tuple[str, ...] = ()
    judged: bool = True
    review: tuple[str, ...] = ()
    whole: bool = False
    remediations: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()


@value
class Released(Fact):
    """The recorded steps were undone, seen by looking again."""

    skipped: tuple[str, ...] = ()


@value
class Missed(Fact):
    """The subject was not found. The incident is closed once a second look says the same."""

    reason: str


@value
class Closed(Fact):
    """Nothing is left to act on."""

    reason: str
