"""For each kind of notice, what causes it: the facts after an incident was opened, or Ringfence itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from ringfence.model.claims import SourceAnswer, Verdict
from ringfence.model.place import Place
from ringfence.model.principals import ROOT
from ringfence.policy.approvals import ApprovalRules
from ringfence.policy.decision import Decision, DecisionCode, Mode
from ringfence.policy.sweeps import CLOUDTRAIL, SEVERE
from ringfence.record.approval_facts import (
    Answer,
    ApprovalAnswered,
    ApprovalExpired,
    ApprovalRequested,
    ApprovalVoided,
    Expiry,
)
from ringfence.record.chain import ChainKey, link
from ringfence.record.deployment_facts import (
    BreakerOpened,
    FindingRefused,
    LimitReset,
    Pause,
    PauseChange,
    PauseHeld,
    PausesChanged,
)
from ringfence.record.facts import (
    Closed,
    ContainmentBroken,
    DecisionMade,
    FindingReceived,
    Intended,
    LeftUnfinished,
    Outcome,
    Released,
    RemediationUndone,
    Result,
    RunRequested,
    SourceAsked,
    SubjectGone,
    Verified,
)
from ringfence.record.notices import deployment, notice, scans, sweeps
from ringfence.record.notices.floods import MOST_OF_A_SUBJECT, Floods
from ringfence.record.scans import Decline, ScanSummary
from ringfence.record.tampering_facts import HistoryRejected, LeaseVoided, RecordUnsealed
from tests.support.fakes.chains import INCIDENT, KEY, NOON, LockDoor, finding, stamp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.record.facts import Fact
    from ringfence.record.notices import Notice

STEP = LockDoor("front", before="open", after="shut")
CONTAINED = Verified(contained=True, complete=False)
COMPLETE = replace(CONTAINED, complete=True)
OPEN = Verified(contained=False, complete=False, remaining=("turn the key of front",))
QUOTA = "ec2:CreateSecurityGroup: SecurityGroupLimitExceeded: the maximum is reached"
DENIED = "ec2:CreateSecurityGroup: UnauthorizedOperation: an explicit deny in a service control policy"
ACTOR = "arn:aws:iam::111122223333:user/ada"
PAUSE = Pause("pause-1", ACTOR, "a migration", NOON, NOON + timedelta(hours=2), account="111122223333")
ASKED = ApprovalRequested(
    "approval-1",
    "d" * 64,
    (("isolate", "d" * 64),),
    NOON,
    NOON + timedelta(hours=4),
    ApprovalRules(),
    steps=("turn the key of front",),
    costs=("the door is shut for everybody",),
)
SCANNED = ScanSummary("2027-01-02T00:00:00Z", "d" * 64, 84.0, (84, 16, 0), 50, 4, 0, 0)
HARDEN = ChainKey("harden-bucket", "bucket/111122223333/eu-west-1/reports")


CAUSES: set[str] = set()
"""The facts that are the last ones in a row of the table."""


def told(*facts: Fact, key: ChainKey = KEY, actor: str = ACTOR) -> Notice | None:
    """Return the notice of the last of these facts. A finding comes before them."""
    CAUSES.add(type(facts[-1]).__name__)
    found = (FindingReceived(finding(remote_addresses=("198.51.100.7",))), *facts)
    return notice(link(replace(stamp(actor=actor), key=key), None, found))


def decided(mode: Mode, code: DecisionCode = DecisionCode.POLICY, reason: str = "a rule says so") -> Fact:
    """Return a decision."""
    return DecisionMade(Decision(mode, reason, code=code), NOON, finding().id)


def asked(verdict: Verdict) -> Fact:
    """Return the answer of a source after changes."""
    return SourceAsked(finding().id, SourceAnswer(verdict, "it has none"))


AUTO = decided(Mode.AUTO)
ACTED = (AUTO, Intended("n-1", "isolate", STEP), Outcome("n-1", Result.APPLIED))
UNDOING = (
    RunRequested("release", "a drill"),
    Intended("n-2", "release", STEP),
    Outcome("n-2", Result.APPLIED),
)
BROKEN = ContainmentBroken(
    ("close the door",), ACTOR, "ec2:AttachNetworkInterface", "203.0.113.9", NOON, "e-1"
)


def summary() -> Notice:
    """Return the summary after many notices about one resource."""
    floods, one = Floods(), told(*ACTED, CONTAINED)
    messages: tuple[Notice, ...] = ()
    assert one
    for _ in range(MOST_OF_A_SUBJECT + 1):
        floods, messages = floods.after(one)
    return messages[-1]


OF_INCIDENTS: Mapping[str, Notice | None] = {
    "contained": told(*ACTED, CONTAINED),
    "remediated": told(*ACTED, COMPLETE, key=HARDEN),
    "not contained": told(*ACTED, OPEN),
    "not remediated": told(*ACTED, OPEN, key=HARDEN),
    "held by a pause": told(AUTO, PauseHeld((PAUSE,)), OPEN),
    "complete": told(*ACTED, CONTAINED, COMPLETE),
    "review needed": told(
        AUTO, Verified(contained=False, complete=False, review=("the key",), whole=True), key=HARDEN
    ),
    "a quota": told(
        AUTO, Intended("n-1", "isolate", STEP), Outcome("n-1", Result.FAILED, detail=QUOTA), OPEN
    ),
    "prevented": told(
        AUTO, Intended("n-1", "isolate", STEP), Outcome("n-1", Result.DENIED, detail=DENIED), OPEN
    ),
    "refused by drift": told(*ACTED, CONTAINED, replace(CONTAINED, refused=("front: somebody changed it",))),
    "containment undone": told(*ACTED, COMPLETE, BROKEN),
    "undone and answered": told(*ACTED, COMPLETE, replace(BROKEN, answered=True)),
    "fix undone": told(*ACTED, COMPLETE, RemediationUndone(3, (ACTOR,), ("acl",)), key=HARDEN),
    "left unfinished": told(*ACTED, LeftUnfinished("the rule was removed", ("turn the key",))),
    "dry run": told(decided(Mode.DRY_RUN)),
    "dry run because of a tag": told(decided(Mode.DRY_RUN, DecisionCode.FORGEABLE)),
    "decision needed": told(decided(Mode.NOTIFY)),
    "exempt": told(decided(Mode.NOTIFY, DecisionCode.EXEMPT)),
    "protected": told(decided(Mode.NOTIFY, DecisionCode.PROTECTED)),
    "likely break-glass": told(decided(Mode.DRY_RUN, DecisionCode.EMERGENCY)),
    "root": told(decided(Mode.NOTIFY, DecisionCode.ROOT, ROOT)),
    "refuted": told(decided(Mode.NOTIFY, DecisionCode.REFUTED)),
    "refuted after changes": told(*ACTED, asked(Verdict.REFUTED)),
    "not confirmed after changes": told(*ACTED, asked(Verdict.UNKNOWN)),
    "approval needed": told(decided(Mode.APPROVE), ASKED),
    "runs unless vetoed": told(decided(Mode.AUTO_UNLESS_VETOED), replace(ASKED, vetoable=True)),
    "escalated": told(decided(Mode.APPROVE), replace(ASKED, escalated=True)),
    "approved": told(decided(Mode.APPROVE), ASKED, ApprovalAnswered("approval-1", Answer.APPROVE, "go")),
    "rejected": told(decided(Mode.APPROVE), ASKED, ApprovalAnswered("approval-1", Answer.REJECT, "no")),
    "expired": told(decided(Mode.APPROVE), ASKED, ApprovalExpired("approval-1", Expiry.REJECT)),
    "not vetoed": told(decided(Mode.APPROVE), ASKED, ApprovalExpired("approval-1", Expiry.EXECUTE, "sent")),
    "void": told(decided(Mode.APPROVE), ASKED, ApprovalVoided("approval-1", "it is closed")),
    "released": told(*ACTED, COMPLETE, *UNDOING, Released()),
    "released in part": told(*ACTED, COMPLETE, *UNDOING, Released(("front: somebody changed it",))),
    "release stopped": told(*ACTED, COMPLETE, *UNDOING, replace(OPEN, review=("look at front",))),
    "gone before": told(AUTO, Closed("no such instance")),
    "gone after": told(*ACTED, COMPLETE, Closed("no such instance")),
    "fixed and gone": told(*ACTED, COMPLETE, Closed("no such bucket"), key=HARDEN),
    "gone and watched": told(*ACTED, COMPLETE, SubjectGone("no such user", ("the denial",))),
    "lease": told(*ACTED, LeaseVoided("no execution has this id", "somebody", "tomorrow")),
    "entry": told(HistoryRejected("a release", INCIDENT, 3, "its MAC is wrong")),
    "unsealed": told(*ACTED, RecordUnsealed("KMS denies access")),
    "pauses unreadable": told(PauseHeld((), "it is no JSON")),
    "limit": told(AUTO, BreakerOpened("account/111122223333", 10, "hour", NOON)),
}
"""By name, the notices that entries of an incident cause."""
OF_RINGFENCE: Mapping[str, Notice | None] = {
    "paused": told(PausesChanged(PauseChange.BEGAN, PAUSE, (PAUSE,))),
    "the pause ends soon": told(PausesChanged(PauseChange.ENDS_SOON, PAUSE, (PAUSE,))),
    "limit reset": told(LimitReset("account/111122223333/hour", 10, "a drill", (KEY.subject,))),
    "finding refused": told(
        FindingRefused(
            ACTOR, "api", "subjects[0]", KEY.subject, "is no resource of this sender", "x", "C2/Beacon"
        )
    ),
    "resumed": told(PausesChanged(PauseChange.RESUMED, PAUSE, reason="it is done")),
    "no heartbeat": deployment.silence([("111122223333", "eu-west-1")]),
    "no heartbeats": deployment.silence([("111122223333", "eu-west-1"), ("111122223333", "eu-west-2")]),
    "self-check": deployment.problems(("a rule is disabled",)),
    "sweep": sweeps.found_by_sweep(
        SEVERE, {Place("111122223333", "eu-west-1"): ("Backdoor:EC2/C&CActivity.B",)}, 0
    ),
    "sweeps": sweeps.found_by_sweep(
        CLOUDTRAIL,
        {
            Place("111122223333", one): ("CloudTrail:s3:PutBucketPolicy",)
            for one in ("eu-west-1", "eu-west-2")
        },
        5,
    ),
    "suppressed": sweeps.suppressed({Place("111122223333", "eu-west-1"): ("Recon:EC2/PortProbe",) * 2}),
    "score": scans.declined(Decline(91.5, 84), SCANNED, 0),
    "critical rule": scans.declined(Decline(91.5, 91.5, ("root-user-has-mfa",)), SCANNED, 3),
    "forged": deployment.forged("respond", "no proof", {"queue": "q"}, NOON),
    "pauses": deployment.pauses_wrong("it is no JSON"),
    "control table": deployment.control_tampering("a lease was removed", "item x", NOON),
    "unproved ids": deployment.unproved_ids("item x", NOON),
    "log": deployment.log_tampering("an entry was changed", ("entry 1",), KEY.text, INCIDENT),
    "checkpoint": deployment.log_tampering("a checkpoint is not the log's"),
    "summary": summary(),
}
"""By name, the notices that belong to no incident."""
