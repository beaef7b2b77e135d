"""AWS Health's word that AWS itself has found credentials exposed.

`AWS_RISK_CREDENTIALS_EXPOSED` and its shape: the README of the automated action of that name in AWS's
repository aws-health-tools. `AWS_RISK_IAM_QUARANTINE` and the types of mere suspicion are left out: no
documentation of AWS says what they hold.
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
DETAIL_TYPE = "AWS Health Event"
SEVERITY = 8.0
"""Fixed, for Health gives none: high, as GuardDuty's own for credentials in use elsewhere. An exposed key
is tried out within minutes, and AWS has seen it exposed, which is no guess."""


@frozen
class HealthTrigger:
    """Health's events of some types, about principals. `types` are values of `eventTypeCode`."""

    id: str
    types: tuple[str, ...]

    family: ClassVar[str] = "health"
    permissions: ClassVar[tuple[Permission, ...]] = ()

    def patterns(self) -> tuple[Mapping[str, object], ...]:
        """Return the one pattern."""
        detail = {"eventTypeCode": list(self.types)}
        return ({"source": [SOURCE], "detail-type": [DETAIL_TYPE], "detail": detail},)

    def matches(self, finding: Finding) -> bool:
        """Say whether the event is of one of the types."""
        return (
            finding.source == SOURCE
            and finding.type in self.types
            and any(isinstance(subject, PrincipalRef) for subject in finding.subjects)
        )


EXPOSED_CREDENTIALS = HealthTrigger("health-exposed-credentials", ("AWS_RISK_CREDENTIALS_EXPOSED",))
"""Access keys that AWS has found where everybody can read them."""
