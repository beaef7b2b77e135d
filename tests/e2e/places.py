"""A deployment with IAM enforced, in a region to which the events of us-east-1 must come home."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ringfence.engine.intake import continuation
from ringfence.engine.requests import ResponseRequest
from ringfence.engine.results import ResponseResult
from ringfence.local.credentials_demo import is_over
from ringfence.local.principals import WORKS
from ringfence.record.facts import DecisionMade, Released
from ringfence.record.status import IncidentStatus
from ringfence.runbooks.catalogue import CATALOGUE
from ringfence.steps.iam.cut_off import PROPAGATION
from tests.e2e.world import until
from tests.support.samples.bus import entry

if TYPE_CHECKING:
    from ringfence.local.credential_findings import CredentialFinding
    from ringfence.local.principals import Credentials, Principals
    from ringfence.model.subject import Ref
    from ringfence.record.history import History
    from tests.e2e.operators import Operator
    from tests.e2e.world import World

HOME_REGION = "eu-west-1"
RUNBOOK = "contain-credentials"
SESSIONS = 7
"""How many sessions of one role are denied in an hour without a person."""


@dataclass(frozen=True)
class Place:
    """The deployment, the credentials of its account, and somebody who operates it."""

    world: World
    principals: Principals
    hand: Operator

    @property
    def iam(self) -> Any:  # noqa: ANN401 - boto3's clients are made at run time
        return self.world.client("iam")

    def send(self, finding: CredentialFinding) -> None:
        self.world.deployment.send(finding)

    def put(self, event: dict[str, Any], region: str = HOME_REGION) -> None:
        """Put an event on a region's default bus, as the service does that it is from."""
        self.world.deployment.put(entry(event), region=region)

    def history(self, ref: Ref) -> History:
        return self.world.deployment.history(ref)

    def over(self, ref: Ref) -> History:
        """Wait until all is done on a subject but for what a person reviews."""

        def ended() -> History | None:
            history = self.history(ref)
            return history if is_over(history.verified) else None

        found = until(ended, f"all is done on {ref.id}")
        assert found is not None
        return found

    def works(self, *credentials: Credentials) -> list[bool]:
        return [self.principals.tried(one) == WORKS for one in credentials]

    def run(self, ref: Ref, *words: str) -> str:
        """Run the runbook by hand, and return what the operator was told."""
        asked = ("run", RUNBOOK, ref.id, "--yes", "--reason", "it is the intruder", "--wait", "60")
        done = self.hand.types(*asked, *words)
        return done.stdout + done.stderr

    def look_again(self, ref: Ref) -> None:
        """Send now what waits on the second queue for its time to come."""
        history = self.history(ref)
        made = history.last(DecisionMade)
        assert made is not None
        runbook = CATALOGUE[RUNBOOK].narrowed(made.remediations)
        order = ResponseRequest(runbook, ref, "", "", datetime.now(UTC), choices=made.choices)
        body = continuation(order, ResponseResult(IncidentStatus.CONTAINED, history.incident, ""))
        self._send_unguarded(body)

    def _send_unguarded(self, body: str) -> None:
        """Send to the second queue, whose policy lets only the functions send."""
        sqs, url = self._sqs, self._later
        guard = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]["Policy"]
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
        sqs.send_message(QueueUrl=url, MessageBody=body)
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": guard})

    def waiting_for_later(self) -> int:
        """Count the messages of the second queue whose time has not come."""
        return self.world.delayed(f"ringfence-{RUNBOOK}-continuation")

    @property
    def _sqs(self) -> Any:  # noqa: ANN401 - likewise
        return self.world.client("sqs")

    @property
    def _later(self) -> str:
        found = self._sqs.get_queue_url(QueueName=f"ringfence-{RUNBOOK}-continuation")
        return str(found["QueueUrl"])

    def release(self, ref: Ref) -> None:
        """Release the incident on a subject by hand."""
        words = ("--yes", "--reason", "it was a drill")
        released = self.hand.types("release", self.history(ref).incident, *words)
        assert released.returncode == 0, released.stdout + released.stderr
        assert self.history(ref).last(Released) is not None

    def prove(self, ref: Ref) -> None:
        """Verify the chain of a subject's incident: sound, and every entry of it archived."""
        verdict = self.world.deployment.archived(ref)
        assert verdict.sound, verdict.claim
        assert verdict.archived == verdict.entries, verdict.claim


def after_cut_off() -> None:
    """Wait until a new session is not denied any more: a denial reaches until it has propagated."""
    time.sleep(PROPAGATION.total_seconds())
    next_second()


def next_second() -> None:
    """Wait until sessions that were begun so far are older than what comes: IAM reckons in seconds."""
    time.sleep(1.05 - datetime.now(UTC).microsecond / 1e6)
