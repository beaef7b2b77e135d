"""The target groups of all instances of a place, as AWS lists them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ringfence.model.call import Failed
from ringfence.model.document import Document
from ringfence.observations.ec2 import members
from ringfence.observations.ec2.members import registered
from tests.support.worlds import REF

if TYPE_CHECKING:
    import pytest

    from ringfence.model.call import Answer, Call
    from ringfence.observations.ec2.members import ListedMembers

HEALTHY, SICK = "healthy", "unhealthy"


def instance(number: int, vpc: str = "vpc-1", state: str = "running", *addresses: str) -> dict[str, Any]:
    interface = {"VpcId": vpc, "PrivateIpAddresses": [{"PrivateIpAddress": one} for one in addresses]}
    return {
        "InstanceId": f"i-{number:017x}",
        "VpcId": vpc,
        "State": {"Name": state},
        "NetworkInterfaces": [interface],
    }


def group(name: str, vpc: str = "vpc-1", kind: str = "instance") -> dict[str, Any]:
    return {"TargetGroupName": name, "TargetGroupArn": f"arn:{name}", "VpcId": vpc, "TargetType": kind}


def health(*targets: tuple[str, str]) -> Document:
    """Return the targets of a group with their states."""
    described = (
        {"Target": {"Id": id_, "Port": 80}, "TargetHealth": {"State": state}} for id_, state in targets
    )
    return Document.of({"TargetHealthDescriptions": list(described)})


def listed(
    instances: list[dict[str, Any]], groups: list[dict[str, Any]], targets: dict[str, Answer]
) -> tuple[ListedMembers, list[tuple[Call, ...]]]:
    """Run the look. Return what it finds, and its calls."""
    talk, calls = registered(REF.account, REF.region), []
    asked = next(talk)
    answers: tuple[Answer, ...] = (
        Document.of({"Reservations": [{"Instances": instances}]}),
        Document.of({"TargetGroups": groups}),
    )
    while True:
        calls.append(asked)
        try:
            asked = talk.send(answers)
        except StopIteration as ended:
            return cast("ListedMembers", ended.value), calls
        answers = tuple(targets[str(one.parameters["TargetGroupArn"])] for one in asked)


def ids(number: int) -> str:
    return f"i-{number:017x}"


def test_each_instance_has_its_groups_with_their_healthy_targets() -> None:
    found, _ = listed(
        [instance(1), instance(2), instance(3)],
        [group("web"), group("admin")],
        {
            "arn:web": health((ids(1), HEALTHY), (ids(2), HEALTHY), (ids(8), SICK)),
            "arn:admin": health((ids(2), SICK)),
        },
    )
    assert {one.ref.id: one.groups for one in found.members} == {
        ids(1): (("web", 2),),
        ids(2): (("admin", 0), ("web", 2)),
        ids(3): (),
    }
    assert not found.unread


def test_a_target_at_several_ports_counts_once() -> None:
    found, _ = listed(
        [instance(1)], [group("web")], {"arn:web": health((ids(1), HEALTHY), (ids(1), HEALTHY))}
    )
    assert found.members[0].groups == (("web", 1),)


def test_an_address_is_that_of_an_instance_in_the_vpc_of_the_group_only() -> None:
    found, _ = listed(
        [instance(1, "vpc-1", "running", "10.0.0.1"), instance(2, "vpc-2", "running", "10.0.0.1")],
        [group("web", kind="ip")],
        {"arn:web": health(("10.0.0.1", HEALTHY))},
    )
    assert {one.ref.id: one.groups for one in found.members} == {ids(1): (("web", 1),), ids(2): ()}


def test_functions_and_load_balancers_as_targets_are_not_read() -> None:
    found, calls = listed([instance(1)], [group("fn", kind="lambda"), group("lb", kind="alb")], {})
    assert len(calls) == 1
    assert found.members[0].groups == ()


def test_a_group_that_was_deleted_meanwhile_has_no_targets() -> None:
    gone = Failed("TargetGroupNotFound", "gone")
    found, _ = listed([instance(1)], [group("web")], {"arn:web": gone})
    assert found.members[0].groups == ()


def test_an_instance_that_is_terminated_is_left_out() -> None:
    assert not listed([instance(1, "vpc-1", "terminated")], [], {})[0].members


def test_an_instance_with_too_many_groups_counts_as_one_of_an_unknown_group_as_well() -> None:
    names = [f"group-{number:02}" for number in range(members.MOST_GROUPS + 1)]
    targets: dict[str, Answer] = {f"arn:{name}": health((ids(1), HEALTHY)) for name in names}
    found, _ = listed([instance(1)], [group(name) for name in names], targets)
    groups = [name for name, _ in found.members[0].groups]
    assert groups == [*names[: members.MOST_GROUPS - 1], "unknown/vpc-1"]


def test_of_a_vpc_whose_groups_are_too_many_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members, "MOST", 2)
    targets: dict[str, Answer] = {"arn:a": health((ids(1), HEALTHY)), "arn:b": health(), "arn:c": health()}
    found, calls = listed(
        [instance(1, "vpc-1"), instance(2, "vpc-2")],
        [group("b", "vpc-2"), group("c", "vpc-2"), group("a", "vpc-1")],
        targets,
    )
    assert [one.ref.id for one in found.members] == [ids(1)]
    assert sum(map(len, calls[1:])) == 2
    assert found.unread == ("not read: 1 target group",)


def test_few_groups_are_asked_about_at_a_time() -> None:
    names = [f"group-{number}" for number in range(members.AT_ONCE + 1)]
    targets: dict[str, Answer] = {f"arn:{name}": health() for name in names}
    _, calls = listed([instance(1)], [group(name) for name in names], targets)
    assert [len(one) for one in calls] == [2, members.AT_ONCE, 1]
