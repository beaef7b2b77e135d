"""What those who pause ask for: every field is checked, and everything is shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from ringfence.engine.pauses import key_of
from ringfence.handlers.operator_types import Forbidden
from ringfence.handlers.pauses import PauseService
from ringfence.model.errors import BadInput, Refused, RingfenceError
from ringfence.policy.policy import Policy
from ringfence.record.deployment_facts import PausesChanged
from ringfence.record.pausing import LONGEST, MOST, USUAL
from ringfence.runbooks.catalogue import CATALOGUE
from tests.support import pauses
from tests.support.fakes.memory_cloud import MemoryCloud
from tests.support.fakes.memory_log import MemoryLog
from tests.support.worlds import REF, Ticking, estate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ringfence.record.chain import ChainKey, Entry, Lease, Slot
    from ringfence.record.history import History

INCIDENT = "inc-20260131T235959.000000-0123456789"
WHY = {"reason": "a deployment"}


class Desk:
    """The service, for a person who asks again and again."""

    def __init__(self) -> None:
        self.clock, self.log = Ticking(), MemoryLog()
        keeper = pauses.keeper(self.log, self.clock, MemoryCloud(estate(), self.clock))
        self.service = PauseService(keeper, CATALOGUE, Policy((REF.account,)))
        self.asked = 0

    def pause(self, who: str = pauses.ANN, **fields: object) -> dict[str, object]:
        self.asked += 1
        context = pauses.context(self.clock(), f"a-{self.asked}")
        return self.service.pause({**WHY, **fields}, replace(context, actor=who))

    def resume(self, **fields: object) -> dict[str, object]:
        self.asked += 1
        return self.service.resume({**WHY, **fields}, pauses.context(self.clock(), f"a-{self.asked}"))


def test_a_pause_lasts_two_hours_unless_the_person_says_otherwise() -> None:
    desk = Desk()
    desk.pause()
    (one,) = desk.log.pauses().active
    assert one.until - one.at == USUAL
    desk.pause(seconds=86_400)
    (one,) = desk.log.pauses().active
    assert one.until - one.at == LONGEST


def test_everything_that_a_person_said_is_recorded_and_shown() -> None:
    desk = Desk()
    answer = desk.pause(runbook="harden-bucket", account=REF.account, seconds=600)
    shown = answer["pauses"]
    assert isinstance(shown, list)
    assert shown[0] == answer["pause"]
    assert shown[0]["scope"] == f"runbook harden-bucket in account {REF.account}"
    assert (shown[0]["who"], shown[0]["reason"]) == (pauses.ANN, "a deployment")
    (changed,) = desk.log.read(key_of(pauses.HOME)).of(PausesChanged)
    assert changed.pause == desk.log.pauses().active[0]
    assert desk.service.listed()["pauses"] == shown


@pytest.mark.parametrize(
    ("fields", "kind", "words"),
    [
        ({"seconds": 59}, BadInput, "seconds"),
        ({"seconds": 86_401}, BadInput, "seconds"),
        ({"seconds": 10**400}, BadInput, "seconds"),
        ({"seconds": "2h"}, BadInput, "seconds"),
        ({"runbook": "no-such"}, BadInput, "runbook"),
        ({"account": "999988887777"}, Forbidden, "scope"),
        ({"incident": "inc-1"}, BadInput, "incident"),
        ({"incident": INCIDENT, "runbook": "harden-bucket"}, BadInput, "combined"),
        ({"reason": " "}, BadInput, "reason"),
        ({"reason": "two\nlines"}, BadInput, "reason"),
        ({"acount": REF.account}, BadInput, "acount"),
    ],
    ids=lambda one: "-".join(one) if isinstance(one, dict) else None,
)
@pytest.mark.parametrize("elsewhere", [False, True], ids=["", "in another account"])
def test_a_wrong_request_pauses_nothing(
    fields: dict[str, object],
    kind: type[RingfenceError],
    words: str,
    elsewhere: bool,  # noqa: FBT001 - a parameter
) -> None:
    """The form is read first, so a wrong request has the same answer in an account outside the scope."""
    desk = Desk()
    fields = {"account": "999988887777", **fields} if elsewhere and "incident" not in fields else fields
    with pytest.raises(kind, match=words):
        desk.service.pause({**WHY, **fields}, pauses.context(desk.clock()))
    assert not desk.log.chains


def test_the_only_pause_needs_no_id_and_several_do() -> None:
    desk = Desk()
    with pytest.raises(BadInput, match="nothing is paused"):
        desk.resume()
    desk.pause(runbook="harden-bucket")
    desk.pause(incident=INCIDENT)
    first, second = desk.log.pauses().active
    with pytest.raises(BadInput, match=f"{first.id}, {second.id}"):
        desk.resume()
    desk.resume(pause=first.id)
    desk.resume()
    assert desk.log.pauses().active == ()
    assert [one.change for one in desk.log.read(key_of(pauses.HOME)).of(PausesChanged)][-2:] == [
        "resumed"
    ] * 2


def test_the_same_person_replaces_a_pause_and_another_one_adds_one() -> None:
    desk = Desk()
    desk.pause(seconds=600)
    desk.clock.tick(minutes=5)
    desk.pause(seconds=900)
    (one,) = desk.log.pauses().active
    assert one.until - desk.clock() == timedelta(seconds=900)
    desk.pause(who="arn:aws:sts::111122223333:assumed-role/oncall/kim")
    assert len(desk.log.pauses().active) == 2


def test_there_are_never_more_pauses_than_the_item_can_contain() -> None:
    desk = Desk()
    for number in range(MOST):
        desk.pause(who=f"arn:aws:iam::111122223333:user/p{number}")
    with pytest.raises(Refused, match=f"{MOST} pauses"):
        desk.pause(who="arn:aws:iam::111122223333:user/one-more")
    assert len(desk.log.pauses().active) == MOST


class Overtaken(MemoryLog):
    """A log in which another person pauses just before the first append of one that is watched."""

    meanwhile: Callable[[], object] | None = None

    def append(
        self,
        key: ChainKey,
        history: History,
        entries: Sequence[Entry],
        lease: Lease | None,
        slots: Sequence[Slot] = (),
    ) -> None:
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile:
            meanwhile()
        super().append(key, history, entries, lease, slots)


@pytest.mark.parametrize("opened", [False, True], ids=["first of the day", "later"])
def test_two_people_who_pause_at_once_both_do(opened: bool) -> None:  # noqa: FBT001 - a case
    desk = Desk()
    log = Overtaken()
    keeper = pauses.keeper(log, desk.clock, MemoryCloud(estate(), desk.clock))
    desk.service, desk.log = PauseService(keeper, CATALOGUE, Policy((REF.account,))), log
    if opened:
        desk.pause(runbook="restore-logging")
    log.meanwhile = lambda: desk.pause(runbook="harden-bucket")
    desk.pause(runbook="contain-instance")
    active = {one.runbook for one in log.pauses().active}
    assert active >= {"harden-bucket", "contain-instance"}
    assert len(active) == 2 + opened


@pytest.mark.parametrize("scope", ["runbook", "account", "incident"])
def test_an_empty_scope_does_not_pause_everything(scope: str) -> None:
    desk = Desk()
    with pytest.raises(BadInput, match=f"{scope}: is required and must be a non-empty string"):
        desk.pause(**{scope: ""})
    assert not desk.log.pauses().active
