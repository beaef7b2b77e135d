"""Forwarding stacks of regions that the scope no longer names are found, in every account."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from ringfence.model.call import Failed
from ringfence.model.document import Document
from ringfence.model.errors import AccessDenied, OutcomeUnknown
from ringfence.self_check.findings import Standing
from ringfence.self_check.orphans import PERMISSIONS, find_orphans
from ringfence.self_check.places import Deployment, Stack
from tests.support.self_checking import finished

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ringfence.model.call import Answer, Call, SansIO

HOME, OTHER, REGION = "111122223333", "444455556666", "eu-west-1"
REGIONS = ("eu-west-1", "eu-west-3", "eu-central-1", "us-east-1")
DEPLOYMENT = Deployment(HOME, REGION, (HOME, OTHER), (REGION, "eu-central-1"))


class Aws:
    """Accounts with these regions and stacks. `errors` are raised in a region."""

    def __init__(self, *stacks: tuple[str, str, str], errors: dict[str, Exception] | None = None) -> None:
        self.stacks, self.errors, self.called = set(stacks), errors or {}, set[str]()

    def ask(self, account: str, region: str, talk: SansIO[Any]) -> Any:  # noqa: ANN401 - as the read returns
        return finished(talk, partial(self.answer, account, region))

    def answer(self, account: str, region: str, call: Call) -> Answer:
        self.called.add(f"{call.service}:{call.operation}")
        if error := self.errors.get(f"{call.operation} {region}"):
            raise error
        if call.operation == "DescribeRegions":
            return Document.of({"Regions": [{"RegionName": one} for one in REGIONS]}, call.operation)
        name = str(call.parameters["StackName"])
        if (account, region, name) in self.stacks:
            return Document.of({"Stacks": [{"StackName": name}]}, call.operation)
        return Failed("ValidationError", "does not exist")


def one_by_one(functions: Sequence[Callable[[], object]]) -> list[object]:
    return [function() for function in functions]


def test_a_stack_of_a_former_region_is_found_with_the_command_that_deletes_it() -> None:
    aws = Aws((OTHER, "eu-west-3", "Ringfence-Forward-eu-west-3"))
    found = find_orphans(DEPLOYMENT, aws.ask, one_by_one)
    assert found.stacks == (Stack(OTHER, "eu-west-3", "Ringfence-Forward-eu-west-3"),)
    (problem,) = found.problems
    assert (problem.account, problem.region, problem.standing) == (OTHER, "eu-west-3", Standing.FAULT)
    assert problem.remedy == (
        "aws cloudformation delete-stack --stack-name Ringfence-Forward-eu-west-3 --region eu-west-3"
    )


def test_the_stack_of_a_region_that_became_the_home_region_is_found() -> None:
    found = find_orphans(DEPLOYMENT, Aws((HOME, REGION, "Ringfence-Forward-eu-west-1")).ask, one_by_one)
    assert found.stacks == (Stack(HOME, REGION, "Ringfence-Forward-eu-west-1"),)


def test_stacks_that_the_settings_name_are_no_orphans() -> None:
    aws = Aws(
        (HOME, "eu-central-1", "Ringfence-Forward-eu-central-1"),
        (OTHER, "eu-west-1", "Ringfence-Forward-eu-west-1"),
        (OTHER, "us-east-1", "Ringfence-Forward-us-east-1"),
    )
    assert find_orphans(DEPLOYMENT, aws.ask, one_by_one).problems == ()


def test_a_region_that_cannot_be_read_is_unknown_and_not_empty() -> None:
    aws = Aws(
        errors={"DescribeStacks eu-west-3": OutcomeUnknown("cloudformation:DescribeStacks: no response")}
    )
    found = find_orphans(DEPLOYMENT, aws.ask, one_by_one)
    assert [(one.account, one.region, one.standing) for one in found.unread] == [
        (HOME, "eu-west-3", Standing.UNKNOWN),
        (OTHER, "eu-west-3", Standing.UNKNOWN),
    ]


def test_without_the_right_to_list_regions_that_is_said_with_what_to_do() -> None:
    denied = AccessDenied("ec2:DescribeRegions: UnauthorizedOperation: no")
    found = find_orphans(DEPLOYMENT, Aws(errors={f"DescribeRegions {REGION}": denied}).ask, one_by_one)
    assert [one.remedy.partition(",")[0] for one in found.problems] == ["deploy Ringfence-Member"] * 2


def test_a_role_that_cannot_be_assumed_is_a_problem_of_the_self_check_itself() -> None:
    denied = AccessDenied("sts:AssumeRole of arn:aws:iam::1:role/ringfence-doctor: denied")
    found = find_orphans(DEPLOYMENT, Aws(errors={f"DescribeRegions {REGION}": denied}).ask, one_by_one)
    assert found.problems == ()


def test_the_calls_are_the_declared_ones() -> None:
    aws = Aws()
    find_orphans(DEPLOYMENT, aws.ask, one_by_one)
    assert aws.called == {one.action for one in PERMISSIONS}
