"""A finding of a product that the policy trusts is contained if Security Hub holds it, and only then."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.local.findings import formatted
from ringfence.local.samples import security_hub
from ringfence.model.claims import CONFIRMED, Verdict
from ringfence.record.facts import DecisionMade, Intended
from tests.e2e.intake.controls import hub
from tests.e2e.intake.senders import TRUSTED
from tests.support.samples.bus import entry

if TYPE_CHECKING:
    from ringfence.model.subject import Ref
    from tests.e2e.compliance import Compliance

pytestmark = pytest.mark.e2e


def found(intake: Compliance, ref: Ref) -> dict[str, Any]:
    """Return a new finding of the product about an instance."""
    local = intake.world.local
    resource = f"arn:aws:ec2:{local.region}:{local.account}:instance/{ref.id}"
    return security_hub.asff(
        AwsAccountId=local.account,
        Region=local.region,
        ProductArn=f"arn:aws:securityhub:{local.region}::product/{TRUSTED}",
        Id=str(uuid.uuid4()),
        UpdatedAt=formatted(datetime.now(UTC)),
        Types=["TTPs/Command and Control/Beacon"],
        Resources=[{"Type": "AwsEc2Instance", "Id": resource, "Region": local.region}],
    )


def test_a_finding_that_security_hub_holds_is_contained_without_a_person(intake: Compliance) -> None:
    world = intake.world
    builder = world.builder()
    server = builder.launch(builder.ground(), "beaconing")
    hub(intake).batch_import_findings(Findings=[found(intake, server.ref)])
    history = world.complete(server)
    decided = next(iter(history.of(DecisionMade)))
    assert (decided.decision.mode, decided.source) == ("auto", CONFIRMED)
    assert history.of(Intended)


def test_a_finding_that_security_hub_does_not_hold_changes_nothing(intake: Compliance) -> None:
    world = intake.world
    builder = world.builder()
    server = builder.launch(builder.ground(), "accused")
    hub(intake)
    intake.put(entry(security_hub.imported(found(intake, server.ref))))
    history = intake.when("contain-instance", server.ref, lambda one: bool(one.of(DecisionMade)), "decided")
    decided = next(iter(history.of(DecisionMade)))
    assert decided.source is not None
    assert (decided.decision.mode, decided.source.verdict) == ("notify", Verdict.ABSENT)
    assert not history.of(Intended)
