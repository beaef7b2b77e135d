"""The triggers for abuse that AWS reports, and for other risks of the account.

A third party can cause a report, and it shows no evidence. So it leads to a notification, for the instance
that it names, or else for the event itself.

https://docs.aws.amazon.com/health/latest/ug/aws-health-concepts-and-terms.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.model.call import Permission
    from ringfence.model.finding import Finding

ABUSE, RISK = "ABUSE", "RISK"
"""Values of `detail.service`: somebody reports abuse from this account, or AWS sees a risk."""
REPORTS = tuple(
    f"AWS_ABUSE_{one}_REPORT"
    for one in (
        "DOS",
        "INTRUSION_ATTEMPT",
        "OPEN_PROXY",
        "PORT_SCANNING",
        "SPAM",
        "WEB_VULNERABILITY_SCANNING",
    )
)
"""Reports that can name an instance, for policies and the documentation. Others are answered as well."""


@frozen
class AbuseTrigger:
    """Events of AWS Health about abuse or a risk. `kind` is the kind of subject that it is for."""

    id: str
    types: tuple[str, ...]
    services: tuple[str, ...]
    kind: str

    permissions: ClassVar[tuple[Permission, ...]] = ()

    @property
    def family(self) -> str:
        """The family: events for one kind of subject."""
        return f"abuse-{self.kind}"

    def patterns(self) -> tuple[Mapping[str, object], ...]:
        """Return a pattern for each service. The parser says which event is about which kind of subject."""
        from ringfence.events.health.trigger import EXPOSED_CREDENTIALS, SOURCE  # at synthesis only

        others = {RISK: {"eventTypeCode": [{"anything-but": list(EXPOSED_CREDENTIALS.types)}]}}
        return tuple(
            {"source": [SOURCE], "detail": {"service": [service], **others.get(service, {})}}
            for service in self.services
        )

    def matches(self, finding: Finding) -> bool:
        """Return whether the event is about a subject of this kind."""
        return finding.source == "aws.health" and any(one.kind == self.kind for one in finding.subjects)


REPORTED_ABUSE = AbuseTrigger("health-abuse", REPORTS, (ABUSE,), "instance")
"""Reports that name an instance."""
OTHER_RISKS = AbuseTrigger("health-risks", REPORTS, (ABUSE, RISK), "finding")
"""All other reports of abuse and risks."""
