"""Requiring TLS can break a workload: it is a dry run until the policy allows it, or a person asks for it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from ringfence.local.samples.config import verdict
from ringfence.model.kinds.bucket import BucketRef
from ringfence.observations.s3.tls import requires_tls
from ringfence.record.facts import DecisionMade, Planned
from tests.e2e.world import until

if TYPE_CHECKING:
    from tests.e2e.places import Place

pytestmark = pytest.mark.e2e
RUNBOOK, RULE, IDENTIFIER = "harden-bucket", "s3-bucket-ssl-requests-only", "S3_BUCKET_SSL_REQUESTS_ONLY"


def test_a_verdict_shows_the_plan_and_a_person_has_it_carried_out(place: Place) -> None:
    deployment, s3 = place.world.deployment, place.world.client("s3")
    local, name = place.world.local, f"dry-{place.world.builder().name.lower()}"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": local.region})
    ref = BucketRef(local.account, local.region, name)
    rule = {"ConfigRuleName": RULE, "Source": {"Owner": "AWS", "SourceIdentifier": IDENTIFIER}}
    place.world.client("config").put_config_rule(ConfigRule=rule)
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    place.put(verdict(RULE, "AWS::S3::Bucket", ref.id, ref.account, ref.region, at=at))
    planned = until(lambda: deployment.history(ref, RUNBOOK).of(Planned), "the plan is recorded")
    steps = [step for plan in planned for step in plan.steps]
    assert f"require TLS for every request to bucket {name}" in [step.describe() for step in steps]
    made = deployment.history(ref, RUNBOOK).last(DecisionMade)
    assert made
    assert (made.decision.mode, "require-tls" in made.decision.reason) == ("dry-run", True)
    with pytest.raises(s3.exceptions.ClientError, match="NoSuchBucketPolicy"):
        s3.get_bucket_policy(Bucket=name)

    words = ("--remediation", "require-tls", "--region", ref.region, "--yes", "--reason", "all speak TLS")
    done = place.hand.types("run", RUNBOOK, name, *words)
    assert done.returncode == 0, done.stdout + done.stderr
    assert requires_tls(json.loads(s3.get_bucket_policy(Bucket=name)["Policy"]), name)
    assert deployment.archived(ref, runbook=RUNBOOK).sound
