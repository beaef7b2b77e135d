"""What a replay of one more event costs: numbers of calls, which are the same on every machine."""

from __future__ import annotations

import copy
import sys
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from ringfence.engine.offline import OfflineDecisions
from ringfence.engine.replay import answers, read_findings, replayed
from ringfence.engine.replay_limits import LimitReplay, counted
from ringfence.events.envelope import NotForUs, digest_of
from ringfence.local.samples import guardduty as samples
from ringfence.model import frozen
from ringfence.model.errors import LimitReached
from ringfence.policy.file import PolicyFile
from ringfence.policy.limits import MOST
from ringfence.record.chain import Slot
from ringfence.record.slots import elsewhere
from ringfence.runbooks.catalogue import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
POLICY = {"version": 1, "scope": {"accounts": ["home"]}, "default": "auto"}
FEW, MANY = 60, 160
"""Events of a burst. The default limits are full after the first twenty."""
COPIES, CALLS = 6, 1250
"""The most copies of values, and calls of Python functions, that one more event costs."""


class Used(dict[str, Slot]):
    """Items of a limit that count how often one is looked up."""

    lookups = 0

    def get(self, key: str, default: Slot | None = None) -> Slot | None:  # type: ignore[override]  # one form of it
        """Look up an item."""
        self.lookups += 1
        return super().get(key, default)


def calls(function: Callable[[], object]) -> Counter[str]:
    """Return how often a function calls each Python function."""
    found: Counter[str] = Counter()

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            found[f"{frame.f_globals.get('__name__')}.{frame.f_code.co_name}"] += 1

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        function()
    finally:
        sys.setprofile(before)
    return found


def replay(number: int, offline: OfflineDecisions) -> None:
    """Replay findings about as many instances, one a second."""
    limits = LimitReplay()
    for one in range(number):
        event = copy.deepcopy(samples.instance_finding())
        at = f"2026-11-29T10:{one // 60:02}:{one % 60:02}.000Z"
        event["detail"] |= {"id": f"finding-{one}", "updatedAt": at}
        event["detail"]["resource"]["instanceDetails"]["instanceId"] = f"i-{one:017x}"
        found = read_findings(event)
        assert not isinstance(found, NotForUs)
        for answer in answers(found, offline):
            policy = offline.compiled(answer.finding)
            for kept in counted(answer, replayed(answer), policy.limits, event):
                limits.add(kept)
    assert limits.finish()[0].held > 0


@pytest.fixture(scope="module")
def of_one_more() -> Counter[str]:
    """The calls of one more event, on average, when everything that is kept is known."""
    offline = OfflineDecisions(PolicyFile(POLICY, CATALOGUE), CATALOGUE, samples.ACCOUNT)
    replay(FEW, offline)
    few, many = calls(lambda: replay(FEW, offline)), calls(lambda: replay(MANY, offline))
    return Counter({name: round((many[name] - few[name]) / (MANY - FEW)) for name in many})


def test_one_more_event_copies_few_values(of_one_more: Counter[str]) -> None:
    """A limit has up to 100 places. They are compared and not copied."""
    assert of_one_more[f"{frozen.__name__}.replace"] + of_one_more["dataclasses.replace"] <= COPIES


def test_one_more_event_calls_few_functions(of_one_more: Counter[str]) -> None:
    ours = {name: count for name, count in of_one_more.items() if not name.startswith("copy.")}
    assert sum(ours.values()) <= CALLS


def test_a_trigger_is_asked_once_about_a_finding(of_one_more: Counter[str]) -> None:
    triggers = [trigger for one in CATALOGUE.values() for trigger in one.triggers]
    asked = sum(count for name, count in of_one_more.items() if name.endswith(".matches"))
    assert asked <= len(triggers)


@pytest.mark.parametrize("most", [1, 20, MOST])
def test_each_place_of_a_full_limit_is_looked_up_once(most: int) -> None:
    used = Used()
    for place in range(most):
        taken = Slot("limit/overall/hour", f"instance/{place}", NOON, most, index=place)
        used[taken.key] = taken
    wanted = Slot("limit/overall/hour", "instance/new", NOON, most)
    with pytest.raises(LimitReached):
        elsewhere((wanted,), (wanted,), used)
    assert used.lookups <= most + 1  # and the holder, whom the error names


def test_a_runbook_for_subjects_of_one_kind_is_made_once() -> None:
    runbook = CATALOGUE["contain-instance"]
    ids = runbook.ids[:2]
    assert runbook.narrowed(ids) is runbook.narrowed(ids[::-1])
    assert runbook.narrowed(ids) is not runbook.narrowed(ids[:1])


def test_the_digest_of_an_event_that_is_given_is_not_computed_again() -> None:
    event = samples.instance_finding()
    known = calls(lambda: read_findings(event, digest_of(event)))
    unknown = calls(lambda: read_findings(event))
    assert known["ringfence.model.codec.canonical"] == unknown["ringfence.model.codec.canonical"] == 1
