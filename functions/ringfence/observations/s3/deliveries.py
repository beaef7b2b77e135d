"""Whether AWS services deliver logs to a bucket: what its policy, its ACL and Ringfence's policy allow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ringfence.model.remediation import Option
from ringfence.observations.s3.acl import BucketAcl
from ringfence.observations.s3.documents import may_write, parsed, statements, texts, writing_services
from ringfence.observations.s3.policy import BucketPolicy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.observation import ResourceState

ACCESS_LOG_BUCKET = "access-log-bucket"
ACCESS_LOG_OPTION = Option(
    ACCESS_LOG_BUCKET,
    ("",),
    '"": Ringfence turns on no logging and sends a notification; the name of a bucket: this bucket '
    "receives the logs, with the name of each source bucket as prefix. It must be in the same "
    "account and region as the source bucket",
    r"[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]",
)
"""The option that names the bucket for access logs. Each remediation that reads it declares it."""
LOG_DELIVERY = "http://acs.amazonaws.com/groups/s3/LogDelivery"
"""The group to which the ACL of a bucket grants the delivery of server access logs."""
_LOGS = "/AWSLogs/"


def receives_logs(bucket: ResourceState, access_logs: str) -> Iterator[str]:
    """Yield through what AWS services deliver logs to a bucket, in words; nothing if none do.

    `access_logs` is the bucket for access logs in Ringfence's policy. A load balancer's logs can come from an
    account of AWS, which only the path shows. A policy that cannot be read or understood may allow them.
    """
    policy, acl = bucket[BucketPolicy], bucket[BucketAcl]
    if bucket.ref.id == access_logs:
        yield "it is the bucket for access logs in Ringfence's policy"
    if not acl.enforced and any(one.grantee == LOG_DELIVERY for one in acl.grants):
        yield "its ACL grants the delivery of server access logs"
    document = parsed(policy.text) if policy.text else {}
    if not policy.readable or document is None:
        yield "its policy is not readable and may allow the delivery of logs"
    for statement in statements(document or {}):
        if isinstance(statement, Mapping) and (who := _writer(statement)):
            yield f"its policy allows {who} to write"


def _writer(statement: Mapping[str, object]) -> str:
    """Return who may write objects because of a statement: a service or a load balancer. Empty if neither."""
    if not may_write(statement) or not isinstance(statement.get("Principal"), Mapping):
        return ""
    services = writing_services(statement)
    if services:
        return ascii(services[0])[1:-1][:80]
    paths = (one for one in texts(statement.get("Resource", [])) if _LOGS in one)
    return "a load balancer" if next(paths, "") else ""
