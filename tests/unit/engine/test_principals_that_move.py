"""An intruder deletes its key or renames its user: before the response, and after it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ringfence.engine.intake import ExecutionContext, resumed, resumption
from ringfence.engine.ports import Ports
from ringfence.engine.recheck import Rechecker
from ringfence.engine.recheck_results import RecheckRequest, RecheckResult, Standing
from ringfence.engine.release import Releaser, ResponseRelease
from ringfence.engine.run import Engine
from ringfence.events.cloudtrail.parser.undoing import Undoing
from ringfence.model.kinds import parse_key
from ringfence.model.kinds.access_key import AccessKeyRef
from ringfence.model.kinds.iam_user import UserRef
from ringfence.model.subject import GLOBAL
from ringfence.observations.iam.reach import Reach, reach_of
from ringfence.policy.decision import Mode
from ringfence.policy.policy import Policy
from ringfence.policy.rules import Rule
from ringfence.record.chain import ChainKey
from ringfence.record.containments import is_contained
from ringfence.record.facts import Closed, ContainmentBroken, RunRequested
from ringfence.record.notices import notice
from ringfence.record.status import IncidentStatus
from tests.support.fakes.memory_log import MemoryLog
from tests.support.fakes.small_iam import ACCOUNT, SmallIam, User
from tests.support.worlds import LEASE, NOON, Ticking, finding, order
from tests.unit.engine.test_false_safety_of_credentials import RUNBOOK

if TYPE_CHECKING:
    from ringfence.model.subject import PrincipalRef
    from ringfence.record.history import History

ID, OTHER_ID = "AIDAIOSFODNN7EXAMPLE", "AIDAI44QH8DHBEXAMPLE"
KEY = AccessKeyRef(ACCOUNT, GLOBAL, "AKIAIOSFODNN7EXAMPLE", "deploy", ID)
PERSON = UserRef(ACCOUNT, GLOBAL, "deploy", ID)
SUBJECTS: dict[str, PrincipalRef] = {"key": KEY, "user": PERSON}
POLICY = Policy((ACCOUNT,), rules=(Rule(Mode.AUTO),))
WHO = f"arn:aws:iam::{ACCOUNT}:user/mallory"
EACH = pytest.mark.parametrize("ref", SUBJECTS.values(), ids=SUBJECTS)


class Account:
    """An account with the user `deploy`, its leaked key, and another user."""

    def __init__(self, ref: PrincipalRef) -> None:
        self.ref, self.clock, self.log, self.number = ref, Ticking(), MemoryLog(), 0
        self.iam = SmallIam(self.clock)
        self.iam.users = {"deploy": User(ID, {KEY.id: "Active"}), "innocent": User(OTHER_ID)}
        self.ports = Ports(self.iam, self.log, self.clock, lambda jobs: [job() for job in jobs])  # type: ignore[arg-type]  # reviews are not asked for

    @property
    def history(self) -> History:
        return self.log.read(ChainKey(RUNBOOK.id, self.ref.key))

    @property
    def user(self) -> User:
        return next(one for one in self.iam.users.values() if one.id == ID)

    def is_denied(self, user: User) -> bool:
        documents = (*user.policies.values(), *(self.iam.managed[arn] for arn in user.attached))
        reached = filter(None, (reach_of(str(one)) for one in documents))
        return any(one.covers(Reach(before=NOON)) for one in reached)

    def respond(self, times: int = 2) -> IncidentStatus:
        """Respond to the finding, and to its redeliveries."""
        for _ in range(times):
            given = order(self.clock(), received=finding(subjects=(self.ref,)), runbook=RUNBOOK)
            given = replace(given, ref=self.ref, attempt=self._attempt(), choices=RUNBOOK.choose({}))
            status = Engine(self.ports).respond(given).status
            self.clock.tick(seconds=70)
        return status

    def recheck(self, call: str = "") -> RecheckResult:
        """Verify again. The list of containments contains the key of the subject alone."""
        self.clock.tick(minutes=5)
        cause = Undoing(call, WHO, "203.0.113.9", self.clock(), f"e-{self.number}", ACCOUNT, frozenset())
        asked = RecheckRequest(
            RUNBOOK,
            parse_key(self.ref.key),
            self.history.incident,
            POLICY,
            ExecutionContext(self._attempt(), "test", self.clock() + LEASE),
            cause if call else None,
        )
        return Rechecker(self.ports).recheck(asked)

    def resume(self, result: RecheckResult, times: int = 2) -> None:
        assert result.follows
        message = resumption(result.follows)
        for _ in range(times):
            self.clock.tick(seconds=10)
            execution = ExecutionContext(self._attempt(), "test", self.clock() + LEASE)
            Engine(self.ports).respond(resumed(message, RUNBOOK, execution))

    def release(self) -> IncidentStatus:
        self.clock.tick(minutes=5)
        return (
            Releaser(self.ports)
            .release(
                ResponseRelease(
                    runbook=RUNBOOK.id,
                    ref=parse_key(self.ref.key),
                    incident=self.history.incident,
                    attempt=self._attempt(),
                    actor="arn:aws:sts::111122223333:assumed-role/oncall/kim",
                    until=self.clock() + LEASE,
                    request=RunRequested("release", "it was rebuilt"),
                )
            )
            .status
        )

    def told(self) -> str:
        entries = self.history.entries
        found = (notice(entries[: number + 1]) for number in range(len(entries)))
        return "\n".join(f"{one.subject}\n{one.text}" for one in found if one)

    def _attempt(self) -> str:
        self.number += 1
        return f"a-{self.number}"


def test_a_key_that_was_deleted_before_the_finding_leads_to_the_denial_of_its_users_sessions() -> None:
    """GetSessionToken, then DeleteAccessKey on oneself: the session is valid for 36 hours."""
    account = Account(KEY)
    del account.user.keys[KEY.id]
    assert account.respond() is IncidentStatus.COMPLETE
    assert account.is_denied(account.user)
    assert not account.is_denied(account.iam.users["innocent"])
    assert is_contained(account.history)
    assert "[info, high] contained" in account.told()


@EACH
def test_a_user_that_renamed_itself_before_the_finding_is_contained(ref: PrincipalRef) -> None:
    account = Account(ref)
    account.iam.rename("deploy", "backup")
    assert account.respond() is IncidentStatus.COMPLETE
    assert account.is_denied(account.user)
    assert ref is PERSON or account.user.keys == {KEY.id: "Inactive"}


@EACH
def test_somebody_who_was_given_the_name_of_the_user_is_left_alone(ref: PrincipalRef) -> None:
    account = Account(ref)
    account.user.keys.clear()
    account.iam.rename("deploy", "backup")
    account.iam.rename("innocent", "deploy")
    account.respond()
    assert account.is_denied(account.user)
    assert not account.iam.users["deploy"].policies


def test_a_deleted_key_is_contained_by_a_continuation_which_knows_no_more_than_the_key() -> None:
    account = Account(KEY)
    del account.user.keys[KEY.id]
    received = finding(subjects=(KEY,))
    given = order(account.clock(), received=received, runbook=RUNBOOK)
    given = replace(given, ref=KEY, choices=RUNBOOK.choose({}), stages=1)
    report = Engine(account.ports).respond(given)
    assert not account.is_denied(account.user)
    account.resume(
        RecheckResult(
            Standing.BROKEN, report.incident, follows=replace(given, incident=report.incident, decision=None)
        )
    )
    assert account.is_denied(account.user)


@EACH
def test_nobody_is_called_contained_if_the_user_cannot_be_found_and_an_urgent_notice_says_so(
    ref: PrincipalRef,
) -> None:
    account = Account(ref)
    del account.iam.users["deploy"]
    assert account.respond() is IncidentStatus.CLOSED
    assert account.history.of(Closed)
    told = account.told()
    assert "[URGENT, high] subject gone, NOT contained" in told
    assert "deploy" in told
    assert ID in told
    assert "[info, high] contained" not in told


@EACH
@pytest.mark.parametrize("call", ["", "iam:DeleteUserPolicy"])
@pytest.mark.parametrize("moves", ["renamed", "key deleted", "both"])
def test_a_containment_that_is_undone_after_the_principal_moved_is_restored(
    ref: PrincipalRef, moves: str, call: str
) -> None:
    account = Account(ref)
    account.respond()
    assert account.is_denied(account.user)
    if moves != "renamed":
        account.user.keys.clear()
    if moves != "key deleted":
        account.iam.rename("deploy", "backup")
    account.user.policies.clear()
    result = account.recheck(call)
    assert (result.standing, result.answered) == (Standing.BROKEN, True)
    assert account.history.of(ContainmentBroken)[0].who == (WHO if call else "")
    account.resume(result)
    assert account.is_denied(account.user)
    assert is_contained(account.history)
    assert not account.history.of(Closed)
    assert "[URGENT, high] containment undone" in account.told()


@EACH
def test_a_renaming_undoes_nothing_and_later_calls_are_heard_by_the_new_name(ref: PrincipalRef) -> None:
    account = Account(ref)
    account.respond()
    account.iam.rename("deploy", "backup")
    result = account.recheck("iam:UpdateUser")
    assert (result.standing, result.whole) == (Standing.CONTAINED, True)
    assert "backup" in result.names


@EACH
def test_a_contained_principal_that_is_deleted_is_told(ref: PrincipalRef) -> None:
    account = Account(ref)
    account.respond()
    del account.iam.users["deploy"]
    result = account.recheck()
    assert result.standing is Standing.GONE
    account.resume(result)
    assert account.history.of(Closed)
    assert "[URGENT, high] subject gone, incident closed" in account.told()


@EACH
def test_a_release_restores_the_user_under_its_new_name_and_nobody_else(ref: PrincipalRef) -> None:
    account = Account(ref)
    account.respond()
    account.iam.rename("deploy", "backup")
    account.iam.rename("innocent", "deploy")
    theirs = dict(account.user.policies)
    account.iam.users["deploy"].policies = dict(theirs)
    assert account.release() is IncidentStatus.RELEASED
    assert not account.user.policies
    assert account.user.keys == {KEY.id: "Active"}
    assert account.iam.users["deploy"].policies == theirs
