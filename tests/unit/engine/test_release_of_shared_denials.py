"""Two incidents of one user or role: a release of one takes nothing away that the other one needs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ringfence.engine.ports import Ports
from ringfence.engine.release import Releaser, ResponseRelease
from ringfence.engine.run import Engine
from ringfence.model.errors import Refused, Retryable
from ringfence.model.kinds.access_key import AccessKeyRef
from ringfence.model.observation import Observation, ResourceState
from ringfence.model.subject import GLOBAL
from ringfence.observations.iam.access_key import AccessKey, Key
from ringfence.observations.iam.denial import Denial
from ringfence.observations.iam.evidence import Grants, KeyUse
from ringfence.observations.iam.identity import Role
from ringfence.observations.iam.other_credentials import Credential, OtherCredentials
from ringfence.observations.iam.password import Password
from ringfence.observations.iam.reach import Reach
from ringfence.observations.iam.revocations import Revocation, holder_of
from ringfence.observations.iam.role_sessions import RoleUse
from ringfence.observations.iam.used_roles import UsedRole, UsedRoles
from ringfence.observations.logging.trail import Trail
from ringfence.record.chain import ChainKey
from ringfence.record.facts import Released, Result, RunRequested
from ringfence.remediations.deny_principal import deny_principal
from ringfence.runbooks.contain_credentials import CONTAIN_CREDENTIALS
from ringfence.steps.iam.access_keys import ActivateAccessKey
from ringfence.steps.iam.denial import HolderStep, PutDenial
from tests.support.fakes.memory_cloud import MemoryCloud
from tests.support.fakes.memory_log import MemoryLog
from tests.support.strategies.credentials import (
    ACCOUNT,
    DEPLOY,
    KEY,
    NAMED,
    OTHER_KEY,
    OTHER_SESSION,
    PERSON,
    WEB,
)
from tests.support.worlds import LEASE, NOON, Ticking, finding, order

if TYPE_CHECKING:
    from ringfence.model.runbook import Runbook
    from ringfence.model.step import Step
    from ringfence.model.subject import PrincipalRef

RUNBOOK = CONTAIN_CREDENTIALS.chosen(())
BESIDE = AccessKeyRef(ACCOUNT, GLOBAL, OTHER_KEY, "deploy")
EVERYTHING = {"user-deny": "everything", "role-deny": "role"}


class Home:
    """One user or role, and several incidents on what belongs to it."""

    def __init__(self, denial: Denial) -> None:
        self.clock, self.log = Ticking(NOON), MemoryLog()
        seen: tuple[Observation, ...] = (
            AccessKey("deploy", (Key(KEY.id, "Active"), Key(OTHER_KEY, "Active"))),
            denial,
            Password("deploy"),
            OtherCredentials("deploy", (Credential("SSH public key", "APKA1", "Active"),)),
            KeyUse(),
            Grants(),
            Trail(),
        )
        self.cloud = MemoryCloud(ResourceState(PERSON, {type(one): one for one in seen}), self.clock)
        self.ports = Ports(self.cloud, self.log, self.clock, lambda jobs: [job() for job in jobs])

    def activate(self) -> None:
        """Let somebody activate the credential that is no access key."""
        assert self.cloud.world
        seen = self.cloud.world[OtherCredentials]
        credentials = tuple(replace(one, status="Active") for one in seen.credentials)
        self.cloud.world = self.cloud.world.with_observation(replace(seen, credentials=credentials))

    def respond(self, ref: PrincipalRef, runbook: Runbook = RUNBOOK) -> str:
        received = finding(f"f-{ref.id}", updated=self.clock(), subjects=(ref,))
        asked = order(self.clock(), attempt=f"a-{self.clock()}", received=received, runbook=runbook)
        report = Engine(self.ports).respond(replace(asked, ref=ref, choices=RUNBOOK.choose(EVERYTHING)))
        self.clock.tick(minutes=5)
        return report.incident

    def release(self, ref: PrincipalRef, incident: str, *, skip_drifted: bool = False) -> Released:
        self.begin_release(ref, incident, skip_drifted=skip_drifted)
        released = self.log.read(ChainKey(RUNBOOK.id, ref.key)).last(Released)
        assert released
        return released

    def begin_release(self, ref: PrincipalRef, incident: str, *, skip_drifted: bool = False) -> None:
        self.clock.tick(minutes=5)
        request = RunRequested("release", "false alarm", dry_run=False)
        until = self.clock() + LEASE
        asked = ResponseRelease(
            RUNBOOK.id, ref, incident, f"r-{self.clock()}", "kim", until, request, skip_drifted
        )
        Releaser(self.ports).release(asked)

    @property
    def denied(self) -> bool:
        assert self.cloud.world
        return self.cloud.world[Denial].covers(Reach())

    @property
    def credential(self) -> str:
        assert self.cloud.world
        return self.cloud.world[OtherCredentials].credentials[0].status


@pytest.mark.parametrize(
    ("denial", "one", "other"),
    [(Denial(DEPLOY), KEY, BESIDE), (Denial(DEPLOY), KEY, PERSON), (Denial(WEB), NAMED, OTHER_SESSION)],
    ids=["two keys", "a key and its user", "two sessions of a role"],
)
@pytest.mark.parametrize("first", [True, False], ids=["the first is released", "the second is released"])
def test_the_release_of_one_leaves_the_denial_of_the_other_and_names_it(
    denial: Denial,
    one: PrincipalRef,
    other: PrincipalRef,
    first: bool,  # noqa: FBT001 - a parameter
) -> None:
    home = Home(denial)
    incidents = {ref: home.respond(ref) for ref in (one, other)}
    released, left = (one, other) if first else (other, one)
    told = home.release(released, incidents[released], skip_drifted=True)
    assert home.denied
    assert any(incidents[left] in words and left.key in words for words in told.skipped)
    home.release(left, incidents[left])
    assert not home.denied


def test_credentials_that_another_incident_of_the_user_needs_stay_deactivated() -> None:
    """The second incident found them deactivated, so it recorded nothing about them."""
    home = Home(Denial(DEPLOY))
    first, second = home.respond(KEY), home.respond(BESIDE)
    with pytest.raises(Refused, match=second):
        home.release(KEY, first)
    home.release(KEY, first, skip_drifted=True)
    assert home.credential == "Inactive"
    assert home.cloud.world
    assert home.cloud.world[Password].reset


def test_what_was_deactivated_before_its_own_denial_stays_so_while_another_incident_needs_it() -> None:
    """An execution can die between the two, so this incident has no step that denies anything."""
    home = Home(Denial(DEPLOY))
    second = home.respond(BESIDE)
    home.activate()
    ids = (one for one in RUNBOOK.ids if one != deny_principal.id)
    first = home.respond(KEY, RUNBOOK.narrowed(ids))
    assert home.credential == "Inactive"
    with pytest.raises(Refused, match=second):
        home.release(KEY, first)
    home.release(KEY, first, skip_drifted=True)
    assert home.credential == "Inactive"
    home.release(BESIDE, second)
    assert not home.denied


def test_without_another_incident_everything_is_given_back() -> None:
    home = Home(Denial(DEPLOY))
    incident = home.respond(KEY)
    assert home.release(KEY, incident).skipped == ()
    assert not home.denied
    assert home.credential == "Active"


def test_a_repeated_release_leaves_what_another_incident_needs_too() -> None:
    """The denial of the released incident is gone by then, and it was what named the other incident."""
    home = Home(Denial(DEPLOY))
    first, _ = home.respond(KEY), home.respond(BESIDE)
    home.release(KEY, first, skip_drifted=True)
    for skip in (False, True):
        with pytest.raises(Refused, match="was released"):
            home.release(KEY, first, skip_drifted=skip)
    assert home.credential == "Inactive"
    assert home.cloud.world
    assert home.cloud.world[Password].reset


def test_a_denial_by_a_managed_policy_names_its_incident_too() -> None:
    """IAM refused the inline policy of the second incident."""
    home = Home(Denial(DEPLOY))
    first = home.respond(KEY)
    home.cloud.refuse = refuse_inline
    second = home.respond(BESIDE)
    assert home.respond(BESIDE) == second, "it goes another way now"
    home.cloud.refuse = lambda _: None
    with pytest.raises(Refused, match=second):
        home.release(KEY, first)
    home.release(KEY, first, skip_drifted=True)
    assert home.credential == "Inactive"
    assert home.denied


@pytest.mark.parametrize(
    ("released", "left"),
    [(PERSON, KEY), (KEY, PERSON), (KEY, BESIDE)],
    ids=["the user is released", "the key is released", "another key is left"],
)
def test_a_denial_that_aws_does_not_show_yet_is_known_from_its_record(
    released: PrincipalRef, left: PrincipalRef
) -> None:
    """The denial of the other incident is the newest change, and the release looks too early to see it."""
    home = Home(Denial(DEPLOY))
    first, second = home.respond(released), home.respond(left)
    home.cloud.stale = 1
    with pytest.raises(Refused, match=second):
        home.release(released, first)
    home.cloud.stale = 1
    told = home.release(released, first, skip_drifted=True)
    assert any(second in words and left.key in words for words in told.skipped)
    assert home.denied
    assert home.credential == "Inactive"
    home.release(left, second)
    assert not home.denied


def test_an_open_incident_without_a_denial_keeps_nothing() -> None:
    """IAM refuses every denial of the key's incident, so nothing of the user depends on that incident."""
    home = Home(Denial(DEPLOY))
    first = home.respond(PERSON)
    home.cloud.refuse = refuse_denials
    second = home.respond(KEY)
    home.cloud.refuse = lambda _: None
    key = home.log.read(ChainKey(RUNBOOK.id, KEY.key))
    assert key.incident == second
    assert any(isinstance(step, HolderStep) for step in key.steps())
    assert not any(isinstance(step, HolderStep) for step in key.steps(Result.APPLIED))
    assert home.release(PERSON, first).skipped == ()
    assert not home.denied
    assert home.credential == "Active"


def test_a_denial_that_its_own_incident_has_undone_keeps_nothing() -> None:
    """The release of the key's incident ended before it was done: the incident is open, its denial gone."""
    home = Home(Denial(DEPLOY))
    first, second = home.respond(PERSON), home.respond(KEY)
    home.cloud.refuse = refuse_activation
    home.begin_release(KEY, second, skip_drifted=True)
    home.cloud.refuse = lambda _: None
    assert home.log.read(ChainKey(RUNBOOK.id, KEY.key)).released_at is None
    home.clock.tick(minutes=5)
    assert home.release(PERSON, first).skipped == ()
    assert home.credential == "Active"


def test_what_shows_other_subjects_is_among_what_the_runbook_may_read() -> None:
    """The role of a release has the permissions of the runbook's observations."""
    needed = {kind for step in RUNBOOK.steps for kind in step.shows_sharers}
    assert AccessKey in needed
    assert needed <= set(RUNBOOK.observations)


def refuse_denials(step: Step) -> None:
    if isinstance(step, HolderStep):
        raise Refused("AccessDenied")


def refuse_activation(step: Step) -> None:
    if isinstance(step, ActivateAccessKey):
        raise Retryable("Throttling")


def refuse_inline(step: Step) -> None:
    if isinstance(step, PutDenial):
        raise Refused("LimitExceeded")


# Sessions of one role that two incidents revoke


class Shared:
    """A role that a user and a session used, with an incident of each within one second."""

    def __init__(self) -> None:
        self.clock, self.log = Ticking(NOON), MemoryLog()
        used = UsedRoles((UsedRole(RoleUse(Role("web", WEB.id)), NOON),))
        self.cloud = MemoryCloud(ResourceState(PERSON, {UsedRoles: used}), self.clock)
        self.ports = Ports(self.cloud, self.log, self.clock, lambda jobs: [job() for job in jobs])
        self.runbook = CONTAIN_CREDENTIALS.narrowed(("revoke-used-roles",))

    def respond(self, ref: PrincipalRef) -> str:
        received = finding(f"f-{ref.id}", updated=self.clock(), subjects=(ref,))
        asked = order(self.clock(), attempt=f"a-{ref.id}", received=received, runbook=self.runbook)
        report = Engine(self.ports).respond(replace(asked, ref=ref, choices=self.runbook.choose({})))
        return report.incident

    def release(self, ref: PrincipalRef, incident: str) -> None:
        self.clock.tick(minutes=5)
        request = RunRequested("release", "false alarm", dry_run=False)
        until = self.clock() + LEASE
        asked = ResponseRelease(CONTAIN_CREDENTIALS.id, ref, incident, f"r-{incident}", "kim", until, request)
        Releaser(self.ports).release(asked)

    @property
    def revoked(self) -> frozenset[Revocation]:
        assert self.cloud.world
        return self.cloud.world[UsedRoles].roles[0].use.revoked


@pytest.mark.parametrize("first", [True, False], ids=["the first is released", "the second is released"])
def test_the_release_of_one_leaves_the_revocation_that_another_made_within_the_same_second(
    first: bool,  # noqa: FBT001 - a parameter
) -> None:
    shared = Shared()
    incidents = {ref: shared.respond(ref) for ref in (PERSON, NAMED)}
    made = shared.revoked
    assert len({one.instant for one in made}) == 1
    assert len(made) == 2
    released, left = (PERSON, NAMED) if first else (NAMED, PERSON)
    shared.release(released, incidents[released])
    (one,) = shared.revoked
    assert one.holder == holder_of(left)
    shared.release(left, incidents[left])
    assert shared.revoked == frozenset()
