"""The facts of the audit log: one frozen value for each kind of entry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.codec import value

if TYPE_CHECKING:
    from datetime import datetime

    from ringfence.model.claims import SourceAnswer
    from ringfence.model.finding import Finding
    from ringfence.model.step import Step
    from ringfence.policy.approvals import ApprovalRules
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
class ApprovalRequested(Fact):
    """A plan waits for an answer of people.

    `digest` covers the plans of all stages, which `plans` names with the digest of each. They were made for
    the time `as_of`, from the first `known` entries of the incident. `vetoable`: the plan is carried out if
    nobody stops it. `steps` and `costs` are in words, for people who decide: the change and what it breaks.
    `cautions` say what speaks against it. `replaces` is the approval that this one
    follows, and `difference` says in words what is new. `escalated`: nobody answered that one. `limit`: the
    used limit because of which people are asked, such as `account/111122223333/hour`. Empty for none.
    """

    approval: str
    digest: str
    plans: tuple[tuple[str, str], ...]
    as_of: datetime
    expires_at: datetime
    rules: ApprovalRules
    remediations: tuple[str, ...] = ()
    choices: tuple[tuple[str, str], ...] = ()
    known: int = 0
    vetoable: bool = False
    steps: tuple[str, ...] = ()
    costs: tuple[str, ...] = ()
    cautions: tuple[str, ...] = ()
    replaces: str = ""
    difference: tuple[str, ...] = ()
    escalated: bool = False
    limit: str = ""


class Answer:
    """The answers of people to an approval."""

    APPROVE = "approve"
    REJECT = "reject"


@value
class ApprovalAnswered(Fact):
    """The actor of this entry, whom IAM authenticated, approved or rejected a plan.

    `break_glass`: the approval's rules about people did not apply. `batch`: the digest of the plans that were
    answered together. Empty for an answer to one plan.
    """

    approval: str
    answer: str
    reason: str
    break_glass: bool = False
    batch: str = ""


class Expiry:
    """What followed when nobody answered an approval in time.

    `EXECUTE` is only possible for a plan that people could veto and whose notice reached them.
    """

    REJECT = "reject"
    ESCALATE = "escalate"
    EXECUTE = "execute"


@value
class ApprovalExpired(Fact):
    """The time to answer is over. `detail` says in words what proves that people knew."""

    approval: str
    outcome: str
    detail: str = ""


@value
class ApprovalVoided(Fact):
    """An approval counts no more: its plan has changed, or there is nothing left to do.

    `difference` says in words how the plan differs. `replaced_by` is the new approval, if there is one.
    """

    approval: str
    why: str
    difference: tuple[str, ...] = ()
    replaced_by: str = ""


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
class Heartbeat(Fact):
    """A heartbeat came through every link up to the log. It belongs to no response.

    `places` is the number of places that must send heartbeats. `silent` are those of which two are missing.
    """

    places: int
    silent: tuple[str, ...] = ()


@value
class LeaseVoided(Fact):
    """The resource had a lease that no execution of Ringfence can have taken. It counts as none.

    `reason` says why. `owner` and `until` are what the lease said, as texts.
    """

    reason: str
    owner: str = ""
    until: str = ""


@value
class Released(Fact):
    """A release undid the recorded steps, and a second read verified it."""

    skipped: tuple[str, ...] = ()


@value
class HistoryRejected(Fact):
    """What an incident's entries say was not obeyed, because one of them is not authentic.

    `asked`: what was to be done. A run begins a new incident instead, and this is one of its first facts.
    `incident` has the entry number `entry`, and `why` says in words what is wrong with it.
    """

    asked: str
    incident: str
    entry: int
    why: str


@value
class RecordUnsealed(Fact):
    """An execution writes entries without a MAC, because it has no key. `reason` says why, in words."""

    reason: str


@value
class UnsealedAccepted(Fact):
    """A person released an incident although nobody can prove who wrote some of its entries.

    `entries` are their numbers. `covered`: the checkpoint of the transparency log that covers them. Empty if
    none is known.
    """

    entries: tuple[int, ...]
    reason: str
    covered: str = ""


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
