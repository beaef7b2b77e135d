"""Resources in several accounts that fail rules, and scans of the deployment that judge them."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ringfence.aws.scan_items import ScanItems
from ringfence.model.place import Place
from ringfence.posture.kept import judged_of
from ringfence.posture.rule import Status
from ringfence.runbooks.catalogue import CATALOGUE
from tests.e2e.world import until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.record.scans import PlaceResults, ScanSummary
    from tests.e2e.compliance import Compliance

FUNCTION = "ringfence-scans"
THIRD_ACCOUNT, CLOSED_ACCOUNT = "555566667777", "666677778888"
"""A third protected account, and one of the scope that Ringfence's roles were not deployed to."""
TYPES = ["AWS::EC2::Instance", "AWS::EC2::SecurityGroup", "AWS::S3::Bucket"]
RULES = frozenset(
    {
        "default-security-group-is-closed",
        "ec2-instance-has-a-role",
        "ec2-instance-requires-imdsv2",
        "s3-bucket-blocks-public-access",
        "s3-bucket-grants-nobody-in-general",
        "s3-bucket-keeps-versions",
        "s3-bucket-logs-access",
        "s3-bucket-requires-tls",
        "security-group-closes-rdp",
        "security-group-closes-ssh",
    }
)
"""The rules that resources fail, and that a remediation puts right."""
SUBJECTS = ["bucket/*/*/scan-*", "security-group/*/*/*", "instance/*/*/*"]
"""What the policy lets the function of the scans hand over."""
Failed = frozenset[tuple[str, str, str]]
"""Accounts, resources and rules."""


@dataclass(frozen=True)
class Scanned:
    """The deployment, and its scans."""

    intake: Compliance
    accounts: tuple[str, ...]

    def scan(self) -> ScanSummary:
        """Begin a scan, as its schedule does, and wait until its score is known."""
        before = len(self._items.history().scans)
        answer = self.intake.world.client("lambda").invoke(FunctionName=FUNCTION, Payload=b"{}")
        found = json.loads(answer["Payload"].read())
        assert found == {"places": 2 * (len(self.accounts) + 1)}, found
        until(lambda: len(self._items.history().scans) > before, "the scan has a score")
        return self._items.history().scans[-1]

    def kept(self, account: str, region: str = "") -> PlaceResults:
        """Return what the table has of a place."""
        place = Place(account, region or self.intake.world.local.region)
        return self._items.places((place,))[place]

    def failed(self, scan: str) -> Failed:
        """Return what fails the rules of these tests, as the files of a scan say."""
        return frozenset(
            (one.resource.account, one.resource.id, one.rule)
            for text in self._texts(f"results/{scan}/")
            for line in text.splitlines()
            for one in judged_of(line).results
            if one.rule in RULES and one.status is Status.FAILED
        )

    def summary(self, scan: str) -> dict[str, Any]:
        """Return the file with the numbers of a scan's score."""
        (text,) = self._texts(f"summaries/{scan}.json")
        found: dict[str, Any] = json.loads(text)
        return found

    def settle(self) -> None:
        """Wait until nothing that was handed over waits in a queue."""
        names = ("ringfence-intake", *(f"ringfence-{id_}" for id_ in CATALOGUE if id_.startswith("harden")))
        self.intake.world.quiet(*names)

    def _texts(self, prefix: str) -> Iterator[str]:
        s3 = self.intake.world.client("s3")
        (bucket,) = (
            one["Name"] for one in s3.list_buckets()["Buckets"] if one["Name"].startswith("ringfence-scans")
        )
        for one in s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", ()):
            body: bytes = s3.get_object(Bucket=bucket, Key=one["Key"])["Body"].read()
            yield (gzip.decompress(body) if one["Key"].endswith(".gz") else body).decode()

    @property
    def _items(self) -> ScanItems:
        return ScanItems(self.intake.world.client("dynamodb"), self.intake.world.deployment.control_table)


def record(intake: Compliance, account: str) -> None:
    """Let AWS Config of an account record the types of these tests."""
    config = intake.world.client("config", account)
    group = {"allSupported": False, "includeGlobalResourceTypes": False, "resourceTypes": TYPES}
    recorder = {
        "name": "default",
        "roleARN": f"arn:aws:iam::{account}:role/config",
        "recordingGroup": group,
    }
    config.put_configuration_recorder(ConfigurationRecorder=recorder)
    config.put_delivery_channel(DeliveryChannel={"name": "default", "s3BucketName": "items"})
    config.start_configuration_recorder(ConfigurationRecorderName="default")


def forget(intake: Compliance, account: str) -> None:
    """Remove the recorder. With one, responses wait until it has recorded their fix."""
    config = intake.world.client("config", account)
    config.stop_configuration_recorder(ConfigurationRecorderName="default")
    config.delete_delivery_channel(DeliveryChannelName="default")
    config.delete_configuration_recorder(ConfigurationRecorderName="default")


def open_group(intake: Compliance, account: str, port: int) -> str:
    """Create a security group that is open to everybody."""
    ec2 = intake.world.client("ec2", account)
    name, everybody = f"open-{port}", [{"CidrIp": "0.0.0.0/0"}]
    vpc = ec2.create_vpc(CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"]
    group: str = ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"]
    opening = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": everybody}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[opening])
    return group


def open_bucket(intake: Compliance, account: str, *, logged: bool) -> str:
    """Create a bucket without versions, without TLS, open to public policies, and listed by everybody."""
    s3, name = intake.world.client("s3", account), f"scan-{account}"
    s3.create_bucket(Bucket=name, ObjectOwnership="ObjectWriter")
    s3.delete_public_access_block(Bucket=name)
    s3.put_bucket_acl(Bucket=name, ACL="public-read")
    if logged:
        to_itself = {"LoggingEnabled": {"TargetBucket": name, "TargetPrefix": "log/"}}
        s3.put_bucket_logging(Bucket=name, BucketLoggingStatus=to_itself)
    return name
