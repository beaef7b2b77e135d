"""Which verdicts of AWS Config call for a remediation, and the patterns for them.

Event shape: "Monitoring AWS Config with Amazon EventBridge". An event names a rule as its owner does.
Services that make rules put affixes around the managed rule's own name; what remains must be the whole of
it: `restricted-ssh` lies inside `nacl-no-unrestricted-ssh-rdp` as well.
"""

from __future__ import annotations

import json
import re
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

from ringfence.core.claim import ManagedRule
from ringfence.core.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ringfence.core.call import Permission
    from ringfence.core.finding import Finding

SOURCE = "aws.config"
DETAIL_TYPE = "Config Rules Compliance Change"
NON_COMPLIANT = "NON_COMPLIANT"
PREFIX = "Config:"
"""How the types of such findings begin; the managed rule's name follows."""
_IRREGULAR = MappingProxyType(
    {
        "cloudtrail-enabled": "CLOUD_TRAIL_ENABLED",
        "ec2-instance-managed-by-systems-manager": "EC2_INSTANCE_MANAGED_BY_SSM",
        "multi-region-cloudtrail-enabled": "MULTI_REGION_CLOUD_TRAIL_ENABLED",
        "restricted-common-ports": "RESTRICTED_INCOMING_TRAFFIC",
        "restricted-ssh": "INCOMING_SSH_DISABLED",
    }
)
"""Identifiers that are not the rule's name in capitals."""
_AFFIXES = (
    re.compile(r"securityhub-(?P<name>[a-z0-9-]+)-[0-9a-z]{6,}"),
    re.compile(r"(?P<name>[a-z0-9-]+)-conformance-pack-[0-9a-z]+"),
)


def managed_name(name: str) -> str:
    """Return a rule's name without what services put around it."""
    for affixes in _AFFIXES:
        if found := affixes.fullmatch(name):
            return found["name"]
    return name


def identifier(name: str) -> str:
    """Return the identifier of a managed rule by its name."""
    return _IRREGULAR.get(name, name.upper().replace("-", "_"))


@frozen
class ConfigTrigger:
    """Verdicts of managed rules that something is not compliant. `types`: `Config:` and the rule's name."""

    id: str
    types: tuple[str, ...]

    family: ClassVar[str] = "config"
    permissions: ClassVar[tuple[Permission, ...]] = ManagedRule.permissions

    def patterns(self) -> tuple[Mapping[str, object], ...]:
        """Return EventBridge patterns within the limit; no event matches two of them."""
        return tuple(_patterns(tuple(one.removeprefix(PREFIX) for one in self.types)))

    def matches(self, finding: Finding) -> bool:
        """Say whether the finding is of one of the types."""
        return finding.source == SOURCE and finding.type in self.types


def judged_by(*names: str) -> ConfigTrigger:
    """Answer to managed rules of these names."""
    return ConfigTrigger("config-rules", tuple(PREFIX + name for name in names))


def _patterns(names: tuple[str, ...]) -> Iterator[Mapping[str, object]]:
    from ringfence.core.guardduty import PATTERN_LIMIT

    chunk: list[str] = []
    for name in names:
        if len(json.dumps(_pattern([*chunk, name]))) >= PATTERN_LIMIT:
            yield _pattern(chunk)
            chunk = []
        chunk.append(name)
    if chunk:
        yield _pattern(chunk)


def _pattern(names: list[str]) -> Mapping[str, object]:
    """Deliver a rule by its name or with affixes; the parser reads the name to its end."""
    prefixes = [p for name in names for p in (f"securityhub-{name}-", f"{name}-conformance-pack-")]
    rules = [*names, *({"prefix": prefix} for prefix in prefixes)]
    detail = {"configRuleName": rules, "newEvaluationResult": {"complianceType": [NON_COMPLIANT]}}
    return {"source": [SOURCE], "detail-type": [DETAIL_TYPE], "detail": detail}
