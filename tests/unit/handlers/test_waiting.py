"""What waits for approval, and one answer to what waits behind a limit: one outcome for each incident."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from ringfence.engine.intake import ExecutionContext, resumed
from ringfence.engine.ports import Ports
from ringfence.engine.run import Engine
from ringfence.handlers.approvals import ApprovalService
from ringfence.handlers.operator_requests import approvals_query, batch_request
from ringfence.handlers.operator_types import ApprovalsQuery, BatchRequest
from ringfence.handlers.waiting import WaitingService
from ringfence.model.errors import BadInput, UnknownRecord
from ringfence.policy.policy import Policy
from ringfence.record.approval_facts import Answer, ApprovalAnswered
from ringfence.record.approvals import ApprovalStatus, approvals
from ringfence.record.batches import Shown, batch_digest
from ringfence.record.chain import ChainKey
from ringfence.record.facts import Intended
from tests.support.asking import ANNA, BERT, Log
from tests.support.fakes.interruption import Killed, Killer, Through
from tests.support.limits import RUNBOOK, Fleet, only
from tests.support.worlds import LEASE, NOON, REF

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

    from ringfence.engine.ports import AuditLog
    from ringfence.record.approvals import Approval
    from ringfence.record.history import History

    Gate = Callable[[str, Callable[[], object]], object]

LIMIT = "overall/hour"
S = ApprovalStatus


@dataclass
class Outbreak:
    """Instances that wait behind a limit, and the people who answer. `sent` are the messages that follow."""

    waits: int = 3
    fleet: Fleet = field(default_factory=lambda: Fleet(only("overall", hour=1), log=Log()))
    sent: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        for number in range(self.waits + 1):
            self.fleet.respond(number)
            self.fleet.clock.tick(seconds=1)

    def service(self, gate: Gate | None = None) -> WaitingService:
        log = Through(self.fleet.cloud(0), self.fleet.log, gate) if gate else self.fleet.log
        ports = Ports(self.fleet.cloud(0), log, self.fleet.clock, lambda jobs: [job() for job in jobs])
        service = ApprovalService(Policy((REF.account,)), ports, self.find, self.go_on)
        return WaitingService(service, lambda _: self.opened())

    def go_on(self, runbook: str, message: str, seconds: int) -> None:
        del runbook, seconds
        self.sent.append(message)

    def find(self, incident: str) -> tuple[ChainKey, ...]:
        return tuple(key for key, one in self.opened() if one == incident)

    def opened(self) -> list[tuple[ChainKey, str]]:
        keys = [ChainKey(*chain.split("#", 1)) for chain in self.fleet.log.chains]
        found = [(key, self.fleet.log.read(key).incident) for key in keys]
        return sorted(found, key=lambda pair: pair[1], reverse=True)

    def shown(self) -> tuple[Shown, ...]:
        listed = self.service().listed(ApprovalsQuery(limit=LIMIT), NOON.replace(year=2030))
        plans = cast("list[dict[str, str]]", listed["approvals"])
        return tuple(Shown(one["incident"], one["approval"], one["plan"]) for one in plans)

    def answer(
        self,
        shown: tuple[Shown, ...],
        *,
        answer: str = Answer.APPROVE,
        actor: str = ANNA,
        gate: Gate | None = None,
        limit: str = LIMIT,
        left: timedelta = LEASE,
    ) -> list[dict[str, object]]:
        """Answer a batch. Return the outcomes."""
        batch = BatchRequest(limit, answer, shown, batch_digest(shown), "an outbreak", break_glass=False)
        context = ExecutionContext("call", actor, self.fleet.clock() + left)
        return cast("list[dict[str, object]]", self.service(gate).answer(batch, context)["outcomes"])

    def deliver(self) -> None:
        """Handle the messages as the runbook's function does."""
        sent, self.sent = self.sent, []
        for number, message in enumerate(sent):
            context = ExecutionContext(f"later-{len(self.sent)}-{number}", "test", self.fleet.clock() + LEASE)
            given = resumed(message, RUNBOOK, context)
            cloud = self.fleet.clouds[given.ref]  # type: ignore[index]  # an instance
            ports = Ports(cloud, self.fleet.log, self.fleet.clock, lambda jobs: [job() for job in jobs])
            Engine(ports).run(given)

    def approval(self, number: int) -> Approval:
        return approvals(self.fleet.history(number).entries)[-1]

    def statuses(self) -> list[S]:
        return [self.approval(number).status(self.fleet.clock()) for number in range(1, self.waits + 1)]

    def drift(self, number: int) -> None:
        """Move an instance to another VPC, so that its plan is another one, and look at it again."""
        self.fleet.clouds.pop(self.fleet.ref(number))
        self.fleet.respond(number, vpc="vpc-9")


def test_what_waits_is_listed_with_the_limit_and_can_be_chosen_by_it() -> None:
    outbreak = Outbreak()
    service, end = outbreak.service(), NOON.replace(year=2030)
    every = service.listed(ApprovalsQuery(), end)
    assert [one["limit"] for one in cast("list[dict[str, str]]", every["approvals"])] == [LIMIT] * 3
    assert service.listed(ApprovalsQuery(limit="account/1/hour"), end)["approvals"] == []


def test_one_answer_approves_all_and_each_is_carried_out() -> None:
    outbreak = Outbreak()
    shown = outbreak.shown()
    outcomes = outbreak.answer(shown)
    assert {one["outcome"] for one in outcomes} == {"approved"}
    assert {one["incident"] for one in outcomes} == {outbreak.fleet.history(n).incident for n in (1, 2, 3)}
    outbreak.deliver()
    assert outbreak.statuses() == [S.BEGUN] * 3
    assert len(outbreak.fleet.isolated()) == 4
    recorded = [outbreak.fleet.history(number).of(ApprovalAnswered) for number in (1, 2, 3)]
    assert {(len(one), one[0].batch) for one in recorded} == {(1, batch_digest(shown))}


def test_one_answer_rejects_all() -> None:
    outbreak = Outbreak()
    outcomes = outbreak.answer(outbreak.shown(), answer=Answer.REJECT)
    assert {one["outcome"] for one in outcomes} == {"rejected"}
    outbreak.deliver()
    assert len(outbreak.fleet.isolated()) == 1


def test_a_plan_that_has_changed_since_it_was_shown_is_left_out_and_named() -> None:
    outbreak = Outbreak()
    shown = outbreak.shown()
    outbreak.drift(2)
    outcomes = {one["incident"]: one for one in outbreak.answer(shown)}
    left = outcomes[outbreak.fleet.history(2).incident]
    assert left["outcome"] == "left out"
    assert outbreak.statuses() == [S.APPROVED, S.WAITING, S.APPROVED]
    outbreak.deliver()
    assert outbreak.fleet.ref(2).id not in outbreak.fleet.isolated()


def test_a_resource_that_changes_after_the_answer_waits_behind_the_limit_again() -> None:
    outbreak = Outbreak()
    outbreak.answer(outbreak.shown())
    ref = outbreak.fleet.ref(2)
    outbreak.fleet.clouds.pop(ref)
    outbreak.fleet.cloud(2, vpc="vpc-9")
    outbreak.deliver()
    assert ref.id not in outbreak.fleet.isolated()
    assert outbreak.approval(2).status(outbreak.fleet.clock()) is S.WAITING
    assert [one.incident for one in outbreak.shown()] == [outbreak.fleet.history(2).incident]


def test_what_somebody_else_answered_meanwhile_keeps_that_answer() -> None:
    outbreak = Outbreak()
    shown = outbreak.shown()
    outbreak.answer(shown[:1], answer=Answer.REJECT, actor=BERT)
    outcomes = outbreak.answer(shown)
    assert [one["outcome"] for one in outcomes] == ["left out", "approved", "approved"]
    assert "rejected" in str(outcomes[0]["reason"])


def test_only_what_waits_behind_the_limit_is_answered() -> None:
    outbreak = Outbreak()
    outcomes = outbreak.answer(outbreak.shown(), limit="account/111122223333/hour")
    assert {one["outcome"] for one in outcomes} == {"left out"}
    assert outbreak.statuses() == [S.WAITING] * 3


def test_a_record_that_is_not_authentic_hides_no_other_and_is_not_answered() -> None:
    outbreak = Outbreak()
    shown, log = outbreak.shown(), outbreak.fleet.log
    assert isinstance(log, Log)
    log.forge(ChainKey(RUNBOOK.id, outbreak.fleet.ref(2).key))
    listed = outbreak.service().listed(ApprovalsQuery(), NOON.replace(year=2030))
    assert listed["doubted"] == [outbreak.fleet.history(2).incident]
    assert len(outbreak.shown()) == 2
    assert [one["outcome"] for one in outbreak.answer(shown)].count("left out") == 1


@pytest.mark.parametrize("error", [UnknownRecord("of a newer version"), BadInput("key", "is no key", "")])
def test_a_record_that_cannot_be_read_is_named_and_hides_no_other(error: Exception) -> None:
    outbreak = Outbreak()
    broken = ChainKey(RUNBOOK.id, outbreak.fleet.ref(2).key)
    incident = outbreak.fleet.history(2).incident
    service, read = outbreak.service(), outbreak.fleet.log.read

    def reads(key: ChainKey) -> History:
        if key == broken:
            raise error
        return read(key)

    ports = replace(service.approvals.ports, log=cast("AuditLog", SimpleNamespace(read=reads)))
    service = replace(service, approvals=replace(service.approvals, ports=ports))
    listed = service.listed(ApprovalsQuery(), NOON.replace(year=2030))
    assert listed["doubted"] == [incident]
    assert len(cast("list[object]", listed["approvals"])) == 2


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_wherever_a_batch_dies_it_can_be_repeated_and_each_incident_has_one_answer(after: bool) -> None:  # noqa: FBT001 - a parameter
    for number in range(1, 40):
        outbreak = Outbreak(2)
        shown = outbreak.shown()
        try:
            outbreak.answer(shown, gate=Killer(number, after=after))
        except Killed:
            pass
        else:
            assert number > 2
            return
        outbreak.answer(shown)
        outbreak.deliver()
        assert outbreak.statuses() == [S.BEGUN] * 2
        answers = [len(outbreak.fleet.history(one).of(ApprovalAnswered)) for one in (1, 2)]
        assert answers == [1, 1]
        assert all(outbreak.fleet.history(one).of(Intended) for one in (1, 2))
    pytest.fail("the batch never ended")


def test_a_batch_and_a_list_that_take_longer_than_the_function_go_on_in_the_next_request() -> None:
    outbreak = Outbreak()
    shown = outbreak.shown()
    assert len(outbreak.answer(shown, left=LEASE * -1)) == 1
    service, over = outbreak.service(), outbreak.fleet.clock() - LEASE
    service = replace(service, opened=lambda _: outbreak.opened() * 20)
    first = service.listed(ApprovalsQuery(), over)
    assert first["next"] == 16
    assert service.listed(ApprovalsQuery(after=64), NOON.replace(year=2030))["next"] is None


ONE = {"incident": "inc-20260301T120000.000000-0123456789", "approval": "a", "plan": "0" * 64}
BATCH = {
    "breaker": LIMIT,
    "answer": "approve",
    "plan": batch_digest((Shown(**ONE),)),
    "approvals": [ONE],
    "reason": "an outbreak",
}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"plan": "1" * 64}, "digest of all plans"),
        ({"approvals": []}, "plans that you have seen"),
        ({"approvals": [ONE, {**ONE, "approval": "b"}]}, "digest of all plans"),
        ({"approvals": [{**ONE, "dry_run": True}]}, "dry_run"),
        ({"approvals": [{**ONE, "plan": "short"}]}, "plan"),
        ({"answer": "maybe"}, "answer"),
        ({"after": -1}, "after"),
        ({"reason": ""}, "reason"),
        ({"incident": ONE["incident"]}, "incident"),
    ],
    ids=str,
)
def test_a_batch_is_checked_field_by_field(changed: dict[str, object], words: str) -> None:
    assert batch_request(BATCH) is not None
    with pytest.raises(BadInput, match=words):
        batch_request({**BATCH, **changed})


def test_a_query_is_about_an_incident_or_about_what_waits() -> None:
    assert approvals_query({}) == ApprovalsQuery()
    assert approvals_query({"breaker": LIMIT, "after": 3}) == ApprovalsQuery(limit=LIMIT, after=3)
    with pytest.raises(BadInput, match="breaker"):
        approvals_query({"incident": ONE["incident"], "breaker": LIMIT})
