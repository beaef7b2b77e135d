"""Which roles are Ringfence's own: those that this deployment creates, in the accounts where it does."""

from __future__ import annotations

import pytest

from ringfence.model.kinds.role_session import RoleSessionRef
from ringfence.model.resource_names import SESSION, is_own_call
from ringfence.model.subject import GLOBAL
from ringfence.policy.compiled import policy_from_json
from ringfence.policy.decision import DecisionCode, Mode
from ringfence.policy.evaluation import decide
from ringfence.policy.file import PolicyFile
from ringfence.policy.protection import OWN
from ringfence.runbooks.catalogue import CATALOGUE
from tests.support.worlds import finding

HOME, MEMBER, FOREIGN = "111122223333", "222233334444", "999900001111"
DATA = {"version": 1, "scope": {"accounts": ["home", MEMBER]}, "default": "auto"}
POLICY = policy_from_json(PolicyFile(DATA, CATALOGUE).compile(HOME))

ACTS, RELEASES = "ringfence-contain-credentials", "ringfence-release-contain-instance"
FUNCTION, REVIEWS = "ringfence-operate-function", "ringfence-harden-identity-review-schedule"

ROLES = [
    (HOME, ACTS, True),
    (MEMBER, ACTS, True),
    (MEMBER, RELEASES, True),
    (MEMBER, "ringfence-forward", True),
    (HOME, FUNCTION, True),
    (HOME, REVIEWS, True),
    # Anybody can create these roles, because Ringfence does not.
    (MEMBER, FUNCTION, False),
    (MEMBER, REVIEWS, False),
    (HOME, "ringfence-contain-instance-review-schedule", False),
    (HOME, "ringfence-harden-bucket-recheck-schedule", False),
    (HOME, "ringfence-x", False),
    (HOME, "ringfence", False),
    (HOME, f"{ACTS}-2", False),
    (HOME, "x/ringfence-contain-credentials", False),
]


@pytest.mark.parametrize(("account", "role", "own"), ROLES)
def test_a_session_is_left_to_a_person_if_its_role_is_one_of_this_deployment(
    account: str, role: str, *, own: bool
) -> None:
    assert POLICY.own.contain(account, role, POLICY.accounts) is own
    if "/" in role:
        return
    ref = RoleSessionRef(account, GLOBAL, "AROA4MADEUPBYUS00004:alice", role)
    decision = decide(POLICY, "contain-credentials", finding(subjects=(ref,)).finding, ref)
    assert decision.mode is (Mode.NOTIFY if own else Mode.AUTO)
    assert (decision.reason == OWN) is own
    assert (decision.code is DecisionCode.NOTIFY_ONLY) is own


def test_no_role_of_another_account_is_own() -> None:
    names = (*POLICY.own.member, *POLICY.own.at_home)
    assert not any(POLICY.own.contain(FOREIGN, name, POLICY.accounts) for name in names)


def issuer(name: str = ACTS, account: str = MEMBER, path: str = "/", kind: str = "role") -> str:
    return f"arn:aws:iam::{account}:{kind}{path}{name}"


def session(role: str = ACTS, account: str = MEMBER, name: str = SESSION) -> str:
    return f"arn:aws:sts::{account}:assumed-role/{role}/{name}"


CALLS = [
    (MEMBER, issuer(), session(), True),
    (MEMBER, issuer(account=FOREIGN), session(account=FOREIGN), False),
    (MEMBER, issuer(account=HOME), session(account=HOME), False),
    (MEMBER, issuer(account=FOREIGN), session(), False),
    (MEMBER, issuer(path="/x/"), session(), False),
    (MEMBER, issuer(), session(name="alice"), False),
    (MEMBER, issuer(kind="user"), session(), False),
    (MEMBER, issuer("ringfence-x"), session("ringfence-x"), False),
    (HOME, issuer(FUNCTION, HOME), session(FUNCTION, HOME), False),
    (MEMBER, "", "", False),
]


@pytest.mark.parametrize(("account", "role", "by", "own"), CALLS)
def test_a_call_is_own_by_account_role_path_and_session(
    account: str, role: str, by: str, *, own: bool
) -> None:
    assert is_own_call(role, by, account) is own
