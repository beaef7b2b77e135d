"""One local AWS for all tests in this folder, and small things to build in it."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from ringfence.local import LocalAws

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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
