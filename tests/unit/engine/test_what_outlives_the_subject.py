"""The end of a subject does not end the watch over what exists without it, and a person is told of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from ringfence.engine.intake import ExecutionContext, resumed, resumption
from ringfence.engine.recheck_results import RecheckRequest, RecheckResult, Standing
from ringfence.events.cloudtrail.parser.undoing import Undoing
from ringfence.model.errors import AccessDenied, Retryable
from ringfence.model.observation import ResourceState
from ringfence.observations.iam.identity import Identity
from ringfence.observations.iam.role_sessions import RoleSessions
from ringfence.policy.decision import Mode
from ringfence.policy.policy import Policy, RunbookSettings
from ringfence.policy.rules import Rule
from ringfence.record.chain import ChainKey
from ringfence.record.containments import is_contained
from ringfence.record.facts import Closed, ContainmentBroken, Missed, SubjectGone
from ringfence.record.notices import notice
from ringfence.remediations.deny_instance_sessions import KEPT
from ringfence.runbooks.contain_instance import CONTAIN_INSTANCE
from tests.support.worlds import LEASE, REF
from tests.unit.engine.test_release_of_what_is_gone import RUNBOOK, SHARED, Terminated

POLICY = Policy(
    (REF.account,), rules=(Rule(Mode.AUTO),), runbooks=((RUNBOOK.id, RunbookSettings(RUNBOOK.ids)),)
)
WHO = f"arn:aws:iam::{REF.account}:user/mallory"


class Watched(Terminated):
    """A terminated instance whose incident is verified again."""

    def __init__(self, *, told: bool = False) -> None:
        super().__init__(told=told)
        self.number = 0

    def recheck(self, call: str = "") -> RecheckResult:
        self.clock.tick(minutes=5)
        self.number += 1
        cause = Undoing(call, WHO, "203.0.113.9", self.clock(), f"e-{self.number}", REF.account, frozenset())
        asked = RecheckRequest(
            CONTAIN_INSTANCE, REF, self.incident, POLICY, self._execution("w"), cause if call else None
        )
        from ringfence.engine.recheck import Rechecker

        return Rechecker(self.engine.ports).recheck(asked)

    def resume(self, result: RecheckResult, times: int = 2) -> None:
        assert result.follows
        message = resumption(result.follows)
        for _ in range(times):
            self.clock.tick(seconds=10)
            self.number += 1
            self.engine.respond(resumed(message, CONTAIN_INSTANCE, self._execution("c")))

    def _execution(self, name: str) -> ExecutionContext:
        return ExecutionContext(f"{name}-{self.number}", "test", self.clock() + LEASE)

    def undo_the_denials(self) -> None:
        assert self.cloud.world
        seen = self.cloud.world[Identity]
        roles = tuple(replace(held, denials=frozenset()) for held in seen.roles)
        self.cloud.world = self.cloud.world.with_observation(replace(seen, roles=roles))

    def is_denied(self) -> bool:
        assert self.cloud.world
        return any(held.denies(REF.id) for held in self.cloud.world[Identity].roles)

    def told(self) -> list[str]:
        entries = self.log.read(ChainKey(RUNBOOK.id, REF.key)).entries
        found = (notice(entries[: number + 1]) for number in range(len(entries)))
        return [one.subject for one in found if one]


@pytest.mark.parametrize("call", ["", "iam:DeleteRolePolicy"])
def test_a_terminated_instance_whose_denial_is_deleted_is_denied_again(call: str) -> None:
    """Its sessions stay valid for hours after its end."""
    gone = Watched()
    assert gone.is_denied()
    gone.undo_the_denials()
    result = gone.recheck(call)
    assert (result.standing, result.answered) == (Standing.BROKEN, True)
    (fact,) = gone.history.of(ContainmentBroken)
    assert fact.who == (WHO if call else "")
    assert any("sessions" in words for words in fact.open)
    gone.resume(result, times=1)
    assert gone.is_denied()
    assert is_contained(gone.history)
    assert gone.history.closed_at is None
    assert "[URGENT, high] containment undone" in "\n".join(gone.told())


def test_a_person_is_told_once_that_the_instance_is_gone_and_what_is_watched() -> None:
    gone = Watched()
    result = gone.recheck()
    assert result.standing is Standing.CONTAINED
    gone.resume(result)
    (fact,) = gone.history.of(SubjectGone)
    assert any("sessions" in words for words in fact.watched)
    assert is_contained(gone.history)
    assert not gone.history.of(Closed)
    assert gone.recheck().follows is None
    assert gone.recheck("iam:DeleteRolePolicy").follows is None
    gone.notice()
    about = [one for one in gone.told() if "subject gone" in one]
    assert len(about) == 1
    assert about[0].startswith("[URGENT, high] subject gone, still watched")


def test_it_is_closed_when_nothing_that_outlived_it_is_left() -> None:
    gone = Watched(told=True)
    gone.cloud.world = None
    result = gone.recheck()
    assert result.standing is Standing.GONE
    assert is_contained(gone.history), "one read can be wrong"
    gone.resume(result)
    assert gone.history.of(Missed)
    assert gone.history.closed_at is not None
    assert gone.told()[-1].startswith("[URGENT, high] subject gone, incident closed")


def test_a_denial_is_watched_until_no_session_can_be_valid() -> None:
    gone = Watched(told=True)
    gone.cloud.world = ResourceState(REF, {Identity: gone.whole[Identity]})
    assert gone.recheck().standing is Standing.CONTAINED
    gone.clock.tick(seconds=(KEPT + timedelta(hours=1)).total_seconds())
    result = gone.recheck()
    assert result.standing is Standing.GONE
    gone.resume(result)
    assert gone.history.closed_at is not None


@pytest.mark.parametrize("error", [Retryable, AccessDenied])
def test_what_cannot_be_read_may_be_there(error: type[Retryable | AccessDenied]) -> None:
    gone = Watched(told=True)
    gone.cloud.unreadable = dict.fromkeys(SHARED, error("not shown"))
    assert gone.recheck().standing is Standing.UNCLEAR
    assert RoleSessions in gone.cloud.unreadable
    gone.notice()
    assert gone.history.closed_at is None
