"""A result of a scan as a Compliance Finding of OCSF. Pure.

https://schema.ocsf.io/1.6.0/classes/compliance_finding
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from ringfence.posture.rule import Status
from ringfence.posture.values import EVERYWHERE
from ringfence.record.ocsf.base import (
    PRODUCT,
    PROFILES,
    VERSION,
    Class,
    Kind,
    milliseconds,
    severity_fields,
    text,
    texts,
)
from ringfence.runbooks.compliance import FRAMEWORKS
from ringfence.runbooks.compliance.table import CONTROLS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ringfence.posture.rule import Resource, Result, Rule
    from ringfence.record.ocsf.base import Event
    from ringfence.runbooks.compliance import Framework

_COMPLIANCE = {Status.PASSED: (1, "Pass"), Status.FAILED: (3, "Fail"), Status.NOT_ASSESSED: (0, "Unknown")}
_FINDING = {Status.PASSED: (4, "Resolved"), Status.FAILED: (1, "New"), Status.NOT_ASSESSED: (1, "New")}
_CREATE = Kind(Class.COMPLIANCE_FINDING, 1, "Create")


def compliance_finding(one: Result, rule: Rule, at: datetime, command: str) -> Event:
    """Return the event for a result.

    Parameters
    ----------
    one
        The result.
    rule
        Its rule.
    at
        The time of the scan. The id of the finding is the same in every scan.
    command
        The command that shows the plan of its remediation. Empty: there is none.

    """
    of = one.resource
    named = f"{rule.name} {of.account} {of.region} {of.type} {of.id}"
    uid = hashlib.sha256(named.encode("utf-8", "backslashreplace")).hexdigest()[:32]
    status, status_name = _FINDING[one.status]
    severity = rule.severity if one.status is not Status.PASSED else "informational"
    return {
        **_CREATE.fields(),
        **severity_fields(severity),
        "time": milliseconds(at),
        "status_id": status,
        "status": status_name,
        "message": text(f"{of.type} {of.id}: {rule.title}: {one.status.value}"),
        "metadata": {
            "version": VERSION,
            "uid": f"{uid}-{milliseconds(at)}",
            "profiles": list(PROFILES),
            "product": PRODUCT,
            "log_name": "ringfence scan",
        },
        "cloud": _cloud(of),
        "finding_info": {
            "uid": uid,
            "title": text(rule.title),
            "types": ["Posture"],
            **({"desc": text(rule.rationale)} if rule.rationale else {}),
        },
        "compliance": _compliance(one, rule),
        "resources": [_resource(of)],
        **_remediation(rule, command),
    }


def _cloud(of: Resource) -> dict[str, object]:
    """Return where a resource is. A manual control is in no account."""
    if not of.account:
        return {"provider": "AWS"}
    account = {"uid": of.account, "type": "AWS Account", "type_id": 10}
    return {"provider": "AWS", "region": of.region, "account": account}


def _compliance(one: Result, rule: Rule) -> dict[str, object]:
    status, name = _COMPLIANCE[one.status]
    requirements = list(_requirements(rule))
    return {
        "control": rule.name,
        "status_id": status,
        "status": name,
        **({"status_details": texts(one.reasons)} if one.reasons else {}),
        **({"requirements": requirements} if requirements else {}),
        **({"standards": list(_standards(rule))} if requirements else {}),
    }


def _requirements(rule: Rule) -> Iterator[str]:
    """Yield the requirements that the rule supports, each as its framework names it."""
    for framework in FRAMEWORKS:
        yield from (f"{framework.reference} {number}" for number in _numbers(rule, framework))


def _standards(rule: Rule) -> Iterator[str]:
    for framework in FRAMEWORKS:
        if any(_numbers(rule, framework)):
            yield framework.name


def _numbers(rule: Rule, framework: Framework) -> Iterator[str]:
    for control in rule.controls:
        yield from CONTROLS[control].numbers(framework)
    yield from dict(rule.supports).get(framework.id, ())


def _resource(of: Resource) -> dict[str, object]:
    return {
        "uid": text(of.id),
        "type": of.type,
        **({"name": text(of.name)} if of.name else {}),
        **({"region": of.region} if of.region not in {EVERYWHERE, ""} else {}),
        "cloud_partition": "aws",
    }


def _remediation(rule: Rule, command: str) -> dict[str, object]:
    if not command:
        return {}
    references = {"references": list(rule.references)} if rule.references else {}
    return {"remediation": {"desc": text(f"{rule.remediation}: {command}"), **references}}
