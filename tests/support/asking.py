"""One instance whose containment waits for people: its log, its clock, and the messages about it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from ringfence.engine.intake import ExecutionContext, resumed
from ringfence.engine.ports import Ports
from ringfence.engine.requests import Approving, ResponseRequest
from ringfence.engine.run import Engine
from ringfence.handlers.approvals import ApprovalService
from ringfence.handlers.operator_types import AnswerRequest
from ringfence.model.errors import OutcomeUnknown
from ringfence.policy.approvals import ApprovalRules
from ringfence.policy.decision import Decision, DecisionCode, Mode
from ringfence.policy.policy import Policy
from ringfence.record.approval_facts import ApprovalAnswered
from ringfence.record.approvals import Approval, ApprovalStatus, approvals
from ringfence.record.chain import ChainKey, Stamp, link
from ringfence.runbooks.contain_instance import CONTAIN_INSTANCE
from tests.support.fakes.chaos import Chaos
from tests.support.fakes.interruption import Through
from tests.support.fakes.memory_cloud import MemoryCloud
from tests.support.fakes.memory_log import MemoryLog
from tests.support.going_on import gone_on
from tests.support.worlds import LEASE, REF, Ticking, estate, order

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringfence.engine.ports import AuditLog, Cloud
    from ringfence.engine.results import ResponseResult
    from ringfence.record.facts import Fact, FindingReceived
    from ringfence.record.history import History

    Gate = Callable[[str, Callable[[], object]], object]
    """Stands before each call to the outside."""

T = TypeVar("T")
ROUNDS = 8
"""How often a message comes back at most because an answer was lost."""
RUNBOOK = CONTAIN_INSTANCE.chosen(())
ASK = Decision(Mode.APPROVE, "policy rule 1 sets mode approve", "rule 1", DecisionCode.POLICY)
VETO = Decision(Mode.AUTO_UNLESS_VETOED, "policy rule 1", "rule 1", DecisionCode.POLICY)
ANNA, BERT = (f"arn:aws:iam::111122223333:user/{name}" for name in ("anna", "bert"))
KEY = ChainKey(RUNBOOK.id, REF.key)


class Log(MemoryLog):
    """A log that can say that its newest entry has no MAC, or a wrong one."""

    doubted = False

    def forge(self, key: ChainKey) -> None:
        """Give the newest entry a wrong MAC."""
        (incident, seq), entry = max(self._entries[key.text].items())
        self._entries[key.text][incident, seq] = replace(entry, mac=f"{entry.mac[:-4]}0000")

    def read(self, key: ChainKey) -> History:
        history = super().read(key)
        if not self.doubted:
            return history
        return replace(history, proof=replace(history.proof, unsealed=(history.entries[-1].seq,)))


class Place:
    """One instance, one log, one clock."""

    def __init__(self, rules: ApprovalRules = ApprovalRules(), decision: Decision = ASK) -> None:  # noqa: B008 - frozen
        self.clock, self.log = Ticking(), Log()
        self.cloud = MemoryCloud(estate(), self.clock)
        self.rules, self.decision, self.attempts = rules, decision, 0
        self.messages: list[str] = []
        self.chaos: Chaos | None = None

    def break_out(self, seed: int) -> None:
        """From now on answers are lost, looks are stale and each call takes time."""
        self.chaos = Chaos.of_lost_answers(seed, self.clock)
        self.cloud.lag = self.chaos.lag

    def heard(self, execution: Callable[[], T]) -> T:
        """Bring a message back whose execution ended because an answer was lost."""
        for _ in range(ROUNDS):
            try:
                return execution()
            except OutcomeUnknown:
                assert self.chaos
                self.clock.tick(minutes=1)
        raise AssertionError("each time an answer is lost")

    def ports(self, gate: Gate | None = None) -> Ports:
        gate = gate or self.chaos
        through = Through(self.cloud, self.log, gate) if gate else None
        cloud: Cloud = through or self.cloud
        log: AuditLog = through or self.log
        return Ports(cloud, log, self.clock, lambda jobs: [job() for job in jobs])

    def engine(self, gate: Gate | None = None) -> Engine:
        return Engine(self.ports(gate))

    def service(self, gate: Gate | None = None) -> ApprovalService:
        """Return the service behind the API. Its messages are kept."""

        def go_on(runbook: str, message: str, seconds: int) -> None:
            del runbook, seconds
            if gate:
                gate("send", lambda: self.messages.append(message))
            else:
                self.messages.append(message)

        return ApprovalService(Policy((REF.account,)), self.ports(gate), lambda _: (KEY,), go_on)

    def ask(self, answer: str, actor: str = ANNA, gate: Gate | None = None, **more: object) -> object:
        """Answer through the API. Raises what the service raises."""
        newest = approvals(self.log.read(KEY).entries)[-1]
        fields = {"approval": newest.id, "plan": newest.asked.digest, "break_glass": False, **more}
        asked = AnswerRequest(self.history.incident, answer=answer, reason="because", **fields)  # type: ignore[arg-type]  # a test names what it changes
        return self.service(gate).answer(asked, ExecutionContext(self.attempt(), actor, self.clock() + LEASE))

    def deliver(self, gate: Gate | None = None) -> list[ResponseResult]:
        """Handle every message that was sent, as the runbook's function does."""
        results = [
            self.heard(lambda message=message: self._resumed(message, gate))  # type: ignore[misc]  # bound now
            for message in tuple(self.messages)
        ]
        self.messages.clear()
        return results

    def _resumed(self, message: str, gate: Gate | None) -> ResponseResult:
        context = ExecutionContext(self.attempt(), "test", self.clock() + LEASE)
        return gone_on(self.engine(gate), resumed(message, CONTAIN_INSTANCE, context), self.decision)[1]

    def attempt(self) -> str:
        self.attempts += 1
        return f"a-{self.attempts}"

    def respond(
        self, received: FindingReceived | None = None, decision: Decision | None = None
    ) -> ResponseResult:
        given = order(
            self.clock(),
            attempt=self.attempt(),
            decision=decision or self.decision,
            received=received,
            runbook=RUNBOOK,
            stages=1,
            rules=self.rules,
        )
        return self.engine().respond(given)

    def request(self, approving: Approving) -> ResponseRequest:
        """Return the request of a message about an approval."""
        given = order(
            self.clock(),
            attempt=self.attempt(),
            decision=None,
            runbook=RUNBOOK,
            approving=approving,
            rules=self.rules,
            incident=self.history.incident,
        )
        return replace(given, actor="test")

    def look(self, approving: Approving | None = None) -> ResponseResult:
        """Handle a message about the newest approval."""
        looked = approving or Approving(self.approvals[-1].id)
        return self.heard(lambda: self.engine().run(self.request(looked)))

    def answer(self, answer: str, actor: str = ANNA, *, break_glass: bool = False) -> None:
        self.write(ApprovalAnswered(self.approvals[-1].id, answer, "because", break_glass), actor)

    def write(self, fact: Fact, actor: str = "test") -> None:
        history = self.history
        stamp = Stamp(KEY, history.incident, actor, self.attempt(), self.clock())
        self.log.append(KEY, history, link(stamp, history.head, (fact,)), None)

    @property
    def history(self) -> History:
        return self.log.read(KEY)

    @property
    def approvals(self) -> tuple[Approval, ...]:
        return approvals(self.history.entries)

    @property
    def statuses(self) -> list[ApprovalStatus]:
        return [one.status(self.clock()) for one in self.approvals]

    def count(self, kind: type[Fact]) -> int:
        return len(self.history.of(kind))
