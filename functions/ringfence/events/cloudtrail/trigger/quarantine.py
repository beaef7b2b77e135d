"""The trigger for users that AWS has quarantined because of an exposed key.

AWS attaches a managed policy, `AWSCompromisedKeyQuarantine` or one of its later versions. It denies
expensive actions and allows reading ("AWS managed policy reference"), so containment is still needed. Only
AWS can create policies in the account `aws`, so the prefix of the ARN identifies all versions, including
future ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ringfence.events.cloudtrail.trigger.calls import DETAIL_TYPE, successful_and_not_ours
from ringfence.model.call import Permission
from ringfence.model.frozen import frozen
from ringfence.model.subject import PrincipalRef

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.model.finding import Finding

SOURCE = "aws.iam"
EVENT_SOURCE, ATTACH = "iam.amazonaws.com", "AttachUserPolicy"
QUARANTINE = "AWSCompromisedKeyQuarantine"
POLICIES = tuple(
    f"arn:{partition}:iam::aws:policy/{QUARANTINE}" for partition in ("aws", "aws-cn", "aws-us-gov")
)
"""The prefixes of the policies' ARNs, by partition."""
SEVERITY = 8.0
"""CloudTrail sets no severity. High, as for a key that AWS Health reports as exposed."""


@frozen
class QuarantineTrigger:
    """Successful attachments of the quarantine policy by others than Ringfence."""

    id: str
    types: tuple[str, ...]

    family: ClassVar[str] = "quarantine"
    permissions: ClassVar[tuple[Permission, ...]] = (
        Permission("iam:ListAttachedUserPolicies", ("arn:aws:iam::{account}:user/*",)),
        Permission("cloudtrail:LookupEvents", ("*",), reason="the action has no resource types"),
    )

    def patterns(self) -> tuple[Mapping[str, object], ...]:
        """Return the only pattern."""
        detail = {
            "eventSource": [EVENT_SOURCE],
            "eventName": [ATTACH],
            "requestParameters": {"policyArn": [{"prefix": prefix} for prefix in POLICIES]},
            **successful_and_not_ours(),
        }
        return ({"source": [SOURCE], "detail-type": [DETAIL_TYPE], "detail": detail},)

    def matches(self, finding: Finding) -> bool:
        """Return whether the finding is the quarantine of a user."""
        return (
            finding.source == SOURCE
            and finding.type in self.types
            and any(isinstance(subject, PrincipalRef) for subject in finding.subjects)
        )


QUARANTINED_USER = QuarantineTrigger("cloudtrail-quarantined-user", (QUARANTINE,))
"""Users that AWS has quarantined."""
