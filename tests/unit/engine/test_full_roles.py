"""A role that has space for no denial: a person is urgently told what to do, once, and the rest is done."""

from __future__ import annotations

from ringfence.model.errors import Refused
from ringfence.record.notices import notice
from ringfence.record.notices.kinds import NoticeKind, Urgency
from ringfence.steps.iam.instance_sessions import AttachInstanceDenial, DenyInstanceSessions
from tests.support.strategies.contain_instance import EVERYTHING, everything_to_do
from tests.support.strategies.instances import chosen
from tests.support.trials import Failing, Trial

FULL = Refused("LimitExceeded: Maximum policy size of 10240 bytes exceeded for role web")


def test_a_role_with_space_for_no_denial_is_urgently_told_once_after_every_way_was_refused() -> None:
    failing = Failing(FULL, (DenyInstanceSessions, AttachInstanceDenial))
    trial = Trial(EVERYTHING, everything_to_do(), failing, chosen("detach", hosts="isolate"))
    trial.run_whatever_happens(stages=1)
    for _ in range(4):
        trial.run_whatever_happens()
    entries = trial.history.entries
    found = [one for number in range(len(entries)) if (one := notice(entries[: number + 1]))]
    refusals = [one for one in found if one.kind is NoticeKind.REFUSED]
    assert [one.urgency for one in refusals] == [Urgency.ACTION, Urgency.URGENT]
    assert "role web has no space" not in refusals[0].text
    assert "role web has no space" in refusals[1].text
    assert "delete or detach a policy of the role" in refusals[1].text
    assert trial.verified
    assert (trial.verified.contained, trial.verified.complete) == (True, False)


def test_a_role_with_space_for_a_managed_policy_alone_is_not_urgent() -> None:
    trial = Trial(
        EVERYTHING,
        everything_to_do(),
        Failing(FULL, (DenyInstanceSessions,)),
        chosen("detach", hosts="isolate"),
    )
    for _ in range(4):
        trial.run_whatever_happens()
    entries = trial.history.entries
    found = [one for number in range(len(entries)) if (one := notice(entries[: number + 1]))]
    assert Urgency.URGENT not in {one.urgency for one in found}
    assert AttachInstanceDenial in {type(one) for one in trial.cloud.calls}
