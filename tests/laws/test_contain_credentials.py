"""What holds for `contain-credentials` beside the laws: no key is ever activated, no denial narrowed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import example, given

from ringfence.engine.undo import undo
from ringfence.events.cloudtrail.trigger.quarantine import QUARANTINE
from ringfence.model.incident import Incident
from ringfence.model.kinds.access_key import AccessKeyRef
from ringfence.model.kinds.role_session import RoleSessionRef
from ringfence.observations.iam.access_key import ACTIVE, AccessKey
from ringfence.observations.iam.denial import Denial
from ringfence.runbooks import load
from ringfence.runbooks.contain_credentials import CONTAIN_CREDENTIALS
from ringfence.steps.iam.access_keys import DeactivateAccessKey
from ringfence.steps.iam.denial_ways import recorded_cut_offs
from tests.support.laws.plans import applied, run
from tests.support.strategies.contain_credentials import OTHERS_UNDER_OUR_NAME
from tests.support.strategies.credentials import (
    PERSON,
    incidents,
    principals,
)
from tests.support.strategies.instances import INCIDENT
from tests.support.worlds import NOON

if TYPE_CHECKING:
    from ringfence.model.observation import ResourceState

SESSION_ALONE = Incident(
    INCIDENT,
    NOON,
    choices=(
        ("other-access", "open"),
        ("other-keys", "leave"),
        ("role-deny", "session"),
        ("traces", "open"),
        ("user-deny", "by-report"),
    ),
)


@given(before=principals(), incident=incidents())
def test_no_key_is_ever_activated_that_was_not_active(before: ResourceState, incident: Incident) -> None:
    after, steps = run(CONTAIN_CREDENTIALS.on(before.ref), before, incident)
    inactive = {one.id for one in before[AccessKey].keys if one.status != ACTIVE}
    for step in undo(steps, after).steps:
        assert getattr(step, "after", None) != ACTIVE or step.target.split("/")[1] not in inactive


@example(before=OTHERS_UNDER_OUR_NAME, incident=SESSION_ALONE)
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
        denials = [one for one in after[Denial].reaches() if one.userid in ("", before.ref.id)]
        # The session of the report was issued before the incident began. A recorded denial keeps its time.
        needed = max(recorded_cut_offs(incident.past), default=incident.opened_at)
        denied = any(one.before is None or one.before >= needed for one in denials)
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
