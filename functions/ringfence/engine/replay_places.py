"""What a recorded finding says of the groups and networks of an instance, for the limits of a replay. Pure.

The findings of GuardDuty contain the interfaces, the tags and the instance profile of an instance. Those of
other sources contain less. What a finding does not contain is not known here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.document import Document
from ringfence.model.errors import BadInput
from ringfence.model.observation import ResourceState
from ringfence.observations.ec2.host import Host
from ringfence.observations.ec2.network import Interface, Network

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ringfence.model.observation import Observation
    from ringfence.model.subject import Ref


def named_state(event: Mapping[str, object], ref: Ref) -> ResourceState:
    """Return what an event says of an instance, as if it had been read. Empty for any other resource.

    Examples
    --------
    >>> from ringfence.model.kinds.instance import InstanceRef
    >>> ref = InstanceRef("111122223333", "eu-west-1", "i-0123456789abcdef0")
    >>> details = {"instanceId": ref.id, "tags": [{"key": "aws:autoscaling:groupName", "value": "web"}]}
    >>> event = {"detail": {"resource": {"instanceDetails": details}}}
    >>> named_state(event, ref)[Host].group
    'web'
    """
    found: dict[type[Observation], Observation] = {}
    try:
        detail = Document.of(event).optional_child("detail")
        instance = detail.optional_child("resource").optional_child("instanceDetails")
        if instance.optional_text("instanceId") == ref.id:
            found |= {type(one): one for one in _observed(instance)}
    except BadInput:  # such details decide nothing
        return ResourceState(ref)
    return ResourceState(ref, found)


def _observed(instance: Document) -> Iterator[Observation]:
    """Yield what GuardDuty's details of an instance show.

    https://docs.aws.amazon.com/guardduty/latest/APIReference/API_InstanceDetails.html
    """
    if instance.has("tags"):
        yield _host(instance)
    named = [one.optional_text("vpcId") for one in instance.children("networkInterfaces")]
    if vpcs := [one for one in named if one]:
        yield Network("", tuple(Interface("", one, frozenset()) for one in vpcs), ())


def _host(instance: Document) -> Host:
    tags = [
        {"Key": one.text("key"), "Value": one.optional_text("value") or ""}
        for one in instance.children("tags")
    ]
    profile = instance.optional_child("iamInstanceProfile").optional_text("arn")
    described = {"Tags": tags, **({"IamInstanceProfile": {"Arn": profile}} if profile else {})}
    return Host.of_instance(Document.of(described))
