"""Users, accounts and roots in every condition, for the laws of `harden-identity`."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from ringfence.model.incident import Incident
from ringfence.model.kinds.account import AccountRef
from ringfence.model.kinds.iam_user import UserRef
from ringfence.model.kinds.root import RootRef
from ringfence.model.observation import Observation, ResourceState
from ringfence.model.subject import GLOBAL
from ringfence.observations.iam.password_policy import PasswordPolicy, PasswordRules
from ringfence.observations.iam.password_use import PasswordUse
from ringfence.observations.iam.user_keys import DatedKey, UserKeys
from ringfence.steps.iam.unused_keys import GiveNotice
from tests.support.strategies.once import once
from tests.support.worlds import NOON

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from hypothesis.strategies import SearchStrategy

    from ringfence.model.subject import IdentityRef

ACCOUNT = "111122223333"
PERSON = UserRef(ACCOUNT, GLOBAL, "deploy")
BY_ID = UserRef(ACCOUNT, GLOBAL, "AIDAIOSFODNN7EXAMPLE")
WHOLE = AccountRef(ACCOUNT, GLOBAL, ACCOUNT)
ROOT = RootRef(ACCOUNT, GLOBAL, "root")
REFS: tuple[IdentityRef, ...] = (PERSON, BY_ID, WHOLE, ROOT)
KEY, OTHER = "AKIAIOSFODNN7EXAMPLE", "AKIAI44QH8DHBEXAMPLE"
DEFAULTS: Mapping[str, str] = {
    "grace-days": "14",
    "max-age": "90",
    "minimum-length": "14",
    "reuse-prevention": "24",
    "unused-days": "90",
}


def ago(days: float) -> datetime:
    """Return the instant so many days before noon."""
    return NOON - timedelta(days=days)


INSTANTS = st.sampled_from(tuple(map(ago, (400, 104, 91, 90, 89, 15, 14, 13, 1, 0, -1))))
KEYS = st.lists(
    st.builds(
        DatedKey,
        st.sampled_from((KEY, OTHER)),
        st.sampled_from(("Active", "Inactive", "Expired")),
        st.none() | INSTANTS,
        st.none() | INSTANTS,
        st.sampled_from(("", " for s3 in eu-west-1")),
    ),
    max_size=2,
    unique_by=lambda key: key.id,
).map(tuple)
RULES = st.builds(
    PasswordRules,
    length=st.integers(6, 128),
    symbols=st.booleans(),
    numbers=st.booleans(),
    uppercase=st.booleans(),
    lowercase=st.booleans(),
    max_age=st.just(0) | st.integers(1, 1095),
    reuse=st.integers(0, 24),
    may_change=st.booleans(),
    hard_expiry=st.booleans(),
)
_BY_FACET: Mapping[type[Observation], SearchStrategy[Observation]] = {
    UserKeys: st.builds(UserKeys, st.just("deploy"), KEYS)
    | st.just(UserKeys(doubt="two users answer to it")),
    PasswordUse: st.builds(PasswordUse, st.just("deploy"), st.none() | INSTANTS, st.none() | INSTANTS),
    PasswordPolicy: st.builds(PasswordPolicy, st.none() | RULES),
}
_OF: Mapping[str, tuple[type[Observation], ...]] = {
    "iam-user": (UserKeys, PasswordUse),
    "account": (PasswordPolicy,),
    "root": (),
}


@once
def identities(ref: IdentityRef | None = None) -> SearchStrategy[ResourceState]:
    """Return a subject of any kind, or this one, seen through what there is of it; the rest is empty."""
    return (st.just(ref) if ref else st.sampled_from(REFS)).flatmap(_seen)


@once
def _seen(ref: IdentityRef) -> SearchStrategy[ResourceState]:
    empty: dict[type[Observation], SearchStrategy[Observation]] = {
        kind: st.just(kind()) for kind in _BY_FACET
    }
    own = {kind: _BY_FACET[kind] for kind in _OF[ref.kind]}
    return st.fixed_dictionaries({**empty, **own}).map(lambda seen: ResourceState(ref, seen))


@once
def incidents() -> SearchStrategy[Incident]:
    """Return an incident with any of the options, and any notices given before."""
    notices = st.builds(GiveNotice, st.just("deploy"), st.sampled_from((KEY, OTHER)), INSTANTS)
    choices = st.fixed_dictionaries(
        {
            "grace-days": st.sampled_from(("0", "1", "14")),
            "max-age": st.sampled_from(("0", "60", "90", "1095")),
            "minimum-length": st.sampled_from(("6", "14", "128")),
            "reuse-prevention": st.sampled_from(("0", "5", "24")),
            "unused-days": st.sampled_from(("0", "1", "90")),
        }
    )
    return st.builds(
        Incident,
        id=st.just("inc-1"),
        opened_at=st.just(ago(14)),
        choices=choices.map(lambda chosen: tuple(chosen.items())),
        past=st.lists(notices, max_size=3).map(tuple),
        as_of=st.sampled_from((None, ago(1), NOON)),
    )


def incident(**chosen: str) -> Incident:
    """Return an incident at noon with the defaults but for these options."""
    given = {name.replace("_", "-"): one for name, one in chosen.items()}
    return Incident("inc-1", NOON, choices=tuple({**DEFAULTS, **given}.items()))
