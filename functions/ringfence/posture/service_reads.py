"""What a scan reads from a service itself, because no item of AWS Config has it. Pure.

The answer is put into the item, in the field `reads`, under the name of the operation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.call import Call, Failed, Permission
from ringfence.model.frozen import frozen
from ringfence.posture.mapping import READS
from ringfence.posture.mappings import every_mapping

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ringfence.model.call import SansIO
    from ringfence.model.document import Document


@frozen
class ServiceRead:
    """A call about one resource. `parameter` gets its ARN."""

    service: str
    operation: str
    parameter: str
    permission: Permission


SERVICE_READS = (
    ServiceRead(
        "cloudtrail",
        "GetTrailStatus",
        "Name",
        Permission(
            "cloudtrail:GetTrailStatus",
            ("arn:aws:cloudtrail:*:*:trail/*",),
            reason="an organization's trail is in another account",
        ),
    ),
    ServiceRead(
        "elbv2",
        "DescribeLoadBalancerAttributes",
        "LoadBalancerArn",
        Permission(
            "elasticloadbalancing:DescribeLoadBalancerAttributes",
            ("*",),
            reason="the action has no resource types",
        ),
    ),
)
PERMISSIONS = tuple(one.permission for one in SERVICE_READS)
_BY_OPERATION = {one.operation: one for one in SERVICE_READS}
_GONE = (
    *("TrailNotFoundException", "InvalidTrailNameException", "CloudTrailARNInvalidException"),
    *("LoadBalancerNotFound", "AccessDenied", "AccessDeniedException"),
)
"""The errors about one resource. What it lacks then counts as not read."""


def is_read(type_: str) -> bool:
    """Return whether something about resources of a type is read from their service."""
    return type_ in every_mapping() and bool(every_mapping()[type_].reads)


def with_reads(items: Sequence[Document]) -> SansIO[tuple[Document, ...]]:
    """Return the items, each with what its service says about it."""
    asked = [(at, read) for at, item in enumerate(items) for read in _reads_of(item)]
    if not asked:
        return tuple(items)
    answers = yield tuple(_call(read, items[at]) for at, read in asked)
    found: dict[int, dict[str, Mapping[str, object]]] = {}
    for (at, read), answer in zip(asked, answers, strict=True):
        if not isinstance(answer, Failed):
            found.setdefault(at, {})[read.operation] = answer.value
    return tuple(_with(item, found.get(at, {})) for at, item in enumerate(items))


def _reads_of(item: Document) -> tuple[ServiceRead, ...]:
    type_ = item.optional_text("resourceType") or ""
    if not is_read(type_) or not item.optional_text("arn"):
        return ()
    return tuple(_BY_OPERATION[name] for name in every_mapping()[type_].reads)


def _call(read: ServiceRead, item: Document) -> Call:
    return Call(read.service, read.operation, {read.parameter: item.text("arn")}, expected=_GONE)


def _with(item: Document, reads: Mapping[str, Mapping[str, object]]) -> Document:
    return type(item)({**item.value, READS: reads}, item.path) if reads else item
