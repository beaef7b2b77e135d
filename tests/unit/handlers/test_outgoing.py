"""The outputs learn of new entries after the notices, by their own messages, and the newest state stays."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from ringfence.aws.incidents import Response
from ringfence.engine.intake import ExecutionContext
from ringfence.handlers.outgoing import MOST_ROUNDS, Outgoing
from ringfence.handlers.outlet import MOST_KEPT, Outlet
from ringfence.handlers.output import Errand, Output, Site, Told
from ringfence.handlers.output_messages import NOTHING, OutputMessage
from ringfence.handlers.proof import NOTHING_TAKEN
from ringfence.handlers.stream import INSERT, Change
from ringfence.model.errors import BadInput, Retryable
from ringfence.policy.circumstances import Circumstances
from ringfence.record.chain import HEARTBEAT, ChainKey, link
from ringfence.record.facts import FindingReceived
from ringfence.record.summary import line
from tests.support.fakes.chains import INCIDENT, KEY, NOON, finding, stamp
from tests.support.notice_kinds import ACTED, COMPLETE, CONTAINED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ringfence.model.call import SansIO
    from ringfence.record.chain import Entry

ENTRIES = link(stamp(), None, (FindingReceived(finding()), *ACTED, CONTAINED, COMPLETE))
FACTS = {
    "all": frozenset(("Outcome", "Verified")),
    "ends": frozenset(("Verified",)),
    "none": frozenset(("Closed",)),
}
EXECUTION = ExecutionContext(
    "attempt-1", "ringfence-outputs", NOON + timedelta(seconds=30), Circumstances(NOON)
)


def changes(entries: Iterable[Entry], chain: str = KEY.text) -> list[Change]:
    return [Change(INSERT, chain, f"{one.incident}#{one.seq}", one) for one in entries]


@dataclass
class Queue:
    """A queue that can fail."""

    sent: list[OutputMessage] = field(default_factory=list)
    calls: int = 0
    down: bool = False

    def send_all(self, bodies: list[str]) -> None:
        if self.down:
            raise Retryable("sqs:SendMessage: no such queue")
        assert len(bodies) <= 10
        self.calls += 1
        self.sent += [OutputMessage.of(json.loads(one)) for one in bodies]


def outlet(queue: Queue) -> Outlet:
    return Outlet(queue.send_all, lambda: FACTS)


def test_each_output_gets_one_message_for_the_entries_of_a_batch_that_concern_it() -> None:
    queue = Queue()
    own = outlet(queue)
    for one in changes(ENTRIES):
        own.note(one)
    assert queue.sent == []
    own.send()
    assert queue.sent == [
        OutputMessage("all", KEY, INCIDENT, 3, 5),
        OutputMessage("ends", KEY, INCIDENT, 4, 5),
    ]
    own.send()
    assert queue.calls == 1


def test_responses_have_their_own_messages_and_chains_of_the_deployment_have_none() -> None:
    queue = Queue()
    own = outlet(queue)
    other = "harden-bucket#bucket/111122223333/eu-west-1/reports"
    for chain in (KEY.text, other, f"{HEARTBEAT}#account/1/eu-west-1/1", "pauses#account/1/eu-west-1/1"):
        for one in changes(ENTRIES[-1:], chain):
            own.note(one)
    own.send()
    assert {one.key.text for one in queue.sent} == {KEY.text, other}


def test_what_cannot_be_sent_is_kept_for_the_next_batch_and_raises_nothing() -> None:
    queue = Queue(down=True)
    own = outlet(queue)
    own.note(changes(ENTRIES)[-1])
    own.send()
    queue.down = False
    own.send()
    assert [one.output for one in queue.sent] == ["all", "ends"]


def test_only_so_much_is_kept() -> None:
    own = outlet(Queue(down=True))
    own.waiting = [OutputMessage("all", KEY, INCIDENT, 0, number) for number in range(MOST_KEPT + 5)]
    own.send()
    assert len(own.waiting) == MOST_KEPT
    assert own.waiting[0].last == 5


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"chain": "../x"}, "chain"),
        ({"incident": "inc-1"}, "incident"),
        ({"first": -1}, "first"),
        ({"first": 7, "last": 3}, "first"),
        ({"last": 10**9}, "first"),
        ({"output": ""}, "output"),
    ],
)
def test_a_message_with_bad_input_names_the_field(changed: dict[str, object], named: str) -> None:
    good = json.loads(OutputMessage("all", KEY, INCIDENT, 0, 1).body)
    assert OutputMessage.of(good) == OutputMessage("all", KEY, INCIDENT, 0, 1)
    with pytest.raises(BadInput) as found:
        OutputMessage.of({**good, **changed})
    assert found.value.field == named


def test_a_noted_entry_keeps_what_was_noted() -> None:
    noted = NOTHING.with_line(KEY.text, line(ENTRIES[0]))
    assert NOTHING.entries == {}
    assert list(noted.entries.values()) == [((0, "FindingReceived"),)]


@dataclass
class World:
    """A log that grows while an output works."""

    log: list[tuple[Entry, ...]]
    made: list[tuple[str, str, int]] = field(default_factory=list)
    fails: bool = False

    def entries(self, response: Response) -> tuple[Entry, ...]:
        assert response == Response(KEY, INCIDENT)
        return self.log.pop(0) if len(self.log) > 1 else self.log[0]

    def ask(self, output: Output, account: str, region: str, talk: SansIO[None]) -> None:
        assert output.id == "all"
        if self.fails:
            raise Retryable("it is down")
        next(talk, None)
        self.made.append((account, region, self.seen))

    seen: int = 0

    def errands(self, told: Told, site: Site) -> tuple[Errand, ...]:
        self.seen = len(told.entries)
        return (Errand(site.home, site.region, nothing),)

    def tell(self, *, standing: bool = False, last: int = 3, output: str = "all") -> None:
        declared = Output("all", "", frozenset(), (), self.errands, standing=standing)
        site = Site("999999999999", "eu-west-1", frozenset(), {}, {})
        own = Outgoing({"all": (declared, site)}, self.entries, self.ask)
        body = OutputMessage(output, KEY, INCIDENT, 2, last).body
        assert own.work(body, EXECUTION, NOTHING_TAKEN) == ()


def nothing() -> SansIO[None]:
    yield from ()


def test_an_output_makes_its_calls_with_the_whole_response() -> None:
    world = World([ENTRIES])
    world.tell()
    assert world.made == [("999999999999", "eu-west-1", len(ENTRIES))]


def test_what_stands_is_sent_again_if_the_log_has_grown_meanwhile() -> None:
    world = World([ENTRIES[:4], ENTRIES[:5], ENTRIES])
    world.tell(standing=True)
    assert [seen for *_, seen in world.made] == [4, 5, len(ENTRIES)]


def test_what_is_sent_for_each_entry_is_not_sent_again() -> None:
    world = World([ENTRIES[:4], ENTRIES])
    world.tell()
    assert [seen for *_, seen in world.made] == [4]


def test_a_log_that_grows_all_the_time_lets_the_message_return() -> None:
    grows = [ENTRIES[:4], *((*ENTRIES, *(ENTRIES[-1],) * number) for number in range(MOST_ROUNDS + 2))]
    with pytest.raises(Retryable, match="changes all the time"):
        World(grows).tell(standing=True)


def test_an_entry_that_the_log_does_not_show_yet_is_waited_for() -> None:
    with pytest.raises(Retryable, match="does not have entry 5"):
        World([ENTRIES[:3]]).tell(last=5)


def test_a_failing_output_lets_its_message_return() -> None:
    with pytest.raises(Retryable, match="it is down"):
        World([ENTRIES], fails=True).tell()


def test_a_message_for_an_output_that_was_switched_off_is_dropped() -> None:
    world = World([ENTRIES])
    world.tell(output="fax")
    assert world.made == []


def test_a_response_of_a_runbook_that_no_longer_exists_is_told_too() -> None:
    key = ChainKey("an-old-runbook", KEY.subject)
    entries = link(replace(stamp(), key=key), None, (FindingReceived(finding()),))
    told: list[int] = []

    def errands(about: Told, _site: Site) -> tuple[Errand, ...]:
        told.append(len(about.entries))
        return ()

    site = Site("999999999999", "eu-west-1", frozenset(), {}, {})
    own = Outgoing(
        {"x": (Output("x", "", frozenset(), (), errands), site)}, lambda _: entries, lambda *_: None
    )
    own.work(OutputMessage("x", key, INCIDENT, 0, 0).body, EXECUTION, NOTHING_TAKEN)
    assert told == [1]
