"""The worlds of `contain-credentials`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.observation import ResourceState
from ringfence.observations.iam.access_key import ACTIVE, AccessKey, Key
from ringfence.observations.iam.denial import Denial
from ringfence.observations.iam.evidence import Grants, KeyUse
from ringfence.observations.iam.other_credentials import KINDS, Credential, OtherCredentials
from ringfence.observations.iam.password import Password
from ringfence.observations.iam.role_sessions import RoleUse
from ringfence.observations.iam.used_roles import UsedRole, UsedRoles
from ringfence.observations.logging.trail import Trail
from ringfence.runbooks.contain_credentials import CONTAIN_CREDENTIALS
from ringfence.steps.iam.denial import AttachDenial, PutDenial
from tests.support.runbook_worlds import Case
from tests.support.strategies.credentials import BOUNDARY, DEPLOY, KEY, PERSON, ROLES, SESSION, WEB

if TYPE_CHECKING:
    from ringfence.model.observation import Observation
    from ringfence.model.subject import PrincipalRef

EVERYTHING = CONTAIN_CREDENTIALS.chosen(CONTAIN_CREDENTIALS.ids)
"""The runbook with every option switched on."""


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


CASES = {
    "key": Case(EVERYTHING, busy(KEY, Denial(DEPLOY))),
    "user": Case(EVERYTHING, busy(PERSON, Denial(DEPLOY))),
    "session": Case(EVERYTHING, busy(SESSION, Denial(WEB))),
    "user-denied-everything": Case(
        EVERYTHING, busy(PERSON, Denial(DEPLOY)), choices={"user-deny": "everything"}
    ),
    "user-full-of-policies": Case(EVERYTHING, busy(PERSON, Denial(DEPLOY)), refused=(PutDenial,)),
    "role-full-of-policies": Case(
        EVERYTHING,
        busy(SESSION, Denial(WEB, boundary=BOUNDARY)),
        choices={"role-deny": "role"},
        refused=(PutDenial, AttachDenial),
    ),
}
