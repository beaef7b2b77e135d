"""The events of IAM Access Analyzer, and the trigger for resources that everybody has access to.

The intake takes the events in.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-eventbridge.html
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

from ringfence.model.frozen import frozen
from ringfence.model.told_sources import ACCESS_ANALYZER

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ringfence.model.call import Permission
    from ringfence.model.finding import Finding
    from ringfence.model.subject import Ref

SOURCE = ACCESS_ANALYZER
FINDING = "Access Analyzer Finding"
TAKEN_IN: tuple[Mapping[str, object], ...] = ({"source": [SOURCE], "detail-type": [FINDING]},)
PREFIX, PUBLIC = "ExternalAccess:", "/Public"
"""What is around the resource's type in the type of a finding that everybody has access."""
PUBLIC_SEVERITY = 7.0
"""Access Analyzer sets no severity. High: everybody has access."""
KINDS = MappingProxyType({"AWS::S3::Bucket": "bucket", "AWS::EC2::Snapshot": "snapshot"})
"""The kind of each type of resource whose public access a remediation ends."""


@frozen
class PublicTrigger:
    """Findings that everybody has access to a resource.

    `types`: `ExternalAccess:`, the type of the resource and `/Public`.
    """

    id: str
    types: tuple[str, ...]

    family: ClassVar[str] = "public-access"
    permissions: ClassVar[tuple[Permission, ...]] = ()
    by_intake: ClassVar[bool] = True
    """The rule of the intake delivers them. A rule of the runbook would deliver them a second time."""

    def patterns(self) -> tuple[Mapping[str, object], ...]:
        """Return the patterns of the intake."""
        return TAKEN_IN

    def matches(self, finding: Finding) -> bool:
        """Return whether the finding has one of the types, and its resource can be read."""
        return (
            finding.source == SOURCE
            and finding.type in self.types
            and answered(finding.type, finding.subjects)
        )


def public(kind: str) -> PublicTrigger:
    """Return a trigger for public resources of a kind."""
    return PublicTrigger("public-access", tuple(type_of(one) for one, its in KINDS.items() if its == kind))


def type_of(resource_type: str, *, is_public: bool = True) -> str:
    """Return the type of the findings about a type of resource."""
    return f"{PREFIX}{resource_type}{PUBLIC if is_public else ''}"


def answered(type_: str, subjects: Iterable[Ref]) -> bool:
    """Return whether a remediation ends the access that findings of a type report about these resources."""
    wanted = {kind for one, kind in KINDS.items() if type_of(one) == type_}
    return any(one.kind in wanted for one in subjects)
