"""Each day, every query is run over the logs of every account, and each row becomes a finding."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from ringfence.engine.intake import ExecutionContext
from ringfence.events.sent.form import finding_of
from ringfence.handlers.network_looks import NetworkLooks
from ringfence.insights.daily import MOST_ROWS, deployed
from ringfence.model.errors import BadInput, Forged, Retryable
from ringfence.policy.circumstances import Circumstances
from ringfence.record.measures import REVIEW_FAILED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

NOW = datetime(2027, 2, 1, 3, tzinfo=UTC)
EXECUTION = ExecutionContext("e-1", "ringfence-network", NOW, Circumstances(NOW))
ACCOUNTS = ("111122223333", "444455556666")
ROW = {"srcaddr": "10.0.0.7", "dstaddr": "203.0.113.9", "calls": "40"}


class Proven:
    """The proof of a message that came by its queue."""

    def start(self) -> None:
        """Do nothing."""

    def check(self) -> None:
        """Accept it."""


class Stranger(Proven):
    """The proof of a message that did not."""

    def check(self) -> None:
        """Refuse it."""
        raise Forged("not by the queue")


@dataclass
class Saved:
    """Saved queries. Each one runs for some deliveries of its message."""

    runs: int = 0
    found: int = 1
    asked: list[tuple[str, Sequence[str], Sequence[str]]] = field(default_factory=list)

    def rows(
        self, name: str, parameters: Sequence[str], tokens: Sequence[str]
    ) -> Iterator[Mapping[str, str]]:
        self.asked.append((name, parameters, tokens))
        if len(self.asked) <= self.runs:
            raise Retryable("the query is running")
        for number in range(self.found):
            yield {**ROW, "srcaddr": f"10.0.0.{number}"}


def test_the_schedule_sends_a_message_for_each_account_and_query_about_yesterday() -> None:
    sent: list[str] = []
    begun = NetworkLooks(ACCOUNTS, deployed(), Saved(), sent.append, _never).begin(NOW)
    assert begun == len(sent) == len(ACCOUNTS) * len(deployed())
    assert {json.loads(one)["day"] for one in sent} == {"2027-01-31"}
    assert {json.loads(one)["account"] for one in sent} == set(ACCOUNTS)


def test_a_message_about_a_query_that_is_no_longer_deployed_does_nothing() -> None:
    saved, sent = Saved(), list[str]()
    NetworkLooks(ACCOUNTS[:1], deployed(), saved, sent.append, _never).begin(NOW)
    looks = NetworkLooks(ACCOUNTS[:1], deployed(listed=False), saved, _never, lambda _: None)
    for body in sent:
        assert looks.work(body, EXECUTION, Proven()) == ()
    assert {name for name, _, _ in saved.asked} == {one.id for one in deployed(listed=False)}


def test_nobody_can_predict_a_token() -> None:
    saved, sent = Saved(), list[str]()
    looks = NetworkLooks(ACCOUNTS[:1], deployed(), saved, sent.append, lambda _: None)
    for _ in range(2):
        looks.begin(NOW)
    for one in sent:
        looks.work(one, EXECUTION, Proven())
    tokens = [token for _, _, tokens in saved.asked for token in tokens]
    assert len(set(tokens)) == len(tokens)


def test_a_row_becomes_a_finding_and_a_query_that_still_runs_is_asked_again_with_the_same_token() -> None:
    sent: list[str] = []
    found: list[Mapping[str, object]] = []
    saved = Saved(runs=1)
    looks = NetworkLooks(ACCOUNTS[:1], deployed(), saved, sent.append, found.append)
    looks.begin(NOW)
    with pytest.raises(Retryable):
        looks.work(sent[0], EXECUTION, Proven())
    looks.work(sent[0], EXECUTION, Proven())
    (finding,) = found
    assert finding_of(finding)
    assert len({tuple(tokens) for _, _, tokens in saved.asked}) == 1
    assert saved.asked[0][1] == ("'111122223333'", "'2027/01/31'")


@pytest.mark.parametrize("rows", [MOST_ROWS, MOST_ROWS + 1])
def test_more_rows_than_become_findings_are_a_finding_and_an_alarm(
    rows: int, capsys: pytest.CaptureFixture[str]
) -> None:
    sent, found = list[str](), list[Mapping[str, object]]()
    looks = NetworkLooks(ACCOUNTS[:1], deployed(), Saved(found=rows), sent.append, found.append)
    looks.begin(NOW)
    looks.work(sent[0], EXECUTION, Proven())
    more = rows > MOST_ROWS
    assert len({one["id"] for one in found}) == len(found) == rows
    assert ("more than 100 rows" in str(found[-1]["title"])) == more
    assert finding_of(found[-1])
    assert (REVIEW_FAILED in capsys.readouterr().out) == more


@pytest.mark.parametrize("body", ["", "{}", '{"query": "beaconing", "account": "1", "day": "2027-01-31"}'])
def test_what_is_no_look_is_bad_input(body: str) -> None:
    with pytest.raises(BadInput):
        NetworkLooks(ACCOUNTS, deployed(), Saved(), _never, _never).work(body, EXECUTION, Proven())


def test_a_message_that_did_not_come_by_the_queue_runs_no_query() -> None:
    saved = Saved()
    with pytest.raises(Forged):
        NetworkLooks(ACCOUNTS, deployed(), saved, _never, _never).work("{}", EXECUTION, Stranger())
    assert not saved.asked


def _never(given: object) -> None:
    raise AssertionError(given)
