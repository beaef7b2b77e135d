"""A live scan of 100,000 resources by the shipped rules, on answers in memory: time, memory and requests."""

from __future__ import annotations

import json
import time
import tracemalloc
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeVar

from ringfence.cli.rules import load
from ringfence.cli.scan_folder import ScanFolder
from ringfence.model.document import Document
from ringfence.model.place import Place
from ringfence.policy.lookup import get, items_of, mapping_of
from ringfence.policy.yaml_source import read_yaml
from ringfence.posture.library import LIBRARY
from ringfence.posture.look import Look
from ringfence.posture.reach import Reach, Wanted
from ringfence.posture.schema import RULES as RULES_KEY
from ringfence.posture.score import Tally
from ringfence.posture.tagged import tree_of, without_tags

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ringfence.model.call import Answer, Call, SansIO
    from ringfence.posture.kept import Ending, Judged
    from ringfence.posture.rule import Rule

R = TypeVar("R")
ACCOUNTS, REGIONS, RESOURCES, RULES = 25, 4, 100_000, 60
_MEGABYTE = 1_000_000
_NOW = datetime(2027, 1, 2, tzinfo=UTC)


class Answers:
    """AWS Config with the same number of resources in each place, made from the examples of the rules."""

    def __init__(self, examples: Sequence[dict[str, object]], each: int) -> None:
        self.examples, self.each, self.requests = examples, each, 0

    def asked(self, account: str, region: str, talk: SansIO[R]) -> R:
        """Run a read."""
        try:
            calls = next(talk)
            while True:
                calls = talk.send(tuple(self._answer(Place(account, region), one) for one in calls))
        except StopIteration as ended:
            found: R = ended.value
            return found

    def _answer(self, place: Place, call: Call) -> Answer:
        self.requests += 1
        if call.operation == "DescribeConfigurationRecorders":
            group = {"allSupported": True, "includeGlobalResourceTypes": True}
            return Document.of({"ConfigurationRecorders": [{"name": "default", "recordingGroup": group}]})
        if call.operation == "DescribeConfigurationRecorderStatus":
            return Document.of({"ConfigurationRecordersStatus": [{"name": "default", "recording": True}]})
        if call.operation != "SelectResourceConfig":
            return Document.of({"IsLogging": True, "Attributes": []})
        start = int(str(call.parameters.get("NextToken", "0")))
        end = min(start + int(str(call.parameters["Limit"])), self.each)
        answer: dict[str, object] = {"Results": [self._item(place, number) for number in range(start, end)]}
        return Document.of(answer | ({"NextToken": str(end)} if end < self.each else {}))

    def _item(self, place: Place, number: int) -> str:
        example = self.examples[number % len(self.examples)]
        own = {"accountId": place.account, "awsRegion": place.region, "resourceId": f"r-{number}", "tags": []}
        return json.dumps({**example, **own, "arn": f"arn:aws:x:::r-{number}"})


def count_scans(
    accounts: int = ACCOUNTS, regions: int = REGIONS, resources: int = RESOURCES
) -> dict[str, float]:
    """Return what a scan of so many resources needs. Memory is measured apart, because that takes time."""
    loaded = load([LIBRARY])[:RULES]
    rules = tuple(one.rule for one in loaded)
    places = [
        Place(f"{account:012d}", f"eu-west-{region}")
        for account in range(1, accounts + 1)
        for region in range(1, regions + 1)
    ]
    answers = Answers(tuple(_examples(rules)), resources // len(places))
    began = time.process_time()
    judged, failed = _scan(places, rules, answers)
    seconds, requests = time.process_time() - began, answers.requests
    few = _peak(places[: len(places) // 10], rules, answers)
    many = _peak(places[: len(places) // 5], rules, answers)
    return {
        "scan_resources": judged,
        "scan_failed_results": failed,
        "scan_requests": float(requests),
        "scan_cpu_seconds": round(seconds, 1),
        "scan_megabytes_of_a_tenth": round(few / _MEGABYTE, 2),
        "scan_megabytes_grown_by_twice_the_resources": round((many - few) / _MEGABYTE, 2),
    }


def _examples(rules: Sequence[Rule]) -> Iterator[dict[str, object]]:
    """Yield the items of the rules' examples, as the library's files have them."""
    names = {one.name for one in rules}
    for path in sorted(Path(LIBRARY).glob("*.yaml")):
        tree = without_tags(tree_of(read_yaml(path.read_text("utf-8"))))
        for rule in items_of(get(tree, RULES_KEY)):
            if get(rule, "name") in names:
                for example in items_of(get(rule, "examples")):
                    for given in mapping_of(example).values():
                        type_ = items_of(get(rule, "resource_types"))[0]
                        yield {"configuration": {}, "resourceType": type_, **mapping_of(given)}


def _look(place: Place, wanted: Wanted, reach: Reach, write: Callable[[Judged], None]) -> Ending:
    return Look(place, wanted, reach, write).make()


def _scan(places: Sequence[Place], rules: Sequence[Rule], answers: Answers) -> tuple[float, float]:
    """Scan places as the command does. Return the numbers of resources and of failed results."""
    wanted = Wanted("scan", "digest", tuple(rules), tuple(dict.fromkeys(one.region for one in places)), {})
    reach = Reach(answers, lambda: _NOW, time.sleep)
    tally = Tally({one.name: one for one in rules})
    with TemporaryDirectory() as folder:
        kept = ScanFolder(Path(folder))
        for place in places:
            ending = kept.keep(place, partial(_look, place, wanted, reach))
            for judged in ending.lines():
                tally.add(judged.results)
    return float(tally.resources), float(tally.whole.failed)


def _peak(places: Sequence[Place], rules: Sequence[Rule], answers: Answers) -> int:
    """Return the most bytes that a scan of these places has at a time."""
    tracemalloc.start()
    _scan(places, rules, answers)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak
