"""The API and the bus for sent findings, in memory: what was passed on, and what was recorded."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from ringfence.engine.intake import ExecutionContext
from ringfence.engine.pauses import home_of
from ringfence.engine.ports import Ports
from ringfence.engine.refusals import key_of, record_refusal
from ringfence.events.sent.form import FINDING
from ringfence.handlers import sent_http
from ringfence.handlers.sent_findings import SentFindings
from ringfence.model.errors import Retryable
from ringfence.model.signed_identity import HEADER
from ringfence.policy.circumstances import Circumstances
from ringfence.policy.decision import Mode
from ringfence.policy.policy import Policy
from ringfence.policy.senders import Sender
from ringfence.record.deployment_facts import FindingRefused
from tests.support.fakes.audit_home import in_turn
from tests.support.fakes.gateway import IAM, Context, event, sent
from tests.support.fakes.memory_cloud import MemoryCloud
from tests.support.fakes.memory_log import MemoryLog
from tests.support.fakes.seals import SEALS, FixedSeals
from tests.support.fakes.sts import callers, proof
from tests.support.worlds import Ticking, instance

if TYPE_CHECKING:
    from ringfence.handlers.operator_callers import CallerCheck
    from ringfence.record.seal import SealKeys

Json = dict[str, Any]
HOME = "111122223333"
ROLE = f"arn:aws:iam::{HOME}:role/oncall"
"""Kim's role."""
SENDERS = (
    Sender(("instance/*/eu-west-1/*",), Mode.APPROVE, role=ROLE),
    Sender(("instance/*/eu-west-1/*",), Mode.AUTO, account=HOME),
)
POLICY = Policy((HOME,), senders=SENDERS)


def finding(**changed: object) -> Json:
    """Return a finding in the own form, of now."""
    return {**FINDING.example(), "updated_at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", **changed}


class Sending:
    """The deployed service, in memory. `down`: the intake's queue takes nothing."""

    def __init__(self, policy: Policy = POLICY, keys: SealKeys = SEALS) -> None:
        self.log = MemoryLog(FixedSeals())
        self.passed_on: list[Json] = []
        self.down = False
        ports = Ports(MemoryCloud(instance(), Ticking()), self.log, now, in_turn)
        self.home = home_of(HOME)
        self.service = SentFindings(
            policy, lambda: keys, self._send, partial(record_refusal, ports, self.home)
        )

    def _send(self, message: str) -> None:
        if self.down:
            raise Retryable("sqs:SendMessage: throttled")
        self.passed_on.append(json.loads(message))

    @property
    def refusals(self) -> tuple[FindingRefused, ...]:
        """What was refused, as the log has it."""
        return self.log.read(key_of(self.home)).of(FindingRefused)

    def post(self, body: object, authorizer: Json | None = None, **headers: str) -> tuple[int, Json]:
        """Send a request of Kim's."""
        answer = self.serve(
            event("/findings", body, {"iam": IAM} if authorizer is None else authorizer), headers
        )
        return answer["statusCode"], json.loads(answer["body"])

    def serve(self, asked: Json, headers: Json | None = None, check: CallerCheck | None = None) -> Json:
        """Serve an event of API Gateway. Kim signs it, unless it contains a proof."""
        asked = {**asked, "headers": {**asked["headers"], **(headers or {})}}
        if HEADER not in asked["headers"]:
            asked["headers"][HEADER] = proof(asked["rawPath"], sent(asked)).header
        context: Any = Context()
        return sent_http.serve(self.service, check or callers(), now, asked, context)

    def put(self, detail: object, account: str = HOME) -> None:
        """Accept an event of the bus."""
        at = now()
        execution = ExecutionContext("request-1", "ringfence-findings", at, Circumstances(at))
        self.service.by_bus(account, detail, execution)


def now() -> datetime:
    """Return the real time, by which requests are signed."""
    return datetime.now(UTC)
