"""What each remediation of `contain-credentials` plans, and what it says stays open or is for a person."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from ringfence.events.cloudtrail.trigger.quarantine import QUARANTINE
from ringfence.events.compromised import COMPROMISED_CREDENTIALS
from ringfence.model.incident import Incident
from ringfence.model.kinds.access_key import AccessKeyRef
from ringfence.model.kinds.other_principal import OtherPrincipalRef
from ringfence.model.observation import Observation, ResourceState
from ringfence.model.step import State
from ringfence.model.subject import GLOBAL
from ringfence.observations.iam.access_key import AccessKey, Key
from ringfence.observations.iam.denial import Denial, Policy
from ringfence.observations.iam.denial_names import NAME, inline_name, own_arn
from ringfence.observations.iam.evidence import Device, Grants, KeyUse
from ringfence.observations.iam.other_credentials import Credential, OtherCredentials
from ringfence.observations.iam.password import Password
from ringfence.observations.iam.principals import Holder
from ringfence.observations.iam.reach import Reach, reach_of
from ringfence.observations.iam.revocations import Revocation, holder_of
from ringfence.observations.iam.role_sessions import RoleUse
from ringfence.observations.iam.used_roles import UsedRole, UsedRoles
from ringfence.observations.logging.trail import Trace, Trail
from ringfence.runbooks import load
from ringfence.runbooks.contain_credentials import CONTAIN_CREDENTIALS
from ringfence.steps.iam.access_keys import DeactivateAccessKey
from ringfence.steps.iam.boundaries import SetDenyBoundary
from ringfence.steps.iam.cut_off import PROPAGATION
from ringfence.steps.iam.denial import AttachDenial, PutDenial
from ringfence.steps.iam.denial_policies import CreateDenialPolicy
from ringfence.steps.iam.other_credentials import DeactivateCredential
from ringfence.steps.iam.password import SetPasswordReset
from ringfence.steps.iam.used_roles import RevokeUsedRole
from tests.support.strategies.credentials import (
    ACCOUNT,
    BOUNDARY,
    CUT_OFF,
    DEPLOY,
    KEY,
    NAMED,
    OTHER_SESSION,
    PERSON,
    RESERVED,
    ROLES,
    ROOT,
    SESSION,
    STRANGE,
    WEB,
)
from tests.support.worlds import NOON

if TYPE_CHECKING:
    from datetime import datetime

    from ringfence.model.remediation import Remediation
    from ringfence.model.step import Step
    from ringfence.model.subject import PrincipalRef

CHOICES = dict(CONTAIN_CREDENTIALS.choose({}))
OTHER = "AKIAI44QH8DHBEXAMPLE"
LATER, EARLIER = NOON + timedelta(hours=1), NOON - timedelta(hours=1)
LINKED = Holder("role", "AWSServiceRoleForX", WEB.id, "/aws-service-role/x.amazonaws.com/")


def incident(past: tuple[Step, ...] = (), **chosen: str) -> Incident:
    choices = {**CHOICES, **{name.replace("_", "-"): one for name, one in chosen.items()}}
    return Incident("inc-1", NOON, choices=tuple(choices.items()), past=past, since=EARLIER)


def seen(ref: PrincipalRef, *facets: Observation) -> ResourceState:
    return ResourceState(ref, {type(facet): facet for facet in facets})


def plan(id_: str, world: ResourceState, at: Incident | None = None) -> tuple[Step, ...]:
    return load(id_).plan(world, at or incident())


def said(id_: str, world: ResourceState, at: Incident | None = None) -> str:
    return " | ".join(load(id_).residual_risks(world, at or incident()))


def left(id_: str, world: ResourceState, at: Incident | None = None) -> str:
    return " | ".join(load(id_).review_items(world, at or incident()))


@pytest.mark.parametrize("remediation", CONTAIN_CREDENTIALS.remediations, ids=lambda one: one.id)
def test_a_remediation_answers_for_compromised_credentials_and_says_what_an_option_costs(
    remediation: Remediation,
) -> None:
    assert remediation.triggers == COMPROMISED_CREDENTIALS
    assert remediation.references
    assert bool(remediation.cost) == remediation.optional
    assert {step.observation for step in remediation.steps} <= set(remediation.observations)
    for choice in remediation.options:
        assert all(f"{value}:" in choice.help for value in choice.values)


@pytest.mark.parametrize(
    ("ref", "first"),
    [
        (KEY, ["deactivate-access-key"]),
        (PERSON, ["deactivate-access-key", "deny-principal"]),
        (SESSION, ["deny-principal"]),
        (ROOT, ["report-principal"]),
    ],
    ids=lambda one: getattr(one, "kind", ""),
)
def test_the_first_stage_is_what_contains_such_a_principal_alone(ref: PrincipalRef, first: list[str]) -> None:
    stages = CONTAIN_CREDENTIALS.on(ref).stages
    assert [stage.id for stage in stages] == ["disable", "deny", "close", "collect"]
    assert [one.id for one in stages[0].members] == first
    assert [one.id for one in stages[1].members] == (["deny-principal"] if ref == KEY else [])


def test_a_key_is_dead_after_one_read_and_one_change() -> None:
    """Three round trips with the record between them: nothing else is read before."""
    assert CONTAIN_CREDENTIALS.on(KEY).stages[0].observations == (AccessKey,)


def test_only_the_revocation_of_whole_roles_is_off_until_somebody_chooses_it() -> None:
    assert [one.id for one in CONTAIN_CREDENTIALS.remediations if one.optional] == ["revoke-used-roles"]


# deactivate-access-key

BOTH = AccessKey("deploy", (Key(KEY.id, "Active"), Key(OTHER, "Active")))
OFF = DeactivateAccessKey("deploy", KEY.id, "Active", "Inactive")


def test_the_key_that_was_named_is_deactivated_and_the_others_by_choice() -> None:
    world = seen(KEY, BOTH)
    assert plan("deactivate-access-key", world) == (OFF,)
    assert OTHER in said("deactivate-access-key", world)
    every = incident(other_keys="deactivate")
    assert plan("deactivate-access-key", world, every) == (OFF, replace(OFF, key=OTHER))
    assert said("deactivate-access-key", world, every) == ""


@pytest.mark.parametrize("status", ["Inactive", "Expired"])
def test_a_key_that_does_not_work_is_left(status: str) -> None:
    assert plan("deactivate-access-key", seen(KEY, AccessKey("deploy", (Key(KEY.id, status),)))) == ()


def test_a_key_of_no_user_is_for_a_person() -> None:
    assert plan("deactivate-access-key", seen(KEY, AccessKey())) == ()
    assert "sign in as the root user" in left("deactivate-access-key", seen(KEY, AccessKey()))
    assert left("deactivate-access-key", seen(KEY, BOTH)) == ""


def quarantined(*past: Step, **chosen: str) -> Incident:
    return replace(incident(past, **chosen), types=(QUARANTINE,))


def keys(*of: Key) -> ResourceState:
    return seen(PERSON, AccessKey("deploy", of))


ONLY = Key(KEY.id, "Active", EARLIER)
DENIED = PutDenial(DEPLOY, NAME, "", Reach(before=CUT_OFF).document())


def test_the_only_key_of_a_user_in_quarantine_is_the_exposed_one() -> None:
    assert plan("deactivate-access-key", keys(ONLY), quarantined()) == (OFF,)
    assert said("deactivate-access-key", keys(ONLY), quarantined()) == ""
    assert plan("deactivate-access-key", keys(ONLY), quarantined(DENIED, OFF)) == (OFF,), (
        "it was tried before"
    )


@pytest.mark.parametrize("status", ["Active", "Inactive", "Expired"])
def test_of_several_keys_it_is_not_known_which_was_exposed(status: str) -> None:
    """An inactive one may be it: Ringfence itself deactivates the key that another report names."""
    world = keys(ONLY, Key(OTHER, status, EARLIER))
    assert plan("deactivate-access-key", world, quarantined()) == ()
    words = said("deactivate-access-key", world, quarantined())
    assert f"{KEY.id} (Active), {OTHER} ({status})" in words
    assert "other-keys" in words
    assert left("deactivate-access-key", world, quarantined()) == ""


def test_by_choice_every_key_of_a_user_in_quarantine_is_deactivated() -> None:
    world = keys(ONLY, Key(OTHER, "Active", LATER))
    every = quarantined(DENIED, other_keys="deactivate")
    assert plan("deactivate-access-key", world, every) == (OFF, replace(OFF, key=OTHER))
    assert said("deactivate-access-key", world, every) == ""


def test_what_was_not_known_at_first_is_not_guessed_from_what_is_left() -> None:
    """A person may have deleted the exposed one since: what is left is what they work with."""
    assert plan("deactivate-access-key", keys(ONLY), quarantined(DENIED)) == ()
    assert KEY.id in said("deactivate-access-key", keys(ONLY), quarantined(DENIED))


@pytest.mark.parametrize("created", [LATER, None])
def test_a_key_that_may_have_been_made_since_the_quarantine_is_left(created: datetime | None) -> None:
    world = keys(replace(ONLY, created=created))
    assert plan("deactivate-access-key", world, quarantined()) == ()
    assert KEY.id in said("deactivate-access-key", world, quarantined())
    both = keys(replace(ONLY, status="Inactive"), Key(OTHER, "Active", LATER))
    assert plan("deactivate-access-key", both, quarantined(DENIED, OFF)) == ()
    assert OTHER in said("deactivate-access-key", both, quarantined(DENIED, OFF))


def test_a_user_who_is_not_in_quarantine_keeps_every_key() -> None:
    for chosen in ("leave", "deactivate"):
        assert plan("deactivate-access-key", keys(ONLY), incident(other_keys=chosen)) == ()
    assert "stays active" in said("deactivate-access-key", keys(ONLY))
    assert said("deactivate-access-key", keys(ONLY), incident(other_keys="deactivate")) == ""


@pytest.mark.parametrize("of", [(), (Key(KEY.id, "Inactive", EARLIER),)])
def test_a_user_in_quarantine_without_a_key_that_works_has_none_to_lose(of: tuple[Key, ...]) -> None:
    assert plan("deactivate-access-key", keys(*of), quarantined()) == ()
    assert said("deactivate-access-key", keys(*of), quarantined()) == ""
    assert left("deactivate-access-key", keys(*of), quarantined()) == ""


# deny-principal

SESSIONS, EVERYTHING = Reach(before=CUT_OFF).document(), Reach().document()
TEXT = Reach(userid=SESSION.id).document()
OF_KEY, OF_SESSION = inline_name(KEY, Reach()), inline_name(SESSION, Reach(userid=SESSION.id))
ONLY_SESSIONS = incident(user_deny="sessions")


@pytest.mark.parametrize("types", [(), ("UnauthorizedAccess:IAMUser/TorIPCaller",)])
def test_where_the_report_is_not_about_one_key_the_user_is_denied_everything(types: tuple[str, ...]) -> None:
    """Nobody knows which credential the intruder has: the password, a key or a session."""
    world = seen(PERSON, Denial(DEPLOY), AccessKey("deploy", (ONLY,)))
    reported = replace(incident(), types=types)
    assert plan("deny-principal", world, reported) == (PutDenial(DEPLOY, NAME, "", EVERYTHING),)
    assert "still work" not in said("deny-principal", world, reported)


def test_where_it_is_about_one_key_only_the_sessions_issued_so_far_are_denied() -> None:
    world = seen(KEY, Denial(DEPLOY))
    assert plan("deny-principal", world) == (PutDenial(DEPLOY, OF_KEY, "", SESSIONS),)
    assert "still work" in said("deny-principal", world)
    everything = incident(user_deny="everything")
    assert plan("deny-principal", world, everything) == (PutDenial(DEPLOY, OF_KEY, "", EVERYTHING),)
    by_choice = plan("deny-principal", seen(PERSON, Denial(DEPLOY)), ONLY_SESSIONS)
    assert by_choice == (PutDenial(DEPLOY, NAME, "", SESSIONS),)


def test_a_quarantine_is_about_one_key_where_that_is_known() -> None:
    sessions, everything = (PutDenial(DEPLOY, NAME, "", text) for text in (SESSIONS, EVERYTHING))
    one = seen(PERSON, Denial(DEPLOY), AccessKey("deploy", (ONLY,)))
    two = seen(PERSON, Denial(DEPLOY), AccessKey("deploy", (ONLY, Key(OTHER, "Active", EARLIER))))
    assert plan("deny-principal", one, quarantined()) == (sessions,)
    assert plan("deny-principal", two, quarantined()) == (everything,)
    assert plan("deny-principal", two, replace(quarantined(), named_keys=(KEY.id,))) == (sessions,)
    dead = seen(PERSON, Denial(DEPLOY), AccessKey("deploy", (replace(ONLY, status="Inactive"),)))
    assert plan("deny-principal", dead, quarantined(OFF)) == (sessions,)


def test_of_a_role_only_the_session_is_denied_and_the_whole_role_by_choice() -> None:
    world = seen(SESSION, Denial(WEB))
    assert plan("deny-principal", world) == (PutDenial(WEB, OF_SESSION, "", TEXT),)
    assert plan("deny-principal", world, incident(role_deny="role")) == (
        PutDenial(WEB, inline_name(SESSION, Reach()), "", EVERYTHING),
    )


def test_a_session_whose_name_somebody_chose_is_denied_only_until_now() -> None:
    """An intruder can choose the name of somebody else, who must be able to start a new session."""
    world = seen(NAMED, Denial(WEB))
    (step,) = plan("deny-principal", world)
    assert isinstance(step, PutDenial)
    assert reach_of(step.after) == Reach(CUT_OFF, NAMED.id)
    assert "alice@example.com is free text of the caller who assumes role web" in step.side_effects()
    assert "can start a new session with this name or another one" in said("deny-principal", world)
    (of_instance,) = plan("deny-principal", seen(SESSION, Denial(WEB)))
    assert of_instance.side_effects() == "", "an instance's id is never used again"


def test_an_instant_is_moved_forward_and_never_back() -> None:
    earlier, later = (Reach(before=one).document() for one in (EARLIER, LATER))
    world = seen(KEY, Denial(DEPLOY, (Policy(OF_KEY, earlier),)))
    assert plan("deny-principal", world) == (PutDenial(DEPLOY, OF_KEY, earlier, SESSIONS),)
    for text in (SESSIONS, later, EVERYTHING):
        assert plan("deny-principal", seen(KEY, Denial(DEPLOY, (Policy(OF_KEY, text),)))) == ()


def test_sessions_are_denied_up_to_the_plan_and_not_up_to_the_finding() -> None:
    """A finding comes minutes after its calls. The intruder starts sessions until the key is dead."""
    at = replace(incident(), planned_at=LATER)
    (step,) = plan("deny-principal", seen(KEY, Denial(DEPLOY)), at)
    assert isinstance(step, PutDenial)
    assert reach_of(step.after) == Reach(before=LATER + PROPAGATION)


def test_a_recorded_cut_off_is_read_back_by_later_plans() -> None:
    """Otherwise every later plan would want a newer one, and nothing would ever be complete."""
    first = plan("deny-principal", seen(KEY, Denial(DEPLOY)))
    again = replace(incident(first), planned_at=LATER)
    put = Denial(DEPLOY, (Policy(OF_KEY, SESSIONS),))
    assert plan("deny-principal", seen(KEY, put), again) == ()
    (*_, attach) = plan("deny-principal", seen(KEY, Denial(DEPLOY)), again)
    assert attach == AttachDenial(DEPLOY, own_arn(KEY, DEPLOY, SESSIONS), before=False, after=True)
    undone = replace(again, past=(*first, first[0].inverse()))
    (new,) = plan("deny-principal", seen(KEY, Denial(DEPLOY)), undone)
    assert isinstance(new, PutDenial)
    assert reach_of(new.after) == Reach(before=LATER + PROPAGATION), "what was undone counts no more"


def test_a_key_that_was_deactivated_later_moves_the_cut_off_once() -> None:
    """It was alive until then. The second deactivation is recorded, so the cut-off is fixed again."""
    (first,) = plan("deny-principal", seen(KEY, Denial(DEPLOY)))
    put = seen(KEY, Denial(DEPLOY, (Policy(OF_KEY, SESSIONS),)))
    past = replace(incident((first, OFF)), tried_at=(NOON, LATER), planned_at=LATER + timedelta(seconds=1))
    (second,) = plan("deny-principal", put, past)
    assert isinstance(second, PutDenial)
    reach = reach_of(second.after)
    assert reach
    assert reach.before
    assert reach.before >= LATER + PROPAGATION
    later = replace(past, past=(*past.past, second), tried_at=(*past.tried_at, LATER), planned_at=None)
    assert plan("deny-principal", seen(KEY, Denial(DEPLOY, (Policy(OF_KEY, second.after),))), later) == ()


def test_each_subject_has_its_own_denial() -> None:
    """A release of one incident must not take away what another one needs."""
    beside = Policy(inline_name(AccessKeyRef(ACCOUNT, GLOBAL, OTHER), Reach()), EVERYTHING)
    for ref, inline in ((KEY, (Policy(NAME, EVERYTHING), beside)), (PERSON, (beside,))):
        (step,) = plan("deny-principal", seen(ref, Denial(DEPLOY, inline)), incident(user_deny="everything"))
        assert step == PutDenial(DEPLOY, inline_name(ref, Reach()), "", EVERYTHING)
        others = {one.key for one in step.also_held_by(ref, seen(ref, Denial(DEPLOY, inline)))}
        assert others == {f"access-key/{ACCOUNT}/{GLOBAL}/{OTHER}", PERSON.key} - {ref.key}
    of_role = Policy(inline_name(OTHER_SESSION, Reach()), EVERYTHING)
    (step,) = plan("deny-principal", seen(NAMED, Denial(WEB, (of_role,))), incident(role_deny="role"))
    assert step.also_held_by(NAMED, seen(NAMED, Denial(WEB, (of_role,)))) == (OTHER_SESSION,)


def test_a_user_that_is_created_again_under_its_name_is_heard_and_denied() -> None:
    """Its denial went with the deleted user. The steps of the first user are about another id."""
    put = PutDenial(DEPLOY, NAME, "", EVERYTHING)
    again = replace(DEPLOY, id="AIDAMADEANEWEXAMPLE")
    world = seen(PERSON, Denial(again))
    assert put.state(world) is State.GONE
    (step,) = plan("deny-principal", world, incident((put,)))
    assert step == PutDenial(again, NAME, "", EVERYTHING)
    heard = {name for calls in load("deny-principal").undone_by for name in calls.names}
    assert "CreateUser" in heard


def test_a_denial_that_an_older_version_recorded_under_another_name_is_the_subjects_own() -> None:
    old = PutDenial(DEPLOY, NAME, "", SESSIONS)
    assert (
        plan("deny-principal", seen(KEY, Denial(DEPLOY, (Policy(NAME, SESSIONS),))), incident((old,))) == ()
    )


def test_a_strangers_policy_under_our_name_is_replaced_and_recorded() -> None:
    world = seen(PERSON, Denial(DEPLOY, (Policy(NAME, STRANGE),)))
    assert plan("deny-principal", world) == (PutDenial(DEPLOY, NAME, STRANGE, EVERYTHING),)


def test_each_try_that_left_no_denial_makes_the_next_take_another_way() -> None:
    world = seen(PERSON, Denial(DEPLOY, boundary=BOUNDARY))
    past: tuple[Step, ...] = ()
    for _ in range(4):
        steps = plan("deny-principal", world, incident(past, user_deny="everything"))
        past = (*past, *steps)
    put = PutDenial(DEPLOY, NAME, "", EVERYTHING)
    arn = own_arn(PERSON, DEPLOY, EVERYTHING)
    bounding = own_arn(PERSON, DEPLOY, Reach().document(boundary=True))
    assert past == (
        put,
        CreateDenialPolicy(arn, "", EVERYTHING),
        AttachDenial(DEPLOY, arn, before=False, after=True),
        CreateDenialPolicy(bounding, "", Reach().document(boundary=True)),
        SetDenyBoundary(DEPLOY, BOUNDARY, bounding),
        put,
    )


def test_what_is_exact_is_attached_as_a_policy_of_our_own() -> None:
    inline = PutDenial(DEPLOY, OF_KEY, "", SESSIONS)
    arn = own_arn(KEY, DEPLOY, SESSIONS)
    attach = AttachDenial(DEPLOY, arn, before=False, after=True)
    world = seen(KEY, Denial(DEPLOY))
    assert plan("deny-principal", world, incident((inline,))) == (
        CreateDenialPolicy(arn, "", SESSIONS),
        attach,
    )
    made = seen(KEY, Denial(DEPLOY, policies=(Policy(arn, SESSIONS),)))
    assert plan("deny-principal", made, incident((inline,))) == (attach,)
    tampered = seen(KEY, Denial(DEPLOY, boundary=BOUNDARY, policies=(Policy(arn, STRANGE),)))
    assert plan("deny-principal", tampered, incident((inline,))) == (inline,)


def test_a_boundary_that_limits_is_never_replaced_by_one_that_allows_the_rest() -> None:
    world = seen(KEY, Denial(DEPLOY))
    inline, (create, attach) = (
        plan("deny-principal", world),
        plan("deny-principal", world, incident(plan("deny-principal", world))),
    )
    past = (*inline, create, attach)
    *_, bound = plan("deny-principal", world, incident(past))
    assert isinstance(bound, SetDenyBoundary)
    bounded = seen(KEY, Denial(DEPLOY, boundary=BOUNDARY))
    assert plan("deny-principal", bounded, incident(past)) == inline


@pytest.mark.parametrize(
    ("ref", "holder", "choice"),
    [(KEY, DEPLOY, {"user-deny": "everything"}), (SESSION, WEB, {"role-deny": "role"})],
    ids=["user", "session"],
)
def test_a_boundary_that_is_left_is_told_once_no_other_way_is_left(
    ref: PrincipalRef, holder: Holder, choice: dict[str, str]
) -> None:
    bounded, unbounded = (seen(ref, Denial(holder, boundary=one)) for one in (BOUNDARY, ""))
    (option,) = (f"{name}: {value}" for name, value in choice.items())
    inline = plan("deny-principal", bounded)
    both = (*inline, *plan("deny-principal", bounded, incident(inline)))
    for past in ((), inline):
        assert BOUNDARY not in said("deny-principal", bounded, incident(past))
    words = said("deny-principal", bounded, incident(both))
    assert all(one in words for one in (BOUNDARY, "was not replaced", f"`{option}`", "a release restores it"))
    assert "boundary" not in said("deny-principal", unbounded, incident(both))
    everything = incident(both, **choice)
    assert "boundary" not in said("deny-principal", bounded, everything)
    named = (Policy(step.name, step.after) for step in inline if isinstance(step, PutDenial))
    denied = seen(ref, Denial(holder, tuple(named), boundary=BOUNDARY))
    assert "boundary" not in said("deny-principal", denied, incident(both))


@pytest.mark.parametrize(("holder", "words"), [(RESERVED, "IAM Identity Center"), (LINKED, "service")])
def test_a_role_of_aws_is_left_and_what_to_do_instead_is_said(holder: Holder, words: str) -> None:
    world = seen(SESSION, Denial(holder))
    assert plan("deny-principal", world) == ()
    assert words in left("deny-principal", world)
    assert left("deny-principal", seen(SESSION, Denial(WEB))) == ""


def test_where_nobody_holds_permissions_there_is_nothing_to_deny() -> None:
    assert plan("deny-principal", seen(KEY, Denial())) == ()
    assert said("deny-principal", seen(KEY, Denial())) == ""


# report-principal


def test_of_the_root_user_nothing_is_planned_and_a_person_is_told_what_to_do() -> None:
    assert plan("report-principal", seen(ROOT)) == ()
    words = left("report-principal", seen(ROOT))
    assert all(one in words for one in ("sts:AssumeRoot", "service control policy", "nothing was contained"))
    stranger = OtherPrincipalRef(ACCOUNT, ROOT.region, "AWSService:x")
    assert "not a principal of this account" in left("report-principal", seen(stranger))


# require-password-reset, deactivate-other-credentials


def test_a_reset_is_required_only_behind_a_denial_of_everything() -> None:
    denied = Denial(DEPLOY, (Policy(NAME, EVERYTHING),))
    reset = SetPasswordReset("deploy", before=False, after=True)
    assert plan("require-password-reset", seen(PERSON, denied, Password("deploy"))) == (reset,)
    older = Denial(DEPLOY, (Policy(NAME, SESSIONS),))
    assert plan("require-password-reset", seen(PERSON, older, Password("deploy"))) == ()
    assert "choose the new one" in said("require-password-reset", seen(PERSON, older, Password("deploy")))
    for password in (Password(), Password("deploy", reset=True)):
        assert plan("require-password-reset", seen(PERSON, denied, password)) == ()
    assert said("require-password-reset", seen(PERSON, denied, Password())) == ""


def test_each_other_credential_that_works_is_deactivated() -> None:
    credentials = (Credential("SSH public key", "1", "Active"), Credential("SSH public key", "2", "Inactive"))
    world = seen(PERSON, OtherCredentials("deploy", credentials))
    assert plan("deactivate-other-credentials", world) == (
        DeactivateCredential("deploy", "SSH public key", "1", "Active", "Inactive"),
    )


# revoke-used-roles


def test_a_role_is_revoked_once_if_it_was_used_since_the_first_sight() -> None:
    editable, linked = ROLES
    used = (
        UsedRole(RoleUse(editable, frozenset(), ("function resize",)), NOON),
        UsedRole(RoleUse(linked), None),
    )
    world = seen(PERSON, UsedRoles(used, ("arn:elsewhere",)))
    revoke = RevokeUsedRole(
        editable, CUT_OFF, ("function resize",), before=False, after=True, holder=holder_of(PERSON)
    )
    assert plan("revoke-used-roles", world) == (revoke,)
    assert linked.name in said("revoke-used-roles", world)
    assert "arn:elsewhere" in said("revoke-used-roles", world)
    long_ago = UsedRole(RoleUse(editable), EARLIER - timedelta(days=1))
    own, others = (Revocation(LATER, holder_of(ref)) for ref in (PERSON, SESSION))
    later = UsedRole(RoleUse(editable, frozenset({own})), NOON)
    for one in (long_ago, later):
        assert plan("revoke-used-roles", seen(PERSON, UsedRoles((one,)))) == ()
    held_by_others = UsedRole(RoleUse(editable, frozenset({others})), NOON)
    assert len(plan("revoke-used-roles", seen(PERSON, UsedRoles((held_by_others,))))) == 1


# collect-evidence

EVIDENCE = (
    KeyUse("last used at noon, for s3 in eu-west-1"),
    Grants(
        "user deploy", ("own",), devices=(Device("old", EARLIER - timedelta(days=9)), Device("new", NOON))
    ),
    Trail(
        (Trace("user", "backdoor", NOON), Trace("user", "old", EARLIER - timedelta(days=9))), ("us-east-1",)
    ),
)


def test_what_was_left_since_the_first_sight_is_for_a_person() -> None:
    words = left("collect-evidence", seen(KEY, *EVIDENCE))
    assert "user backdoor" in words
    assert "MFA device new" in words
    assert "old" not in words
    assert "inline policies: own" in said("collect-evidence", seen(KEY, *EVIDENCE))


def test_what_a_person_has_reviewed_is_said_and_keeps_nothing_open() -> None:
    reviewed = incident(traces="reviewed")
    assert left("collect-evidence", seen(KEY, *EVIDENCE), reviewed) == ""
    assert "reviewed by a person: user backdoor" in said("collect-evidence", seen(KEY, *EVIDENCE), reviewed)


def test_what_was_not_read_is_for_a_person_too() -> None:
    for oldest, expected in ((NOON, True), (EARLIER, False)):
        world = seen(KEY, KeyUse(), Grants(), Trail((), ("us-east-1",), oldest))
        assert ("not read" in left("collect-evidence", world)) is expected
