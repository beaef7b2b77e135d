"""Every combination of type of user, key and principal: who it is, and what is told."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.model import principals
from ringfence.model.codec import decode, encode
from ringfence.model.kinds import parse_key
from ringfence.model.kinds.access_key import AccessKeyRef
from ringfence.model.kinds.iam_user import UserRef
from ringfence.model.kinds.other_principal import OtherPrincipalRef
from ringfence.model.kinds.role_session import RoleSessionRef
from ringfence.model.kinds.root import RootRef
from ringfence.model.principals import Caller, principal_of
from ringfence.model.subject import GLOBAL, PrincipalRef
from ringfence.policy.decision import Mode
from ringfence.policy.evaluation import decide
from ringfence.policy.policy import Policy
from tests.support.worlds import finding

ACCOUNT, FOREIGN = "111122223333", "999900001111"
AKIA, ASIA, ODD = "AKIA4MADEUPBYUS00001", "ASIA4MADEUPBYUS00002", "ABIA4MADEUPBYUS00001"
AIDA, AROA = "AIDA4MADEUPBYUS00003", "AROA4MADEUPBYUS00004"
INSTANCE = "i-0a1b2c3d4e5f60718"
SESSION = f"{AROA}:alice"
ISSUER = f"arn:aws:iam::{ACCOUNT}:user/bots/bot"


def key(user: str = "bot", unique_id: str = "") -> AccessKeyRef:
    return AccessKeyRef(ACCOUNT, GLOBAL, AKIA, user, unique_id)


def user(name: str = "bot", account: str = ACCOUNT, unique_id: str = "") -> UserRef:
    return UserRef(account, GLOBAL, name, unique_id)


def session(id_: str = SESSION, role: str = "web") -> RoleSessionRef:
    return RoleSessionRef(ACCOUNT, GLOBAL, id_, role)


def other(id_: str) -> OtherPrincipalRef:
    return OtherPrincipalRef(ACCOUNT, GLOBAL, id_)


ROOT = RootRef(ACCOUNT, GLOBAL, "root")
SSO, LINKED, OWN = (
    "AWSReservedSSO_Admin_0123456789abcdef",
    "AWSServiceRoleForSupport",
    "ringfence-release-contain-instance",
)
ROLES = f"arn:aws:iam::{ACCOUNT}:role/"
SSO_ARN = f"{ROLES}aws-reserved/sso.amazonaws.com/eu-west-1/{SSO}"
LINKED_ARN = f"{ROLES}aws-service-role/support.amazonaws.com/{LINKED}"
PROVIDER, NOBODY = principals._PROVIDER, "ANONYMOUS_PRINCIPAL"

CASES: list[tuple[Caller, PrincipalRef, str]] = [
    # An IAM user: the key that is named, or else the user.
    (Caller("IAMUser", AKIA, AIDA, "bot"), key(unique_id=AIDA), ""),
    (Caller("IAMUser", AKIA, AIDA), key("", AIDA), ""),
    (Caller("IAMUser", AKIA, "", "no name/at all"), key(""), ""),
    (Caller("IAMUser", AKIA), key(""), ""),
    (Caller("", AKIA, AIDA, "bot"), key(unique_id=AIDA), ""),
    (Caller("", AKIA), key(""), ""),
    (Caller("IAMUser", ASIA, AIDA, "bot"), user(unique_id=AIDA), ""),
    (Caller("IAMUser", "", AIDA, "bot"), user(unique_id=AIDA), ""),
    (Caller("", ASIA, AIDA, "bot"), user(unique_id=AIDA), ""),
    (Caller("", "", AIDA, "bot"), user(unique_id=AIDA), ""),
    (Caller("IAMUser", ASIA, AIDA), other(f"IAMUser:{AIDA}"), principals.NO_NAME),
    (Caller("IAMUser", "", AIDA, "not a name"), other(f"IAMUser:{AIDA}"), principals.NO_NAME),
    (Caller("IAMUser"), other("IAMUser:unknown"), principals.NO_NAME),
    (Caller("IAMUser", ODD, AIDA, "bot"), other(f"IAMUser:{AIDA}"), principals.ODD_KEY),
    (Caller("IAMUser", "AKIAshort", AIDA, "bot"), other(f"IAMUser:{AIDA}"), principals.ODD_KEY),
    (Caller("IAMUser", AKIA, SESSION, "bot"), other(f"IAMUser:{SESSION}"), principals.CONTRADICTION),
    (Caller("IAMUser", AKIA, ACCOUNT, "bot"), other(f"IAMUser:{ACCOUNT}"), principals.CONTRADICTION),
    # Root: whatever the key.
    (Caller("Root", AKIA, ACCOUNT, "Root"), ROOT, principals.ROOT),
    (Caller("Root", ASIA, ACCOUNT, "Root"), ROOT, principals.ROOT),
    (Caller("Root", "", ACCOUNT), ROOT, principals.ROOT),
    (Caller("Root"), ROOT, principals.ROOT),
    (Caller("", AKIA, ACCOUNT), ROOT, principals.ROOT),
    (Caller("Root", AKIA, AIDA, "bot"), other(f"Root:{AIDA}"), principals.CONTRADICTION),
    (Caller("Root", ODD, ACCOUNT), ROOT, principals.ROOT),
    # A session of a role, an instance's included.
    (Caller("AssumedRole", ASIA, SESSION, "web"), session(), ""),
    (Caller("AssumedRole", "", SESSION, "web"), session(), ""),
    (Caller("AssumedRole", ASIA, SESSION, "service/team/web"), session(), ""),
    (Caller("Role", ASIA, SESSION, "web"), session(), ""),
    (Caller("", ASIA, SESSION, "web"), session(), ""),
    (Caller("AssumedRole", ASIA, f"{AROA}:{INSTANCE}", "web"), session(f"{AROA}:{INSTANCE}"), ""),
    (Caller("AssumedRole", ASIA, SESSION), other(f"AssumedRole:{SESSION}"), principals.NO_SESSION),
    (Caller("AssumedRole", ASIA, AROA, "web"), other(f"AssumedRole:{AROA}"), principals.NO_SESSION),
    (Caller("AssumedRole", ASIA, "", "web"), other("AssumedRole:web"), principals.NO_SESSION),
    (
        Caller("AssumedRole", ASIA, f"{AROA}:a b", "web"),
        other(f"AssumedRole:{AROA}:a-b"),
        principals.NO_SESSION,
    ),
    (Caller("AssumedRole", AKIA, SESSION, "web"), other(f"AssumedRole:{SESSION}"), principals.CONTRADICTION),
    (Caller("AssumedRole", ASIA, AIDA, "web"), other(f"AssumedRole:{AIDA}"), principals.CONTRADICTION),
    (Caller("AssumedRole", "odd", SESSION, "web"), other(f"AssumedRole:{SESSION}"), principals.ODD_KEY),
    (Caller("Role", "", SESSION, "web"), session(), ""),
    (Caller("Role", AKIA, SESSION, "web"), other(f"Role:{SESSION}"), principals.CONTRADICTION),
    (Caller("Role", ODD, SESSION, "web"), other(f"Role:{SESSION}"), principals.ODD_KEY),
    # Roles that cannot, or must not, be edited.
    # Only AWS creates roles in some paths. A name shows nothing.
    (Caller("AssumedRole", ASIA, SESSION, SSO, SSO_ARN), session(role=SSO), principals.IDENTITY_CENTER),
    (
        Caller("AssumedRole", ASIA, SESSION, LINKED, LINKED_ARN),
        session(role=LINKED),
        principals.SERVICE_LINKED,
    ),
    (Caller("AssumedRole", ASIA, SESSION, SSO), session(role=SSO), ""),
    (Caller("AssumedRole", ASIA, SESSION, SSO, f"{ROLES}{SSO}"), session(role=SSO), ""),
    (Caller("AssumedRole", ASIA, SESSION, SSO, f"{ROLES}x/aws-reserved/{SSO}"), session(role=SSO), ""),
    (Caller("AssumedRole", ASIA, SESSION, LINKED), session(role=LINKED), ""),
    (Caller("AssumedRole", ASIA, SESSION, LINKED, f"{ROLES}{LINKED}"), session(role=LINKED), ""),
    # A federated user: the user that made the session, where an ARN names it.
    (Caller("FederatedUser", ASIA, f"{ACCOUNT}:bob", "bob", ISSUER), user(), ""),
    (Caller("", ASIA, f"{ACCOUNT}:bob", "bob", ISSUER), user(), ""),
    (
        Caller("FederatedUser", ASIA, f"{ACCOUNT}:bob", "bob"),
        other(f"FederatedUser:{ACCOUNT}:bob"),
        principals.FEDERATED,
    ),
    (
        Caller("FederatedUser", ASIA, f"{ACCOUNT}:bob", "bob", f"arn:aws:iam::{ACCOUNT}:root"),
        other(f"FederatedUser:{ACCOUNT}:bob"),
        principals.FEDERATED,
    ),
    (
        Caller("FederatedUser", AKIA, f"{ACCOUNT}:bob", "bob"),
        other(f"FederatedUser:{ACCOUNT}:bob"),
        principals.CONTRADICTION,
    ),
    (Caller("FederatedUser", "", f"{ACCOUNT}:bob", "bob", ISSUER), user(), ""),
    (
        Caller("FederatedUser", "", f"{ACCOUNT}:bob", "bob"),
        other(f"FederatedUser:{ACCOUNT}:bob"),
        principals.FEDERATED,
    ),
    (
        Caller("FederatedUser", ODD, f"{ACCOUNT}:bob", "bob", ISSUER),
        other(f"FederatedUser:{ACCOUNT}:bob"),
        principals.ODD_KEY,
    ),
    # Who is not of this account, or nobody: whatever the key.
    (
        Caller("AWSService", "", "", "ec2.amazonaws.com"),
        other("AWSService:ec2.amazonaws.com"),
        "an AWS service",
    ),
    (Caller("AWSService", AKIA, "", "ec2"), other("AWSService:ec2"), "an AWS service"),
    (Caller("AWSService", ASIA, "", "ec2"), other("AWSService:ec2"), "an AWS service"),
    (Caller("AWSService", ODD, "", "ec2"), other("AWSService:ec2"), "an AWS service"),
    (Caller("AWSAccount", ODD, AIDA), other(f"AWSAccount:{AIDA}"), "another account"),
    (Caller("AWSAccount", ASIA, f"{AROA}:eve"), other(f"AWSAccount:{AROA}:eve"), "another account"),
    (Caller("AWSAccount", AKIA, AIDA), other(f"AWSAccount:{AIDA}"), "another account"),
    (Caller("SAMLUser", "", "idp:kim", "kim"), other("SAMLUser:idp:kim"), PROVIDER),
    (Caller("WebIdentityUser", "", "accounts:kim"), other("WebIdentityUser:accounts:kim"), PROVIDER),
    (Caller("Directory", "", "d-1"), other("Directory:d-1"), PROVIDER),
    (Caller("IdentityCenterUser", "", "u-1"), other("IdentityCenterUser:u-1"), principals.IDENTITY_CENTER),
    (
        Caller("AWSAccount", "", "ANONYMOUS_PRINCIPAL"),
        other("AWSAccount:ANONYMOUS_PRINCIPAL"),
        principals.NOBODY,
    ),
    (Caller("", "", "", "ANONYMOUS_PRINCIPAL"), other("unknown:ANONYMOUS_PRINCIPAL"), principals.NOBODY),
    (Caller("Anonymous"), other("Anonymous:unknown"), principals.NOBODY),
    (Caller("SAMLUser", AKIA, "idp:kim", "kim"), other("SAMLUser:idp:kim"), PROVIDER),
    (Caller("SAMLUser", ASIA, "idp:kim", "kim"), other("SAMLUser:idp:kim"), PROVIDER),
    (Caller("SAMLUser", ODD, "idp:kim", "kim"), other("SAMLUser:idp:kim"), PROVIDER),
    (Caller("WebIdentityUser", AKIA, "accounts:kim"), other("WebIdentityUser:accounts:kim"), PROVIDER),
    (Caller("WebIdentityUser", ASIA, "accounts:kim"), other("WebIdentityUser:accounts:kim"), PROVIDER),
    (Caller("WebIdentityUser", ODD, "accounts:kim"), other("WebIdentityUser:accounts:kim"), PROVIDER),
    (Caller("Directory", AKIA, "d-1"), other("Directory:d-1"), PROVIDER),
    (Caller("Directory", ASIA, "d-1"), other("Directory:d-1"), PROVIDER),
    (Caller("Directory", ODD, "d-1"), other("Directory:d-1"), PROVIDER),
    (Caller("IdentityCenterUser", AKIA, "u-1"), other("IdentityCenterUser:u-1"), principals.IDENTITY_CENTER),
    (Caller("IdentityCenterUser", ASIA, "u-1"), other("IdentityCenterUser:u-1"), principals.IDENTITY_CENTER),
    (Caller("IdentityCenterUser", ODD, "u-1"), other("IdentityCenterUser:u-1"), principals.IDENTITY_CENTER),
    (Caller("Anonymous", AKIA, "nobody"), other("Anonymous:nobody"), principals.NOBODY),
    (Caller("Anonymous", ASIA, "nobody"), other("Anonymous:nobody"), principals.NOBODY),
    (Caller("Anonymous", ODD, "nobody"), other("Anonymous:nobody"), principals.NOBODY),
    # What is not known is not guessed at.
    (Caller("", ODD, AIDA, "bot"), other(f"unknown:{AIDA}"), principals.ODD_KEY),
    (Caller("Unknown", ASIA, SESSION, "web"), other(f"Unknown:{SESSION}"), principals.UNKNOWN),
    (Caller("Unknown", ODD, AIDA, "bot"), other(f"Unknown:{AIDA}"), principals.UNKNOWN),
    (Caller("Unknown", "", AIDA, "bot"), other(f"Unknown:{AIDA}"), principals.UNKNOWN),
    (Caller(), other("unknown:unknown"), principals.UNKNOWN),
    (Caller("", ASIA), other(f"unknown:{ASIA}"), principals.UNKNOWN),
    (Caller("", ASIA, "", "bot"), other("unknown:bot"), principals.UNKNOWN),
    (Caller("Unknown", AKIA, AIDA, "bot"), other(f"Unknown:{AIDA}"), principals.UNKNOWN),
    (
        Caller("GeneratedFindingUserType", "GeneratedFindingAccessKeyId", "GeneratedFindingPrincipalId"),
        other("GeneratedFindingUserType:GeneratedFindingPrincipalId"),
        principals.UNKNOWN,
    ),
    (
        Caller(
            "IAMUser",
            "GeneratedFindingAccessKeyId",
            "GeneratedFindingPrincipalId",
            "GeneratedFindingUserName",
        ),
        other("IAMUser:GeneratedFindingPrincipalId"),
        principals.ODD_KEY,
    ),
    (Caller("\x1b[2J", "", "a\nb"), other("-2J:a-b"), principals.UNKNOWN),
]


TYPES = frozenset((*principals._KINDS, *principals._BY_TYPE, "Anonymous", "Unknown"))
"""Every type of user that the code declares, none, one that says nobody, and one that nobody knows."""


def prefix(id_: str) -> str:
    return id_[:4] if not id_ or id_.startswith((AKIA[:4], ASIA[:4])) else "other"


def test_every_type_of_user_stands_here_with_every_prefix_of_a_key() -> None:
    told = {(caller.type, prefix(caller.key)) for caller, _, _ in CASES}
    assert set(product(TYPES, (AKIA[:4], ASIA[:4], "other", ""))) <= told


@pytest.mark.parametrize(("caller", "ref", "told"), CASES)
def test_who_it_is_and_what_is_told(caller: Caller, ref: PrincipalRef, told: str) -> None:
    found = principal_of(caller, ACCOUNT)
    assert found.ref == ref
    assert told in found.notify_only_reason
    assert bool(told) is bool(found.notify_only_reason)


@pytest.mark.parametrize(("caller", "ref", "told"), CASES)
def test_a_principal_of_a_foreign_account_is_off_whatever_it_is(
    caller: Caller, ref: PrincipalRef, told: str
) -> None:
    """The account is the principal's; the policy's scope decides on it before all else."""
    del ref, told
    there = principal_of(caller, FOREIGN).ref
    named = there.account if caller.issuer.startswith("arn") and there.kind == "iam-user" else FOREIGN
    assert there.account == named
    decision = decide(Policy((ACCOUNT,), default=Mode.AUTO), "contain-credentials", finding().finding, there)
    assert (decision.mode is Mode.OFF) is (there.account == FOREIGN)


@pytest.mark.parametrize(("caller", "ref", "told"), CASES)
def test_what_is_told_of_one_subject_keeps_it_from_being_changed(
    caller: Caller, ref: PrincipalRef, told: str
) -> None:
    del caller
    told_of = finding(advices=((ref.key, told),) if told else ()).finding
    decision = decide(Policy((ACCOUNT,), default=Mode.AUTO), "contain-credentials", told_of, ref)
    assert decision.mode is (Mode.NOTIFY if told else Mode.AUTO)
    assert told in decision.reason
    assert (
        decide(Policy((ACCOUNT,), default=Mode.AUTO), "contain-credentials", told_of, user("kim")).mode
        is Mode.AUTO
    )


def test_what_is_told_of_subjects_can_be_recorded_and_read_back() -> None:
    told_of = finding(subjects=(user(), ROOT), advices=((ROOT.key, "a person"),)).finding
    assert decode(encode(told_of)) == told_of


texts = st.text(max_size=40) | st.sampled_from(
    [
        "",
        AKIA,
        ASIA,
        AIDA,
        SESSION,
        ACCOUNT,
        f"{ACCOUNT}:bob",
        ISSUER,
        "bot",
        SSO,
        OWN,
        "IAMUser",
        "AssumedRole",
    ]
)


@given(st.builds(Caller, texts, texts, texts, texts, texts))
def test_whatever_a_report_says_somebody_is_named_or_a_person_told(caller: Caller) -> None:
    found = principal_of(caller, ACCOUNT)
    assert parse_key(found.ref.key).key == found.ref.key
    assert found.ref.key.isascii()
    assert found.notify_only_reason or isinstance(found.ref, AccessKeyRef | UserRef | RoleSessionRef)
    assert isinstance(found.ref, PrincipalRef)
    assert found.notify_only_reason or not isinstance(found.ref, OtherPrincipalRef | RootRef)
