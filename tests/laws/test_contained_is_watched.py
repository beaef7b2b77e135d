"""Law 10: what is contained is verified again without a false report, and whatever step is undone is seen."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

import pytest

from ringfence.engine.intake import ExecutionContext, resumed, resumption
from ringfence.engine.ports import Ports
from ringfence.engine.recheck import Rechecker
from ringfence.engine.recheck_results import RecheckRequest, RecheckResult, Standing
from ringfence.engine.run import Engine
from ringfence.events.cloudtrail.parser.undoing import Undoing
from ringfence.model.document import Document
from ringfence.model.errors import OutcomeUnknown, RingfenceError
from ringfence.model.observation import ResourceState
from ringfence.observations.iam.access_key import AccessKey
from ringfence.policy.decision import Mode
from ringfence.policy.policy import Policy, RunbookSettings
from ringfence.policy.rules import Rule
from ringfence.record.containments import is_contained, names_of
from ringfence.record.facts import Closed, ContainmentBroken, Result
from ringfence.steps.ec2.lifecycle import SetStopProtection, StopInstance
from tests.support.catalogue import WORLDS
from tests.support.fakes.chaos import Chaos, at_rest
from tests.support.fakes.conversations import model
from tests.support.fakes.interruption import Through
from tests.support.fakes.memory_cloud import MemoryCloud
from tests.support.fakes.memory_log import MemoryLog
from tests.support.worlds import LEASE, Ticking, order

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringfence.model.call import Call
    from ringfence.model.remediation import Remediation
    from ringfence.model.runbook import Runbook
    from ringfence.model.step import Step
    from ringfence.model.symbol import Symbol
    from ringfence.record.facts import FindingReceived
    from ringfence.record.history import History
    from tests.support.runbook_worlds import Case

CONTAINING = {id_: one.runbook for id_, one in WORLDS.items() if one.runbook.undone_by}
EACH_SEED = pytest.mark.parametrize("seed", [None, 1], ids=["calm", "chaos"])
"""In chaos answers are lost and looks are stale, and each request is made again after that."""
CASES = {
    f"{id_}-{name}": case
    for id_ in CONTAINING
    for name, case in WORLDS[id_].cases.items()
    if case.changes and not case.refused
}
EACH_CASE = pytest.mark.parametrize("case", CASES.values(), ids=CASES)
UNHEARD = {
    "collect-evidence": "it changes nothing",
    "cut-tracked-flows": "it ends with the isolation, which is verified",
    "report-principal": "it changes nothing",
    "tag-instance": "a tag contains nothing",
}
"""The remediations of containment runbooks that declare no calls, and why."""
T = TypeVar("T")
ROUNDS = 1
"""How often each request is made in chaos before it is made in calm."""
CLIENTS = {"elasticloadbalancing": "elbv2"}


@dataclass
class Stage:
    """A subject that was contained, and the policy that led to it."""

    case: Case
    seed: int | None = None

    def __post_init__(self) -> None:
        self.clock, self.log, self.number = Ticking(), MemoryLog(), 0
        self.cloud = MemoryCloud(self.case.world, self.clock)
        chaos = None if self.seed is None else Chaos.of_lost_answers(self.seed, self.clock)
        self.chaos, self.cloud.lag = chaos, chaos.lag if chaos else self.cloud.lag
        through = Through(self.cloud, self.log, chaos) if chaos else None
        ports = Ports(
            through or self.cloud, through or self.log, self.clock, lambda jobs: [job() for job in jobs]
        )
        self.engine, self.rechecker = Engine(ports), Rechecker(ports)
        for received in self.case.received():
            self.heard(lambda received=received: self.respond(received))  # type: ignore[misc]  # bound now
        self.clock.tick(hours=2)

    def respond(self, received: FindingReceived) -> None:
        self.clock.tick(minutes=3)
        execution = self.execution()
        given = order(self.clock(), attempt=execution.attempt, received=received, runbook=self.case.runbook)
        self.engine.respond(replace(given, ref=self.case.state.ref, choices=self.case.chosen))

    def heard(self, execution: Callable[[], T]) -> T:
        """Repeat what lost an answer or looked at the past, as the queues do, until it does not."""
        for _ in range(ROUNDS if self.chaos else 0):
            with suppress(OutcomeUnknown):
                execution()
            self.clock.tick(minutes=2)
        with at_rest(self.chaos):
            return execution()

    @property
    def history(self) -> History:
        return self.log.read(self.case.key)

    def execution(self) -> ExecutionContext:
        self.number += 1
        return ExecutionContext(f"a-{self.number}", "test", self.clock() + LEASE)

    def recheck(self, cause: Undoing | None = None) -> RecheckResult:
        settings = RunbookSettings(self.case.runbook.ids, self.case.chosen)
        account, runbook = self.case.state.ref.account, CONTAINING[self.case.runbook.id]
        policy = Policy((account,), rules=(Rule(Mode.AUTO),), runbooks=((runbook.id, settings),))
        request = RecheckRequest(
            runbook, self.case.state.ref, self.history.incident, policy, self.execution(), cause
        )
        return self.heard(lambda: self.rechecker.recheck(replace(request, execution=self.execution())))

    def resume(self, result: RecheckResult) -> None:
        assert result.follows
        runbook, message = CONTAINING[self.case.runbook.id], resumption(result.follows)
        self.heard(lambda: self.engine.respond(resumed(message, runbook, self.execution())))
        self.clock.tick(hours=1)


def call(name: str = "s:C") -> Undoing:
    at = Ticking()()
    return Undoing(name, "arn:aws:iam::111122223333:user/m", "203.0.113.9", at, "e", "1", frozenset())


def heard(case: Case) -> set[str]:
    """Return the calls that can undo what was decided on."""
    return {f"{one.service}:{name}" for one in case.runbook.undone_by for name in one.names}


def declared(case: Case, step: Step) -> set[str]:
    """Return the calls that remediations with this kind of step declare."""
    return {
        f"{calls.service}:{name}"
        for one in case.runbook.remediations
        if type(step) in one.steps
        for calls in one.undone_by
        for name in calls.names
    }


def undoing(case: Case, step: Step, world: ResourceState) -> list[str]:
    """Return the calls of a release of this step. Its own remediation declares each of them."""
    services = {client: service for service, client in CLIENTS.items()}
    made = changing_calls(step.inverse(), world.names())
    calls = [f"{services.get(one.service, one.service)}:{one.operation}" for one in made]
    assert set(calls) <= declared(case, step), step.describe()
    return calls or sorted(declared(case, step))  # some look before they change anything


def heard_steps(case: Case, history: History) -> list[Step]:
    """Return the reversible steps that were applied, of remediations that declare what undoes them."""
    heard = {step for one in case.runbook.remediations if one.undone_by for step in one.steps}
    applied = (one for one in history.steps(Result.APPLIED) if type(one) in heard and not one.irreversible)
    stopped = any(isinstance(one, StopInstance) for one in history.steps(Result.APPLIED))
    return [one for one in applied if not _prepares(one, stopped=stopped)]


def _prepares(step: Step, *, stopped: bool) -> bool:
    """Return whether a step only makes another one possible: stop protection is off before a stop.

    A look from before the stop can turn it on again. Nothing is planned about it on a stopped instance.
    """
    return isinstance(step, SetStopProtection) and (stopped or not step.after)


@EACH_SEED
@EACH_CASE
def test_what_is_contained_is_never_reported_as_undone(case: Case, seed: int | None) -> None:
    stage = Stage(case, seed)
    entries = stage.history.entries
    heard = CONTAINING[case.runbook.id].undone_by
    for cause in (None, *(call(f"{one.service}:{one.names[0]}") for one in heard)):
        result = stage.recheck(cause)
        wanted = Standing.CONTAINED if is_contained(stage.history) else Standing.ENDED
        assert result.standing is wanted, result
    assert stage.history.entries == entries


@EACH_SEED
@EACH_CASE
def test_whichever_step_is_undone_is_seen_and_done_again(case: Case, seed: int | None) -> None:
    steps = heard_steps(case, Stage(case, seed).history)
    seen = 0
    for number, _ in enumerate(steps):
        stage = Stage(case, seed)
        if not is_contained(stage.history):
            continue
        world = stage.cloud.world
        assert world
        undone = steps[number].inverse().effect(world)
        if undone.observations == world.observations:
            continue  # a later step of the same plan replaced it
        stage.cloud.become(undone)
        calls = undoing(case, steps[number], world)
        for other in heard(case) - declared(case, steps[number]):
            assert stage.recheck(call(other)).standing is not Standing.BROKEN, (
                steps[number].describe(),
                other,
            )
        assert not stage.history.of(ContainmentBroken), "whoever made another call is not blamed"
        result = stage.recheck(call(calls[0]))
        assert result.standing is Standing.BROKEN, steps[number].describe()
        stage.resume(result)
        assert stage.recheck().standing is Standing.CONTAINED, steps[number].describe()
        assert len(stage.history.of(ContainmentBroken)) == 1
        seen += 1
    assert seen or not any(is_contained(Stage(case, seed).history) for _ in steps[:1])


SURVIVING = {
    name: case
    for name, case in CASES.items()
    if any(step.survives_subject for one in case.runbook.remediations if one.undone_by for step in one.steps)
}


@EACH_SEED
@pytest.mark.parametrize("case", SURVIVING.values(), ids=SURVIVING)
def test_whichever_step_outlives_the_subject_is_watched_after_its_end(case: Case, seed: int | None) -> None:
    """Only what exists without the subject can still be read."""
    steps, seen = heard_steps(case, Stage(case, seed).history), 0
    for number, _ in enumerate(steps):
        stage = Stage(case, seed)
        world, step = stage.cloud.world, steps[number]
        if not is_contained(stage.history) or not step.effect_lasts(stage.clock()):
            continue
        assert world
        undone = step.inverse().effect(world)
        if undone.observations == world.observations:
            continue  # a later step of the same plan replaced it
        kinds = {one.observation for one in stage.history.steps() if one.effect_lasts(stage.clock())}
        for left, standing in ((world, Standing.CONTAINED), (undone, Standing.BROKEN)):
            stage.cloud.become(ResourceState(left.ref, {kind: left[kind] for kind in kinds}))
            assert stage.recheck().standing is standing, step.describe()
        assert not stage.history.of(Closed)
        seen += 1
    assert seen or not is_contained(Stage(case, seed).history)


REMEDIATIONS = {one.id: one for runbook in CONTAINING.values() for one in runbook.remediations}


@pytest.mark.parametrize("remediation", REMEDIATIONS.values(), ids=REMEDIATIONS)
def test_a_containment_declares_what_undoes_it_or_is_listed_with_the_reason(remediation: Remediation) -> None:
    assert bool(remediation.undone_by) is (remediation.id not in UNHEARD)


@pytest.mark.parametrize("runbook", CONTAINING.values(), ids=CONTAINING)
def test_the_calls_are_operations_of_their_services(runbook: Runbook) -> None:
    for calls in runbook.undone_by:
        known = model(CLIENTS.get(calls.service, calls.service)).operation_names
        assert set(calls.names) <= set(known)


def changing_calls(step: Step, names: Mapping[Symbol, str]) -> list[Call]:
    """Return the calls of a step that change something, as far as empty answers lead."""
    talk, answers = step.apply(names), None
    found: list[Call] = []
    with suppress(RingfenceError, StopIteration):
        for _ in range(4):
            asked = talk.send(answers) if answers else next(talk)
            found += [one for one in asked if not one.operation.startswith(("Describe", "Get", "List"))]
            answers = tuple(Document({}) for _ in asked)
    return found


def texts(data: object) -> set[str]:
    if isinstance(data, str):
        return {data}
    inner = data.values() if isinstance(data, Mapping) else data if isinstance(data, list | tuple) else ()
    return {text for one in inner for text in texts(one)}


@EACH_CASE
def test_the_calls_that_undo_a_step_are_heard_and_name_what_the_incident_recorded(case: Case) -> None:
    """Somebody who undoes a step makes the calls that a release makes."""
    stage = Stage(case)
    names, world = names_of(case.key, stage.history), stage.cloud.world
    assert world
    heard = {(one.service, name) for one in CONTAINING[case.runbook.id].undone_by for name in one.names}
    services = {client: service for service, client in CLIENTS.items()}
    for step in heard_steps(case, stage.history) if is_contained(stage.history) else ():
        for one in changing_calls(step.inverse(), world.names()):
            assert (services.get(one.service, one.service), one.operation) in heard, step.describe()
            assert texts(one.parameters) & names, step.describe()


def test_a_new_key_of_a_contained_user_is_reported_until_it_is_gone() -> None:
    """No step deactivates it, because production may use it: a person must decide."""
    stage = Stage(CASES["contain-credentials-key"])
    contained = stage.cloud.world
    assert contained
    seen = contained[AccessKey]
    new = replace(seen.keys[0], id="AKIA4MADEUPBYUS00099", status="Active")
    stage.cloud.world = contained.with_observation(replace(seen, keys=(*seen.keys, new)))
    result = stage.recheck(call("iam:CreateAccessKey"))
    assert (result.standing, result.answered) == (Standing.BROKEN, False)
    assert any(new.id in words for words in result.open)
    assert stage.recheck().standing is Standing.BROKEN
    assert len(stage.history.of(ContainmentBroken)) == 1
    stage.cloud.world = contained
    assert stage.recheck().standing is Standing.CONTAINED
    assert stage.history.broken is None
