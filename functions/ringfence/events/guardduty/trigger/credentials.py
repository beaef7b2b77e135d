"""The trigger for GuardDuty findings about credentials, and its patterns."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ringfence.events.guardduty.trigger import PERMISSIONS, SOURCE, patterns
from ringfence.events.guardduty.trigger.credential_types import CREDENTIAL_TYPES, Actor
from ringfence.model.frozen import frozen
from ringfence.model.principals import LONG_TERM, TEMPORARY
from ringfence.model.subject import PrincipalRef

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.model.call import Permission
    from ringfence.model.finding import Finding

ACCESS_KEY = "AccessKey"
"""`resource.resourceType` of a finding about credentials."""

_BY_A_KEY = {"accessKeyDetails": {"accessKeyId": [{"prefix": LONG_TERM}, {"prefix": TEMPORARY}]}}


@frozen
class CredentialsTrigger:
    """Findings of some types about principals."""

    id: str
    types: tuple[str, ...]

    family: ClassVar[str] = "credentials"
    permissions: ClassVar[tuple[Permission, ...]] = PERMISSIONS

    def patterns(self) -> tuple[Mapping[str, object], ...]:
        """Return EventBridge patterns within the size limit. No event matches two of them."""
        called = [name for name in self.types if CREDENTIAL_TYPES[name].actor is Actor.CALLER]
        plain = [name for name in self.types if name not in called]
        return (*patterns(plain, {}), *patterns(called, _BY_A_KEY))

    def matches(self, finding: Finding) -> bool:
        """Return whether the finding has one of the types and names a principal."""
        return (
            finding.source == SOURCE
            and finding.type in self.types
            and any(isinstance(subject, PrincipalRef) for subject in finding.subjects)
        )


COMPROMISED_CREDENTIALS = CredentialsTrigger(
    "guardduty-compromised-credentials", tuple(sorted(CREDENTIAL_TYPES))
)
"""Every finding that leads to the containment of credentials or to a notification."""
