"""What can break a workload is a dry run until the policy allows it, or a person asks for it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.local.samples.config import verdict
from ringfence.record.facts import DecisionMade, Planned
from tests.e2e.world import until

if TYPE_CHECKING:
    from ringfence.model.kinds.instance import InstanceRef
    from tests.e2e.places import Place

pytestmark = pytest.mark.e2e
RUNBOOK, REMEDIATION = "harden-instance", "require-imdsv2"
RULE, IDENTIFIER = "ec2-imdsv2-check", "EC2_IMDSV2_CHECK"


def tokens(place: Place, ref: InstanceRef) -> Any:  # noqa: ANN401 - an answer of EC2
    found = place.world.client("ec2").describe_instances(InstanceIds=[ref.id])["Reservations"][0]
    return found["Instances"][0]["MetadataOptions"]["HttpTokens"]


def test_a_verdict_shows_the_plan_and_a_person_has_it_carried_out(place: Place) -> None:
    """The policy says that everything is done at once, and names nothing that it allows."""
    builder, deployment = place.world.builder(), place.world.deployment
    ref = builder.launch(builder.ground(), builder.name).ref
    rule = {"ConfigRuleName": RULE, "Source": {"Owner": "AWS", "SourceIdentifier": IDENTIFIER}}
    place.world.client("config").put_config_rule(ConfigRule=rule)
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    place.put(verdict(RULE, "AWS::EC2::Instance", ref.id, ref.account, ref.region, at=at))
    planned = until(lambda: deployment.history(ref, RUNBOOK).of(Planned), "the plan is recorded")
    assert [step.describe() for plan in planned for step in plan.steps] == [
        f"make a token required at the metadata service of {ref.id}"
    ]
    assert any("without a token" in words for plan in planned for words in plan.exposure)
    made = deployment.history(ref, RUNBOOK).last(DecisionMade)
    assert made
    assert (made.decision.mode, REMEDIATION in made.decision.reason) == ("dry-run", True)
    assert tokens(place, ref) == "optional"

    words = ("--remediation", REMEDIATION, "--yes", "--reason", "nothing calls without one")
    done = place.hand.types("run", RUNBOOK, ref.id, *words)
    assert done.returncode == 0, done.stdout + done.stderr
    assert tokens(place, ref) == "required"
    assert deployment.archived(ref, runbook=RUNBOOK).sound
