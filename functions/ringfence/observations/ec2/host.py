"""What an instance runs for others: containers, and its part in groups, clusters and roles.

This module is imported before the isolating call: both decide whether that call may be made without a person.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Self

from ringfence.model.answers import tags
from ringfence.model.codec import value
from ringfence.observations.ec2.instance import InstanceObservation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ringfence.model.document import Document

RESERVED = "aws:"
"""Only AWS writes tags with this beginning."""
_GROUP = "aws:autoscaling:groupName"
_TAGS = (
    "aws:eks:",
    "aws:ecs:",
    "eks:cluster-name",
    "eks:nodegroup-name",
    "kubernetes.io/cluster/",
    "karpenter.sh/",
    "AmazonECSManaged",
)
"""Beginnings of the tags that Amazon EKS, Amazon ECS, Kubernetes and Karpenter give to their hosts."""
_CLUSTERS = (
    ("eks", "aws:eks:cluster-name"),
    ("ecs", "aws:ecs:clusterName"),
    ("eks", "eks:cluster-name"),
)
"""The tags whose values are the names of clusters."""
_OWNED = "kubernetes.io/cluster/"
"""The beginning of the tag that has the name of a cluster in its key."""
_CLUSTER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,254}")
_TAG = "tag "
_POD_INTERFACE = "aws-K8S-"
"""The beginning of the description of an interface that the Amazon VPC CNI plugin attached for pods."""


@value
class Host(InstanceObservation):
    """Whether an instance hosts containers, and which Auto Scaling group it belongs to.

    Attributes
    ----------
    containers : tuple of str
        The tags and interfaces that only hosts of containers have, in words. Everybody who may tag the
        instance can write those tags that do not begin with `aws:`.
    group : str
        The Auto Scaling group, by the tag that Auto Scaling writes; empty for none.
    cluster : str
        The cluster of Amazon ECS or Amazon EKS, such as `eks/web`, if its tags name one; empty for none.
    profile : str
        The name of the instance profile; empty for none.

    References
    ----------
    https://docs.aws.amazon.com/eks/latest/userguide/eks-using-tags.html
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/container-instance-eni.html
    https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-tagging.html
    """

    containers: tuple[str, ...] = ()
    group: str = ""
    cluster: str = ""
    profile: str = ""

    def is_forgeable(self) -> bool:
        """Return whether all signs of containers are tags that everybody who may tag it can write."""
        return bool(self.containers) and all(
            one.startswith(_TAG) and not one.startswith(f"{_TAG}{RESERVED}") for one in self.containers
        )

    @classmethod
    def of_instance(cls, instance: Document) -> Self:
        """Read it from the instance."""
        given = tags(instance)
        named = (f"{_TAG}{ascii(name)[1:-1]}" for name in sorted(given) if name.startswith(_TAGS))
        profile = instance.optional_child("IamInstanceProfile").optional_text("Arn") or ""
        return cls(
            (*named, *_interfaces(instance)),
            given.get(_GROUP, ""),
            _cluster(given),
            profile.rpartition("/")[2],
        )


def _cluster(given: Mapping[str, str]) -> str:
    """Return the cluster that tags name. Those that only AWS writes come first."""
    for kind, name in _CLUSTERS:
        if _CLUSTER_NAME.fullmatch(given.get(name, "")):
            return f"{kind}/{given[name]}"
    names = (one.removeprefix(_OWNED) for one in sorted(given) if one.startswith(_OWNED))
    return next((f"eks/{one}" for one in names if _CLUSTER_NAME.fullmatch(one)), "")


def _interfaces(instance: Document) -> Iterator[str]:
    for one in instance.children("NetworkInterfaces"):
        trunk = one.optional_text("InterfaceType") == "trunk"
        if trunk or (one.optional_text("Description") or "").startswith(_POD_INTERFACE):
            what = "trunk interface" if trunk else "interface for pods"
            yield f"{what} {one.text('NetworkInterfaceId')}"
