"""Calls as EventBridge delivers them: counted exactly once whatever interleaves, and sent whatever fails."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from ringfence.aws.activity_items import Kept
from ringfence.engine.intake import ExecutionContext
from ringfence.events.sent.form import finding_of
from ringfence.handlers.live_activity import TRIES, FindingsApi, LiveActivity
from ringfence.insights.activity.pack.access import BRUTE_FORCE, NEW_NETWORK
from ringfence.insights.activity.pack.identity import MFA_REMOVED
from ringfence.insights.activity.rule import Calls, Rule, Threshold
from ringfence.insights.activity.seeing import Seeing
from ringfence.insights.activity.stories import ABROAD, ALICE, DAY, OTHER, OWN, Who, call, sign_in
from ringfence.model.errors import BadInput, Forged, Retryable
from ringfence.policy.circumstances import Circumstances

if TYPE_CHECKING:
    from ringfence.model.subject import Ref

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
EXECUTION = ExecutionContext("e-1", "ringfence-activity", NOW, Circumstances(NOW))
THREE = Rule(
    "three-reads",
    "three reads",
    "T1078",
    "low",
    Threshold(Calls("s3", ("GetObject",)), 3, 10),
    "report-findings",
    "look",
    (),
    (),
)
Finding = Mapping[str, object]


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
class MemoryStates:
    """The states in memory. `between` runs before each write: what other functions do meanwhile."""

    stored: dict[str, tuple[Kept, float]] = field(default_factory=dict)
    between: Callable[[], object] = lambda: None
    reads: int = 0

    def read(self, group: str, now: float) -> Kept:
        self.reads += 1
        kept, expires = self.stored.get(group, (Kept(), 0.0))
        return kept if expires > now else Kept(b"", kept.version)

    def write(self, group: str, data: bytes, seen: int, expires: float) -> bool:
        self.between()
        if self.stored.get(group, (Kept(), 0.0))[0].version != seen:
            return False
        self.stored[group] = Kept(data, seen + 1), expires
        return True


def event(record: Mapping[str, object]) -> str:
    return json.dumps({"source": "aws.any", "detail-type": "AWS API Call via CloudTrail", "detail": record})


def body(number: int) -> str:
    return event(call("s3:GetObject", {"key": str(number)}, number))


def outside(ref: Ref) -> str:
    """Return why a resource is outside: it is in another account, or in a region far away."""
    if ref.account != OWN:
        return "another account"
    return "far away" if ref.region == "sa-east-1" else ""


def live(
    states: MemoryStates, send: Callable[[Finding], None], rule: Rule = THREE
) -> Callable[[str], object]:
    activity = LiveActivity(Seeing((rule,)), states, send, outside)
    return lambda text: activity.work(text, EXECUTION, Proven())


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
@pytest.mark.parametrize("depth", [1, 2, 3])
def test_functions_that_interleave_in_any_way_find_what_was_reached_once(
    order: tuple[int, ...], depth: int
) -> None:
    """Each function reads, then others run from their beginning to their end, and then it writes."""
    sent: list[Finding] = []
    states = MemoryStates()
    work = live(states, sent.append)
    left, nested = [body(one) for one in order], [0]

    def others() -> None:
        if nested[0] < depth and left:
            nested[0] += 1
            work(left.pop())
            nested[0] -= 1

    states.between = others
    while left:
        work(left.pop())
    assert len({str(one["id"]) for one in sent}) == 1
    assert all(finding_of(one) for one in sent)


@pytest.mark.parametrize("order", list(itertools.permutations((0, 0, 1, 1))))
def test_deliveries_of_too_few_calls_find_nothing_however_often_they_come(order: tuple[int, ...]) -> None:
    states = MemoryStates()
    work = live(states, _never)
    left = [body(one) for one in order]
    states.between = lambda: work(left.pop()) if left else None
    while left:
        work(left.pop())


def _never(finding: Finding) -> None:
    raise AssertionError(finding)


def test_a_state_that_others_change_all_the_time_is_tried_again_later() -> None:
    states = MemoryStates()
    live(states, _never)(body(0))

    def change() -> None:
        for group, (kept, expires) in states.stored.items():
            states.stored[group] = Kept(kept.data, kept.version + 1), expires

    states.between, states.reads = change, 0
    with pytest.raises(Retryable, match="three-reads"):
        live(states, _never)(body(1))
    assert states.reads == TRIES


def test_a_finding_that_was_not_sent_is_sent_with_the_next_delivery() -> None:
    states, sent = MemoryStates(), list[object]()

    def fails(_: Finding) -> None:
        raise Retryable("no answer")

    for one in range(2):
        live(states, fails)(body(one))
    with pytest.raises(Retryable):
        live(states, fails)(body(2))
    live(states, sent.append)(body(2))
    assert len(sent) == 1
    live(states, sent.append)(body(2))
    assert len(sent) == 1, "it is removed after it was sent"


def test_what_waits_is_kept_longer_than_a_dead_letter() -> None:
    states = MemoryStates()

    def refused(_: Finding) -> None:
        raise BadInput("senders", "does not let it in")

    work = live(states, refused, MFA_REMOVED)
    with pytest.raises(BadInput):
        work(event(MFA_REMOVED.hits[0][0]))
    ((_, expires),) = states.stored.values()
    assert expires >= NOW.timestamp() + 15 * DAY


def test_a_known_value_needs_no_call_of_dynamodb() -> None:
    states, sent = MemoryStates(), list[object]()
    work = live(states, sent.append, NEW_NETWORK)
    for minute in range(5):
        work(event(sign_in("alice", 60 * minute)))
    assert states.reads == 1
    work(event(sign_in("alice", 8 * DAY)))
    work(event(sign_in("alice", 8 * DAY + 60, address=ABROAD)))
    assert len(sent) == 1


def test_states_of_different_callers_are_different() -> None:
    states = MemoryStates()
    work = live(states, _never, BRUTE_FORCE)
    for user in range(9):
        work(event(sign_in(f"user-{user}", user, success=False)))
    assert len(states.stored) == 9


def test_a_message_that_did_not_come_by_the_queue_is_not_counted() -> None:
    states = MemoryStates()
    with pytest.raises(Forged):
        LiveActivity(Seeing((THREE,)), states, _never, outside).work(body(0), EXECUTION, Stranger())
    assert not states.reads


@pytest.mark.parametrize("text", ["", "[]", '{"detail": 1}', '{"detail": {"eventName": "x"}}'])
def test_what_is_no_recorded_call_is_bad_input(text: str) -> None:
    with pytest.raises(BadInput):
        live(MemoryStates(), _never)(text)


@dataclass
class Api:
    """The API for sent findings."""

    code: int
    answer: object = None

    def post(self, path: str, document: Mapping[str, object]) -> tuple[int, object]:
        assert path == "/findings"
        assert document.keys() == {"findings"}
        return self.code, self.answer


def _result(code: int, kind: str) -> dict[str, object]:
    error = {"kind": kind, "message": "why"}
    return {"results": [{"index": 0, "status": code, "error": error}]}


def test_a_finding_that_is_accepted_is_done() -> None:
    FindingsApi(Api(202)).send({"id": "a"})


def test_a_caller_outside_the_scope_is_told_about_in_the_account_that_recorded_the_call() -> None:
    sent: list[Finding] = []
    work = live(MemoryStates(), sent.append)
    arn = f"arn:aws:iam::{OTHER}:user/mallory"
    stranger = Who({**ALICE.identity, "accountId": OTHER, "arn": arn, "userName": "mallory"})
    for number in range(3):
        work(event(call("s3:GetObject", {"key": str(number)}, number, by=stranger)))
    (finding,) = sent
    assert finding["subjects"] == [f"account/{OWN}/us-east-1/{OWN}"]
    assert "mallory" in str(finding["title"])
    assert finding_of(finding)


def test_a_finding_that_is_outside_of_the_scope_in_each_way_keeps_its_subjects() -> None:
    sent: list[Finding] = []
    activity = LiveActivity(Seeing((THREE,)), MemoryStates(), sent.append, lambda _: "not here")
    for number in range(3):
        activity.work(body(number), EXECUTION, Proven())
    assert sent[0]["subjects"] != [f"account/{OWN}/us-east-1/{OWN}"]


def test_a_finding_outside_the_scope_is_left_out() -> None:
    FindingsApi(Api(400, _result(400, "bad-input"))).send({"id": "a"})


@pytest.mark.parametrize(
    ("code", "answer", "error", "words"),
    [
        (403, _result(403, "forbidden"), BadInput, "senders: .*: why"),
        (403, {"message": "Forbidden"}, BadInput, "Forbidden"),
        (503, _result(503, "retry"), Retryable, "why"),
        (429, {"message": "Too Many Requests"}, Retryable, "Too Many"),
        (502, None, Retryable, "502"),
        (400, None, Retryable, "400"),
    ],
)
def test_a_finding_that_is_not_accepted_waits(
    code: int, answer: object, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        FindingsApi(Api(code, answer)).send({"id": "a"})
