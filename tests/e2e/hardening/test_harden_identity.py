"""Identities that break compliance, put right by the deployed functions with IAM enforced."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.local.samples.calls import by_root, call_event, sign_in
from ringfence.local.samples.config import verdict
from ringfence.model.kinds.account import AccountRef
from ringfence.model.kinds.iam_user import UserRef
from ringfence.model.kinds.root import RootRef
from ringfence.model.subject import GLOBAL
from ringfence.record.facts import Closed, DecisionMade, FindingReceived, Released, Verified
from tests.e2e.deployments import watch_root
from tests.e2e.world import Inbox, until
from tests.support.samples.bus import entry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.subject import IdentityRef
    from ringfence.record.history import History
    from tests.e2e.compliance import Compliance

pytestmark = pytest.mark.e2e
RUNBOOK = "harden-identity"
UNUSED = ("securityhub-iam-user-unused-credentials-check-4f2a9c1e", "IAM_USER_UNUSED_CREDENTIALS_CHECK")
POLICY = ("iam-password-policy-conformance-pack-q7w2ex", "IAM_PASSWORD_POLICY")
_names = itertools.count(1)


@dataclass(frozen=True)
class People:
    """The account's users, and what is reported of them."""

    compliance: Compliance

    @property
    def iam(self) -> Any:  # noqa: ANN401 - boto3's clients are made at run time
        return self.compliance.world.client("iam")

    @property
    def account(self) -> str:
        return self.compliance.world.local.account

    def user(self, *statuses: str) -> tuple[UserRef, str]:
        """Make a user with keys of these statuses; return it by its name, and its unique id."""
        name = f"idle-{next(_names)}"
        id_ = self.iam.create_user(UserName=name, Path="/team/")["User"]["UserId"]
        for status in statuses:
            key = self.iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"]
            self.iam.update_access_key(UserName=name, AccessKeyId=key, Status=status)
        return UserRef(self.account, GLOBAL, name), id_

    def keys(self, ref: UserRef) -> list[str]:
        listed = self.iam.list_access_keys(UserName=ref.id)["AccessKeyMetadata"]
        return [key["Status"] for key in listed]

    def judge(self, rule: tuple[str, str], resource_type: str, id_: str) -> None:
        """Let the managed rule judge."""
        region = self.compliance.world.local.region
        event = verdict(rule[0], resource_type, id_, self.account, region, at=now())
        self.compliance.put(entry(event))

    def in_us_east_1(self, event: dict[str, Any]) -> None:
        """Put an event where IAM's, and the root user's sign-ins, are delivered."""
        events = self.compliance.world.local.client("events", region=GLOBAL)
        assert events.put_events(Entries=[entry(event)])["FailedEntryCount"] == 0

    def review(self) -> None:
        """Have the function of the schedule look now."""
        self.compliance.review(RUNBOOK)

    def over(self, ref: IdentityRef) -> History:
        return self.compliance.over(RUNBOOK, ref)

    def after(self, ref: IdentityRef, earlier: str) -> History:
        """Wait until the response to another incident than an earlier one is complete."""

        def is_over(found: History) -> bool:
            return found.incident != earlier and found.completed_at is not None

        return self.compliance.when(RUNBOOK, ref, is_over, "complete anew")

    def history(self, ref: IdentityRef) -> History:
        return self.compliance.history(RUNBOOK, ref)

    def policy(self) -> dict[str, Any] | None:
        """Return the account's password policy; None where it has none."""
        try:
            return dict(self.iam.get_account_password_policy()["PasswordPolicy"])
        except self.iam.exceptions.NoSuchEntityException:
            return None

    def release(self, ref: IdentityRef) -> None:
        """Undo the newest incident by hand, and prove its chain."""
        words = ("--yes", "--reason", "somebody needs it")
        done = self.compliance.hand.types("release", self.history(ref).incident, *words)
        assert done.returncode == 0, done.stdout + done.stderr
        assert self.history(ref).last(Released) is not None
        self.prove(ref)

    def prove(self, ref: IdentityRef) -> None:
        checked = self.compliance.verdict(RUNBOOK, ref)
        assert checked.sound, checked.claim
        assert checked.archived == checked.entries, checked.claim


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def applied(history: History) -> list[str]:
    return [type(step).__name__ for step in history.steps("applied")]


@pytest.fixture(scope="module")
def people(compliance: Compliance) -> People:
    """Managed rules, and no password policy."""
    found = People(compliance)
    config = compliance.world.client("config")
    for name, identifier in (UNUSED, POLICY):
        rule = {"ConfigRuleName": name, "Source": {"Owner": "AWS", "SourceIdentifier": identifier}}
        if identifier == UNUSED[1]:
            rule["InputParameters"] = json.dumps({"maxCredentialUsageAge": "90"})
        config.put_config_rule(ConfigRule=rule)
    assert found.policy() is None
    return found


@pytest.mark.shows("deactivate-unused-keys", "report-unused-password")
def test_the_user_whom_config_names_by_id_loses_the_active_key_after_notice_and_gets_it_back(
    people: People,
) -> None:
    ref, id_ = people.user("Active", "Inactive")
    people.iam.create_login_profile(UserName=ref.id, Password="correct-Horse-7")
    people.judge(UNUSED, "AWS::IAM::User", id_)
    history = people.over(ref)
    assert [one for one in applied(history) if one != "NoteRule"][:2] == ["GiveNotice", "DeactivateUnusedKey"]
    assert people.keys(ref) == ["Inactive", "Inactive"]
    verified = history.verified
    assert verified
    assert any(f"user {ref.id} has a password, never used" in words for words in verified.exposure)
    people.release(ref)
    assert people.keys(ref) == ["Active", "Inactive"]
    assert people.iam.get_login_profile(UserName=ref.id)


@pytest.mark.shows("deactivate-unused-keys")
def test_the_nightly_review_finds_who_has_an_unused_key_and_leaves_alone_whom_the_policy_exempts(
    people: People,
) -> None:
    idle, _ = people.user("Active")
    without, _ = people.user("Inactive")
    people.review()
    people.over(idle)
    assert people.keys(idle) == ["Inactive"]
    assert people.history(without).entries == ()
    operator = UserRef(idle.account, GLOBAL, people.compliance.hand.arn.rpartition("/")[2])
    assert people.keys(operator) == ["Active"]
    made = people.history(operator).last(DecisionMade)
    assert made
    assert made.decision.reason == "the policy exempts it: operators of these tests"
    entries = people.history(idle).entries
    people.review()
    assert people.history(idle).entries == entries
    people.prove(idle)


def test_a_user_who_is_gone_closes_the_finding(people: People) -> None:
    ref, id_ = people.user()
    people.iam.delete_user(UserName=ref.id)
    people.judge(UNUSED, "AWS::IAM::User", id_)
    history = people.compliance.when(
        RUNBOOK,
        UserRef(ref.account, GLOBAL, id_),
        lambda found: found.last(Closed) is not None,
        "closed",
    )
    assert history.steps() == ()


@pytest.mark.shows("set-password-policy")
def test_an_account_without_a_password_policy_gets_one_and_a_release_leaves_none(people: People) -> None:
    ref = AccountRef(people.account, GLOBAL, people.account)
    people.judge(POLICY, "AWS::::Account", people.account)
    people.over(ref)
    found = people.policy()
    assert found
    assert (found["MinimumPasswordLength"], found["PasswordReusePrevention"]) == (14, 24)
    assert (found["MaxPasswordAge"], found["HardExpiry"], found["RequireSymbols"]) == (90, False, True)
    assert found["AllowUsersToChangePassword"] is True, "who may not change a password would be locked out"
    people.release(ref)
    assert people.policy() is None


@pytest.mark.shows("set-password-policy")
def test_a_policy_that_somebody_weakens_or_deletes_is_put_right_and_what_was_demanded_stays(
    people: People,
) -> None:
    """IAM's calls are recorded in us-east-1 alone, and come home from there: the local trail records them."""
    ref = AccountRef(people.account, GLOBAL, people.account)
    first = people.history(ref).incident
    people.iam.update_account_password_policy(
        MinimumPasswordLength=20, MaxPasswordAge=30, AllowUsersToChangePassword=True
    )
    second = people.after(ref, first).incident
    raised = people.policy()
    assert raised
    assert (raised["MinimumPasswordLength"], raised["MaxPasswordAge"]) == (20, 30)
    assert (raised["PasswordReusePrevention"], raised["AllowUsersToChangePassword"]) == (24, True)
    people.release(ref)
    as_weakened = people.policy()
    assert as_weakened
    assert (as_weakened["MinimumPasswordLength"], as_weakened["MaxPasswordAge"]) == (20, 30)
    assert not as_weakened["RequireSymbols"]
    assert "PasswordReusePrevention" not in as_weakened

    people.iam.delete_account_password_policy()
    people.after(ref, second)
    replaced = people.policy()
    assert replaced
    assert replaced["MinimumPasswordLength"] == 14


@pytest.fixture
def root_is_watched(people: People) -> Iterator[None]:
    """The rules for uses of the root user, which are otherwise off in these tests."""
    watch_root(people.compliance.world.local, on=True)
    yield
    watch_root(people.compliance.world.local, on=False)


@pytest.mark.usefixtures("root_is_watched")
@pytest.mark.shows("report-root-use")
def test_of_root_use_a_person_is_told_once_a_day_and_what_an_hour_brings_is_one_entry(people: People) -> None:
    """The owner of the local AWS is its root user: this is another day than those of the other tests."""
    inbox, day = Inbox(people.compliance.world), "2026-03-01"
    ref = RootRef(people.account, GLOBAL, "root")
    people.in_us_east_1(sign_in(account=people.account, at=f"{day}T12:00:00Z"))
    people.compliance.when(RUNBOOK, ref, lambda found: len(of_day(found, day)) == 1, "known")
    for minute in (10, 20, 30):
        at = f"{day}T12:{minute}:00Z"
        event = call_event("ec2", "CreateVpc", None, identity=by_root(people.account), at=at, read_only=True)
        people.compliance.put(entry(event))
    people.compliance.when(RUNBOOK, ref, lambda found: len(of_day(found, day)) == 2, "known")
    people.compliance.quiet(RUNBOOK)
    assert len(of_day(people.history(ref), day)) == 2

    about = f"root user of account {people.account} was used on {day}: ask the owner"
    until(lambda: inbox.told(about), "a person was told")
    assert inbox.told(about) == [f"[action, critical] decision needed: root ({people.account} {GLOBAL})"]
    history = people.history(ref)
    assert {made.decision.mode for made in history.of(DecisionMade)} == {"notify"}
    assert history.last(Verified) is None
    people.prove(ref)


def of_day(history: History, day: str) -> list[str]:
    """Return what the log has of root uses on a day."""
    return [one.finding.id for one in history.of(FindingReceived) if one.finding.id.endswith(day)]
