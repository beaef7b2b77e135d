"""One instance of each kind of fact, to follow the entries of an incident."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ringfence.model.claims import CONFIRMED
from ringfence.policy.decision import Mode
from ringfence.record.approval_facts import Answer, ApprovalAnswered, ApprovalExpired, ApprovalVoided, Expiry
from ringfence.record.deployment_facts import (
    BreakerOpened,
    FindingRefused,
    Heartbeat,
    LimitReset,
    PauseChange,
    PauseHeld,
    PausesChanged,
    ReplayRequested,
)
from ringfence.record.facts import (
    Closed,
    ContinuationStarted,
    Fact,
    Intended,
    LeftUnfinished,
    Missed,
    Outcome,
    Planned,
    Released,
    RemediationUndone,
    RestoredBefore,
    Result,
    RunRequested,
    SourceAsked,
    SubjectGone,
)
from ringfence.record.tampering_facts import HistoryRejected, LeaseVoided, RecordUnsealed, UnsealedAccepted
from tests.support.notice_kinds import ACTOR, ASKED, BROKEN, COMPLETE, PAUSE, decided
from tests.support.worlds import NOON, finding

if TYPE_CHECKING:
    from ringfence.model.step import Step


def every_fact(step: Step) -> tuple[Fact, ...]:
    """Return one fact of each kind. Those about a change are about this step."""
    return (
        finding("f-later"),
        RunRequested("run", "a drill"),
        decided(Mode.AUTO),
        ASKED,
        ApprovalAnswered("approval-1", Answer.APPROVE, "go"),
        ApprovalExpired("approval-1", Expiry.REJECT),
        ApprovalVoided("approval-1", "it is closed"),
        SourceAsked("f-1", CONFIRMED),
        Planned("isolate", "0", (step,), ("DNS is not filtered",)),
        Intended("every-1", "isolate", step),
        Outcome("every-1", Result.APPLIED),
        COMPLETE,
        BROKEN,
        ContinuationStarted("message-1"),
        RemediationUndone(3, (ACTOR,), ("acl",)),
        LeftUnfinished("the rule was removed", ("turn the key",)),
        Heartbeat(1),
        LeaseVoided("no execution has this id"),
        Released(("front",)),
        HistoryRejected("a release", "inc-1", 3, "its MAC is wrong"),
        RecordUnsealed("KMS denies access"),
        UnsealedAccepted((1,), "a drill"),
        Missed("no such instance"),
        RestoredBefore(("eni-0/groups",)),
        SubjectGone("no such user", ("the denial",)),
        Closed("no such instance"),
        PausesChanged(PauseChange.BEGAN, PAUSE, (PAUSE,)),
        PauseHeld((PAUSE,)),
        BreakerOpened("account/111122223333", 10, "hour", NOON + timedelta(hours=1)),
        ReplayRequested("contain-instance", ("m-1",), ("a finding",), "a drill"),
        LimitReset("account/111122223333/hour", 10, "a drill"),
        FindingRefused(ACTOR, "api", "mode", "auto", "the policy allows approve", "f-1", "a type"),
    )


def kinds() -> set[type[Fact]]:
    """Return every kind of fact that the product declares."""
    return {one for one in Fact.__subclasses__() if one.__module__.startswith("ringfence.record.")}
