"""AWS Config is asked to look again once it has recorded what the deployed functions put right."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.local.samples.config import verdict
from ringfence.model.kinds.bucket import BucketRef
from ringfence.model.resource_names import run_role
from tests.e2e.world import applied, until
from tests.support.samples.bus import entry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.compliance import Compliance

pytestmark = pytest.mark.e2e
RUNBOOK = "harden-bucket"
RULE = "OrgConfigRule-s3-bucket-versioning-enabled-dbgzf8ba"


@pytest.fixture
def config(compliance: Compliance) -> Iterator[Any]:
    """AWS Config with the rule, recording everything."""
    found, account = compliance.world.client("config"), compliance.world.local.account
    source = {"Owner": "AWS", "SourceIdentifier": "S3_BUCKET_VERSIONING_ENABLED"}
    found.put_config_rule(ConfigRule={"ConfigRuleName": RULE, "Source": source})
    role = f"arn:aws:iam::{account}:role/config"
    found.put_configuration_recorder(ConfigurationRecorder={"name": "default", "roleARN": role})
    found.put_delivery_channel(DeliveryChannel={"name": "default", "s3BucketName": "items"})
    found.start_configuration_recorder(ConfigurationRecorderName="default")
    yield found
    until(lambda: is_gone(found), "the recorder is gone")


def is_gone(config: Any) -> bool:  # noqa: ANN401 - boto3's clients are made at run time
    """Remove the recorder and its channel. A response may start it again in between."""
    config.stop_configuration_recorder(ConfigurationRecorderName="default")
    try:
        config.delete_delivery_channel(DeliveryChannelName="default")
    except config.exceptions.LastDeliveryChannelDeleteFailedException:
        return False
    config.delete_configuration_recorder(ConfigurationRecorderName="default")
    return True


@pytest.mark.shows("evaluate-rule")
def test_the_rule_that_judged_is_evaluated_again_when_the_fix_is_recorded(
    compliance: Compliance,
    config: Any,  # noqa: ANN401 - boto3's clients are made at run time
) -> None:
    world = compliance.world
    name, local = f"b-{world.builder().name.lower()}", world.local
    where = {"LocationConstraint": local.region}
    world.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration=where)
    ref = BucketRef(local.account, local.region, name)

    at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    compliance.put(entry(verdict(RULE, "AWS::S3::Bucket", name, ref.account, ref.region, at=at)))
    history = compliance.over(RUNBOOK, ref)

    asked = [target for target in applied(history) if target.startswith("config-rule/")]
    assert sorted(asked) == [f"config-rule/{ref.region}/{RULE}", f"config-rule/{ref.region}/{RULE}/noted"]
    recorded = config.get_resource_config_history(resourceType="AWS::S3::Bucket", resourceId=name)
    (item,) = recorded["configurationItems"]
    (status,) = config.describe_config_rule_evaluation_status(ConfigRuleNames=[RULE])[
        "ConfigRulesEvaluationStatus"
    ]
    assert status["LastSuccessfulEvaluationTime"] > item["configurationItemCaptureTime"]
    (call,) = world.calls("StartConfigRulesEvaluation", RULE)
    assert call["userIdentity"]["sessionContext"]["sessionIssuer"]["userName"] == run_role(RUNBOOK)
    assert compliance.verdict(RUNBOOK, ref).sound
