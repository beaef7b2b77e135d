"""What the steps on credentials declare is true of IAM: their effects, and that their inverses lead back.

Each is taken by the real driver on the local AWS. Service-specific credentials, which it lacks, are answered
for here.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from ringfence.aws.cloud import AwsCloud
from ringfence.engine.undo import undo
from ringfence.local import LocalAws
from ringfence.model.errors import NotFound, Refused
from ringfence.model.incident import Incident
from ringfence.model.kinds.access_key import AccessKeyRef
from ringfence.model.kinds.iam_user import UserRef
from ringfence.model.kinds.role_session import RoleSessionRef
from ringfence.model.plan import dependency_levels
from ringfence.model.step import State
from ringfence.model.subject import GLOBAL
from ringfence.observations.iam.access_key import AccessKey
from ringfence.observations.iam.denial import Denial
from ringfence.observations.iam.reach import Reach
from ringfence.observations.iam.used_roles import UsedRoles
from ringfence.policy.decision import Permit
from ringfence.runbooks import load
from ringfence.runbooks.contain_credentials import CONTAIN_CREDENTIALS
from tests.support.worlds import AUTO, NOON

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ringfence.model.observation import Observation, ResourceState
    from ringfence.model.step import Step
    from ringfence.model.subject import PrincipalRef, Ref

SPECIFIC: dict[str, object] = {
    "ServiceSpecificCredentials": [{"ServiceSpecificCredentialId": "ACCA0", "Status": "Inactive"}]
}


@pytest.fixture(scope="module")
def aws() -> Iterator[LocalAws]:
    with LocalAws() as running:
        yield running


@dataclass(eq=False)
class Iam:
    """IAM, with what the local one does not have: whose a key is, and service-specific credentials."""

    client: Any
    owners: dict[str, str]

    def get_access_key_last_used(self, AccessKeyId: str) -> dict[str, object]:  # noqa: N803 - the API's own name
        user = self.owners.get(AccessKeyId)
        if user is None:
            error = {"Error": {"Code": "NoSuchEntity", "Message": "no such key"}}
            raise ClientError(error, "GetAccessKeyLastUsed")  # type: ignore[arg-type]  # no more is read
        return {"UserName": user, "AccessKeyLastUsed": {"ServiceName": "N/A", "Region": "N/A"}}

    @staticmethod
    def list_service_specific_credentials(UserName: str) -> dict[str, object]:  # noqa: N803, ARG004 - the API's own
        return SPECIFIC

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - made at run time
        return getattr(self.client, name)


@dataclass
class LocalClients:
    """Clients of the local AWS, whatever account and region they are asked for."""

    aws: LocalAws
    owners: dict[str, str] = field(default_factory=dict)
    made: dict[str, Any] = field(default_factory=dict)

    def client(self, ref: Ref, service: str, *, single_attempt: bool = False) -> Any:  # noqa: ANN401, ARG002 - made at run time
        if service not in self.made:
            client = self.aws.client(service)
            self.made[service] = Iam(client, self.owners) if service == "iam" else client
        return self.made[service]


@dataclass
class Case:
    """One principal, a responder on it, and the steps that it took."""

    cloud: AwsCloud
    ref: PrincipalRef
    choices: dict[str, str] = field(default_factory=dict)
    past: tuple[Step, ...] = ()

    @property
    def incident(self) -> Incident:
        choices = CONTAIN_CREDENTIALS.choose(self.choices)
        since = NOON - timedelta(days=1)
        return Incident("inc-1", NOON, ("f-1",), choices=choices, past=self.past, since=since)

    def observe(self, *observations: type[Observation]) -> ResourceState:
        return self.cloud.observe(self.ref, observations, self.past)

    def take(self, step: Step) -> None:
        """Take one step between two looks."""
        before = self.observe(step.observation)
        assert step.state(before) is State.BEFORE, step
        made = self.cloud.apply(self.ref, step, {}, Permit.of(AUTO, self.ref, NOON + timedelta(days=1)))
        assert made.requests, "each call is recorded by its request id"
        self.past = (*self.past, step)
        after = self.observe(step.observation)
        assert step.state(after) is State.AFTER, step
        assert after == step.effect(before), step

    def respond(self) -> None:
        for stage in CONTAIN_CREDENTIALS.on(self.ref).stages:
            for wave in dependency_levels(stage.plan(self.observe(*stage.observations), self.incident)):
                for step in wave:
                    self.take(step)

    def release(self, kept: tuple[str, ...] = ()) -> None:
        facets = dict.fromkeys(step.observation for step in self.past)
        way = undo(self.past, self.observe(*facets))
        assert (way.drifted, way.settling, way.kept) == ((), (), kept)
        for wave in dependency_levels(way.steps):
            for step in wave:
                self.take(step)


@dataclass
class Estate:
    """A user with two keys, a password, an SSH key and a certificate; and a role."""

    aws: LocalAws
    name: str
    clients: LocalClients
    key: str = ""

    @property
    def iam(self) -> Any:  # noqa: ANN401 - made at run time
        return self.aws.client("iam")

    def user(self) -> UserRef:
        self.iam.create_user(UserName=self.name, Path="/team/")
        for _ in range(2):
            made = self.iam.create_access_key(UserName=self.name)["AccessKey"]["AccessKeyId"]
            self.clients.owners[made] = self.name
            self.key = self.key or made
        self.iam.create_login_profile(UserName=self.name, Password="correct-Horse-7")
        return UserRef(self.aws.account, GLOBAL, self.name)

    def role(self) -> RoleSessionRef:
        trust = {"Version": "2012-10-17", "Statement": [{"Principal": {"Service": "lambda.amazonaws.com"}}]}
        made = self.iam.create_role(RoleName=self.name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]
        id_ = f"{made['RoleId']}:i-0123456789abcdef0"
        return RoleSessionRef(self.aws.account, GLOBAL, id_, role=self.name)

    def case(self, ref: PrincipalRef, **choices: str) -> Case:
        cloud = AwsCloud(self.clients, lambda: NOON, lambda jobs: [job() for job in jobs])
        return Case(cloud, ref, {name.replace("_", "-"): one for name, one in choices.items()})


@pytest.fixture
def estate(aws: LocalAws) -> Estate:
    return Estate(aws, f"t-{uuid.uuid4().hex[:8]}", LocalClients(aws))


def test_of_a_key_every_step_does_what_it_declares_and_its_inverse_leads_back(estate: Estate) -> None:
    estate.user()
    estate.iam.upload_ssh_public_key(UserName=estate.name, SSHPublicKeyBody="ssh-rsa AAAAB3NzaC1yc2E=")
    ref = AccessKeyRef(estate.aws.account, GLOBAL, estate.key, user=estate.name)
    case = estate.case(ref, user_deny="everything", other_keys="deactivate")
    before = case.observe(*CONTAIN_CREDENTIALS.narrowed(ONLY).observations)
    case.respond()
    assert {type(step).__name__ for step in case.past} >= {
        "DeactivateAccessKey",
        "PutDenial",
        "SetPasswordReset",
        "DeactivateCredential",
    }
    assert sum(step.observation is AccessKey for step in case.past) == 2
    case.release()
    assert case.observe(*CONTAIN_CREDENTIALS.narrowed(ONLY).observations) == before


def test_what_was_done_to_a_user_is_undone_though_the_key_is_deleted(estate: Estate) -> None:
    person = estate.case(estate.user())
    case = estate.case(
        AccessKeyRef(estate.aws.account, GLOBAL, estate.key, user=estate.name),
        user_deny="everything",
        other_keys="deactivate",
    )
    facets = CONTAIN_CREDENTIALS.narrowed(ONLY[1:]).observations
    before = person.observe(*facets)
    case.respond()
    assert person.observe(*facets) != before
    estate.iam.delete_access_key(UserName=estate.name, AccessKeyId=estate.key)
    del estate.clients.owners[estate.key]
    case.release(kept=(f"access-key/{estate.key}/status does not exist",))
    assert person.observe(*facets) == before
    (left,) = estate.iam.list_access_keys(UserName=estate.name)["AccessKeyMetadata"]
    assert left["Status"] == "Active"


ONLY = ("deactivate-access-key", "deny-principal", "require-password-reset", "deactivate-other-credentials")


@pytest.mark.parametrize("reach", ["sessions", "everything"])
@pytest.mark.parametrize("way", [0, 1, 2], ids=["inline", "attached", "boundary"])
def test_each_way_to_deny_a_user_denies_and_is_undone(estate: Estate, reach: str, way: int) -> None:
    """The ways before it were gone, and left nothing."""
    case = estate.case(estate.user(), user_deny=reach)
    before = case.observe(Denial)
    tried: tuple[Step, ...] = ()
    for _ in range(way):
        at = case.incident
        at = Incident(at.id, at.opened_at, choices=at.choices, past=tried)
        tried = (*tried, *load("deny-principal").plan(before, at))
    last = Incident("inc-1", NOON, choices=case.incident.choices, past=tried)
    for wave in dependency_levels(load("deny-principal").plan(before, last)):
        for step in wave:
            case.take(step)
    seen = case.observe(Denial)[Denial]
    assert seen.covers(Reach() if reach == "everything" else Reach(before=NOON))
    assert load("deny-principal").plan(case.observe(Denial), case.incident) == ()
    case.release()
    assert case.observe(Denial) == before


@pytest.mark.parametrize("reach", ["session", "role"])
def test_each_way_to_deny_a_role_is_undone(estate: Estate, reach: str) -> None:
    case = estate.case(estate.role(), role_deny=reach)
    before = case.observe(Denial, UsedRoles)
    case.respond()
    assert {type(step).__name__ for step in case.past} == {"PutDenial", "RevokeUsedRole"}
    case.release()
    assert case.observe(Denial, UsedRoles) == before


def test_a_boundary_that_was_there_comes_back(estate: Estate) -> None:
    ref = estate.user()
    billing = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    estate.iam.put_user_permissions_boundary(UserName=estate.name, PermissionsBoundary=billing)
    case = estate.case(ref, user_deny="everything")
    for _ in range(2):  # two ways that led nowhere
        case.past = (*case.past, *load("deny-principal").plan(case.observe(Denial), case.incident))
    create, bound = load("deny-principal").plan(case.observe(Denial), case.incident)
    case.past = ()
    case.take(create)
    case.take(bound)
    seen = case.observe(Denial)[Denial]
    assert seen.boundary in {one.name for one in seen.policies}
    assert seen.covers(Reach())
    case.release()
    assert case.observe(Denial)[Denial].boundary == billing


def test_where_the_inline_policies_are_full_the_next_try_attaches(estate: Estate) -> None:
    case = estate.case(estate.user())
    filler = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Deny", "Action": "x" * 1900, "Resource": "*"}],
    }
    estate.iam.put_user_policy(UserName=estate.name, PolicyName="full", PolicyDocument=json.dumps(filler))
    (put,) = load("deny-principal").plan(case.observe(Denial), case.incident)
    with pytest.raises(Refused, match="LimitExceeded"):
        case.take(put)
    case.past = (put,)
    names = [type(one).__name__ for one in load("deny-principal").plan(case.observe(Denial), case.incident)]
    assert names == ["CreateDenialPolicy", "AttachDenial"]


@pytest.mark.parametrize(
    "ref",
    [
        lambda account: UserRef(account, GLOBAL, "nobody"),
        lambda account: AccessKeyRef(account, GLOBAL, "AKIAIOSFODNN7EXAMPLE", user="nobody"),
        lambda account: RoleSessionRef(account, GLOBAL, "AROAIOSFODNN7EXAMPLE:nobody", role="nobody"),
    ],
    ids=["user", "key", "session"],
)
def test_a_principal_that_does_not_exist_is_gone(estate: Estate, ref: Callable[[str], PrincipalRef]) -> None:
    case = estate.case(ref(estate.aws.account))
    with pytest.raises(NotFound):
        case.observe(*CONTAIN_CREDENTIALS.on(case.ref).stages[0].observations)


def test_everything_that_the_runbook_reads_can_be_read_of_every_kind(estate: Estate) -> None:
    user = estate.user()
    key = AccessKeyRef(estate.aws.account, GLOBAL, estate.key, user=estate.name)
    for ref in (user, key, estate.role()):
        seen = estate.case(ref).observe(*CONTAIN_CREDENTIALS.observations)
        assert set(seen.observations) == set(CONTAIN_CREDENTIALS.observations)
