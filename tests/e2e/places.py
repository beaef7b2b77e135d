"""A deployment with IAM enforced, in a region to which the events of us-east-1 must come home."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ringfence.core.facts import Released
from ringfence.local.credentials_demo import is_over
from ringfence.local.principals import WORKS
from tests.e2e.world import until

if TYPE_CHECKING:
    from ringfence.core.chain import History
    from ringfence.core.subject import Ref
    from ringfence.local.credential_findings import CredentialFinding
    from ringfence.local.principals import Credentials, Principals
    from tests.e2e.operators import Operator
    from tests.e2e.world import World

HOME_REGION = "eu-west-1"
RUNBOOK = "contain-credentials"


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
        entry = {"Source": event["source"], "DetailType": event["detail-type"]}
        entry["Detail"] = json.dumps(event["detail"])
        answer = self.world.local.client("events", region=region).put_events(Entries=[entry])
        assert answer["FailedEntryCount"] == 0

    def history(self, ref: Ref) -> History:
        return self.world.deployment.history(ref)

    def over(self, ref: Ref) -> History:
        """Wait until all is done on a subject but for what a person reviews."""

        def ended() -> History | None:
            history = self.history(ref)
            return history if is_over(history.verified) else None

        found = until(ended, f"all is done on {ref.id}", within=120)
        assert found is not None
        return found

    def works(self, *credentials: Credentials) -> list[bool]:
        return [self.principals.tried(one) == WORKS for one in credentials]

    def run(self, ref: Ref, *words: str) -> str:
        """Run the runbook by hand, and return what the operator was told."""
        asked = ("run", RUNBOOK, ref.id, *words, "--wait", "60", "--yes", "--reason", "it is the intruder")
        done = self.hand.types(*asked)
        return done.stdout + done.stderr

    def release(self, ref: Ref) -> None:
        """Release the incident on a subject by hand."""
        words = ("--yes", "--reason", "it was a drill")
        released = self.hand.types("release", self.history(ref).incident, *words)
        assert released.returncode == 0, released.stdout + released.stderr
        assert self.history(ref).last(Released) is not None

    def is_proved(self, ref: Ref) -> bool:
        """Say whether the chain of a subject's incident is sound, and every entry of it archived."""
        verdict = self.world.deployment.archived(ref)
        return verdict.sound and verdict.archived == verdict.entries


def next_second() -> None:
    """Wait until sessions that were begun so far are older than what comes: IAM reckons in seconds."""
    time.sleep(1.05 - datetime.now(UTC).microsecond / 1e6)
