"""AWS Config in several accounts and regions: recorders, items, queries in pages, throttling and denials.

It understands the queries of a scan, and refuses any other. Each call is valid by the model of its service.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, TypeVar

from botocore.session import Session
from botocore.validate import ParamValidator

from ringfence.model.call import Failed
from ringfence.model.document import Document
from ringfence.model.errors import AccessDenied, Retryable
from ringfence.model.place import Place
from ringfence.posture.queries import FIELDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botocore.model import ServiceModel

    from ringfence.model.call import Answer, Call, SansIO

R = TypeVar("R")
_QUERY = re.compile(
    r"SELECT (?P<what>.+) WHERE resourceType IN \((?P<types>[^)]+)\)"
    r"(?: AND accountId = '(?P<account>\d+)')?(?: AND awsRegion = '(?P<region>[a-z0-9-]+)')?"
    r"(?: AND configurationItemCaptureTime > '(?P<since>[^']+)')?(?P<group> GROUP BY resourceType)?"
)
CAPTURED = "configurationItemCaptureTime"
EVERYTHING: dict[str, object] = {"recordingGroup": {"allSupported": True, "includeGlobalResourceTypes": True}}


def item(place: Place, type_: str, id_: str, **more: object) -> dict[str, object]:
    """Return an item, as a query returns it. `kept` is its supplementary configuration."""
    return {
        "accountId": place.account,
        "awsRegion": place.region,
        "resourceType": type_,
        "resourceId": id_,
        "resourceName": id_,
        "arn": f"arn:aws:x:{place.region}:{place.account}:{id_}",
        "configuration": {},
        "supplementaryConfiguration": {},
        "tags": [],
        CAPTURED: "2027-01-01T00:00:00.000Z",
        **more,
    }


@dataclass
class ConfigItems:
    """Implements `ringfence.posture.reach.Asking`.

    `states` adds to the status of recorders. `fails` are the errors that the next calls raise, by place.
    `page` is the size of a page.
    """

    items: dict[Place, list[dict[str, object]]] = field(default_factory=dict)
    recorders: dict[Place, dict[str, object]] = field(default_factory=dict)
    stopped: set[Place] = field(default_factory=set)
    states: dict[Place, dict[str, object]] = field(default_factory=dict)
    denied: set[Place] = field(default_factory=set)
    fails: dict[Place, list[Exception]] = field(default_factory=dict)
    aggregators: dict[str, tuple[Place, ...]] = field(default_factory=dict)
    answers: dict[str, dict[str, object]] = field(default_factory=dict)
    page: int = 2
    calls: list[tuple[str, Place]] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)

    def record(self, place: Place, *items: Mapping[str, object]) -> None:
        """Let a place have a recorder, and these items."""
        self.recorders.setdefault(place, EVERYTHING)
        self.items.setdefault(place, []).extend(map(dict, items))

    def asked(self, account: str, region: str, talk: SansIO[R]) -> R:
        """Run a read."""
        place = Place(account, region)
        try:
            calls = next(talk)
            while True:
                calls = talk.send(tuple(self._answer(place, one) for one in calls))
        except StopIteration as ended:
            found: R = ended.value
            return found

    def made(self, operation: str) -> int:
        """Return how many calls of an operation were made."""
        return sum(name == operation for name, _ in self.calls)

    def _answer(self, place: Place, call: Call) -> Answer:
        self.calls.append((call.operation, place))
        _check(call)
        if place in self.denied:
            raise AccessDenied(f"sts:AssumeRole of {place.account}: AccessDenied: no", "sts:AssumeRole")
        if self.fails.get(place) and call.operation.startswith("Select"):
            raise self.fails[place].pop(0)
        given = dict(call.parameters)
        if call.operation in self.answers:
            return Document.of(self.answers[call.operation])
        if call.operation.startswith("DescribeConfigurationRecorder"):
            return Document.of(self._recorders(place, call.operation))
        if call.operation == "DescribeConfigurationAggregators":
            return Document.of(
                {
                    "ConfigurationAggregators": [
                        {"ConfigurationAggregatorName": one} for one in self.aggregators
                    ]
                }
            )
        if call.operation == "DescribeConfigurationAggregatorSourcesStatus":
            places = self.aggregators[str(given["ConfigurationAggregatorName"])]
            return Document.of({"AggregatedSourceStatusList": [*map(_source, places)]})
        if call.operation.startswith("Select"):
            return self._selected(place, given)
        return Failed("AccessDeniedException", f"{call.operation} is not known")

    def _recorders(self, place: Place, operation: str) -> dict[str, object]:
        if place not in self.recorders:
            return {}
        if operation == "DescribeConfigurationRecorders":
            return {"ConfigurationRecorders": [{"name": "default", **self.recorders[place]}]}
        state = {"name": "default", "recording": place not in self.stopped, **self.states.get(place, {})}
        return {"ConfigurationRecordersStatus": [state]}

    def _selected(self, place: Place, given: Mapping[str, object]) -> Answer:
        query = _QUERY.fullmatch(str(given["Expression"]))
        if query is None:
            return Failed("InvalidExpressionException", str(given["Expression"]))
        aggregator = str(given.get("ConfigurationAggregatorName", ""))
        sources = self.aggregators[aggregator] if aggregator else (place,)
        every = [one for source in sources for one in self.items.get(source, ())]
        found = [one for one in every if _matches(one, query)]
        rows = _grouped(found) if query["group"] else [*map(_selected_fields, found)]
        start = int(str(given.get("NextToken", "0")))
        answer: dict[str, object] = {"Results": [json.dumps(one) for one in rows[start : start + self.page]]}
        if start + self.page < len(rows):
            answer["NextToken"] = str(start + self.page)
        return Document.of(answer)


def _check(call: Call) -> None:
    """Raise for a call that the model of its service does not have, or with other parameters."""
    shape = _model(call.service).operation_model(call.operation).input_shape
    assert shape is not None
    report = ParamValidator().validate(dict(call.parameters), shape)
    assert not report.has_errors(), report.generate_report()


@cache
def _model(service: str) -> ServiceModel:
    return Session().get_service_model(service)


def _source(place: Place) -> dict[str, object]:
    return {"SourceId": place.account, "AwsRegion": place.region, "LastUpdateStatus": "SUCCEEDED"}


def _matches(one: Mapping[str, object], query: re.Match[str]) -> bool:
    return (
        f"'{one['resourceType']}'" in query["types"].split(", ")
        and query["account"] in {None, one["accountId"]}
        and query["region"] in {None, one["awsRegion"]}
        and (query["since"] is None or str(one[CAPTURED]) > query["since"])
    )


def _grouped(found: list[dict[str, object]]) -> list[dict[str, object]]:
    types = sorted({str(one["resourceType"]) for one in found})
    return [
        {"resourceType": type_, "COUNT(*)": sum(one["resourceType"] == type_ for one in found)}
        for type_ in types
    ]


def _selected_fields(one: Mapping[str, object]) -> dict[str, object]:
    return {name: one[name] for name in FIELDS if name in one}


def throttled(number: int) -> list[Exception]:
    """Return as many errors of a service that refuses calls because of their rate."""
    return [Retryable("config:SelectResourceConfig: ThrottlingException: slow down") for _ in range(number)]


NOW = datetime(2027, 1, 2, tzinfo=UTC)
