"""The names of AWS Config's managed rules as owners and services write them.

An event contains the name that the owner gave the rule. Services that create rules add prefixes and suffixes,
and some write the name in another form. The rest must match completely, because one name can contain another:
`restricted-ssh` is part of `nacl-no-unrestricted-ssh-rdp`. A name is only a hint: before any change, the
rule's source identifier is confirmed.

For Control Tower see "The AWS Control Tower controls library", detective controls.
"""

from __future__ import annotations

import re
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from ringfence.model.rule_confirmation import PREFIX, ManagedRule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ringfence.model.finding import Finding

_IRREGULAR = MappingProxyType(
    {
        "cloudtrail-enabled": "CLOUD_TRAIL_ENABLED",
        "ec2-instance-managed-by-systems-manager": "EC2_INSTANCE_MANAGED_BY_SSM",
        "ec2-instances-in-vpc": "INSTANCES_IN_VPC",
        "multi-region-cloudtrail-enabled": "MULTI_REGION_CLOUD_TRAIL_ENABLED",
        "restricted-common-ports": "RESTRICTED_INCOMING_TRAFFIC",
        "restricted-rdp": "RESTRICTED_INCOMING_TRAFFIC",
        "restricted-ssh": "INCOMING_SSH_DISABLED",
        "vpc-sg-restricted-common-ports": "RESTRICTED_INCOMING_TRAFFIC",
    }
)
"""Identifiers that differ from the rule's name in capitals.

Security Hub has two names for the managed rule about common ports: `restricted-rdp` with port 3389 alone, and
`vpc-sg-restricted-common-ports` with the ports of its control EC2.19.
"""
_WRITTEN = MappingProxyType(
    {
        "cloud-trail-enabled": "cloudtrail-enabled",
        "ec2-instance-managed-by-ssm": "ec2-instance-managed-by-systems-manager",
        "incoming-ssh-disabled": "restricted-ssh",
        "instances-in-vpc": "ec2-instances-in-vpc",
        "multi-region-cloud-trail-enabled": "multi-region-cloudtrail-enabled",
        "restricted-incoming-traffic": "restricted-common-ports",
        "s3-versioning-enabled": "s3-bucket-versioning-enabled",
    }
)
"""Other forms of names. Services derive them from the identifier; the last one is Control Tower's."""
_IN_PARTS = ("iam-password-policy",)
"""Rules of which Security Hub creates several, each with its own parameters. The check's name follows."""
_AFFIXES = (
    ("securityhub-", "-"),  # rules that Security Hub creates for its standards
    ("OrgConfigRule-", "-"),  # an organization's rule in its accounts
    ("", "-conformance-pack-"),  # a rule of a conformance pack
)
"""The prefixes and suffixes that services add. An id of lowercase letters and digits follows.

For the last two see `SourceKeyword` in the AWS Audit Manager API reference, on service-linked rules.
"""
_TOWER = "AWSControlTower_AWS-GR_"
"""The prefix of Control Tower's rules. The name follows in capitals with underscores, without an id."""
_NAME, _ID = r"(?P<name>[a-z][a-z0-9-]*[a-z0-9])", r"[a-z0-9]{6,16}"
_AFFIXED = tuple(re.compile(f"{before}{_NAME}{after}{_ID}") for before, after in _AFFIXES)
_OF_TOWER = re.compile(f"{_TOWER}(?P<name>[A-Z][A-Z0-9_]*[A-Z0-9])")


def managed_name(name: str) -> str:
    """Return the name of the managed rule, from a rule's name with the additions of services."""
    if found := _OF_TOWER.fullmatch(name):
        plain = found["name"].lower().replace("_", "-")
        return _WRITTEN.get(plain, plain)
    matches = (affixed.fullmatch(name) for affixed in _AFFIXED)
    plain = next((match["name"] for match in matches if match), name)
    if name.startswith(_AFFIXES[0][0]) and plain != name:
        plain = next((one for one in _IN_PARTS if plain.startswith(f"{one}-")), plain)
    return _WRITTEN.get(plain, plain)


def identifier(name: str) -> str:
    """Return the identifier of a managed rule, given its name."""
    return _IRREGULAR.get(name, name.upper().replace("-", "_"))


def matchers(name: str) -> Iterator[object]:
    """Yield EventBridge matchers for the names of a managed rule. The parser then checks the whole name."""
    forms = (name, *(written for written, meant in _WRITTEN.items() if meant == name))
    yield from forms
    yield from (_TOWER + form.upper().replace("-", "_") for form in forms)
    yield from ({"prefix": f"{before}{form}{after}"} for form in forms for before, after in _AFFIXES)


def with_own_names(findings: Iterable[Finding], names: Mapping[str, str]) -> tuple[Finding, ...]:
    """Return findings with the types that an owner's names of rules stand for.

    `names` is the policy's `config-rules`: the owner's name of a rule, and the name of the managed rule.
    """
    return tuple(_named(finding, names) for finding in findings)


def _named(finding: Finding, names: Mapping[str, str]) -> Finding:
    claim = finding.rule
    meant = names.get(claim.name) if claim else None
    if claim is None or meant is None:
        return finding
    rule = ManagedRule(claim.name, identifier(meant), claim.region)
    return replace(finding, type=f"{PREFIX}{meant}", claim=rule)
