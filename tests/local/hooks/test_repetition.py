"""What the local AWS computes once gives the answers that it would compute each time."""

from __future__ import annotations

import json
import queue
import threading
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.local.hooks import repetition
from ringfence.local.hooks.eventbridge import _sources

if TYPE_CHECKING:
    from collections.abc import Callable

TEMPLATE = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "alarms"}}}}


@pytest.mark.parametrize("kind", ["region", "availability-zone"])
def test_each_region_offers_its_own_instance_types(aws: Any, kind: str) -> None:
    for region in ("us-east-1", "eu-west-1"):
        ec2 = aws.client("ec2", region=region)
        asked = {"LocationType": kind, "Filters": [{"Name": "instance-type", "Values": ["t3.micro"]}]}
        for _ in range(2):
            found = ec2.describe_instance_type_offerings(**asked)["InstanceTypeOfferings"]
            assert {one["LocationType"] for one in found} == {kind}
            assert {one["Location"][: len(region)] for one in found} == {region}


def test_tags_are_those_of_the_moment(ec2: Any, launch: Callable[..., str], describe: Any) -> None:
    first, second = launch(), launch()
    for value in ("one", "two"):
        ec2.create_tags(Resources=[first], Tags=[{"Key": "a", "Value": value}])
        assert describe(first)["Tags"] == [{"Key": "a", "Value": value}]
        named = ec2.describe_instances(Filters=[{"Name": "tag:a", "Values": [value[:2] + "*"]}])
        assert first in {one["InstanceId"] for each in named["Reservations"] for one in each["Instances"]}
    ec2.delete_tags(Resources=[first], Tags=[{"Key": "a"}])
    assert [describe(one).get("Tags", []) for one in (first, second)] == [[], []]


def test_objects_and_dictionaries_are_serialized_by_the_same_names(
    ec2: Any, describe: Any, launch: Callable[..., str]
) -> None:
    """The names of an attribute depend on the class of what has it."""
    for _ in range(2):
        instance = describe(launch(2))
        groups = [{one["GroupId"] for one in each["Groups"]} for each in instance["NetworkInterfaces"]]
        assert groups[0] == groups[1] != set()
        (found,) = ec2.describe_security_groups(GroupIds=[*groups[0]])["SecurityGroups"]
        assert found["GroupId"] in groups[0]
        assert found["VpcId"] == instance["VpcId"]


@pytest.mark.parametrize("transform", [{}, {"Transform": "AWS::LanguageExtensions"}])
def test_a_template_is_returned_as_it_was_processed(aws: Any, unique: str, transform: dict[str, str]) -> None:
    cloudformation = aws.client("cloudformation")
    body = json.dumps(TEMPLATE | transform)
    cloudformation.create_stack(StackName=unique, TemplateBody=body, Capabilities=["CAPABILITY_AUTO_EXPAND"])
    cloudformation.get_waiter("stack_create_complete").wait(StackName=unique, WaiterConfig={"Delay": 1})
    got = cloudformation.get_template(StackName=unique)["TemplateBody"]
    read = got if isinstance(got, dict) else json.loads(got)
    assert read["Resources"] == TEMPLATE["Resources"]


@pytest.mark.parametrize(
    ("pattern", "sources"),
    [
        ({"source": ["aws.ec2", "aws.iam"]}, {"aws.ec2", "aws.iam"}),
        ({"source": ["aws.ec2"], "detail": {"a": ["b"]}}, {"aws.ec2"}),
        ({"source": ["aws.ec2", {"prefix": "x"}]}, None),
        ({"source": [{"exists": True}]}, None),
        ({"$or": [{"source": ["aws.ec2"]}, {"source": ["aws.iam"]}]}, None),
        ({"detail": {"source": ["aws.ec2"]}}, None),
    ],
)
def test_a_pattern_names_its_sources_only_where_it_names_them_as_they_are(
    pattern: dict[str, Any], sources: set[str] | None
) -> None:
    assert _sources(json.dumps(pattern)) == sources


@pytest.mark.parametrize("lines", [0, 3, 200])
def test_all_lines_that_a_function_wrote_are_in_its_log(lines: int) -> None:
    worker, wanted = _Worker(), [f"line {number}" for number in range(lines)]
    late = threading.Timer(0.01, worker.write, [wanted])
    late.start()
    assert (
        repetition._drained(print, worker, first_line_wait=2 if lines else 0.05, hard_cap=2).splitlines()
        == wanted
    )
    late.join()


class _Worker:
    def __init__(self) -> None:
        self._stderr_queue: queue.Queue[str] = queue.Queue()

    def write(self, lines: list[str]) -> None:
        for line in lines:
            self._stderr_queue.put(line)
