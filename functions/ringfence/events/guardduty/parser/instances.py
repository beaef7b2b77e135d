"""Find the instances that a GuardDuty finding names.

Only the finding type decides where to look. Other blocks can describe other instances: a finding about an
access key can describe the instance from which the key was stolen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.envelope import NotForUs
from ringfence.events.guardduty.trigger.instance_types import Shape
from ringfence.events.guardduty.trigger.instances import CONTAINERS, INSTANCE
from ringfence.model.errors import BadInput
from ringfence.model.kinds.instance import InstanceRef
from ringfence.model.subject import ACCOUNT, REGION

if TYPE_CHECKING:
    import re

    from ringfence.events.guardduty.trigger.instance_types import FindingType
    from ringfence.model.document import Document

Subjects = tuple[InstanceRef, ...]


def subjects(kind: FindingType, detail: Document, account: str, region: str) -> Subjects | NotForUs:
    """Return the instances, each once, or why there are none. Raises BadInput."""
    if kind.shape is Shape.SEQUENCE:
        return _of_sequence(detail, account, region)
    if kind.shape is Shape.STOLEN:
        return _of_theft(detail, account, region)
    resource = detail.child("resource")
    what = resource.text("resourceType")
    known = (INSTANCE,) if kind.shape is Shape.INSTANCE else (INSTANCE, *CONTAINERS)
    if what not in known:
        if kind.shape is Shape.WORKLOAD:  # GuardDuty can begin to monitor other kinds of workloads
            return NotForUs(f"{kind.name}: it is about a workload of the unknown type {what}")
        raise BadInput(resource.at("resourceType"), f"must be {INSTANCE} for {kind.name}", what)
    if what == INSTANCE:
        instance = resource.child("instanceDetails")
        return (_ref(account, region, instance.text("instanceId"), instance.at("instanceId")),)
    host = resource.optional_child("instanceDetails")
    if not (host_id := host.optional_text("instanceId")):
        return NotForUs(f"{kind.name}: the finding does not name the EC2 instance that the {what} runs on")
    return (_ref(account, region, host_id, host.at("instanceId")),)


def _of_theft(detail: Document, account: str, region: str) -> Subjects:
    """Return the instance from which credentials were stolen, if the finding names it.

    The session name can also be an instance id, but everybody who may assume the role chooses that name.
    """
    instance = detail.optional_child("resource").optional_child("instanceDetails")
    named = instance.optional_text("instanceId") or ""
    return (_ref(account, region, named, instance.at("instanceId")),) if named.startswith("i-") else ()


def _of_sequence(detail: Document, account: str, region: str) -> Subjects:
    sequence = detail.child("service").child("detection").child("sequence")
    found: dict[InstanceRef, None] = {}
    odd: BadInput | None = None
    for resource in sequence.children("resources"):
        try:
            if resource.optional_text("resourceType") == "EC2_INSTANCE":
                found[_of_resource(resource, account, region)] = None
        except BadInput as error:  # the others are contained
            odd = error
    if odd and not found:
        raise odd
    return tuple(found)


def _of_resource(resource: Document, account: str, region: str) -> InstanceRef:
    """Read a resource of an attack sequence. Its `uid` is an ARN or an id."""
    from ringfence.model.arn import Arn, read_arn  # attack sequences alone name instances so

    uid = resource.text("uid")
    arn = read_arn(InstanceRef, uid) or Arn("", "", uid)
    return _ref(
        _agreed(resource, "accountId", arn.account, account, ACCOUNT),
        _agreed(resource, "region", arn.region, region, REGION),
        arn.id,
        resource.at("uid"),
    )


def _agreed(resource: Document, key: str, in_arn: str, default: str, pattern: re.Pattern[str]) -> str:
    given = resource.optional_text(key) or in_arn or default
    if in_arn and given != in_arn:
        raise BadInput(resource.at(key), "contradicts the resource's uid", given)
    if not pattern.fullmatch(given):
        raise BadInput(resource.at(key), "must be a valid account id or region", given)
    return given


def _ref(account: str, region: str, instance: str, field: str) -> InstanceRef:
    if not InstanceRef.pattern.fullmatch(instance):
        raise BadInput(field, "must be the id of an EC2 instance", instance)
    return InstanceRef(account, region, instance)
