"""Where flow logs go: what their owner chose, and the role that delivers to log groups.

The role has a fixed name: which role may be passed on is written down in a permission. Its owner makes it,
without a path.
https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.remediation import Option
from ringfence.observations.ec2.flow_log_records import place

if TYPE_CHECKING:
    from ringfence.model.incident import Incident
    from ringfence.model.subject import Ref

ROLE = "ringfence-flow-logs"
"""The name of the role that delivers to log groups."""
ROLE_ARN = f"arn:aws:iam::{{account}}:role/{ROLE}"
DESTINATION = "flow-log-destination"
_REGION, _ACCOUNT = r"([a-z0-9-]+|\{region\})", r"([0-9]{12}|\{account\})"
_BUCKET = r"arn:aws[a-z-]*:s3:::[A-Za-z0-9._-]{3,63}(/[!-~]{1,200})?"
_GROUP = rf"arn:aws[a-z-]*:logs:{_REGION}:{_ACCOUNT}:log-group:[A-Za-z0-9._/#-]{{1,512}}"
WHERE = Option(
    DESTINATION,
    ("",),
    "the ARN of the destination of flow logs. It is an S3 bucket, optionally with a folder, or a CloudWatch "
    "Logs log group. The policy of the bucket must allow AWS log delivery to write. In the ARN of a log "
    "group, {region} and {account} are replaced by those of the VPC, and the account must have the role "
    f"{ROLE}. Empty: no flow logs are created",
    f"({_BUCKET}|{_GROUP})",
)
NO_ROLE = (
    f"there is no role {ROLE} without a path to deliver to CloudWatch Logs: create it for the service "
    "vpc-flow-logs.amazonaws.com"
)


def wanted_place(ref: Ref, incident: Incident) -> str:
    """Return the destination that was chosen; empty if none was."""
    chosen = incident.choice(DESTINATION)
    return place(chosen.replace("{region}", ref.region).replace("{account}", ref.account))
