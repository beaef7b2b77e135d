"""The facts of the audit log: one frozen value for each kind of entry.

This module is imported before the isolating call. The facts that a containment seldom records are in the
modules whose names end with `_facts`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.codec import load_on_demand, value

if TYPE_CHECKING:
    from datetime import datetime

    from ringfence.model.claims import SourceAnswer
    from ringfence.model.finding import Finding
    from ringfence.model.step import Step
    from ringfence.policy.decision import Decision


RELEASE = "release"
"""The stage id of a release, and the first word of a release request."""


class Fact:
    """Something that happened. Every event in a response is recorded as a fact."""


@value
class FindingReceived(Fact):
    """A finding arrived: the first one, an update, or another one about the same resource.

    `event` is the received event, shortened to fit into an entry.
    """

    finding: Finding
    event: str = ""


@value
class RunRequested(Fact):
    """A person requested a run or a release. `verified`: IAM established the caller's ARN.

    `plan` is the digest of the plan that the person confirmed. Empty if there was none. `despite_exempt`: the
    person wanted it although the policy exempts the resource, or it is likely needed in an emergency.
    `despite_unsealed`: the person wants a release although some entries are not sealed.
    """

    what: str
    reason: str
    remediations: tuple[str, ...] = ()
    dry_run: bool = False
    verified: bool = True
    plan: str = ""
    despite_exempt: bool = False
    despite_unsealed: bool = False


@value
class DecisionMade(Fact):
    """The decision about a finding or a request, and its reason.

    `opened_at` is the time of the incident. `choices` are the values of the options. `source` is what the
    source of the finding answered before. None if it was not asked. `policy` is the SHA-256 of the policy
    file. `approval` is the id of the approval whose plan may now be carried out, if there is one.
    """

    decision: Decision
    opened_at: datetime
    finding: str = ""
    remediations: tuple[str, ...] = ()
    choices: tuple[tuple[str, str], ...] = ()
    source: SourceAnswer | None = None
    policy: str = ""
    approval: str = ""


@value
class SourceAsked(Fact):
    """What the source of a finding answered, or not, after changes were made without its answer."""

    finding: str
    answer: SourceAnswer


@value
class Planned(Fact):
    """The planned steps of a stage, and the residual risk in words."""

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
    """The result of an intent.

    `NOT_APPLIED`: a look proved that the change was not made. `UNKNOWN`: no answer came, and no look can show
    any more whether the change was made.
    """

    APPLIED = "applied"
    NOT_APPLIED = "not-applied"
    FAILED = "failed"
    DENIED = "denied"
    SKIPPED = "skipped"
    REFUSED = "refused"
    GONE = "gone"
    DRIFTED = "drifted"
    UNKNOWN = "unknown"


@value
class Outcome(Fact):
    """The outcome of an intent. `by` is `call`, or `observation` if the response was lost.

    `provides` are the ids for symbols. `requests` are the request ids of the service.
    """

    intent: str
    result: str
    by: str = "call"
    detail: str = ""
    provides: tuple[tuple[str, str], ...] = ()
    requests: tuple[str, ...] = ()


@value
class Verified(Fact):
    """The result of a verification. `remaining` and `exposure` are in words.

    `judged`: containment was part of this run, or is held back. A run of later stages alone says nothing
    about it. `review`:
    the part of the exposure that a person must review; the response is not complete before. `waiting`: the
    part of `settling` that AWS services do in their own time. `whole`: every stage was read.
    `remediations`: the remediations that this verification covers. Empty means all that were decided on.
    `open_access`: the part of the exposure that lets the intruder in. Nothing is contained with any.
    `unsettled`: targets that a release before this incident restored a moment ago. A read may not show that.
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
    open_access: tuple[str, ...] = ()
    unsettled: tuple[str, ...] = ()


@value
class ContainmentBroken(Fact):
    """A contained resource was read again, and it is not contained any more.

    `open` is what must be done again, in words. `who` made the call that did it, from `address`, at time
    `at`; `event` is the id of CloudTrail's record. They are empty if no event shows who did it. `answered`:
    Ringfence contains the resource again on its own. Otherwise a person is asked, and `reason` says why.
    """

    open: tuple[str, ...]
    who: str = ""
    call: str = ""
    address: str = ""
    at: datetime | None = None
    event: str = ""
    answered: bool = False
    reason: str = ""


@value
class ContinuationStarted(Fact):
    """A continuation began to run every stage. Its message returns until nothing can be retried.

    `continuation` names the message. `remediations` and `choices` are what it runs.
    """

    continuation: str
    remediations: tuple[str, ...] = ()
    choices: tuple[tuple[str, str], ...] = ()


@value
class RemediationUndone(Fact):
    """Somebody undid a fix that was verified within the last hour, and a finding reported that.

    `times`: how often these values were fixed in that hour. `who` made the calls that findings reported.
    `targets` are the values, and `remediations` fix them. The next fix waits until `until`. None: it does
    not wait.
    """

    times: int
    who: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    remediations: tuple[str, ...] = ()
    until: datetime | None = None


@value
class LeftUnfinished(Fact):
    """The policy permits nothing any more while changes are half done. A person must finish or undo them.

    `reason` is why nothing is permitted. `open` are the steps that remain or whose result is unknown, in
    words.
    """

    reason: str
    open: tuple[str, ...] = ()


@value
class Released(Fact):
    """A release undid the recorded steps, and a second read verified it."""

    skipped: tuple[str, ...] = ()


@value
class RestoredBefore(Fact):
    """A release restored these targets a moment before the incident began.

    A read may still show them as they were before that release.
    """

    targets: tuple[str, ...]


@value
class Missed(Fact):
    """The resource was not found. The incident is closed if a second read does not find it either."""

    reason: str


@value
class SubjectGone(Fact):
    """The resource no longer exists, and the incident stays open for what exists without it.

    `watched` are the changes that are verified again, in words.
    """

    reason: str
    watched: tuple[str, ...] = ()


@value
class Closed(Fact):
    """The incident is closed because the resource no longer exists."""

    reason: str


def _seldom_recorded() -> None:
    from ringfence.record import approval_facts, deployment_facts, tampering_facts  # noqa: F401 - to be known


load_on_demand(_seldom_recorded, few=True)
