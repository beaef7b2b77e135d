"""IAM enforcement of the local AWS knows trails by their tags' ARNs, recorders, rules and detectors."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.local import LocalAws

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PLACE = "us-east-1:111122223333"
ROLE = "arn:aws:iam::111122223333:role/config"
RECORDERS = "arn:aws:config:us-east-1:111122223333:configuration-recorder"


@pytest.fixture(scope="module")
def enforced() -> Iterator[LocalAws]:
    with LocalAws(enforce_iam=True) as running:
        yield running


@pytest.fixture
def caller(enforced: LocalAws, unique: str) -> Callable[[str, str], Any]:
    """Give a function: a client of a user who may do one action on one resource."""
    iam = enforced.client("iam")
    iam.create_user(UserName=unique)
    key = iam.create_access_key(UserName=unique)["AccessKey"]

    def allowed(action: str, on: str) -> Any:
        statement = {"Effect": "Allow", "Action": action, "Resource": on}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_user_policy(UserName=unique, PolicyName="only", PolicyDocument=document)
        return enforced.client(
            action.partition(":")[0],
            aws_access_key_id=key["AccessKeyId"],
            aws_secret_access_key=key["SecretAccessKey"],
        )

    return allowed


def test_tags_are_those_of_a_trail(
    enforced: LocalAws, caller: Callable[[str, str], Any], unique: str, refusal: Callable[..., str]
) -> None:
    made = enforced.client("cloudtrail").create_trail(Name=unique, S3BucketName="logs")["TrailARN"]
    arns = {"ResourceIdList": [made]}
    caller("cloudtrail:ListTags", made).list_tags(**arns)
    elsewhere = caller("cloudtrail:ListTags", f"{made}-other")
    assert refusal(elsewhere.list_tags, **arns) == "AccessDeniedException"


def test_a_recorder_is_known_by_its_name_and_every_one_where_none_is_named(
    enforced: LocalAws, caller: Callable[[str, str], Any], refusal: Callable[..., str]
) -> None:
    recorder = {"name": "default", "roleARN": ROLE}
    enforced.client("config").put_configuration_recorder(ConfigurationRecorder=recorder)
    action, named = "config:DescribeConfigurationRecorders", {"ConfigurationRecorderNames": ["default"]}
    caller(action, f"{RECORDERS}/default/*").describe_configuration_recorders(**named)
    caller(action, f"{RECORDERS}/*").describe_configuration_recorders()
    elsewhere = caller(action, f"{RECORDERS}/other/*")
    assert refusal(elsewhere.describe_configuration_recorders, **named) == "AccessDeniedException"
    stop, by_name = "config:StopConfigurationRecorder", {"ConfigurationRecorderName": "default"}
    caller(stop, f"{RECORDERS}/default/*").stop_configuration_recorder(**by_name)
    elsewhere = caller(stop, f"{RECORDERS}/other/*")
    assert refusal(elsewhere.stop_configuration_recorder, **by_name) == "AccessDeniedException"


def test_a_detector_is_known_by_its_id(
    enforced: LocalAws, caller: Callable[[str, str], Any], refusal: Callable[..., str]
) -> None:
    made = enforced.client("guardduty").create_detector(Enable=True)["DetectorId"]
    detectors = f"arn:aws:guardduty:{PLACE}:detector"
    caller("guardduty:GetDetector", f"{detectors}/{made}").get_detector(DetectorId=made)
    elsewhere = caller("guardduty:GetDetector", f"{detectors}/{'0' * 32}")
    assert refusal(elsewhere.get_detector, DetectorId=made) == "AccessDeniedException"


def test_a_config_rule_is_known_by_its_arn(
    enforced: LocalAws, caller: Callable[[str, str], Any], unique: str, refusal: Callable[..., str]
) -> None:
    rule = {
        "ConfigRuleName": unique,
        "Source": {"Owner": "AWS", "SourceIdentifier": "EC2_IMDSV2_CHECK"},
    }
    config = enforced.client("config")
    config.put_config_rule(ConfigRule=rule)
    (made,) = config.describe_config_rules(ConfigRuleNames=[unique])["ConfigRules"]
    action, names = "config:StartConfigRulesEvaluation", {"ConfigRuleNames": [unique]}
    caller(action, made["ConfigRuleArn"]).start_config_rules_evaluation(**names)
    caller(action, f"arn:aws:config:{PLACE}:config-rule/*").start_config_rules_evaluation(**names)
    elsewhere = caller(action, f"{made['ConfigRuleArn']}-other")
    assert refusal(elsewhere.start_config_rules_evaluation, **names) == "AccessDeniedException"
    details = "config:GetComplianceDetailsByConfigRule"
    caller(details, made["ConfigRuleArn"]).get_compliance_details_by_config_rule(ConfigRuleName=unique)
    elsewhere = caller(details, f"{made['ConfigRuleArn']}-other")
    code = refusal(elsewhere.get_compliance_details_by_config_rule, ConfigRuleName=unique)
    assert code == "AccessDeniedException"
