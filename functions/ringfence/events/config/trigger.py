"""The trigger for verdicts of AWS Config, and its patterns.

Event shape: "Monitoring AWS Config with Amazon EventBridge". An event contains the name that the owner gave
the rule. Services that create rules add prefixes and suffixes to the name of the managed rule. The rest
must match completely, because one name can contain another: `restricted-ssh` is part of
`nacl-no-unrestricted-ssh-rdp`.
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
"""The prefix of the finding types. The name of the managed rule follows."""
SEVERITY = 5.0
"""Config sets no severity. Medium: a setting is wrong, and there is no sign that anybody used it."""
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
"""Identifiers that differ from the rule's name in capitals."""
_AFFIXES = (
    ("securityhub-", "-"),  # rules that Security Hub creates for its standards
    ("OrgConfigRule-", "-"),  # an organization's rule in its accounts
    ("", "-conformance-pack-"),  # a rule of a conformance pack
)
"""The prefixes and suffixes that services add. An id of lowercase letters and digits follows.

For the last two see `SourceKeyword` in the AWS Audit Manager API reference, on service-linked rules.
"""
_NAME, _ID = r"(?P<name>[a-z][a-z0-9-]*[a-z0-9])", r"[a-z0-9]{6,16}"
_AFFIXED = tuple(re.compile(f"{before}{_NAME}{after}{_ID}") for before, after in _AFFIXES)


def managed_name(name: str) -> str:
    """Return a rule's name without the additions of services."""
    found = next(filter(None, (affixed.fullmatch(name) for affixed in _AFFIXED)), None)
    return found["name"] if found else name


def identifier(name: str) -> str:
    """Return the identifier of a managed rule, given its name."""
    return _IRREGULAR.get(name, name.upper().replace("-", "_"))


@frozen
class ConfigTrigger:
    """NON_COMPLIANT verdicts of managed rules. `types`: `Config:` and the rule's name."""

    id: str
    types: tuple[str, ...]

    family: ClassVar[str] = "config"
    permissions: ClassVar[tuple[Permission, ...]] = ManagedRule.permissions

    def patterns(self) -> tuple[Mapping[str, object], ...]:
        """Return EventBridge patterns within the size limit. No event matches two of them."""
        return tuple(within_limit((one.removeprefix(PREFIX) for one in self.types), _pattern))

    def matches(self, finding: Finding) -> bool:
        """Return whether the finding has one of the types."""
        return finding.source == SOURCE and finding.type in self.types


def judged_by(*names: str) -> ConfigTrigger:
    """Return a trigger for managed rules with these names."""
    return ConfigTrigger("config-rules", tuple(PREFIX + name for name in names))


def _pattern(names: list[str]) -> Mapping[str, object]:
    """Match a rule by its name, with or without additions. The parser then checks the whole name."""
    prefixes = [f"{before}{name}{after}" for name in names for before, after in _AFFIXES]
    rules = [*names, *({"prefix": prefix} for prefix in prefixes)]
    detail = {"configRuleName": rules, "newEvaluationResult": {"complianceType": [NON_COMPLIANT]}}
    return {"source": [SOURCE], "detail-type": [DETAIL_TYPE], "detail": detail}
