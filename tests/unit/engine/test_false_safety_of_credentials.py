"""A principal is not contained while something lets the intruder in: each kind, each way, by name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from ringfence.engine.ports import Ports
from ringfence.engine.run import Engine
from ringfence.model.errors import Refused
from ringfence.model.kinds.other_principal import OtherPrincipalRef
from ringfence.model.observation import Observation, ResourceState
from ringfence.model.subject import GLOBAL
from ringfence.observations.iam.access_key import AccessKey, Key
from ringfence.observations.iam.denial import Denial
from ringfence.observations.iam.evidence import Device, Grants, KeyUse
from ringfence.observations.iam.other_credentials import Credential, OtherCredentials
from ringfence.observations.iam.password import Password
from ringfence.observations.logging.trail import SESSION as STARTED
from ringfence.observations.logging.trail import Trace, Trail
from ringfence.record.chain import ChainKey
from ringfence.record.containments import is_contained
from ringfence.record.notices import notice
from ringfence.runbooks.contain_credentials import CONTAIN_CREDENTIALS
from ringfence.steps.iam.access_keys import DeactivateAccessKey
from ringfence.steps.iam.boundaries import SetDenyBoundary
from ringfence.steps.iam.denial import AttachDenial, PutDenial
from ringfence.steps.iam.denial_policies import CreateDenialPolicy
from ringfence.steps.iam.other_credentials import DeactivateCredential
from tests.support.fakes.memory_cloud import MemoryCloud
from tests.support.fakes.memory_log import MemoryLog
from tests.support.strategies.credentials import (
    ACCOUNT,
    DEPLOY,
    KEY,
    NAMED,
    OTHER_KEY,
    PERSON,
    RESERVED,
    ROOT,
    SESSION,
    WEB,
)
from tests.support.worlds import NOON, Ticking, finding, order

if TYPE_CHECKING:
    from ringfence.model.step import Step
    from ringfence.model.subject import PrincipalRef
    from ringfence.record.facts import Verified
    from ringfence.record.history import History

RUNBOOK = CONTAIN_CREDENTIALS.chosen(())
DENIALS = (PutDenial, CreateDenialPolicy, AttachDenial, SetDenyBoundary)
LONG_AGO = NOON - timedelta(days=400)
LEAKED, OTHER = Key(KEY.id, "Active", LONG_AGO), Key(OTHER_KEY, "Active", LONG_AGO)
SSH = Credential("SSH public key", "APKA1", "Active")
SESSIONS_ONLY = {"user-deny": "sessions"}
STRANGER = OtherPrincipalRef(ACCOUNT, GLOBAL, "AWSService:x")
ROLE = f"arn:aws:iam::{ACCOUNT}:role/admin"


@dataclass(frozen=True)
class Row:
    """One subject with one way that is open: what is seen of it, what is refused, and what is chosen."""

    ref: PrincipalRef
    named: str
    observed: tuple[Observation, ...] = ()
    refused: tuple[type[Step], ...] = ()
    unread: type[Observation] | None = None
    chosen: tuple[tuple[str, str], ...] = ()


def _by(**chosen: str) -> tuple[tuple[str, str], ...]:
    return tuple((name.replace("_", "-"), value) for name, value in chosen.items())


def traced(kind: str, name: str) -> Trail:
    return Trail((Trace(kind, name, NOON),), (GLOBAL,))


OF_SESSIONS = _by(user_deny="sessions")
ROWS = {
    "key: it is active": Row(KEY, f"access key {KEY.id}", refused=(DeactivateAccessKey,)),
    "key: its sessions": Row(KEY, "is not denied the sessions issued before", refused=DENIALS),
    "key: what is denied is unknown": Row(KEY, "sessions of the principal may be valid", unread=Denial),
    "key: another key": Row(KEY, OTHER_KEY, (AccessKey("deploy", (LEAKED, OTHER)),)),
    "key: the password": Row(KEY, "has a password", (Password("deploy"),)),
    "key: whether there is a password is unknown": Row(KEY, "could not be read", unread=Password),
    "key: an SSH key": Row(
        KEY, "SSH public key APKA1", (OtherCredentials("deploy", (SSH,)),), refused=(DeactivateCredential,)
    ),
    "key: other credentials are unknown": Row(KEY, "SSH keys", unread=OtherCredentials),
    "key: an MFA device of the intruder": Row(
        KEY, "MFA device new", (Grants("user deploy", devices=(Device("new", NOON),)),)
    ),
    "key: a session of a role that it assumed": Row(KEY, ROLE, (traced(STARTED, ROLE),)),
    "key: a key that it made": Row(KEY, "access key AKIANEW", (traced("access key", "AKIANEW"),)),
    "user: the denial": Row(PERSON, "deny user deploy", refused=DENIALS),
    "user: the password": Row(PERSON, "has a password", (Password("deploy"),), chosen=OF_SESSIONS),
    "user: a key": Row(PERSON, KEY.id, (AccessKey("deploy", (LEAKED,)),), chosen=OF_SESSIONS),
    "user: whether there is a password is unknown": Row(
        PERSON, "could not be read", unread=Password, chosen=OF_SESSIONS
    ),
    "user: a session of a role": Row(PERSON, ROLE, (traced(STARTED, ROLE),)),
    "user: another user that it made": Row(PERSON, "user backdoor", (traced("user", "backdoor"),)),
    "session: the denial": Row(NAMED, "deny role web", (Denial(WEB),), refused=DENIALS),
    "session of an instance: the denial": Row(SESSION, "deny role web", (Denial(WEB),), refused=DENIALS),
    "session: a role that nobody can edit": Row(SESSION, "cannot be edited", (Denial(RESERVED),)),
    "session: a session of another role": Row(NAMED, ROLE, (Denial(WEB), traced(STARTED, ROLE))),
    "root": Row(ROOT, "nothing was contained", (Denial(),)),
    "a principal of somebody else": Row(STRANGER, "not a principal of this account", (Denial(),)),
}


def respond(row: Row, attempts: int = 6) -> tuple[Verified, str]:
    """Respond until nothing new happens. Return the verification, and the notices."""
    history = history_of(row, attempts)
    entries, verified = history.entries, history.verified
    assert verified
    told = [one for end in range(1, len(entries) + 1) if (one := notice(entries[:end]))]
    return verified, "\n".join(f"{one.subject}\n{one.text}" for one in told)


def history_of(row: Row, attempts: int) -> History:
    """Return the chain of a response that was repeated."""
    seen: tuple[Observation, ...] = (
        AccessKey("deploy", (LEAKED,)),
        Denial(DEPLOY),
        Password(),
        OtherCredentials("deploy"),
        KeyUse(),
        Grants(),
        Trail(),
        *row.observed,
    )

    def refuse(step: Step) -> None:
        if isinstance(step, row.refused):
            raise Refused("it is full")

    clock, log = Ticking(), MemoryLog()
    cloud = MemoryCloud(ResourceState(row.ref, {type(one): one for one in seen}), clock, refuse)
    cloud.unreadable = {row.unread: Refused("it is not shown")} if row.unread else {}
    ports = Ports(cloud, log, clock, lambda jobs: [job() for job in jobs])
    for number in range(attempts):
        asked = order(clock(), attempt=f"a-{number}", received=finding(subjects=(row.ref,)), runbook=RUNBOOK)
        given = replace(asked, ref=row.ref, choices=RUNBOOK.choose(dict(row.chosen)))
        Engine(ports).respond(given)
        clock.tick(minutes=5)
    return log.read(ChainKey(RUNBOOK.id, row.ref.key))


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_nothing_is_contained_while_a_way_in_is_open_and_the_way_is_named(row: Row) -> None:
    verified, told = respond(row)
    assert not verified.contained
    assert not verified.complete
    words = (*verified.open_access, *verified.review, *verified.remaining, *verified.refused)
    assert any(row.named in one for one in words), words
    assert row.named in told, "a person reads it"
    assert "NOT contained" in told
    assert "[info, high] contained" not in told


@pytest.mark.parametrize("name", ["key: the password", "key: another key", "user: a key"])
def test_what_was_done_is_watched_although_other_access_is_open(name: str) -> None:
    """A key that somebody activates again is noticed, also while a person has yet to decide about others."""
    assert is_contained(history_of(ROWS[name], 2))


def test_what_could_not_be_done_is_not_watched() -> None:
    assert not is_contained(history_of(ROWS["key: it is active"], 2))


CLOSED = {
    "key": Row(KEY, ""),
    "key, everything denied": Row(
        KEY,
        "",
        (Password("deploy"), AccessKey("deploy", (LEAKED, OTHER)), OtherCredentials("deploy", (SSH,))),
        chosen=_by(user_deny="everything"),
    ),
    "key, whose user's other credentials a person trusts": Row(
        KEY,
        "",
        (Password("deploy"), AccessKey("deploy", (LEAKED, OTHER))),
        chosen=_by(other_access="trusted"),
    ),
    "key, whose traces a person reviewed": Row(
        KEY, "", (traced("user", "backdoor"),), chosen=_by(traces="reviewed")
    ),
    "user": Row(PERSON, "", (Password("deploy"), AccessKey("deploy", (LEAKED, OTHER)))),
    "session": Row(NAMED, "", (Denial(WEB),)),
    "session of an instance": Row(SESSION, "", (Denial(WEB),)),
}


@pytest.mark.parametrize("row", CLOSED.values(), ids=CLOSED)
def test_what_has_no_open_way_is_contained_and_complete(row: Row) -> None:
    verified, _ = respond(row, attempts=2)
    assert verified.open_access == ()
    assert (verified.contained, verified.complete) == (True, True)
