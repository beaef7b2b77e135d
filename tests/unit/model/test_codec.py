"""Values are written to the log and read back as they were; nothing else is."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from threading import Lock, Thread
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.model.claims import SourceAnswer, Verdict
from ringfence.model.codec import canonical, decode, encode, instant_text, load_on_demand, value
from ringfence.model.errors import BadInput, InternalError
from ringfence.model.finding import Finding
from ringfence.model.frozen import frozen
from ringfence.model.kinds.instance import InstanceRef
from ringfence.policy.approvals import ApprovalRules, OnExpiry
from ringfence.policy.decision import Decision, Mode
from ringfence.record import approval_facts, deployment_facts, facts, tampering_facts
from ringfence.runbooks.contain_instance import CONTAIN_INSTANCE
from tests.support.effort import examples
from tests.support.strategies.instances import incidents, instances
from tests.support.worlds import NOON, REF

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step

INSTANTS = st.datetimes(timezones=st.sampled_from((UTC, timezone(timedelta(hours=-7, minutes=-30)))))
TEXTS = st.text(max_size=20)
MANY_TEXTS = st.lists(TEXTS, max_size=3).map(tuple)
FLAGS = st.booleans()
REFS = st.builds(
    InstanceRef, st.just(REF.account), st.just(REF.region), st.sampled_from((REF.id, "i-0000abcd"))
)
RULES = st.builds(
    ApprovalRules,
    expires=st.integers(1, 9),
    on_expiry=st.sampled_from(OnExpiry),
    veto=st.integers(60, 99),
    roles=MANY_TEXTS,
    count=st.integers(1, 2),
    other_than_requester=FLAGS,
)
PAUSES = st.builds(deployment_facts.Pause, TEXTS, TEXTS, TEXTS, INSTANTS, INSTANTS, TEXTS, TEXTS, TEXTS)
MANY_PAUSES = st.lists(PAUSES, max_size=2).map(tuple)
ITEMS = st.recursive(
    st.none() | FLAGS | st.integers() | TEXTS | INSTANTS | REFS | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3).map(tuple) | st.frozensets(inner, max_size=3),
    max_leaves=8,
)
FINDINGS = st.builds(
    Finding,
    source=TEXTS,
    id=TEXTS,
    type=TEXTS,
    severity=st.floats(0, 10),
    account=TEXTS,
    region=TEXTS,
    title=TEXTS,
    updated_at=INSTANTS,
    last_seen=INSTANTS,
    count=st.integers(1),
    archived=FLAGS,
    sample=FLAGS,
    subjects=st.lists(REFS, max_size=2).map(tuple),
    remote_addresses=MANY_TEXTS,
    advice=TEXTS,
    digest=TEXTS,
)
DECISIONS = st.builds(Decision, st.sampled_from(Mode), TEXTS, TEXTS)
PAIRS = st.lists(st.tuples(TEXTS, TEXTS), max_size=2).map(tuple)


@st.composite
def plans(draw: st.DrawFn) -> tuple[Step, ...]:
    """Every step that is planned for some instance."""
    world, incident = draw(instances()), draw(incidents())
    return tuple(step for stage in CONTAIN_INSTANCE.stages for step in stage.plan(world, incident))


FACTS: dict[type[facts.Fact], SearchStrategy[facts.Fact]] = {
    facts.FindingReceived: st.builds(facts.FindingReceived, FINDINGS, TEXTS),
    facts.RunRequested: st.builds(facts.RunRequested, TEXTS, TEXTS, MANY_TEXTS, FLAGS, FLAGS),
    facts.DecisionMade: st.builds(facts.DecisionMade, DECISIONS, INSTANTS, TEXTS, MANY_TEXTS, PAIRS),
    facts.Planned: st.builds(facts.Planned, TEXTS, TEXTS, plans(), MANY_TEXTS),
    facts.Intended: st.builds(facts.Intended, TEXTS, TEXTS, plans().filter(bool).flatmap(st.sampled_from)),
    facts.Outcome: st.builds(facts.Outcome, TEXTS, TEXTS, TEXTS, TEXTS, PAIRS, MANY_TEXTS),
    facts.Verified: st.builds(facts.Verified, FLAGS, FLAGS, MANY_TEXTS, MANY_TEXTS, MANY_TEXTS, MANY_TEXTS),
    facts.ContainmentBroken: st.builds(
        facts.ContainmentBroken, MANY_TEXTS, TEXTS, TEXTS, TEXTS, INSTANTS, TEXTS, FLAGS, TEXTS
    ),
    facts.ContinuationStarted: st.builds(facts.ContinuationStarted, TEXTS, MANY_TEXTS, PAIRS),
    facts.RemediationUndone: st.builds(
        facts.RemediationUndone, st.integers(), MANY_TEXTS, MANY_TEXTS, MANY_TEXTS, INSTANTS
    ),
    facts.Released: st.builds(facts.Released, MANY_TEXTS),
    facts.Missed: st.builds(facts.Missed, TEXTS),
    facts.RestoredBefore: st.builds(facts.RestoredBefore, st.lists(TEXTS, max_size=2).map(tuple)),
    facts.LeftUnfinished: st.builds(facts.LeftUnfinished, TEXTS, MANY_TEXTS),
    deployment_facts.Heartbeat: st.builds(deployment_facts.Heartbeat, st.integers(0, 9), MANY_TEXTS),
    tampering_facts.LeaseVoided: st.builds(tampering_facts.LeaseVoided, TEXTS, TEXTS, TEXTS),
    tampering_facts.HistoryRejected: st.builds(
        tampering_facts.HistoryRejected, TEXTS, TEXTS, st.integers(0, 9), TEXTS
    ),
    tampering_facts.RecordUnsealed: st.builds(tampering_facts.RecordUnsealed, TEXTS),
    tampering_facts.UnsealedAccepted: st.builds(
        tampering_facts.UnsealedAccepted, st.lists(st.integers(0, 9), max_size=3).map(tuple), TEXTS, TEXTS
    ),
    facts.SourceAsked: st.builds(
        facts.SourceAsked, TEXTS, st.builds(SourceAnswer, st.sampled_from(Verdict), TEXTS)
    ),
    facts.Closed: st.builds(facts.Closed, TEXTS),
    facts.SubjectGone: st.builds(facts.SubjectGone, TEXTS, MANY_TEXTS),
    approval_facts.ApprovalRequested: st.builds(
        approval_facts.ApprovalRequested,
        approval=TEXTS,
        digest=TEXTS,
        plans=PAIRS,
        as_of=INSTANTS,
        expires_at=INSTANTS,
        rules=RULES,
        remediations=MANY_TEXTS,
        choices=PAIRS,
        known=st.integers(0, 9),
        vetoable=FLAGS,
        steps=MANY_TEXTS,
        costs=MANY_TEXTS,
        cautions=MANY_TEXTS,
        replaces=TEXTS,
        difference=MANY_TEXTS,
        escalated=FLAGS,
        limit=TEXTS,
    ),
    approval_facts.ApprovalAnswered: st.builds(
        approval_facts.ApprovalAnswered, TEXTS, TEXTS, TEXTS, FLAGS, TEXTS
    ),
    approval_facts.ApprovalExpired: st.builds(approval_facts.ApprovalExpired, TEXTS, TEXTS, TEXTS),
    approval_facts.ApprovalVoided: st.builds(approval_facts.ApprovalVoided, TEXTS, TEXTS, MANY_TEXTS, TEXTS),
    deployment_facts.ReplayRequested: st.builds(
        deployment_facts.ReplayRequested, TEXTS, MANY_TEXTS, MANY_TEXTS, TEXTS
    ),
    deployment_facts.LimitReset: st.builds(
        deployment_facts.LimitReset, TEXTS, st.integers(1, 99), TEXTS, MANY_TEXTS, st.none() | INSTANTS
    ),
    deployment_facts.BreakerOpened: st.builds(
        deployment_facts.BreakerOpened, TEXTS, st.integers(1, 99), st.sampled_from(("hour", "day")), INSTANTS
    ),
    deployment_facts.PausesChanged: st.builds(
        deployment_facts.PausesChanged, TEXTS, PAUSES, MANY_PAUSES, TEXTS
    ),
    deployment_facts.FindingRefused: st.builds(
        deployment_facts.FindingRefused, TEXTS, TEXTS, TEXTS, TEXTS, TEXTS, TEXTS, TEXTS
    ),
    deployment_facts.PauseHeld: st.builds(deployment_facts.PauseHeld, MANY_PAUSES, TEXTS),
}


def through_the_log(item: object) -> object:
    """Write an item as text and read it back; written again, it is the same text."""
    text = canonical(encode(item))
    again = decode(json.loads(text))
    assert canonical(encode(again)) == text
    return again


@given(ITEMS)
def test_what_is_written_is_read_back(item: object) -> None:
    assert through_the_log(item) == item


def test_every_kind_of_fact_is_among_these() -> None:
    modules = (approval_facts, deployment_facts, facts, tampering_facts)
    declared = (one for module in modules for one in vars(module).values() if isinstance(one, type))
    assert {one for one in declared if issubclass(one, facts.Fact)} - {facts.Fact} == FACTS.keys()


@pytest.mark.parametrize("kind", FACTS, ids=lambda kind: kind.__name__)
@examples(40)
@given(data=st.data())
def test_every_kind_of_fact_is_read_back(kind: type[facts.Fact], data: st.DataObject) -> None:
    fact = data.draw(FACTS[kind])
    assert through_the_log(fact) == fact


@examples(40)
@given(world=instances(), incident=incidents())
def test_what_is_observed_and_the_incident_can_be_written_too(
    world: ResourceState, incident: Incident
) -> None:
    assert through_the_log(tuple(world.observations.values())) == tuple(world.observations.values())
    assert through_the_log(incident) == incident


@given(st.permutations(["a", "b", "c"]), st.permutations([1, 2, 3]))
def test_the_same_data_has_one_text(names: list[str], numbers: list[int]) -> None:
    data = {name: frozenset(numbers) for name in names}
    encoded = {name: encode(one) for name, one in data.items()}
    assert canonical(encoded) == canonical({name: encoded[name] for name in sorted(names)})


def test_the_text_is_ascii_without_spaces_and_sorted() -> None:
    assert canonical({"b": 1, "a": "é"}) == '{"a":"\\u00e9","b":1}'


def test_what_json_cannot_say_is_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical(float("nan"))


def test_an_instant_is_written_in_utc_with_microseconds() -> None:
    berlin = timezone(timedelta(hours=1))
    assert instant_text(datetime(2026, 3, 1, 13, tzinfo=berlin)) == "2026-03-01T12:00:00.000000+00:00"
    assert through_the_log(NOON) == NOON


def test_an_instant_without_a_time_zone_is_a_bug() -> None:
    with pytest.raises(InternalError, match="time zone"):
        encode(datetime(2026, 3, 1))  # noqa: DTZ001 - that is what is tested


@pytest.mark.parametrize(
    "hostile",
    [
        {"$": "Popen", "args": "id"},
        {"$": "Nobody"},
        {"$": 7},
        {"$": None},
        {"no": "tag"},
        {"$": "set", "is": "not a list"},
        {"$": "instant", "is": 7},
        {"$": "instant", "is": "yesterday"},
        {"$": "instant", "is": "2026-03-01T12:00:00"},
        {"$": "number", "is": "many"},
        {"$": "Decision", "mode": "anything goes", "reason": "", "rule": ""},
        {"$": "InstanceRef", "account": "1", "region": "eu-west-1", "id": "i-0000abcd"},
        {"$": "Outcome", "no_such_field": 1},
        {"$": "Outcome"},
        [{"$": "Outcome", "intent": {"$": "os.system"}}],
    ],
)
def test_what_the_log_does_not_know_is_bad_input(hostile: object) -> None:
    """A log can be written to by whoever holds the table: it cannot name anything into being."""
    with pytest.raises(BadInput):
        decode(hostile)


def test_a_class_that_is_no_value_cannot_be_written() -> None:
    @frozen
    class Stranger:
        field: int

    with pytest.raises(InternalError, match="a Stranger cannot be recorded"):
        encode(Stranger(1))


def test_two_values_cannot_have_one_name() -> None:
    namesake = type("Outcome", (), {"__annotations__": {}, "__module__": "elsewhere"})
    with pytest.raises(InternalError, match="two values have the name Outcome"):
        value(namesake)


def test_a_renamed_class_is_written_and_read_by_its_recorded_name() -> None:
    @value(recorded_as="NameOfTheFirstRelease")
    class NameOfToday:
        number: int

    assert encode(NameOfToday(7)) == {"$": "NameOfTheFirstRelease", "number": 7}
    assert through_the_log(NameOfToday(7)) == NameOfToday(7)
    with pytest.raises(BadInput, match="must be a value that this version knows"):
        decode({"$": "NameOfToday", "number": 7})


def test_a_renamed_class_cannot_take_the_recorded_name_of_another() -> None:
    with pytest.raises(InternalError, match="two values have the name Outcome"):

        @value(recorded_as="Outcome")
        class Result:
            number: int


def test_a_subclass_that_is_not_marked_has_no_recorded_name() -> None:
    @value(recorded_as="MarkedParent")
    class Parent:
        number: int

    class Child(Parent):
        pass

    with pytest.raises(InternalError, match="a Child cannot be recorded"):
        encode(Child(7))


def test_a_value_that_is_declared_elsewhere_is_loaded_when_the_log_names_it() -> None:
    loaded: list[str] = []

    @load_on_demand
    def declare() -> None:
        loaded.append("once")

        @value
        class OnlyNamedByTheLog:
            number: int

    assert not loaded
    read = decode({"$": "OnlyNamedByTheLog", "number": 7})
    assert getattr(read, "number", None) == 7
    decode({"$": "OnlyNamedByTheLog", "number": 8})
    assert loaded == ["once"]


def test_a_value_that_another_thread_is_loading_is_waited_for() -> None:
    """As imports wait for each other."""
    read: list[object] = []
    importing, declared = Lock(), list[type]()
    other = Thread(target=lambda: read.append(decode({"$": "LoadedByTheFirst"})))

    @load_on_demand
    def declare() -> None:
        with importing:
            if declared:
                return
            other.start()
            other.join(0.2)  # it has the time to go wrong

            @value
            class LoadedByTheFirst:
                pass

            declared.append(LoadedByTheFirst)

    decode({"$": "LoadedByTheFirst"})
    other.join()
    assert [type(one) for one in read] == declared
