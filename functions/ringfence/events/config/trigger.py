"""Which verdicts of AWS Config call for a remediation, and the patterns for them.

Event shape: "Monitoring AWS Config with Amazon EventBridge". An event names a rule as its owner does.
Services that make rules put affixes around the managed rule's own name; what remains must be the whole of
it: `restricted-ssh` lies inside `nacl-no-unrestricted-ssh-rdp` as well.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

from ringfence.events.patterns import within_limit
from ringfence.model.frozen import frozen
from ringfence.model.rule_confirmation import ManagedRule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.model.call import Permission
    from ringfence.model.finding import Finding

SOURCE = "aws.config"
DETAIL_TYPE = "Config Rules Compliance Change"
NON_COMPLIANT = "NON_COMPLIANT"
PREFIX = "Config:"
"""How the types of such findings begin; the managed rule's name follows."""
SEVERITY = 5.0
"""Fixed, for Config gives none: medium. A setting is wrong, and nobody has been seen to use it."""
_IRREGULAR = MappingProxyType(
    {
        "cloudtrail-enabled": "CLOUD_TRAIL_ENABLED",
        "ec2-instance-managed-by-systems-manager": "EC2_INSTANCE_MANAGED_BY_SSM",
        "ec2-instances-in-vpc": "INSTANCES_IN_VPC",
        "multi-region-cloudtrail-enabled": "MULTI_REGION_CLOUD_TRAIL_ENABLED",
        "restricted-common-ports": "RESTRICTED_INCOMING_TRAFFIC",
        "restricted-ssh": "INCOMING_SSH_DISABLED",
    }
)
"""Identifiers that are not the rule's name in capitals."""
_AFFIXES = (
    ("securityhub-", "-"),  # what Security Hub makes for its standards
    ("OrgConfigRule-", "-"),  # an organization's rule in its accounts
    ("", "-conformance-pack-"),  # a rule of a conformance pack
)
"""What services put before a rule's name and after it; an id of small letters and digits ends it.

The last two: `SourceKeyword` in the AWS Audit Manager API reference, on service-linked rules.
"""
_NAME, _ID = r"(?P<name>[a-z][a-z0-9-]*[a-z0-9])", r"[a-z0-9]{6,16}"
_AFFIXED = tuple(re.compile(f"{before}{_NAME}{after}{_ID}") for before, after in _AFFIXES)


def managed_name(name: str) -> str:
    """Return a rule's name without what services put around it."""
    found = next(filter(None, (affixed.fullmatch(name) for affixed in _AFFIXED)), None)
    return found["name"] if found else name


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
        return tuple(within_limit((one.removeprefix(PREFIX) for one in self.types), _pattern))

    def matches(self, finding: Finding) -> bool:
        """Say whether the finding is of one of the types."""
        return finding.source == SOURCE and finding.type in self.types


def judged_by(*names: str) -> ConfigTrigger:
    """Answer to managed rules of these names."""
    return ConfigTrigger("config-rules", tuple(PREFIX + name for name in names))


def _pattern(names: list[str]) -> Mapping[str, object]:
    """Deliver a rule by its name or with affixes; the parser reads the name to its end."""
    prefixes = [f"{before}{name}{after}" for name in names for before, after in _AFFIXES]
    rules = [*names, *({"prefix": prefix} for prefix in prefixes)]
    detail = {"configRuleName": rules, "newEvaluationResult": {"complianceType": [NON_COMPLIANT]}}
    return {"source": [SOURCE], "detail-type": [DETAIL_TYPE], "detail": detail}
