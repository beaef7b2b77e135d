"""The trigger for credentials that AWS itself found exposed.

For `AWS_RISK_CREDENTIALS_EXPOSED` and its shape see the README of the automated action of that name in
AWS's repository aws-health-tools. `AWS_RISK_IAM_QUARANTINE` and the types for suspicions are not included,
because AWS does not document their contents.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ringfence.model.frozen import frozen
from ringfence.model.subject import PrincipalRef

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.model.call import Permission
    from ringfence.model.finding import Finding

SOURCE = "aws.health"
DETAIL_TYPE, ABUSE_EVENT = "AWS Health Event", "AWS Health Abuse Event"
SEVERITY = 8.0
"""Health sets no severity. High, like GuardDuty's findings about stolen credentials in use. Intruders try
exposed keys within minutes, and AWS has seen the key.
"""


@frozen
class HealthTrigger:
    """Health events of some types about principals. `types` are values of `eventTypeCode`."""

    id: str
    types: tuple[str, ...]

    family: ClassVar[str] = "health"
    permissions: ClassVar[tuple[Permission, ...]] = ()

    def patterns(self) -> tuple[Mapping[str, object], ...]:
        """Return the only pattern."""
        detail = {"eventTypeCode": list(self.types)}
        return ({"source": [SOURCE], "detail-type": [DETAIL_TYPE], "detail": detail},)

    def matches(self, finding: Finding) -> bool:
        """Return whether the event has one of the types."""
        return (
            finding.source == SOURCE
            and finding.type in self.types
            and any(isinstance(subject, PrincipalRef) for subject in finding.subjects)
        )


EXPOSED_CREDENTIALS = HealthTrigger("health-exposed-credentials", ("AWS_RISK_CREDENTIALS_EXPOSED",))
"""Access keys that AWS found in public places."""
