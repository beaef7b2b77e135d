"""What `harden-identity` takes for granted is true of IAM on the local AWS.

Each step of a real plan is taken by the real driver: what is observed then is what the step declares as its
effect, and its inverse leads back. The local IAM has no last uses: every key was never used.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from ringfence.aws.cloud import AwsCloud
from ringfence.engine.undo import undo
from ringfence.local import LocalAws
from ringfence.model.errors import NotFound
from ringfence.model.incident import Incident
from ringfence.model.kinds.account import AccountRef
from ringfence.model.kinds.iam_user import UserRef
from ringfence.model.log_only_step import LogOnlyStep
from ringfence.model.step import State
from ringfence.model.subject import GLOBAL
from ringfence.observations.iam.password_policy import PasswordPolicy
from ringfence.observations.iam.password_use import PasswordUse
from ringfence.observations.iam.user_keys import UserKeys
from ringfence.policy.decision import Permit
from ringfence.runbooks import load
from ringfence.runbooks.harden_identity import HARDEN_IDENTITY
from tests.contracts.test_cloud_effects import LocalClients
from tests.support.worlds import AUTO

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_iam import IAMClient

    from ringfence.model.observation import Observation, ResourceState
    from ringfence.model.step import Step
    from ringfence.model.subject import IdentityRef

DAYS = {"grace-days": "0", "unused-days": "0"}


@pytest.fixture(scope="module")
def aws() -> Iterator[LocalAws]:
    with LocalAws() as running:
        yield running


@dataclass
class Case:
    """A subject, and a responder on it."""

    aws: LocalAws
    ref: IdentityRef

    @property
    def cloud(self) -> AwsCloud:
        clients = LocalClients(self.aws)
        return AwsCloud(clients, lambda: datetime.now(UTC), lambda jobs: [job() for job in jobs])

    def observe(self, *observations: type[Observation]) -> ResourceState:
        return self.cloud.observe(self.ref, observations)

    def take(self, step: Step) -> None:
        """Take one step between two looks."""
        before = self.observe(step.observation)
        note = isinstance(step, LogOnlyStep)
        assert step.state(before) is (State.AFTER if note else State.BEFORE), step
        permit = Permit.of(AUTO, self.ref, datetime.now(UTC) + timedelta(days=1))
        made = self.cloud.apply(self.ref, step, {}, permit)
        assert note or made.requests, "each call is recorded by its request id"
        after = self.observe(step.observation)
        assert step.state(after) is State.AFTER, step
        assert after == step.effect(before), step

    def fix(self, id_: str) -> tuple[Step, ...]:
        """Carry out a remediation and give back what it did."""
        remediation = load(id_)
        incident = Incident("inc-1", datetime.now(UTC), choices=HARDEN_IDENTITY.choose(DAYS))
        before = self.observe(*remediation.observations)
        steps = remediation.plan(before, incident)
        for step in steps:
            self.take(step)
        done = replace(incident, past=steps)
        assert remediation.plan(self.observe(*remediation.observations), done) == ()
        way = undo(steps, self.observe(*remediation.observations))
        assert (way.drifted, way.settling) == ((), ())
        for step in way.steps:
            self.take(step)
        assert self.observe(*remediation.observations) == before
        return steps


@pytest.fixture
def iam(aws: LocalAws) -> IAMClient:
    made: IAMClient = aws.client("iam")
    return made


@pytest.fixture
def user(aws: LocalAws, iam: IAMClient) -> tuple[str, str]:
    """A user's name and unique id; one key of two is active."""
    name = f"t-{uuid.uuid4().hex[:8]}"
    made = iam.create_user(UserName=name, Path="/team/")["User"]
    for status in ("Active", "Inactive"):
        key = iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"]
        iam.update_access_key(UserName=name, AccessKeyId=key, Status=status)
    assert aws.account in made["Arn"]
    return name, made["UserId"]


@pytest.mark.parametrize("by", [0, 1], ids=["name", "id"])
def test_the_active_key_of_a_user_goes_and_comes_back_by_name_and_by_id(
    aws: LocalAws, user: tuple[str, str], by: int
) -> None:
    case = Case(aws, UserRef(aws.account, GLOBAL, user[by]))
    seen = case.observe(UserKeys)[UserKeys]
    assert (seen.user, [key.used for key in seen.keys]) == (user[0], [None, None])
    assert all(key.created for key in seen.keys)
    notice, off = case.fix("deactivate-unused-keys")
    assert [type(one).__name__ for one in (notice, off)] == ["GiveNotice", "DeactivateUnusedKey"]


@pytest.mark.parametrize("id_", ["nobody", "AIDANOBODYATALLEXAMPL"])
@pytest.mark.parametrize("facet", [UserKeys, PasswordUse])
def test_a_user_who_does_not_exist_is_gone(aws: LocalAws, id_: str, facet: type[Observation]) -> None:
    with pytest.raises(NotFound):
        Case(aws, UserRef(aws.account, GLOBAL, id_)).observe(facet)


def test_a_password_is_seen_with_the_day_it_was_made(
    aws: LocalAws, iam: IAMClient, user: tuple[str, str]
) -> None:
    case = Case(aws, UserRef(aws.account, GLOBAL, user[0]))
    assert case.observe(PasswordUse)[PasswordUse] == PasswordUse(user[0])
    iam.create_login_profile(UserName=user[0], Password="correct-Horse-7")
    seen = case.observe(PasswordUse)[PasswordUse]
    assert (seen.user, seen.used) == (user[0], None)
    assert seen.created


def test_where_there_is_no_password_policy_one_is_made_and_deleted_again(aws: LocalAws) -> None:
    case = Case(aws, AccountRef(aws.account, GLOBAL, aws.account))
    (step,) = case.fix("set-password-policy")
    assert step.diff()[0] == "IAM's default"
    assert case.observe(PasswordPolicy)[PasswordPolicy] == PasswordPolicy()


def test_a_password_policy_that_was_there_comes_back_as_it_was(aws: LocalAws, iam: IAMClient) -> None:
    iam.update_account_password_policy(
        MinimumPasswordLength=9, RequireNumbers=True, AllowUsersToChangePassword=True
    )
    case = Case(aws, AccountRef(aws.account, GLOBAL, aws.account))
    case.fix("set-password-policy")
    found = iam.get_account_password_policy()["PasswordPolicy"]
    assert (found["MinimumPasswordLength"], found["ExpirePasswords"]) == (9, False)
    iam.delete_account_password_policy()


def test_the_review_lists_who_has_an_active_key(aws: LocalAws, iam: IAMClient, user: tuple[str, str]) -> None:
    iam.create_user(UserName=f"{user[0]}-keyless")
    assert HARDEN_IDENTITY.review
    case = Case(aws, UserRef(aws.account, GLOBAL, user[0]))
    listed = case.cloud.listed(aws.account, GLOBAL, HARDEN_IDENTITY.review).refs
    assert case.ref in listed
    assert not any(ref.id.endswith("-keyless") for ref in listed)
