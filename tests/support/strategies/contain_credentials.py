"""The worlds of `contain-credentials`."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from ringfence.model.incident import Incident
from ringfence.model.kinds.role_session import RoleSessionRef
from ringfence.model.observation import ResourceState
from ringfence.observations.iam.access_key import ACTIVE, AccessKey, Key
from ringfence.observations.iam.denial import Denial, Policy
from ringfence.observations.iam.denial_names import inline_name
from ringfence.observations.iam.evidence import Grants, KeyUse
from ringfence.observations.iam.other_credentials import KINDS, Credential, OtherCredentials
from ringfence.observations.iam.password import Password
from ringfence.observations.iam.reach import DENY_ALL, Reach
from ringfence.observations.iam.revocations import Revocation
from ringfence.observations.iam.role_sessions import RoleUse
from ringfence.observations.iam.used_roles import UsedRole, UsedRoles
from ringfence.observations.logging.trail import Trail
from ringfence.runbooks import load
from ringfence.runbooks.contain_credentials import CONTAIN_CREDENTIALS
from ringfence.steps.iam.denial import AttachDenial, PutDenial
from ringfence.steps.iam.denial_policies import CreateDenialPolicy
from ringfence.steps.iam.ended_revocations import MANY, ListUsedRevocations
from ringfence.steps.iam.used_roles import AllowUsedRole
from tests.support.fakes.conversations import REVOKED
from tests.support.runbook_worlds import Case, Worlds, independent
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
    from collections.abc import Iterator

    from ringfence.model.observation import Observation
    from ringfence.model.step import Step
    from ringfence.model.subject import PrincipalRef, Ref

MOVED = "AIDAI44QH8DHBEXAMPLE"
"""The id of a user that has another name now."""
OLDER = Reach(before=NOON - timedelta(days=1))
EVERYTHING = CONTAIN_CREDENTIALS.chosen(CONTAIN_CREDENTIALS.ids)
"""The runbook with every option switched on."""


def busy(ref: PrincipalRef, denial: Denial) -> ResourceState:
    """A principal with everything to do."""
    others = OtherCredentials(
        "deploy", tuple(Credential(kind, "ACCAIOSFODNN7EXAMPLE0123", ACTIVE) for kind in KINDS)
    )
    observations: tuple[Observation, ...] = (
        AccessKey("deploy", (Key(KEY.id, ACTIVE),)),
        denial,
        Password("deploy"),
        others,
        UsedRoles((UsedRole(RoleUse(ROLES[0])),)),
        KeyUse(),
        Grants(),
        Trail(),
    )
    return ResourceState(ref, {type(one): one for one in observations})


@cache
def steps() -> tuple[Step, ...]:
    """Return every class of step, and its way back: a world with everything to do, each way."""
    seen: dict[Step, None] = {}
    for ref, holder in ((KEY, DEPLOY), (PERSON, DEPLOY), (SESSION, WEB)):
        for boundary in ("", BOUNDARY):
            for reach in ("sessions", "session"), ("everything", "role"):
                world = busy(ref, Denial(holder, boundary=boundary))
                past: tuple[Step, ...] = ()
                for _ in range(3):
                    planned = [
                        step
                        for one in CONTAIN_CREDENTIALS.remediations
                        for step in one.plan(world, incident(reach, past))
                    ]
                    past = (*past, *planned)
                    seen.update({one: None for step in planned for one in (step, step.inverse())})
    denied = busy(PERSON, Denial(DEPLOY, attached=frozenset({DENY_ALL})))
    seen.update(dict.fromkeys(load("require-password-reset").plan(denied, incident(reach))))
    for ref, holder in ((PERSON, DEPLOY), (SESSION, WEB)):
        strangers = busy(ref, Denial(holder, (Policy(inline_name(ref, Reach()), STRANGE),)))
        wider = incident(("everything", "role"))
        seen.update({step.inverse(): None for step in load("deny-principal").plan(strangers, wider)})
    full = full_of_revocations(SESSION, MANY)
    ending = load("revoke-used-roles").plan(full, incident(("sessions", "session")))
    seen.update(dict.fromkeys(step for step in ending if step.irreversible))
    allowed = AllowUsedRole(ROLES[0], REVOKED.instant, (), before=True, after=False)
    seen.update(dict.fromkeys((allowed, ListUsedRevocations(ROLES[0], (REVOKED,), ()))))
    return tuple(seen)


def full_of_revocations(ref: PrincipalRef, valid: int = MANY - 1) -> ResourceState:
    """A principal that used a role with many revocations. One of them protects nothing any more."""
    ages = (timedelta(days=8), *(timedelta(hours=number) for number in range(1, valid + 1)))
    old = (Revocation(NOON - age, f"{number:010x}") for number, age in enumerate(ages))
    use = RoleUse(ROLES[0], frozenset(old))
    return busy(ref, Denial(WEB)).with_observation(UsedRoles((UsedRole(use),)))


def incident(reach: tuple[str, str], past: tuple[Step, ...] = ()) -> Incident:
    """Return an incident whose denial reaches so far."""
    user, role = reach
    chosen = {"other-access": "open", "other-keys": "leave", "role-deny": role, "traces": "open"}
    choices = tuple(sorted({**chosen, "user-deny": user}.items()))
    return Incident("inc-1", NOON, choices=choices, past=past)


def reads(observation: type[Observation]) -> Iterator[tuple[Ref, tuple[Step, ...]]]:  # noqa: ARG001 - every observation takes its clues from the same
    """Of each kind of subject, with what the report says of it and without; sessions with a clue as well."""
    bare = tuple(type(ref)(ref.account, ref.region, ref.id) for ref in REFS)
    made = tuple(one for one in steps() if isinstance(one, CreateDenialPolicy))[:1]
    for ref in (*REFS, *bare):
        for past in ((), made) if isinstance(ref, RoleSessionRef) else ((),):
            yield ref, past


def moved(observation: type[Observation]) -> Iterator[tuple[Ref, tuple[Step, ...]]]:  # noqa: ARG001 - likewise
    """Of a user that has another id than the report says, and of a key of such a user."""
    for ref in (replace(PERSON, unique_id=MOVED), replace(KEY, user_id=MOVED)):
        yield ref, ()


CASES = {
    "key": Case(EVERYTHING, busy(KEY, Denial(DEPLOY)), choices={"other-access": "trusted"}),
    "user": Case(EVERYTHING, busy(PERSON, Denial(DEPLOY))),
    "session": Case(EVERYTHING, busy(SESSION, Denial(WEB))),
    "user-denied-everything": Case(
        EVERYTHING, busy(PERSON, Denial(DEPLOY)), choices={"user-deny": "everything"}
    ),
    "user-full-of-policies": Case(EVERYTHING, busy(PERSON, Denial(DEPLOY)), refused=(PutDenial,)),
    "role-with-old-revocations": Case(EVERYTHING, full_of_revocations(SESSION)),
    "role-with-many-revocations": Case(EVERYTHING, full_of_revocations(SESSION, MANY)),
    "role-full-of-policies": Case(
        EVERYTHING,
        busy(SESSION, Denial(WEB, boundary=BOUNDARY)),
        choices={"role-deny": "role"},
        refused=(PutDenial, AttachDenial),
    ),
}
OTHERS_UNDER_OUR_NAME = busy(
    SESSION, Denial(WEB, (Policy(inline_name(SESSION, Reach(userid=SESSION.id)), OLDER.document()),))
)
"""Somebody wrote a denial of all older sessions under the name of the denial of one session."""
WORLDS = Worlds(
    CONTAIN_CREDENTIALS,
    CASES,
    independent(principals, incidents),
    steps,
    reads,
    with_many_ways=(UsedRoles,),
    also_reads=moved,
    pinned=((OTHERS_UNDER_OUR_NAME, incident(("by-report", "session"))),),
)
