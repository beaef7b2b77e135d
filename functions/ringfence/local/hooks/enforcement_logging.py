"""The resources of CloudTrail, Config and GuardDuty calls that ministack does not determine.

Source: Service Authorization Reference, the resource types of each of these services.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from ringfence.local.hooks.mount import target

if TYPE_CHECKING:
    from collections.abc import Mapping

_DETECTOR = re.compile(r"/detector/(?P<id>[0-9a-f]{32})")
_OF_RULES = frozenset({"GetComplianceDetailsByConfigRule", "StartConfigRulesEvaluation"})
"""Calls of AWS Config whose resource is a rule."""


def resource(
    service: str, path: str, headers: Mapping[str, str], body: bytes, region: str, account: str
) -> str | None:
    """Return the ARN of the resource of a call. None if the call names no known resource."""
    if service == "guardduty":
        found = _DETECTOR.match(path)
        return f"arn:aws:guardduty:{region}:{account}:detector/{found['id']}" if found else None
    if service == "cloudtrail":
        return next(iter(_fields(body).get("ResourceIdList", [])), None)
    if service == "config" and "ConfigurationRecorder" in target(headers):
        return f"arn:aws:config:{region}:{account}:configuration-recorder/{_recorder(_fields(body))}"
    if service == "config" and target(headers).rpartition(".")[2] in _OF_RULES:
        return _rule(_fields(body), region, account)
    return None


def _rule(fields: Mapping[str, Any], region: str, account: str) -> str | None:
    """Return the ARN of the first named rule. It contains an id that the call lacks."""
    from moto.config.models import config_backends

    known = config_backends[account][region].config_rules
    names = fields.get("ConfigRuleNames") or [fields.get("ConfigRuleName")]
    arns = (known[name].config_rule_arn for name in names if name in known)
    return next(arns, f"arn:aws:config:{region}:{account}:config-rule/none")


def _recorder(fields: Mapping[str, Any]) -> str:
    """Return name and id. A call that names no recorder applies to all."""
    names = fields.get("ConfigurationRecorderNames") or [fields.get("ConfigurationRecorderName", "*")]
    return f"{names[0]}/0a1b2c3d4e5f6a7b"


def _fields(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
