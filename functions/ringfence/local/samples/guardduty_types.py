"""A GuardDuty finding of each type that Ringfence answers, in its ordinary shape."""

from __future__ import annotations

from typing import Any

from ringfence.events.guardduty.trigger.credential_types import CREDENTIAL_TYPES, Actor
from ringfence.events.guardduty.trigger.instance_types import TYPES, Shape
from ringfence.local.samples.guardduty import (
    changed,
    instance_finding,
    reported_finding,
    sequence_finding,
    sequence_resource,
    workload_finding,
)
from ringfence.local.samples.guardduty_callers import (
    bucket_finding,
    cluster_finding,
    credentials_finding,
    credentials_sequence,
    key_resource,
    stolen_finding,
)

Json = dict[str, Any]


def cluster_sequence(type_: str = "AttackSequence:EKS/CompromisedCluster") -> Json:
    """Make the event of an attack sequence that names an instance and an access key among its resources."""
    return changed(sequence_finding(sequence_resource(), key_resource()), "detail.type", type_)


def of_type(name: str) -> Json:
    """Make an event of any type that is for us, in its ordinary shape."""
    if name in TYPES:
        return _about_an_instance(name)
    if name not in CREDENTIAL_TYPES:
        return reported_finding(name)
    kind = CREDENTIAL_TYPES[name].actor
    if kind is Actor.SEQUENCE:
        return credentials_sequence(type_=name)
    if kind is Actor.CALLER:
        return bucket_finding(name) if ":S3/" in name else cluster_finding(name)
    return credentials_finding(name)


def _about_an_instance(name: str) -> Json:
    shape = TYPES[name].shape
    if shape is Shape.SEQUENCE:
        return cluster_sequence(name)
    if shape is Shape.STOLEN:
        return stolen_finding(name)
    return instance_finding(name, role="ACTOR") if shape is Shape.INSTANCE else workload_finding(name)
