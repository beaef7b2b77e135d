"""The scheduled look at target groups: what is sent, read, written, and tried again."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from ringfence.handlers.members import AGAIN, MemberLook
from ringfence.handlers.parts import DUE, MEMBERS, TRIES, Part, part_of
from ringfence.model.errors import AccessDenied
from ringfence.observations.ec2.members import ListedMembers, Member
from ringfence.policy.limits import NO_LIMITS, Limits
from ringfence.policy.policy import Policy
from ringfence.runbooks.contain_instance import CONTAIN_INSTANCE
from tests.support.fakes.audit_home import in_turn
from tests.support.fakes.memory_cloud import MemoryCloud
from tests.support.samples.hardening import HARDEN
from tests.support.worlds import REF
from tests.unit.engine.test_hardening import Home

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pytest

    from ringfence.model.reviews import Listed, Review
    from ringfence.record.chain import ChainKey, Members, Slot

OTHER = replace(REF, id="i-0000000000000000b")
SIZE = f"limit/target-group/{REF.account}/{REF.region}/web/size/0"


@dataclass
class Cloud(MemoryCloud):
    """A cloud with these instances in each place."""

    members: tuple[Member, ...] = ()
    unread: tuple[str, ...] = ()
    denies: bool = False

    def listed(self, account: str, region: str, review: Review) -> Listed:
        assert review.name == "target-groups"
        if self.denies:
            raise AccessDenied(f"sts:AssumeRole of {account} in {region}: AccessDenied")
        return ListedMembers(tuple(one.ref for one in self.members), self.unread, self.members)


@dataclass
class Memory:
    """What is kept. `written` is the number of items that were written."""

    members: dict[ChainKey, Members] = field(default_factory=dict)
    slots: dict[str, Slot] = field(default_factory=dict)
    written: int = 0

    def read(self, keys: Iterable[ChainKey]) -> Mapping[ChainKey, Members]:
        return {key: self.members[key] for key in keys if key in self.members}

    def sizes(self, keys: Iterable[str]) -> Mapping[str, Slot]:
        return {key: self.slots[key] for key in keys if key in self.slots}

    def write(self, members: Mapping[ChainKey, Members], sizes: Mapping[str, Slot]) -> None:
        self.written += len(members) + len(sizes)
        self.members.update(members)
        self.slots.update(sizes)


class Looked:
    """A look, its memory, and the messages that it sent."""

    def __init__(self, *members: Member, policy: Policy | None = None) -> None:
        home = Home()
        self.clock, self.memory = home.clock, Memory()
        self.cloud = Cloud(home.cloud.world, home.clock, members=members)
        self.sent: list[tuple[str, int]] = []
        ports = replace(home.engine.ports, cloud=self.cloud)
        given = policy or Policy((REF.account,))
        self.look = MemberLook(CONTAIN_INSTANCE, given, ports, self.memory, in_turn, self._send)

    def _send(self, text: str, seconds: int) -> None:
        self.sent.append((text, seconds))

    def parts(self) -> list[Part]:
        """Take the messages that were sent."""
        texts, self.sent = self.sent, []
        return [one for text, _ in texts if (one := part_of(text, CONTAIN_INSTANCE.id, self.clock()))]

    def work(self, part: Part | None = None) -> int:
        due = self.clock() + DUE
        part = part or Part(MEMBERS, CONTAIN_INSTANCE.id, due, REF.account, REF.region)
        return self.look.work(part, REF.region)

    def known(self, ref: object = REF) -> tuple[tuple[str, int], ...]:
        (found,) = [one for key, one in self.memory.members.items() if key.subject == getattr(ref, "key", "")]
        return found.groups


def test_each_place_of_the_scope_gets_a_message() -> None:
    policy = Policy((REF.account, "444455556666"), ("eu-west-1", "eu-north-1"))
    looked = Looked(policy=policy)
    assert looked.look.begin("eu-west-1") == 4
    assert {(one.kind, one.account, one.region) for one in looked.parts()} == {
        (MEMBERS, account, region) for account in policy.accounts for region in policy.regions
    }


def test_without_a_limit_on_target_groups_nobody_looks() -> None:
    looked = Looked(policy=Policy((REF.account,), limits=NO_LIMITS))
    assert looked.look.begin(REF.region) == 0
    assert not looked.sent


def test_a_runbook_without_groups_looks_at_none() -> None:
    looked = Looked()
    assert replace(looked.look, runbook=HARDEN).begin(REF.region) == 0


def test_what_was_read_is_kept_with_the_sizes() -> None:
    looked = Looked(Member(REF, groups=(("web", 10),)), Member(OTHER))
    assert looked.work() == 2
    assert (looked.known(), looked.known(OTHER)) == ((("web", 10),), ())
    assert looked.memory.slots[SIZE].owner == "10"


def test_only_what_has_changed_or_is_a_day_old_is_written() -> None:
    looked = Looked(Member(REF, groups=(("web", 10),)), Member(OTHER))
    looked.work()
    looked.memory.written = 0
    looked.clock.tick(hours=1)
    looked.work()
    assert looked.memory.written == 0
    looked.cloud.members = (Member(REF), Member(OTHER))
    looked.work()
    assert looked.memory.written == 1
    looked.clock.tick(hours=AGAIN // timedelta(hours=1))
    looked.work()
    assert looked.memory.written == 3


def test_a_smaller_group_counts_at_once_and_a_larger_one_after_a_day() -> None:
    """Who may register targets could raise the share of a group otherwise."""
    looked = Looked(Member(REF, groups=(("web", 10),)))
    looked.work()
    for size, hours, counts in ((50, 1, 10), (5, 1, 5), (50, 1, 5), (50, 24, 50)):
        looked.cloud.members = (Member(REF, groups=(("web", size),)),)
        looked.clock.tick(hours=hours)
        looked.work()
        assert looked.known() == (("web", counts),)


def test_what_stands_for_unknown_groups_has_no_size() -> None:
    looked = Looked(Member(REF, groups=(("unknown/vpc-1", 0), ("web", 10))))
    looked.work()
    assert looked.known() == (("unknown/vpc-1", 0), ("web", 10))
    assert set(looked.memory.slots) == {SIZE}


def test_a_place_that_does_not_answer_is_tried_again_a_few_times_and_what_was_kept_stays(
    capsys: pytest.CaptureFixture[str],
) -> None:
    looked = Looked(Member(REF, groups=(("web", 10),)))
    looked.work()
    looked.cloud.denies = True
    looked.work()
    tries = 1
    while parts := looked.parts():
        looked.work(parts[0])
        tries += 1
    assert tries == TRIES
    assert looked.known() == (("web", 10),)
    assert "ReviewFailed" in capsys.readouterr().out


def test_a_place_outside_the_scope_and_a_late_message_are_not_looked_at(
    capsys: pytest.CaptureFixture[str],
) -> None:
    looked = Looked(Member(REF))
    part = Part(MEMBERS, CONTAIN_INSTANCE.id, looked.clock() + DUE, "444455556666", REF.region)
    assert looked.work(part) == 0
    assert looked.work(replace(part, account=REF.account, due=looked.clock())) == 0
    assert not looked.memory.written
    assert "ReviewFailed" in capsys.readouterr().out


def test_what_could_not_be_read_rings_the_alarm(capsys: pytest.CaptureFixture[str]) -> None:
    looked = Looked(Member(REF))
    looked.cloud.unread = ("3 target groups were not read",)
    assert looked.work() == 1
    assert "ReviewFailed" in capsys.readouterr().out


def test_the_limits_that_are_on_by_default_need_the_look() -> None:
    assert Looked(policy=Policy((REF.account,), limits=Limits())).look.begin(REF.region) == 1
