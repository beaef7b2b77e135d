"""GuardDuty, AWS Config and CloudTrail in memory, as far as sweeps read them."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from botocore import xform_name

from ringfence.events.config.names import identifier, managed_name
from ringfence.model.document import Document
from ringfence.model.errors import Retryable

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringfence.model.call import Call, SansIO

R = TypeVar("R")
Json = dict[str, Any]
Where = tuple[str, str]
DETECTOR = "3eb1a8c2"


def milliseconds(finding: Json) -> int:
    """Return the time of a finding's last update as the service compares it."""
    return int(datetime.fromisoformat(finding["UpdatedAt"]).timestamp() * 1000)


def finding(id_: str, at: datetime, severity: float = 8.0, **changes: Any) -> Json:  # noqa: ANN401 - any member of a finding
    """Return a finding as GetFindings answers it, about an instance of its own."""
    text = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    service = {"Archived": changes.pop("archived", False), "EventLastSeen": text, "Count": 1}
    return {
        "Id": id_,
        "AccountId": "111122223333",
        "Region": "eu-west-1",
        "Type": "Backdoor:EC2/C&CActivity.B",
        "Severity": severity,
        "Title": "It talks to a command-and-control server",
        "CreatedAt": text,
        "UpdatedAt": text,
        "Resource": {"ResourceType": "Instance", "InstanceDetails": {"InstanceId": instance(id_)}},
        "Service": {"DetectorId": DETECTOR, "ResourceRole": "ACTOR", **service},
        **changes,
    }


def instance(id_: str) -> str:
    """Return the id of the instance of a finding."""
    return f"i-{id_.encode().hex():0>17.17}"


def result(resource: str, at: datetime, rule: str = "restricted-ssh") -> Json:
    """Return a result as GetComplianceDetailsByConfigRule answers it."""
    named = {"ConfigRuleName": rule, "ResourceType": "AWS::EC2::SecurityGroup", "ResourceId": resource}
    return {
        "EvaluationResultIdentifier": {"EvaluationResultQualifier": named},
        "ComplianceType": "NON_COMPLIANT",
        "ResultRecordedTime": at,
        "ConfigRuleInvokedTime": at,
    }


@dataclass
class Sources:
    """The services. `fail` is asked before each call and can raise, and `calls` counts them.

    `rules` are the owner and the identifier of rules of AWS Config. All others are the managed rules that
    their names mean.
    """

    findings: dict[Where, list[Json]] = field(default_factory=lambda: defaultdict(list))
    members: dict[Where, list[str]] = field(default_factory=lambda: defaultdict(list))
    rules: dict[str, tuple[str, str]] = field(default_factory=dict)
    results: dict[Where, list[Json]] = field(default_factory=lambda: defaultdict(list))
    records: dict[Where, list[Json]] = field(default_factory=lambda: defaultdict(list))
    off: set[Where] = field(default_factory=set)
    fail: Callable[[str, str, Call], None] = lambda *_: None
    calls: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    page: int = 50

    def asked(self, account: str, region: str, talk: SansIO[R]) -> R:
        """Hold a conversation, as the driver does."""
        try:
            asked = next(talk)
            while True:
                asked = talk.send(tuple(self._answer(account, region, one) for one in asked))
        except StopIteration as ended:
            found: R = ended.value
            return found

    def _answer(self, account: str, region: str, call: Call) -> Document:
        self.fail(account, region, call)
        self.calls[account, region, call.operation] += 1
        return Document.of(self.answer((account, region), call), f"{call.service}:{call.operation}")

    def answer(self, where: Where, call: Call) -> Json:
        """Return the answer of a call."""
        answer: Json = getattr(self, f"_{xform_name(call.operation)}")(where, call.parameters)
        return answer

    def _paged(self, items: list[Any], token: str, most: int) -> tuple[list[Any], Json]:
        start = int(token or 0)
        left = {"NextToken": str(start + most)} if start + most < len(items) else {}
        return items[start : start + most], left

    def _list_detectors(self, where: Where, _: Json) -> Json:
        return {"DetectorIds": [] if where in self.off else [DETECTOR]}

    def _list_findings(self, where: Where, asked: Json) -> Json:
        criteria = asked["FindingCriteria"]["Criterion"]
        since, severity = criteria["updatedAt"]["GreaterThanOrEqual"], criteria["severity"]
        archived = criteria["service.archived"]["Equals"] == ["true"]
        found = [
            one
            for one in sorted(self.findings[where], key=milliseconds)
            if milliseconds(one) >= since
            and one["Severity"] >= severity.get("GreaterThanOrEqual", 0)
            and one["Severity"] < severity.get("LessThan", 11)
            and one["Service"]["Archived"] is archived
        ]
        page, more = self._paged([one["Id"] for one in found], asked.get("NextToken", ""), self.page)
        return {"FindingIds": page, **more}

    def _get_findings(self, where: Where, asked: Json) -> Json:
        return {"Findings": [one for one in self.findings[where] if one["Id"] in asked["FindingIds"]]}

    def _get_detector(self, where: Where, _: Json) -> Json:
        status = "DISABLED" if where in self.off else "ENABLED"
        return {"Status": status, "CreatedAt": "2020-01-01T00:00:00.000Z"}

    def _list_members(self, where: Where, _: Json) -> Json:
        each = [{"AccountId": one, "RelationshipStatus": "Enabled"} for one in self.members[where]]
        return {"Members": [*each, {"AccountId": "999999999999", "RelationshipStatus": "Removed"}]}

    def _rules(self, where: Where) -> list[str]:
        return sorted({_rule(one) for one in self.results[where]})

    def _describe_compliance_by_config_rule(self, where: Where, asked: Json) -> Json:
        page, more = self._paged(self._rules(where), asked.get("NextToken", ""), self.page)
        return {"ComplianceByConfigRules": [{"ConfigRuleName": one} for one in page], **more}

    def _describe_config_rules(self, _: Where, asked: Json) -> Json:
        return {"ConfigRules": [self._described(one) for one in asked["ConfigRuleNames"]]}

    def _described(self, rule: str) -> Json:
        owner, checks = self.rules.get(rule, ("AWS", identifier(managed_name(rule))))
        return {"ConfigRuleName": rule, "Source": {"Owner": owner, "SourceIdentifier": checks}}

    def _get_compliance_details_by_config_rule(self, where: Where, asked: Json) -> Json:
        found = [one for one in self.results[where] if _rule(one) == asked["ConfigRuleName"]]
        page, more = self._paged(found, asked.get("NextToken", ""), self.page)
        return {"EvaluationResults": page, **more}

    def _lookup_events(self, where: Where, asked: Json) -> Json:
        (attribute,) = asked["LookupAttributes"]
        found = [
            one
            for one in sorted(self.records[where], key=lambda one: str(one["eventTime"]), reverse=True)
            if asked["StartTime"].replace(microsecond=0) <= _at(one) <= asked["EndTime"]
            and attribute["AttributeValue"] in _attributes(one)[attribute["AttributeKey"]]
        ]
        page, more = self._paged(found, asked.get("NextToken", ""), self.page)
        events = [{"EventId": one["eventID"], "CloudTrailEvent": json.dumps(one)} for one in page]
        return {"Events": events, **more}


def _rule(one: Json) -> str:
    return str(one["EvaluationResultIdentifier"]["EvaluationResultQualifier"]["ConfigRuleName"])


def _at(record: Json) -> datetime:
    return datetime.fromisoformat(record["eventTime"])


def _attributes(record: Json) -> Json:
    identity = record["userIdentity"]
    name = "root" if identity.get("type") == "Root" else identity.get("userName", "")
    return {
        "EventSource": [record["eventSource"]],
        "EventName": [record["eventName"]],
        "Username": [name] if name else [],
    }


def denied(*accounts: str) -> Callable[[str, str, Call], None]:
    """Return what lets every call in these accounts fail."""

    def fail(account: str, _region: str, call: Call) -> None:
        if account in accounts:
            raise Retryable(f"{call.operation}: denied in {account}")

    return fail
