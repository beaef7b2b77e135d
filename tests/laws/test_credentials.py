"""The laws for `contain-credentials`: convergence, reversibility, exact permissions, containment first."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.engine.undo import undo
from ringfence.events.cloudtrail.quarantine_trigger import QUARANTINE
from ringfence.model.codec import decode, encode
from ringfence.model.errors import NotFound
from ringfence.model.incident import Incident
from ringfence.model.kinds.access_key import AccessKeyRef
from ringfence.model.kinds.role_session import RoleSessionRef
from ringfence.model.observation import Observation, ResourceState
from ringfence.model.plan import net_changes
from ringfence.model.step import State, Step
from ringfence.observations.iam.access_key import ACTIVE, AccessKey, Key
from ringfence.observations.iam.denial import NAME, Denial, Policy
from ringfence.observations.iam.evidence import Grants, KeyUse
from ringfence.observations.iam.other_credentials import KINDS, Credential, OtherCredentials
from ringfence.observations.iam.password import Password
from ringfence.observations.iam.reach import DENY_ALL
from ringfence.observations.iam.role_sessions import RoleUse
from ringfence.observations.iam.used_roles import UsedRole, UsedRoles
from ringfence.observations.logging.trail import Trail
from ringfence.runbooks import load
from ringfence.runbooks.contain_credentials import CONTAIN_CREDENTIALS
from ringfence.steps.iam.access_keys import DeactivateAccessKey
from ringfence.steps.iam.denial_policies import CreateDenialPolicy
from tests.laws.test_convergence import applied, run
from tests.laws.test_permissions_are_exact import action, check, declared
from tests.support.fakes.conversations import possible_answers, ways
from tests.support.strategies.credentials import (
    BOUNDARY,
    DEPLOY,
    KEY,
    PERSON,
    REFS,
    ROLES,
    SESSION,
    STRANGE,
    WEB,
    incidents,
    principals,
)
from tests.support.worlds import NOON

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ringfence.model.call import Answer, Call, SansIO
    from ringfence.model.remediation import Remediation
    from ringfence.model.subject import PrincipalRef

REMEDIATIONS = CONTAIN_CREDENTIALS.remediations
OPTIONAL = tuple(one.id for one in REMEDIATIONS if one.optional)
EACH = pytest.mark.parametrize("remediation", REMEDIATIONS, ids=lambda one: one.id)


@EACH
@given(data=st.data(), incident=incidents())
def test_a_remediation_has_nothing_to_do_once_it_is_done(
    remediation: Remediation, data: st.DataObject, incident: Incident
) -> None:
    before = data.draw(principals(*remediation.observations))
    after = applied(before, remediation.plan(before, incident))
    assert remediation.plan(after, incident) == ()


@given(before=principals(), incident=incidents(), enabled=st.sets(st.sampled_from(OPTIONAL)))
def test_the_runbook_has_nothing_to_do_once_its_stages_are_done(
    before: ResourceState, incident: Incident, enabled: set[str]
) -> None:
    runbook = CONTAIN_CREDENTIALS.chosen(enabled).on(before.ref)
    after, steps = run(runbook, before, incident)
    assert [stage.plan(after, incident) for stage in runbook.stages] == [() for _ in runbook.stages]
    last = {(step.target, type(step)): step for step in steps}.values()
    assert [step for step in last if step.state(after) is not State.AFTER] == []


@given(before=principals(), incident=incidents())
def test_undoing_the_runbook_gives_back_the_state(before: ResourceState, incident: Incident) -> None:
    after, steps = run(CONTAIN_CREDENTIALS.on(before.ref), before, incident)
    way = undo(steps, after)
    assert (way.drifted, way.settling, way.kept) == ((), (), ())
    back = after
    for step in way.steps:
        assert step.state(back) is State.BEFORE
        back = step.effect(back)
        assert step.state(back) is State.AFTER
    assert back == before


@given(before=principals(), incident=incidents())
def test_a_plan_can_be_recorded_read_back_said_and_turned(before: ResourceState, incident: Incident) -> None:
    steps = tuple(step for one in REMEDIATIONS for step in one.plan(before, incident))
    assert tuple(decode(encode(step)) for step in steps) == steps
    for step in steps:
        was, becomes = step.diff()
        back = step.inverse()
        assert step.describe()
        assert back.describe()
        assert was != becomes
        assert step.state(before) is State.BEFORE
        assert (back.inverse(), back.target) == (step, step.target)
        assert back.diff() == (becomes, was)
        assert net_changes((step, back)) == ()


@given(before=principals(), incident=incidents())
def test_no_key_is_ever_activated_that_was_not_active(before: ResourceState, incident: Incident) -> None:
    after, steps = run(CONTAIN_CREDENTIALS.on(before.ref), before, incident)
    inactive = {one.id for one in before[AccessKey].keys if one.status != ACTIVE}
    for step in undo(steps, after).steps:
        assert getattr(step, "after", None) != ACTIVE or step.target.split("/")[1] not in inactive


@given(before=principals(), incident=incidents())
def test_no_denial_is_ever_made_to_reach_fewer(before: ResourceState, incident: Incident) -> None:
    """An earlier or later instant, a denial of everything: what was denied before is denied after."""
    after, _ = run(CONTAIN_CREDENTIALS.on(before.ref), before, incident)
    assert all(after[Denial].covers(reach) for reach in before[Denial].reaches())


@given(before=principals(), incident=incidents())
def test_what_contains_is_in_the_first_stage_and_reads_little(
    before: ResourceState, incident: Incident
) -> None:
    first = CONTAIN_CREDENTIALS.on(before.ref).stages[0]
    after = applied(before, first.plan(before, incident))
    if isinstance(before.ref, AccessKeyRef):
        assert first.observations == (AccessKey,)
        named = after[AccessKey].key(before.ref.id)
        assert named is None or named.status != ACTIVE
    held = after[Denial].holder
    uncontained = bool(first.review_items(after, incident))
    if isinstance(before.ref, RoleSessionRef):
        assert held
        denied = any(one.everything or one.userid == before.ref.id for one in after[Denial].reaches())
        assert denied or uncontained


@given(before=principals(ref=PERSON), incident=incidents(other_keys="leave"))
def test_of_a_user_only_a_key_that_is_known_to_be_exposed_is_ever_deactivated(
    before: ResourceState, incident: Incident
) -> None:
    """Whatever becomes of the keys later: after the first look, none is that was not tried then."""
    seen = before[AccessKey]
    plan = load("deactivate-access-key").plan
    first = {step.key for step in plan(before, incident) if isinstance(step, DeactivateAccessKey)}
    tried = {step.key for step in incident.past if isinstance(step, DeactivateAccessKey)}
    if not incident.past and not incident.looked:
        assert not first or (len(seen.keys) == 1 and QUARANTINE in incident.types)
        return
    assert first <= tried
    for key in seen.keys:
        alone = before.with_observation(AccessKey(seen.user, (replace(key, status=ACTIVE),)))
        assert {step.key for step in plan(alone, incident) if isinstance(step, DeactivateAccessKey)} <= tried


# Law 3


def examples() -> tuple[Step, ...]:
    """Return examples of every class of step, and its way back: a world with everything to do, each way."""
    seen: dict[Step, None] = {}
    for ref, holder in ((KEY, DEPLOY), (PERSON, DEPLOY), (SESSION, WEB)):
        for boundary in ("", BOUNDARY):
            for reach in ("sessions", "session"), ("everything", "role"):
                world = busy(ref, Denial(holder, boundary=boundary))
                past: tuple[Step, ...] = ()
                for _ in range(3):
                    steps = [step for one in REMEDIATIONS for step in one.plan(world, incident(reach, past))]
                    past = (*past, *steps)
                    seen.update({one: None for step in steps for one in (step, step.inverse())})
    denied = busy(PERSON, Denial(DEPLOY, attached=frozenset({DENY_ALL})))
    seen.update(dict.fromkeys(load("require-password-reset").plan(denied, incident(reach))))
    for ref, holder in ((PERSON, DEPLOY), (SESSION, WEB)):
        strangers = busy(ref, Denial(holder, (Policy(NAME, STRANGE),)))
        wider = incident(("sessions", "role"))
        seen.update({step.inverse(): None for step in load("deny-principal").plan(strangers, wider)})
    return tuple(seen)


def busy(ref: PrincipalRef, denial: Denial) -> ResourceState:
    """A principal with everything to do."""
    others = OtherCredentials(
        "deploy", tuple(Credential(kind, "ACCAIOSFODNN7EXAMPLE0123", ACTIVE) for kind in KINDS)
    )
    facets: tuple[Observation, ...] = (
        AccessKey("deploy", (Key(KEY.id, ACTIVE),)),
        denial,
        Password("deploy"),
        others,
        UsedRoles((UsedRole(RoleUse(ROLES[0])),)),
        KeyUse(),
        Grants(),
        Trail(),
    )
    return ResourceState(ref, {type(one): one for one in facets})


def incident(reach: tuple[str, str], past: tuple[Step, ...] = ()) -> Incident:
    user, role = reach
    choices = (("other-keys", "leave"), ("role-deny", role), ("traces", "open"), ("user-deny", user))
    return Incident("inc-1", NOON, choices=choices, past=past)


@pytest.fixture(scope="module")
def drawn() -> tuple[Step, ...]:
    return examples()


def calls_of_facet(facet: type[Observation], past: tuple[Step, ...]) -> Iterator[Call]:
    """Yield every call that a look may make. The longest is not held in every way: there are too many."""
    bare = tuple(type(ref)(ref.account, ref.region, ref.id) for ref in REFS)
    held = once_otherwise if facet is UsedRoles else ways
    for ref in (*REFS, *bare):
        for known in ((), past) if isinstance(ref, RoleSessionRef) else ((),):
            yield from chain.from_iterable(held(lambda ref=ref, known=known: facet.read(ref, known)))  # type: ignore[misc]  # a default is a type too


def once_otherwise(start: Callable[[], SansIO[Observation]]) -> Iterator[tuple[Call, ...]]:
    """Hold a conversation with usual answers, and with each one otherwise once; yield each round's calls."""
    rounds = tuple(_held(start, {}))
    yield from rounds
    for number, calls in enumerate(rounds):
        for place, call in enumerate(calls):
            for other in possible_answers(call)[1:]:
                yield from _held(start, {(number, place): other})


def _held(
    start: Callable[[], SansIO[Observation]], otherwise: Mapping[tuple[int, int], Answer]
) -> Iterator[tuple[Call, ...]]:
    talk, number = start(), 0
    with suppress(StopIteration, NotFound):
        calls = next(talk)
        while True:
            yield calls
            answers = [
                otherwise.get((number, place), possible_answers(call)[0]) for place, call in enumerate(calls)
            ]
            calls = talk.send(tuple(answers))
            number += 1


def calls_of_step(step: Step) -> Iterator[Call]:
    yield from chain.from_iterable(ways(lambda: step.apply({})))


@pytest.mark.parametrize("facet", CONTAIN_CREDENTIALS.observations, ids=lambda one: one.__name__)
def test_a_facet_declares_what_it_calls_and_its_calls_can_be_made(
    facet: type[Observation], drawn: tuple[Step, ...]
) -> None:
    made = [one for one in drawn if isinstance(one, CreateDenialPolicy)][:1]
    found = tuple(calls_of_facet(facet, tuple(made)))
    assert {action(call) for call in found} == declared(facet.permissions)
    for call in found:
        check(call)


@pytest.mark.parametrize(
    "kind",
    dict.fromkeys((*CONTAIN_CREDENTIALS.steps, *CONTAIN_CREDENTIALS.inverses)),
    ids=lambda one: one.__name__,
)
def test_a_step_declares_what_it_calls_and_its_calls_can_be_made(
    kind: type[Step], drawn: tuple[Step, ...]
) -> None:
    calls = [call for step in drawn if type(step) is kind for call in calls_of_step(step)]
    assert {action(call) for call in calls} == declared(kind.permissions)
    for call in calls:
        check(call)
