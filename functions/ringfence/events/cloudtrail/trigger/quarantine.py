"""CloudTrail's record that AWS has put a user into quarantine for an exposed key: the job is half done.

AWS attaches a managed policy, `AWSCompromisedKeyQuarantine` or one of its later versions, which forbids
what costs money and leaves reading as it was ("AWS managed policy reference"). Only AWS can make a policy
under the account `aws`, so the beginning of its ARN tells all versions, those to come included.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ringfence.events.cloudtrail.trigger.calls import DETAIL_TYPE, successful_and_not_ours
from ringfence.model.frozen import frozen
from ringfence.model.subject import PrincipalRef

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.model.call import Permission
    from ringfence.model.finding import Finding

SOURCE = "aws.iam"
EVENT_SOURCE, ATTACH = "iam.amazonaws.com", "AttachUserPolicy"
QUARANTINE = "AWSCompromisedKeyQuarantine"
POLICIES = tuple(
    f"arn:{partition}:iam::aws:policy/{QUARANTINE}" for partition in ("aws", "aws-cn", "aws-us-gov")
)
"""How the policies' ARNs begin, by partition."""
SEVERITY = 8.0
"""Fixed, for CloudTrail gives none: high, as for a key that AWS Health calls exposed."""


@frozen
class QuarantineTrigger:
    """Successful attachments of the quarantine policy, but for those that Ringfence made itself."""

    id: str
    types: tuple[str, ...]

    family: ClassVar[str] = "quarantine"
    permissions: ClassVar[tuple[Permission, ...]] = ()

    def patterns(self) -> tuple[Mapping[str, object], ...]:
        """Return the one pattern."""
        detail = {
            "eventSource": [EVENT_SOURCE],
            "eventName": [ATTACH],
            "requestParameters": {"policyArn": [{"prefix": prefix} for prefix in POLICIES]},
            **successful_and_not_ours(),
        }
        return ({"source": [SOURCE], "detail-type": [DETAIL_TYPE], "detail": detail},)

    def matches(self, finding: Finding) -> bool:
        """Say whether it is the quarantine of a user."""
        return (
            finding.source == SOURCE
            and finding.type in self.types
            and any(isinstance(subject, PrincipalRef) for subject in finding.subjects)
        )


QUARANTINED_USER = QuarantineTrigger("cloudtrail-quarantined-user", (QUARANTINE,))
"""Users whom AWS has put into quarantine."""
