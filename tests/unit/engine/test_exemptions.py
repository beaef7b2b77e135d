"""An exemption of a user or role covers its keys, sessions and login. A person decides about break-glass."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ringfence.engine.intake import ExecutionContext, Skipped, answers
from ringfence.engine.ports import Ports
from ringfence.engine.run import Engine
from ringfence.handlers.operator_requests import run_request
from ringfence.model.errors import Refused
from ringfence.model.finding import Finding
from ringfence.model.kinds.access_key import AccessKeyRef
from ringfence.model.observation import ResourceState
from ringfence.model.subject import GLOBAL
from ringfence.observations.iam.access_key import AccessKey, Key
from ringfence.observations.iam.denial import Denial
from ringfence.observations.iam.principals import ROLE, USER, Holder
from ringfence.policy.circumstances import Circumstances
from ringfence.policy.decision import DecisionCode, Mode
from ringfence.policy.policy import Policy
from ringfence.policy.protection import Exempt, OwnRoles
from ringfence.record.approval_facts import ApprovalRequested
from ringfence.record.chain import ChainKey
from ringfence.record.facts import DecisionMade, Intended, Planned, RunRequested
from ringfence.runbooks.contain_credentials import CONTAIN_CREDENTIALS
from tests.support.fakes.memory_cloud import MemoryCloud
from tests.support.fakes.memory_log import MemoryLog
from tests.support.strategies.contain_credentials import busy
from tests.support.strategies.credentials import ACCOUNT, DEPLOY, KEY, NAMED, PERSON, WEB
from tests.support.worlds import LEASE, NOON, Ticking

if TYPE_CHECKING:
    from ringfence.engine.results import ResponseResult
    from ringfence.model.subject import PrincipalRef
    from ringfence.record.history import History

OPS = Holder(ROLE, "break-glass", WEB.id, "/ops/")
CDK = f"cdk-hnb659fds-deploy-role-{ACCOUNT}-eu-west-1"
EMERGENCY = {
    "the CDK's deploy role": Holder(ROLE, CDK, WEB.id),
    "the organization's role": Holder(ROLE, "OrganizationAccountAccessRole", WEB.id),
    "Control Tower's role": Holder(ROLE, "AWSControlTowerExecution", WEB.id),
}


class Home:
    """One principal, and a policy that acts on everything but what it exempts."""

    def __init__(self, ref: PrincipalRef, denial: Denial, *exempt: Exempt) -> None:
        self.ref, self.clock, self.log = ref, Ticking(NOON), MemoryLog()
        self.cloud = MemoryCloud(busy(ref, denial), self.clock)
        self.policy = Policy((ACCOUNT,), default=Mode.AUTO, exempt=exempt)
        self.ports = Ports(self.cloud, self.log, self.clock, lambda jobs: [job() for job in jobs])

    def report(self) -> None:
        now = self.clock()
        finding = Finding(
            "aws.x", "f-1", "t", 8.0, ACCOUNT, GLOBAL, "exposed", now, now, subjects=(self.ref,)
        )
        context = ExecutionContext(f"a-{now}", "test", now + LEASE, Circumstances(now))
        for one in answers(finding, "{}", CONTAIN_CREDENTIALS, self.policy, context):
            assert not isinstance(one, Skipped)
            Engine(self.ports).respond(one)
        self.clock.tick(minutes=5)

    def run(self, *, dry_run: bool = False, despite: bool = False) -> ResponseResult:
        ref = self.ref
        subject = {"kind": ref.kind, "account": ref.account, "region": ref.region, "id": ref.id}
        body: dict[str, object] = {"runbook": CONTAIN_CREDENTIALS.id, "subject": subject}
        body |= {"reason": "it is the intruder", "dry_run": dry_run, "despite_exempt": despite}
        context = ExecutionContext(f"r-{self.clock()}", "kim", self.clock() + LEASE)
        catalogue = {CONTAIN_CREDENTIALS.id: CONTAIN_CREDENTIALS}
        asked = run_request(body, catalogue, self.policy, context, direct=False)
        result = Engine(self.ports).respond(asked.response_request)
        self.clock.tick(minutes=5)
        return result

    @property
    def history(self) -> History:
        return self.log.read(ChainKey(CONTAIN_CREDENTIALS.id, self.ref.key))

    @property
    def decisions(self) -> list[tuple[Mode, DecisionCode]]:
        return [(one.decision.mode, one.decision.code) for one in self.history.of(DecisionMade)]


def exempt(subject: str, *remediations: str) -> Exempt:
    return Exempt(subject, "nobody touches it", remediations=remediations)


HELD = {
    "a key of a user": (KEY, Denial(DEPLOY), "iam-user/*/*/deploy"),
    "a key whose user the report does not name": (
        AccessKeyRef(ACCOUNT, GLOBAL, KEY.id),
        Denial(DEPLOY),
        "iam-user/*/*/deploy",
    ),
    "a user with its login": (PERSON, Denial(DEPLOY), "iam-user/*/*/deploy"),
    "a session of a role, by name": (NAMED, Denial(WEB), "iam-role/*/*/web"),
    "a session of a role, by path": (NAMED, Denial(OPS), "iam-role/*/*/ops/*"),
}


@pytest.mark.parametrize(("ref", "denial", "subject"), HELD.values(), ids=HELD)
def test_what_an_exempt_user_or_role_holds_is_left_and_that_is_recorded(
    ref: PrincipalRef, denial: Denial, subject: str
) -> None:
    home = Home(ref, denial, exempt(subject))
    home.report()
    assert home.cloud.calls == []
    assert not home.history.of(Intended)
    assert home.decisions == [(Mode.NOTIFY, DecisionCode.EXEMPT)]
    (made,) = home.history.of(DecisionMade)
    assert made.decision.reason == "the policy exempts it: nobody touches it"


@pytest.mark.parametrize(("ref", "denial", "subject"), HELD.values(), ids=HELD)
def test_a_person_must_insist_on_a_run_on_it_and_that_is_recorded(
    ref: PrincipalRef, denial: Denial, subject: str
) -> None:
    home = Home(ref, denial, exempt(subject))
    shown = home.run(dry_run=True)
    assert shown.exempt == ("the policy exempts it: nobody touches it",)
    assert shown.plans
    with pytest.raises(Refused, match=r"nobody touches it.*--despite-exempt"):
        home.run()
    assert home.cloud.calls == []
    home.run(despite=True)
    assert home.cloud.calls
    assert [one.despite_exempt for one in home.history.of(RunRequested)][-1]


def test_the_name_in_a_report_exempts_nothing() -> None:
    """An intruder who chooses the name must not protect himself by it."""
    forged = replace(NAMED, role="break-glass")
    home = Home(forged, Denial(WEB), exempt("iam-role/*/*/break-glass"))
    home.report()
    assert home.cloud.calls


def test_of_some_remediations_the_others_are_applied() -> None:
    home = Home(KEY, Denial(DEPLOY), exempt("iam-user/*/*/deploy", "deactivate-access-key"))
    home.report()
    assert set(home.decisions) == {(Mode.AUTO, DecisionCode.POLICY), (Mode.NOTIFY, DecisionCode.EXEMPT)}
    (exempted,) = (one for one in home.history.of(DecisionMade) if one.decision.mode is Mode.NOTIFY)
    assert exempted.remediations == ("deactivate-access-key",)


def test_another_user_is_contained() -> None:
    home = Home(KEY, Denial(DEPLOY), exempt("iam-user/*/*/somebody-else"))
    home.report()
    assert home.cloud.calls


@pytest.mark.parametrize("mode", [Mode.APPROVE, Mode.DRY_RUN])
@pytest.mark.parametrize("holder", EMERGENCY.values(), ids=EMERGENCY)
def test_about_what_is_likely_needed_in_an_emergency_a_person_decides(holder: Holder, mode: Mode) -> None:
    """An intruder may hold it, so the plan is shown to a person, or waits for one."""
    home = Home(NAMED, Denial(holder))
    home.policy = replace(home.policy, held_back=mode)
    home.report()
    assert home.cloud.calls == []
    assert home.decisions == [(mode, DecisionCode.EMERGENCY)]
    assert bool(home.history.of(ApprovalRequested)) is mode.asks
    assert any(one.steps for one in home.history.of(Planned))
    with pytest.raises(Refused, match=r"--despite-exempt"):
        home.run()
    home.run(despite=True)
    assert home.cloud.calls


def test_about_a_user_who_operates_ringfence_a_person_decides() -> None:
    home = Home(PERSON, Denial(DEPLOY, operator=True))
    home.report()
    assert home.decisions == [(Mode.APPROVE, DecisionCode.EMERGENCY)]
    assert home.cloud.calls == []


@pytest.mark.parametrize(("account", "acts"), [(ACCOUNT, False), ("999900001111", True)])
def test_a_policy_that_is_named_like_one_for_operators_counts_in_the_home_account_only(
    account: str,
    acts: bool,  # noqa: FBT001 - a table
) -> None:
    """In another account, an intruder who may create policies chooses their names."""
    home = Home(PERSON, Denial(DEPLOY, operator=True))
    home.policy = replace(home.policy, own=OwnRoles(account))
    home.report()
    assert bool(home.cloud.calls) is acts


@pytest.mark.parametrize(
    "holder",
    [
        Holder(ROLE, "cdk-evil", WEB.id),
        Holder(ROLE, CDK.replace(ACCOUNT, "999900001111"), WEB.id),
        Holder(ROLE, CDK.replace("hnb659fds", "mine"), WEB.id),
        Holder(ROLE, "OrganizationAccountAccessRole", WEB.id, "/mine/"),
        Holder(USER, "OrganizationAccountAccessRole", DEPLOY.id),
    ],
    ids=lambda one: one.name,
)
def test_a_similar_name_is_not_enough(holder: Holder) -> None:
    home = Home(NAMED if holder.kind == ROLE else PERSON, Denial(holder))
    home.report()
    assert home.cloud.calls


def test_the_role_of_a_deployment_has_the_qualifier_with_which_ringfence_was_synthesized() -> None:
    """An intruder who may create roles chooses another one, and nothing would be done without a person."""
    for qualifier, acts in (("mine", False), ("hnb659fds", True)):
        role = Holder(ROLE, CDK.replace("hnb659fds", qualifier), WEB.id)
        home = Home(NAMED, Denial(role))
        home.policy = replace(home.policy, own=OwnRoles(ACCOUNT, qualifier="mine"))
        home.report()
        assert bool(home.cloud.calls) is acts


def test_a_key_of_no_user_is_held_by_nobody() -> None:
    state = ResourceState(KEY).with_observation(AccessKey("", (Key(KEY.id, "Active"),)))
    assert state.holders() == ()


@pytest.mark.parametrize(("ref", "denial", "subject"), HELD.values(), ids=HELD)
def test_what_is_protected_is_changed_by_nobody_not_even_by_a_person(
    ref: PrincipalRef, denial: Denial, subject: str
) -> None:
    home = Home(ref, denial, replace(exempt(subject), protected=True, owner="ops"))
    home.report()
    assert home.decisions == [(Mode.NOTIFY, DecisionCode.PROTECTED)]
    for despite in (False, True):
        shown = home.run(dry_run=True, despite=despite)
        assert shown.exempt == ("the policy protects it: nobody touches it (owner: ops)",)
        assert shown.protected
        with pytest.raises(Refused, match=r"take it out of the policy's `protected`"):
            home.run(despite=despite)
    assert home.cloud.calls == []


def test_a_session_of_a_role_of_this_deployment_is_protected_by_the_role_that_aws_names() -> None:
    """The report names no role, so only the read shows whose session it is."""
    own = Holder(ROLE, "ringfence-contain-credentials", WEB.id)
    home = Home(replace(NAMED, role=""), Denial(own))
    home.policy = replace(home.policy, own=OwnRoles("", (own.name,)))
    home.report()
    assert home.cloud.calls == []
    assert home.decisions == [(Mode.NOTIFY, DecisionCode.PROTECTED)]


def test_an_exemption_that_has_expired_exempts_nothing() -> None:
    home = Home(KEY, Denial(DEPLOY), replace(exempt("iam-user/*/*/deploy"), expires="2026-02-28"))
    home.report()
    assert home.cloud.calls
