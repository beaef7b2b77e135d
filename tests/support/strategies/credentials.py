"""Principals in every condition, for laws: each kind of subject, seen through each facet."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from ringfence.events.cloudtrail.trigger.quarantine import QUARANTINE
from ringfence.model.incident import Incident
from ringfence.model.kinds.access_key import AccessKeyRef
from ringfence.model.kinds.iam_user import UserRef
from ringfence.model.kinds.role_session import RoleSessionRef
from ringfence.model.kinds.root import RootRef
from ringfence.model.observation import ResourceState
from ringfence.model.subject import GLOBAL, PrincipalRef
from ringfence.observations.iam.access_key import AccessKey, Key
from ringfence.observations.iam.denial import Denial, Policy
from ringfence.observations.iam.denial_names import inline_name, inline_names, own_arn
from ringfence.observations.iam.evidence import Device, Grants, KeyUse
from ringfence.observations.iam.identity import Role
from ringfence.observations.iam.other_credentials import KINDS, Credential, OtherCredentials
from ringfence.observations.iam.password import Password
from ringfence.observations.iam.principals import ROLE, USER, Holder
from ringfence.observations.iam.reach import DENY_ALL, Reach
from ringfence.observations.iam.revocations import Revocation, holder_of, whole_second
from ringfence.observations.iam.role_sessions import RoleUse
from ringfence.observations.iam.used_roles import UsedRole, UsedRoles
from ringfence.observations.logging.trail import Trace, Trail
from ringfence.steps.iam.access_keys import DeactivateAccessKey
from ringfence.steps.iam.boundaries import SetDenyBoundary
from ringfence.steps.iam.cut_off import PROPAGATION
from ringfence.steps.iam.denial import AttachDenial, PutDenial
from tests.support.strategies.instances import INCIDENT
from tests.support.strategies.once import once, one_of, set_of
from tests.support.worlds import NOON

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

    from ringfence.model.observation import Observation
    from ringfence.model.step import Step

ACCOUNT = "111122223333"
KEY = AccessKeyRef(ACCOUNT, GLOBAL, "AKIAIOSFODNN7EXAMPLE", user="deploy")
OTHER_KEY = "AKIAI44QH8DHBEXAMPLE"
PERSON = UserRef(ACCOUNT, GLOBAL, "deploy")
SESSION = RoleSessionRef(ACCOUNT, GLOBAL, "AROAIOSFODNN7EXAMPLE:i-0123456789abcdef0", role="web")
NAMED = RoleSessionRef(ACCOUNT, GLOBAL, "AROAIOSFODNN7EXAMPLE:alice@example.com", role="web")
"""A session whose name somebody chose."""
OTHER_SESSION = RoleSessionRef(ACCOUNT, GLOBAL, "AROAIOSFODNN7EXAMPLE:bob@example.com", role="web")
ROOT = RootRef(ACCOUNT, GLOBAL, "root")
REFS: tuple[PrincipalRef, ...] = (KEY, PERSON, SESSION, NAMED, ROOT)
DEPLOY = Holder(USER, "deploy", "AIDAIOSFODNN7EXAMPLE", "/team/")
WEB = Holder(ROLE, "web", "AROAIOSFODNN7EXAMPLE")
RESERVED = Holder(ROLE, "web", "AROAIOSFODNN7EXAMPLE", "/aws-reserved/sso.amazonaws.com/")
WHOLE = whole_second(NOON)
CUT_OFF = WHOLE + PROPAGATION
"""Before which sessions are denied if the plan is made for noon."""
STRANGE = '{"Statement":[],"Version":"2012-10-17"}'
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/developers"
ROLES = (
    Role("batch", "AROABATCH"),
    Role("AWSServiceRoleForThings", "AROAAWS", "/aws-service-role/things.amazonaws.com/"),
)
INSTANTS = (WHOLE - timedelta(days=1), CUT_OFF, WHOLE + timedelta(hours=1))
CREDENTIAL_IDS = ("ACCAIOSFODNN7EXAMPLE0123", "ACCAI44QH8DHBEXAMPLE0123")
STATUSES = st.sampled_from(("Active", "Inactive", "Expired"))


@once
def incidents(**fixed: str) -> SearchStrategy[Incident]:
    """One incident, with any of the choices, and anything tried before."""

    def chosen(drawn: dict[str, str]) -> tuple[tuple[str, str], ...]:
        return tuple(
            sorted({**drawn, **{name.replace("_", "-"): one for name, one in fixed.items()}}.items())
        )

    choices = st.fixed_dictionaries(
        {
            "other-keys": st.sampled_from(("leave", "deactivate")),
            "user-deny": st.sampled_from(("by-report", "sessions", "everything")),
            "other-access": st.sampled_from(("open", "trusted")),
            "role-deny": st.sampled_from(("session", "role")),
            "traces": st.sampled_from(("open", "reviewed")),
        }
    ).map(chosen)
    return st.builds(
        Incident,
        id=st.just(INCIDENT),
        opened_at=st.sampled_from((NOON, NOON + timedelta(microseconds=1))),
        findings=st.just(("f-1",)),
        choices=choices,
        past=st.lists(st.sampled_from(_tried()), max_size=5).map(tuple),
        since=st.sampled_from((None, NOON - timedelta(hours=2))),
        types=st.sampled_from(((), (QUARANTINE,))),
        looked=st.booleans(),
    )


def _tried() -> tuple[Step, ...]:
    texts = [reach.document() for reach in reaches(SESSION)]
    steps: list[Step] = [DeactivateAccessKey("deploy", KEY.id, "Active", "Inactive")]
    for holder in (DEPLOY, WEB):
        steps.append(AttachDenial(holder, DENY_ALL, before=False, after=True))
        steps.append(SetDenyBoundary(holder, "", DENY_ALL))
        for text in texts:
            subject = PERSON if holder == DEPLOY else SESSION
            steps.extend(PutDenial(holder, name, "", text) for name in inline_names(subject))
            arn = own_arn(subject, holder, text)
            steps.append(AttachDenial(holder, arn, before=False, after=True))
    return tuple(steps)


def reaches(ref: PrincipalRef) -> tuple[Reach, ...]:
    """Whom a denial may reach: everything, older sessions of some instant, or the one session."""
    named = isinstance(ref, RoleSessionRef)
    whole = (Reach(), *(Reach(before=one) for one in INSTANTS))
    return (*whole, *((Reach(userid=ref.id), *(Reach(one, ref.id) for one in INSTANTS)) if named else ()))


@once
def principals(*kinds: type[Observation], ref: PrincipalRef | None = None) -> SearchStrategy[ResourceState]:
    """A principal of any kind seen through these facets, or through every one."""
    refs = st.just(ref) if ref else st.sampled_from(REFS)
    return refs.flatmap(lambda one: _seen(one, kinds))


@once
def _seen(ref: PrincipalRef, kinds: tuple[type[Observation], ...]) -> SearchStrategy[ResourceState]:
    user = "" if isinstance(ref, RoleSessionRef | RootRef) else "deploy"
    facets: dict[type[Observation], SearchStrategy[Observation]] = {
        AccessKey: _keys(ref),
        Denial: denials(ref),
        Password: st.builds(Password, st.sampled_from(("", user)), st.booleans()),
        OtherCredentials: _others(user),
        UsedRoles: _used(),
        KeyUse: st.sampled_from((KeyUse(), KeyUse("last used at noon, for s3 in eu-west-1"))),
        Grants: st.builds(
            Grants,
            st.sampled_from(("", "user deploy")),
            devices=st.lists(st.builds(Device, st.just("mfa-1"), st.sampled_from(INSTANTS)), max_size=1).map(
                tuple
            ),
        ),
        Trail: st.builds(
            Trail,
            st.lists(
                st.builds(
                    Trace,
                    st.sampled_from(("session", "user")),
                    st.text(max_size=5),
                    st.sampled_from(INSTANTS),
                ),
                max_size=2,
            ).map(tuple),
            st.just((GLOBAL,)),
            st.sampled_from((None, *INSTANTS)),
        ),
    }
    chosen = {kind: facet for kind, facet in facets.items() if not kinds or kind in kinds}
    return st.fixed_dictionaries(chosen).map(lambda seen: ResourceState(ref, seen))


@once
def _keys(ref: PrincipalRef) -> SearchStrategy[AccessKey]:
    if not isinstance(ref, AccessKeyRef | UserRef):
        return st.just(AccessKey())
    made = st.sampled_from((None, *INSTANTS))
    first = st.builds(Key, st.just(KEY.id), STATUSES, made)
    both = st.tuples(first, st.builds(Key, st.just(OTHER_KEY), STATUSES, made))
    none = AccessKey() if isinstance(ref, AccessKeyRef) else AccessKey("deploy")
    return st.just(none) | st.builds(AccessKey, st.just("deploy"), both | st.tuples(first))


@once
@st.composite
def denials(draw: DrawFn, ref: PrincipalRef) -> Denial:
    """Denied in no way, in one, or in several; by us, earlier or later, or by a stranger under our name."""
    if isinstance(ref, RootRef):
        return Denial()
    holder = draw(one_of((WEB, RESERVED))) if isinstance(ref, RoleSessionRef) else DEPLOY
    texts = [reach.document() for reach in reaches(ref)]
    beside = AccessKeyRef(ACCOUNT, GLOBAL, OTHER_KEY) if holder == DEPLOY else OTHER_SESSION
    named = (*inline_names(ref), inline_name(beside, Reach()))
    inline = {name: draw(one_of((*texts, STRANGE))) for name in sorted(draw(set_of(named)))}
    own = {own_arn(ref, holder, text): text for text in texts}
    bounding = [reach.document(boundary=True) for reach in reaches(ref)]
    bounds = {own_arn(ref, holder, text): text for text in bounding}
    there = draw(set_of((*own, *bounds)))
    tampered = draw(set_of((*own, *bounds), 1))
    policies = tuple(
        Policy(arn, STRANGE if arn in tampered else {**own, **bounds}[arn]) for arn in sorted(there)
    )
    attached = draw(set_of((DENY_ALL, *sorted(there & own.keys())), 2))
    boundary = draw(one_of(("", BOUNDARY, DENY_ALL, *sorted(there & bounds.keys()))))
    return Denial(
        holder, tuple(Policy(name, inline[name]) for name in sorted(inline)), attached, boundary, policies
    )


@once
def _others(user: str) -> SearchStrategy[OtherCredentials]:
    if not user:
        return st.just(OtherCredentials())
    one = st.builds(Credential, st.sampled_from(tuple(KINDS)), st.sampled_from(CREDENTIAL_IDS), STATUSES)
    unique = st.lists(one, max_size=4, unique_by=lambda found: (found.kind, found.id)).map(tuple)
    return st.builds(OtherCredentials, st.just(user), unique)


def _revocations(instants: frozenset[datetime]) -> frozenset[Revocation]:
    """Return earlier revocations by an older version, and later ones by the incident of a session."""
    own = {INSTANTS[2]: holder_of(NAMED)}
    return frozenset(Revocation(one, own.get(one, "")) for one in instants)


def _listed(use: RoleUse) -> RoleUse:
    """Return a role that others use with its earlier revocations in the list."""
    older = frozenset(one for one in use.revoked if use.others and one.instant == INSTANTS[0])
    return replace(use, revoked=use.revoked - older, listed=older)


@once
def _used() -> SearchStrategy[UsedRoles]:
    use = st.builds(
        RoleUse,
        st.sampled_from(ROLES),
        st.frozensets(st.sampled_from((INSTANTS[0], INSTANTS[2]))).map(_revocations),
        st.sampled_from(((), ("function resize", "i-0"))),
    ).map(_listed)
    role = st.builds(UsedRole, use, st.sampled_from((None, *INSTANTS)))
    roles = st.lists(role, max_size=2, unique_by=lambda one: one.use.role.id).map(tuple)
    return st.builds(UsedRoles, roles, st.sampled_from(((), ("arn:aws:iam::444455556666:role/other",))))
