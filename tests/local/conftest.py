"""One local AWS for all tests in this folder, and small things to build in it."""

from __future__ import annotations

import io
import json
import textwrap
import time
import uuid
import zipfile
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from ringfence.local import LocalAws

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

IMAGE = "ami-12c6146b"
OTHER_ACCOUNT = "444455556666"


@pytest.fixture(scope="session")
def aws() -> Iterator[LocalAws]:
    """A local AWS that records CloudTrail; IAM is not enforced."""
    with LocalAws(cloudtrail=True) as running:
        yield running


@pytest.fixture(scope="session")
def ec2(aws: LocalAws) -> Any:
    return aws.client("ec2")


@pytest.fixture(scope="session")
def iam(aws: LocalAws) -> Any:
    return aws.client("iam")


@dataclass(frozen=True)
class Network:
    """A VPC with one subnet, a group that lets everything out, and one without any rules."""

    vpc: str
    subnet: str
    open: str
    quarantine: str


@pytest.fixture
def network(ec2: Any) -> Network:
    return make_network(ec2)


@pytest.fixture(scope="session")
def build_network() -> Callable[[Any], Network]:
    """Give the function that builds a network with any EC2 client."""
    return make_network


def make_network(ec2: Any) -> Network:
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    opened, quarantine = (
        ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"]
        for name in ("open", "quarantine")
    )
    rules = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [quarantine]}])
    ids = [rule["SecurityGroupRuleId"] for rule in rules["SecurityGroupRules"]]
    ec2.revoke_security_group_egress(GroupId=quarantine, SecurityGroupRuleIds=ids)
    return Network(vpc, subnet, opened, quarantine)


@pytest.fixture
def launch(ec2: Any, network: Network) -> Callable[..., str]:
    """Give a function that launches one instance with `interfaces` interfaces in the network's open group."""

    def run(interfaces: int = 1, **options: Any) -> str:
        specifications = [
            {"DeviceIndex": index, "SubnetId": network.subnet, "Groups": [network.open]}
            for index in range(interfaces)
        ]
        run = ec2.run_instances(
            ImageId=IMAGE, MinCount=1, MaxCount=1, NetworkInterfaces=specifications, **options
        )
        instance: str = run["Instances"][0]["InstanceId"]
        return instance

    return run


@pytest.fixture(scope="session")
def describe(ec2: Any) -> Callable[[str], dict[str, Any]]:
    """Give a function that describes one instance."""

    def instance(instance_id: str) -> dict[str, Any]:
        found = ec2.describe_instances(InstanceIds=[instance_id])
        described: dict[str, Any] = found["Reservations"][0]["Instances"][0]
        return described

    return instance


@pytest.fixture(scope="session")
def refusal() -> Callable[..., str]:
    """Give a function that makes a call and returns the error code it is refused with."""

    def code(call: Callable[..., Any], **parameters: Any) -> str:
        with pytest.raises(ClientError) as refused:
            call(**parameters)
        found: str = refused.value.response["Error"]["Code"]
        return found

    return code


@pytest.fixture(scope="session")
def eventually() -> Callable[..., Any]:
    """Give a function that asks again until the answer is true, and returns it."""

    def ask(question: Callable[[], Any], within: float = 15.0) -> Any:
        deadline = time.monotonic() + within
        while not (answer := question()):
            assert time.monotonic() < deadline, "did not become true in time"
            time.sleep(0.05)
        return answer

    return ask


@pytest.fixture
def unique() -> str:
    """A name nothing else has."""
    return f"t-{uuid.uuid4().hex[:10]}"


TRUST_IN_LAMBDA = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


@pytest.fixture
def make_function(aws: LocalAws, iam: Any, unique: str) -> Callable[..., str]:
    """Give a function that makes a Lambda function of Python source and returns its ARN.

    `files` are further files of its code.
    """

    def make(source: str, files: Mapping[str, str] = MappingProxyType({}), **options: Any) -> str:
        name = f"{unique}-{uuid.uuid4().hex[:6]}"
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST_IN_LAMBDA))["Role"]
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as bundle:
            for path, text in {"index.py": source, **files}.items():
                bundle.writestr(zipfile.ZipInfo(path), textwrap.dedent(text))  # without the time of day
        made = aws.client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=role["Arn"],
            Handler="index.handler",
            Code={"ZipFile": archive.getvalue()},
            **options,
        )
        arn: str = made["FunctionArn"]
        return arn

    return make


@dataclass(frozen=True)
class Queue:
    """A queue, and what has come out of it."""

    client: Any
    url: str
    arn: str

    def take(self, count: int, within: float = 15.0) -> list[Any]:
        """Receive `count` JSON messages, or fewer when no more come in time, and delete them."""
        deadline = time.monotonic() + within
        taken: list[Any] = []
        while len(taken) < count and time.monotonic() < deadline:
            received = self.client.receive_message(
                QueueUrl=self.url, MaxNumberOfMessages=10, WaitTimeSeconds=1
            )
            for message in received.get("Messages", []):
                taken.append(json.loads(message["Body"]))
                self.client.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return taken

    def waiting(self) -> int:
        """Count the messages that could be received now."""
        read = self.client.get_queue_attributes(
            QueueUrl=self.url, AttributeNames=["ApproximateNumberOfMessages"]
        )
        return int(read["Attributes"]["ApproximateNumberOfMessages"])


@pytest.fixture
def make_queue(aws: LocalAws, unique: str) -> Callable[..., Queue]:
    """Give a function that makes a queue, by default in the default account and region."""

    def make(account: str | None = None, region: str | None = None, **attributes: str) -> Queue:
        sqs = aws.client("sqs", account, region)
        url = sqs.create_queue(QueueName=f"{unique}-{uuid.uuid4().hex[:6]}", Attributes=attributes)[
            "QueueUrl"
        ]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        return Queue(sqs, url, arn)

    return make


@pytest.fixture
def heard(
    aws: LocalAws, unique: str, eventually: Callable[..., Any]
) -> Callable[[str, str, str], Callable[[], list[dict[str, Any]]]]:
    """Give a function that subscribes to events in a region. It returns one that waits for more."""

    def subscribe(region: str, source: str, kind: str) -> Callable[[], list[dict[str, Any]]]:
        sqs: Any = aws.client("sqs", region=region)
        events: Any = aws.client("events", region=region)
        url = sqs.create_queue(QueueName=unique)["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        pattern = {"source": [source], "detail-type": [kind]}
        events.put_rule(Name=unique, EventPattern=json.dumps(pattern))
        events.put_targets(Rule=unique, Targets=[{"Id": "queue", "Arn": arn}])

        def read() -> list[dict[str, Any]]:
            found = eventually(lambda: sqs.receive_message(QueueUrl=url).get("Messages"))
            for one in found:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])
            return [json.loads(one["Body"]) for one in found]

        return read

    return subscribe
