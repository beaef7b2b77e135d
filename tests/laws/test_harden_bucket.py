"""The laws for `harden-bucket`: convergence, reversibility, exact permissions, and that nothing is lost."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.engine.undo import undo
from ringfence.model.codec import canonical, decode, encode
from ringfence.model.plan import net_changes
from ringfence.model.step import State
from ringfence.observations.s3.acl import ALL_USERS, BucketAcl, Grant
from ringfence.observations.s3.block import PublicAccessBlock
from ringfence.observations.s3.documents import same, statements
from ringfence.observations.s3.encryption import BucketEncryption
from ringfence.observations.s3.exposure import ways_in
from ringfence.observations.s3.logging import AccessLogging
from ringfence.observations.s3.policy import BucketPolicy
from ringfence.observations.s3.tls import requires_tls
from ringfence.observations.s3.versioning import ENABLED, BucketVersioning
from ringfence.runbooks.harden_bucket import HARDEN_BUCKET
from tests.laws.test_convergence import applied, run
from tests.laws.test_permissions_are_exact import action, check, declared
from tests.support.fakes.conversations import ways
from tests.support.strategies.buckets import BUCKET, KEY, LOGS, bucket, buckets, incident, incidents

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ringfence.model.call import Call
    from ringfence.model.incident import Incident
    from ringfence.model.observation import Observation, ResourceState
    from ringfence.model.remediation import Remediation
    from ringfence.model.step import Step

REMEDIATIONS = tuple(one for one in HARDEN_BUCKET.remediations if one.triggers)
FACETS = tuple(dict.fromkeys(facet for one in REMEDIATIONS for facet in one.observations))
STEPS = tuple(dict.fromkeys(step for one in REMEDIATIONS for step in one.steps))
INVERSES = tuple(step.inverse_type or step for step in STEPS)
FIX = HARDEN_BUCKET.narrowed(one.id for one in REMEDIATIONS)
EACH = pytest.mark.parametrize("remediation", REMEDIATIONS, ids=lambda one: one.id)


@EACH
@given(data=st.data(), incident=incidents())
def test_a_remediation_has_nothing_to_do_once_it_is_done(
    remediation: Remediation, data: st.DataObject, incident: Incident
) -> None:
    before = data.draw(buckets(*remediation.observations))
    after = applied(before, remediation.plan(before, incident))
    assert remediation.plan(after, incident) == ()


@given(before=buckets(), incident=incidents())
def test_the_runbook_has_nothing_to_do_once_its_stages_are_done(
    before: ResourceState, incident: Incident
) -> None:
    after, steps = run(FIX, before, incident)
    assert [stage.plan(after, incident) for stage in FIX.stages] == [() for _ in FIX.stages]
    assert [step for step in steps if step.state(after) is not State.AFTER] == []


@given(before=buckets(), incident=incidents())
def test_undoing_the_runbook_gives_back_the_state(before: ResourceState, incident: Incident) -> None:
    after, steps = run(FIX, before, incident)
    way = undo(steps, after)
    assert (way.drifted, way.settling, way.kept) == ((), (), ())
    back = after
    for step in way.steps:
        assert step.state(back) is State.BEFORE
        back = step.effect(back)
        assert step.state(back) is State.AFTER
    assert meaning(back) == meaning(before)


def meaning(seen: ResourceState) -> tuple[object, ...]:
    """Return everything of a bucket but what cannot be told apart: one statement is a list of one.

    A bucket whose versioning is suspended, where it never was enabled, is as near as S3 lets it come.
    """
    policy, versioning = seen[BucketPolicy], seen[BucketVersioning]
    document = policy.document
    listed = {**document, "Statement": list(statements(document))} if document else {}
    told = canonical(listed) if document else policy.text
    rest = [one for kind, one in seen.observations.items() if kind not in {BucketPolicy, BucketVersioning}]
    return told, versioning.status == ENABLED, versioning.mfa_delete, *rest


@given(before=buckets(), incident=incidents())
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


# Nothing that was there is lost


@given(before=buckets(), incident=incidents())
def test_every_statement_and_every_other_grant_stays(before: ResourceState, incident: Incident) -> None:
    after, _ = run(FIX, before, incident)
    was, becomes = before[BucketPolicy].document, after[BucketPolicy].document
    if was:
        assert becomes
        kept = statements(becomes)[: len(statements(was))]
        assert all(same(one, other) for one, other in zip(statements(was), kept, strict=True))
        assert {name: one for name, one in becomes.items() if name != "Statement"} == {
            name: one for name, one in was.items() if name != "Statement"
        }
    lost = before[BucketAcl].grants - after[BucketAcl].grants
    assert all(grant.public for grant in lost)
    encryption, default = before[BucketEncryption].default, after[BucketEncryption].default
    assert encryption is None or (default and default.blocked == encryption.blocked)


@given(before=buckets(), incident=incidents())
def test_what_is_on_stays_on(before: ResourceState, incident: Incident) -> None:
    after, _ = run(FIX, before, incident)
    assert before[PublicAccessBlock].settings.within(after[PublicAccessBlock].settings)
    assert before[AccessLogging].target in {None, after[AccessLogging].target}
    assert before[BucketVersioning].status != ENABLED or after[BucketVersioning].status == ENABLED


# It does what it is for


@given(before=buckets(), incident=incidents())
def test_no_bucket_whose_settings_are_shown_stays_public(before: ResourceState, incident: Incident) -> None:
    after, _ = run(FIX, before, incident)
    assert not before[PublicAccessBlock].readable or not tuple(ways_in(after))


@given(before=buckets(), incident=incidents())
def test_every_policy_that_is_understood_requires_tls_in_the_end(
    before: ResourceState, incident: Incident
) -> None:
    after, _ = run(FIX, before, incident)
    assert not before[BucketPolicy].clear or requires_tls(after[BucketPolicy].document, BUCKET.id)


@given(before=buckets(), incident=incidents())
def test_what_is_not_shown_is_for_a_person_to_review(before: ResourceState, incident: Incident) -> None:
    hidden = [facet for facet in before.observations.values() if not getattr(facet, "readable", True)]
    reviews = {words for one in REMEDIATIONS for words in one.review_items(before, incident)}
    assert len([words for words in reviews if "cannot be read" in words]) == len(hidden)


# Law 3


def examples() -> tuple[Step, ...]:
    """Return examples of every class of step, and its way back."""
    busy = bucket(
        PublicAccessBlock(),
        BucketPolicy('{"Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}}'),
        BucketAcl(frozenset({Grant(ALL_USERS, "READ")})),
        BucketEncryption(),
        BucketVersioning(),
        AccessLogging(),
    )
    steps = [
        step
        for encryption in ("AES256", KEY)
        for one in REMEDIATIONS
        for step in one.plan(busy, incident(logs=LOGS, encryption=encryption))
    ]
    return tuple(dict.fromkeys(one for step in steps for one in (step, step.inverse())))


def calls_of_step(step: Step) -> Iterator[Call]:
    yield from chain.from_iterable(ways(lambda: step.apply({})))


@pytest.mark.parametrize("facet", FACETS, ids=lambda one: one.__name__)
def test_a_facet_declares_what_it_calls_and_its_calls_can_be_made(facet: type[Observation]) -> None:
    found = tuple(chain.from_iterable(ways(lambda: facet.read(BUCKET, ()))))
    assert {action(call) for call in found} == declared(facet.permissions)
    for call in found:
        check(call)


@pytest.mark.parametrize("kind", dict.fromkeys((*STEPS, *INVERSES)), ids=lambda one: one.__name__)
def test_a_step_declares_what_it_calls_and_its_calls_can_be_made(kind: type[Step]) -> None:
    calls = [call for step in examples() if type(step) is kind for call in calls_of_step(step)]
    assert {action(call) for call in calls} == declared(kind.permissions)
    for call in calls:
        check(call)


@pytest.mark.parametrize("facet", FACETS, ids=lambda one: one.__name__)
def test_every_look_says_whose_bucket_it_expects(facet: type[Observation]) -> None:
    """A bucket's name is the world's: another account may have taken it meanwhile."""
    assert_owned(chain.from_iterable(ways(lambda: facet.read(BUCKET, ()))))


@pytest.mark.parametrize("kind", dict.fromkeys((*STEPS, *INVERSES)), ids=lambda one: one.__name__)
def test_every_change_says_whose_bucket_it_expects(kind: type[Step]) -> None:
    assert_owned(call for step in examples() if type(step) is kind for call in calls_of_step(step))


def assert_owned(calls: Iterable[Call]) -> None:
    owners = {call.parameters["ExpectedBucketOwner"] for call in calls}
    assert owners == {BUCKET.account}
