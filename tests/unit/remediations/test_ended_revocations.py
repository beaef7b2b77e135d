"""Revocations of a role's sessions: what protects nothing any more is removed, and nothing else is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from ringfence.model.incident import Incident
from ringfence.model.observation import ResourceState
from ringfence.model.plan import dependency_levels
from ringfence.observations.iam.revocations import PROTECTS, Revocation, holder_of
from ringfence.observations.iam.role_sessions import RoleSessions, RoleUse
from ringfence.observations.iam.used_roles import UsedRole, UsedRoles
from ringfence.remediations.revoke_role_sessions import revoke_role_sessions
from ringfence.remediations.revoke_used_roles import revoke_used_roles
from ringfence.steps.iam.ended_revocations import MANY, EndRevocation
from ringfence.steps.iam.role_sessions import RevocationStep, RevokeRoleSessions
from ringfence.steps.iam.used_roles import RevokeUsedRole
from tests.support.strategies.credentials import ROLES, SESSION
from tests.support.worlds import NOON, REF

if TYPE_CHECKING:
    from ringfence.model.remediation import Remediation
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref

SUBJECTS = pytest.mark.parametrize(
    ("remediation", "ref"), [(revoke_role_sessions, REF), (revoke_used_roles, SESSION)]
)


def seen(ref: Ref, *revoked: Revocation) -> ResourceState:
    use = RoleUse(ROLES[0], frozenset(revoked))
    both = {RoleSessions: RoleSessions((use,)), UsedRoles: UsedRoles((UsedRole(use),))}
    return ResourceState(ref, both)


def plan(remediation: Remediation, state: ResourceState, *past: Step) -> tuple[Step, ...]:
    return remediation.plan(state, Incident("inc-1", NOON, past=past))


def revocations(number: int, age: timedelta) -> tuple[Revocation, ...]:
    return tuple(Revocation(NOON - age - timedelta(hours=one), f"{one:010x}") for one in range(number))


OVER, VALID = PROTECTS + timedelta(minutes=1), PROTECTS - timedelta(hours=24)


@SUBJECTS
def test_what_is_over_is_removed_before_another_revocation_is_written(
    remediation: Remediation, ref: Ref
) -> None:
    """The role's inline policies would be full otherwise."""
    steps = plan(remediation, seen(ref, *revocations(MANY, OVER)))
    first, then = dependency_levels(steps)
    assert len(first) == MANY
    assert all(isinstance(step, EndRevocation) for step in first)
    assert all(isinstance(step, RevocationStep) for step in then)


@SUBJECTS
def test_what_still_protects_is_never_removed(remediation: Remediation, ref: Ref) -> None:
    steps = plan(remediation, seen(ref, *revocations(MANY, VALID)))
    assert not any(isinstance(step, EndRevocation) for step in steps)


@SUBJECTS
def test_a_few_revocations_are_left(remediation: Remediation, ref: Ref) -> None:
    steps = plan(remediation, seen(ref, *revocations(MANY - 1, OVER)))
    assert not any(isinstance(step, EndRevocation) for step in steps)


@SUBJECTS
def test_an_incident_does_not_write_again_what_is_over_and_was_removed(
    remediation: Remediation, ref: Ref
) -> None:
    """Its containment is not undone by that: the sessions have expired."""
    (made,) = plan(remediation, seen(ref))
    assert isinstance(made, RevokeRoleSessions | RevokeUsedRole)
    for age, left in ((OVER, 0), (VALID, 1)):
        old = replace(made, instant=NOON - age, holder=holder_of(ref))
        assert len(plan(remediation, seen(ref), old)) == left
