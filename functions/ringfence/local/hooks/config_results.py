"""What rules of AWS Config found, in moto: a result is held, its event is sent, and two calls read it.

A rule evaluates nothing here. On AWS, the function of a custom rule calls PutEvaluations with a token that
AWS Config handed it. Here the token is the name of any rule, so that a test says what the rule found.
"""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ringfence.local.samples.config import verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Json = dict[str, Any]
Where = tuple[str, str, str]
NON_COMPLIANT, COMPLIANT = "NON_COMPLIANT", "COMPLIANT"
NOT_APPLICABLE, UNKNOWN = "NOT_APPLICABLE", "INSUFFICIENT_DATA"
MOST = 100
"""The number of results that one call returns."""
_results: dict[Where, dict[tuple[str, str], Json]] = {}
"""The last result of each resource, by the account, region and name of the rule."""


class UnknownRuleError(Exception):
    """The account has no such rule there."""


def put(wanted: Mapping[str, Any], account: str, region: str) -> Json:
    """PutEvaluations: hold the results, and send an event for each that changed."""
    where = (account, region, _known(wanted["ResultToken"], account, region))
    held = _results.setdefault(where, {})
    for one in wanted["Evaluations"]:
        resource, found = (one["ComplianceResourceType"], one["ComplianceResourceId"]), one["ComplianceType"]
        before = held.pop(resource, {}).get("ComplianceType", NOT_APPLICABLE)
        if found != NOT_APPLICABLE:
            held[resource] = _result(where[2], resource, found)
        if found != before:
            _send(where, resource, found)
    return {"FailedEvaluations": []}


def of_rules(wanted: Mapping[str, Any], account: str, region: str) -> Json:
    """DescribeComplianceByConfigRule: NON_COMPLIANT if one resource is."""
    names = tuple(wanted.get("ConfigRuleNames") or _rules(account, region))
    each = {name: _compliance((account, region, _known(name, account, region))) for name in names}
    types = wanted.get("ComplianceTypes") or each.values()
    found = [
        {"ConfigRuleName": name, "Compliance": {"ComplianceType": one}}
        for name, one in each.items()
        if one in types
    ]
    return {"ComplianceByConfigRules": found}


def of_rule(wanted: Mapping[str, Any], account: str, region: str) -> Json:
    """GetComplianceDetailsByConfigRule: the results of a rule, in pages."""
    where = (account, region, _known(wanted["ConfigRuleName"], account, region))
    types = wanted.get("ComplianceTypes") or (COMPLIANT, NON_COMPLIANT)
    found = [one for one in _results.get(where, {}).values() if one["ComplianceType"] in types]
    first, most = int(wanted.get("NextToken") or 0), wanted.get("Limit") or MOST
    more = {"NextToken": str(first + most)} if len(found) > first + most else {}
    return {"EvaluationResults": found[first : first + most], **more}


def _rules(account: str, region: str) -> Iterator[str]:
    from moto.config.models import config_backends

    return iter(tuple(config_backends[account][region].config_rules))


def _known(rule: str, account: str, region: str) -> str:
    if rule not in set(_rules(account, region)):
        raise UnknownRuleError(rule)
    return rule


def _compliance(where: Where) -> str:
    found = {one["ComplianceType"] for one in _results.get(where, {}).values()}
    return next((one for one in (NON_COMPLIANT, COMPLIANT) if one in found), UNKNOWN)


def _result(rule: str, resource: tuple[str, str], found: str) -> Json:
    at = time.time()
    named = {"ConfigRuleName": rule, "ResourceType": resource[0], "ResourceId": resource[1]}
    return {
        "EvaluationResultIdentifier": {"EvaluationResultQualifier": named, "OrderingTimestamp": at},
        "ComplianceType": found,
        "ResultRecordedTime": at,
        "ConfigRuleInvokedTime": at,
    }


def _send(where: Where, resource: tuple[str, str], found: str) -> None:
    """Send the event of a result to the default bus."""
    from ministack.core.responses import request_scope
    from ministack.services import eventbridge

    account, region, rule = where
    at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    event = verdict(rule, *resource, account, region, found, at)
    entry = {
        "Source": event["source"],
        "DetailType": event["detail-type"],
        "Detail": json.dumps(event["detail"]),
    }
    with request_scope(account, region):
        eventbridge._put_events({"Entries": [entry]}, True)
