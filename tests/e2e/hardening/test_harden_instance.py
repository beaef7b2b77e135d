"""Instances that break compliance, put right by the deployed functions with IAM enforced."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.local.samples.config import verdict
from ringfence.local.samples.states import state_change
from ringfence.observations.ec2.management import NAME
from ringfence.observations.ec2.tags import IMAGE_TAG
from ringfence.record.facts import Closed, DecisionMade, Planned, Released
from tests.e2e.compliance import management_profile
from tests.support.samples.bus import entry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.local.estate import Ground
    from ringfence.model.kinds.instance import InstanceRef
    from ringfence.record.history import History
    from tests.e2e.compliance import Compliance

pytestmark = pytest.mark.e2e
RUNBOOK = "harden-instance"
IMDSV2 = ("securityhub-ec2-imdsv2-check-4f2a9c1e", "EC2_IMDSV2_CHECK")
MANAGED = ("ec2-instance-managed-by-systems-manager", "EC2_INSTANCE_MANAGED_BY_SSM")
APPROVED = ("approved-amis-by-tag-conformance-pack-q7w2ex", "APPROVED_AMIS_BY_TAG")
LISTED = ("approved-amis-by-id", "APPROVED_AMIS_BY_ID")
DEMANDS = {
    APPROVED: {"amisByTagKeyAndValue": "approved:true"},
    LISTED: {"amiIds": "ami-0a1b2c3d4e5f60718"},
}
"""What the rules that judge images are told."""


@dataclass(frozen=True)
class Fleet:
    """Where instances are launched, judged and looked at."""

    compliance: Compliance
    ground: Ground

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3's clients are made at run time
        return self.compliance.world.client(service)

    def launch(self) -> InstanceRef:
        """Launch a server without a profile, from an image that is Amazon's."""
        builder = self.compliance.world.builder()
        return builder.launch(self.ground, builder.name).ref

    def described(self, ref: InstanceRef) -> Any:  # noqa: ANN401 - an answer of EC2
        (found,) = self.client("ec2").describe_instances(InstanceIds=[ref.id])["Reservations"]
        return found["Instances"][0]

    def tag(self, ref: InstanceRef) -> str | None:
        tags = {one["Key"]: one["Value"] for one in self.described(ref)["Tags"]}
        return tags.get(IMAGE_TAG)

    def profile(self, ref: InstanceRef) -> str:
        return str(self.described(ref).get("IamInstanceProfile", {}).get("Arn", ""))

    def judge(self, rule: tuple[str, str], ref: InstanceRef) -> None:
        """Let the managed rule judge an instance."""
        event = verdict(rule[0], "AWS::EC2::Instance", ref.id, ref.account, ref.region, at=now())
        self.compliance.put(entry(event))

    def start(self, *refs: InstanceRef) -> None:
        """Let instances report that they are running, and wait until that has been dealt with."""
        changes = (state_change("running", one.id, one.account, one.region, now()) for one in refs)
        self.compliance.put(*map(entry, changes))
        self.compliance.quiet(RUNBOOK)

    def over(self, ref: InstanceRef) -> History:
        return self.compliance.over(RUNBOOK, ref)

    def history(self, ref: InstanceRef) -> History:
        return self.compliance.history(RUNBOOK, ref)

    def release(self, ref: InstanceRef) -> None:
        """Undo the newest incident by hand, and prove its chain."""
        words = ("--yes", "--reason", "it breaks our software")
        done = self.compliance.hand.types("release", self.history(ref).incident, *words)
        assert done.returncode == 0, done.stdout + done.stderr
        assert self.history(ref).last(Released) is not None
        checked = self.compliance.verdict(RUNBOOK, ref)
        assert checked.sound, checked.claim
        assert checked.archived == checked.entries, checked.claim


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def said(history: History) -> str:
    """Return what the plans say stays open."""
    return "\n".join(words for plan in history.of(Planned) for words in plan.exposure)


@pytest.fixture(scope="module")
def fleet(compliance: Compliance) -> Iterator[Fleet]:
    """Managed rules, and the profile that its owner makes for Session Manager."""
    found = Fleet(compliance, compliance.world.builder().ground())
    config = found.client("config")
    for name, identifier in (IMDSV2, MANAGED, *DEMANDS):
        rule = {"ConfigRuleName": name, "Source": {"Owner": "AWS", "SourceIdentifier": identifier}}
        if (name, identifier) in DEMANDS:
            rule["InputParameters"] = json.dumps(DEMANDS[name, identifier])
        config.put_config_rule(ConfigRule=rule)
    with management_profile(found.client("iam")):
        yield found


@pytest.mark.shows("require-imdsv2")
def test_a_token_is_required_and_the_plan_says_who_calls_without_one(fleet: Fleet) -> None:
    ref = fleet.launch()
    fleet.client("ec2").modify_instance_metadata_options(InstanceId=ref.id, HttpPutResponseHopLimit=3)
    use = {
        "MetricName": "MetadataNoToken",
        "Dimensions": [{"Name": "InstanceId", "Value": ref.id}],
        "Timestamp": datetime.now(UTC) - timedelta(days=2),
        "Value": 3,
    }
    fleet.client("cloudwatch").put_metric_data(Namespace="AWS/EC2", MetricData=[use])
    before = fleet.described(ref)["MetadataOptions"]
    fleet.judge(IMDSV2, ref)
    assert "3 calls without a token" in said(fleet.over(ref))
    assert fleet.described(ref)["MetadataOptions"] == {**before, "HttpTokens": "required"}
    assert fleet.described(ref)["MetadataOptions"]["HttpPutResponseHopLimit"] == 3
    fleet.release(ref)
    assert fleet.described(ref)["MetadataOptions"] == before


@pytest.mark.shows("attach-management-profile")
def test_an_instance_without_a_profile_is_given_the_one_for_session_manager(fleet: Fleet) -> None:
    ref = fleet.launch()
    fleet.judge(MANAGED, ref)
    fleet.over(ref)
    assert fleet.profile(ref).endswith(f":instance-profile/{NAME}")
    fleet.release(ref)
    assert fleet.profile(ref) == ""


def test_an_instance_that_may_be_compromised_is_given_no_profile(fleet: Fleet) -> None:
    ref = fleet.launch()
    fleet.client("ec2").create_tags(
        Resources=[ref.id], Tags=[{"Key": "ringfence:incident", "Value": "inc-1"}]
    )
    fleet.judge(MANAGED, ref)
    history = fleet.over(ref)
    assert [step.target for step in history.steps() if step.target.startswith("instance/")] == []
    assert fleet.profile(ref) == ""
    verified = history.verified
    assert verified
    assert any("compromised" in words for words in verified.exposure)


@pytest.mark.shows("report-unapproved-image")
def test_a_start_from_an_unapproved_image_is_tagged_and_any_other_start_leaves_no_trace(fleet: Fleet) -> None:
    ref = fleet.launch()
    ec2 = fleet.client("ec2")
    own = ec2.create_image(InstanceId=ref.id, Name=ref.id)["ImageId"]
    started = ec2.run_instances(ImageId=own, MinCount=1, MaxCount=1, SubnetId=fleet.ground.subnets[0])
    approved = type(ref)(ref.account, ref.region, started["Instances"][0]["InstanceId"])
    fleet.start(approved, ref)
    assert "belongs to amazon" in said(fleet.over(ref))
    assert fleet.tag(ref) == "owner"
    assert fleet.history(approved).entries == ()

    # Here LaunchTime stands still, so that each start is the first: later ones are shown on the engine alone.
    fleet.release(ref)
    assert fleet.tag(ref) is None


@pytest.mark.parametrize("rule", DEMANDS, ids=lambda rule: rule[1])
def test_an_image_that_config_judged_is_tagged_by_a_verdict_too(fleet: Fleet, rule: tuple[str, str]) -> None:
    ref = fleet.launch()
    fleet.judge(rule, ref)
    fleet.over(ref)
    assert fleet.tag(ref) == "config owner"
    assert fleet.described(ref)["MetadataOptions"]["HttpTokens"] == "optional"
    assert fleet.profile(ref) == ""


def test_an_instance_that_is_gone_closes_the_finding_and_a_start_of_it_leaves_no_trace(fleet: Fleet) -> None:
    judged, started = fleet.launch(), fleet.launch()
    fleet.client("ec2").terminate_instances(InstanceIds=[judged.id, started.id])
    fleet.judge(IMDSV2, judged)
    fleet.start(started)
    history = fleet.compliance.when(RUNBOOK, judged, lambda found: found.last(Closed) is not None, "closed")
    assert history.steps() == ()
    assert fleet.history(started).entries == ()


def test_a_rule_that_only_bears_the_name_changes_nothing(fleet: Fleet) -> None:
    ref = fleet.launch()
    fleet.judge(("ec2-imdsv2-check", ""), ref)  # there is no such rule
    history = fleet.compliance.when(
        RUNBOOK, ref, lambda found: found.last(DecisionMade) is not None, "decided"
    )
    made = history.last(DecisionMade)
    assert made
    assert made.decision.mode == "notify"
    assert fleet.described(ref)["MetadataOptions"]["HttpTokens"] == "optional"
