"""moto answers for the services that ministack lacks, in the caller's account and region."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

OTHER_ACCOUNT = "444455556666"


def test_guardduty_keeps_detectors_by_account_and_region(aws: Any) -> None:
    made = aws.client("guardduty", region="eu-north-1").create_detector(Enable=True)["DetectorId"]
    assert aws.client("guardduty", region="eu-north-1").list_detectors()["DetectorIds"] == [made]
    assert made not in aws.client("guardduty", region="eu-west-2").list_detectors()["DetectorIds"]
    other = aws.client("guardduty", account=OTHER_ACCOUNT, region="eu-north-1")
    assert other.list_detectors()["DetectorIds"] == []


def test_security_hub_can_be_enabled_and_takes_findings(aws: Any) -> None:
    hub = aws.client("securityhub", region="eu-north-1")
    hub.enable_security_hub()
    assert hub.describe_hub()["HubArn"].startswith("arn:aws:securityhub:eu-north-1:")


def test_run_command_is_motos_and_parameters_are_ministacks(aws: Any, unique: str) -> None:
    ssm = aws.client("ssm")
    sent = ssm.send_command(
        InstanceIds=["i-0123456789abcdef0"],
        DocumentName="AWS-RunShellScript",
        Parameters={"commands": ["true"]},
    )["Command"]["CommandId"]
    assert [c["CommandId"] for c in ssm.list_commands(CommandId=sent)["Commands"]] == [sent]
    ssm.put_parameter(Name=unique, Value="v", Type="String")
    assert ssm.get_parameter(Name=unique)["Parameter"]["Value"] == "v"


def test_config_keeps_rules(aws: Any, unique: str) -> None:
    config = aws.client("config")
    source = {"Owner": "AWS", "SourceIdentifier": "S3_BUCKET_VERSIONING_ENABLED"}
    config.put_config_rule(ConfigRule={"ConfigRuleName": unique, "Source": source})
    described = config.describe_config_rules(ConfigRuleNames=[unique])["ConfigRules"]
    assert [rule["ConfigRuleName"] for rule in described] == [unique]


def test_a_call_that_moto_does_not_know_is_refused_for_good(aws: Any, refusal: Callable[..., str]) -> None:
    """A server error would be tried again and again by every SDK."""
    for service, call in (
        ("ec2", "describe_fast_launch_images"),
        ("autoscaling", "describe_account_limits"),
        ("config", "get_discovered_resource_counts"),
    ):
        assert refusal(getattr(aws.client(service), call)) == "NotImplemented", service
