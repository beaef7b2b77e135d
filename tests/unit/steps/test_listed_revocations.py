"""Many revocations of one role: the list has space for them, loses none, and a release ends its own alone."""

from __future__ import annotations

import json
import random
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from ringfence.model.call import Failed
from ringfence.model.document import Document
from ringfence.model.errors import Refused
from ringfence.model.incident import Incident
from ringfence.model.observation import ResourceState
from ringfence.model.step import State
from ringfence.observations.iam.revocation_list import LIST, MOST_LISTED, listed_in, newest, revocation_list
from ringfence.observations.iam.revocations import PROTECTS, Revocation, holder_of, revocation
from ringfence.observations.iam.role_sessions import RoleSessions, RoleUse, role_use
from ringfence.remediations.revoke_role_sessions import revoke_role_sessions
from ringfence.steps.iam.ended_revocations import ListRoleRevocations
from ringfence.steps.iam.role_sessions import RevokeRoleSessions
from tests.support.strategies.credentials import ROLES
from tests.support.worlds import NOON, REF

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ringfence.model.call import Answer, Call
    from ringfence.model.kinds.instance import InstanceRef
    from ringfence.model.step import Step

ROLE = ROLES[0]
QUOTA = 10_240
"""Characters of all inline policies of a role, without spaces.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""


@dataclass
class Iam:
    """The inline policies of the role, with the quota of IAM. `dies`: after so many calls."""

    policies: dict[str, str] = field(default_factory=dict)
    dies: int | None = None

    def answer(self, call: Call) -> Answer:
        name = str(call.parameters["PolicyName"])
        if self.dies is not None:
            self.dies -= 1
            if self.dies < 0:
                raise InterruptedError
        if call.operation == "PutRolePolicy":
            return self._put(name, str(call.parameters["PolicyDocument"]))
        if name not in self.policies:
            return Failed("NoSuchEntity", "no such policy")
        if call.operation == "DeleteRolePolicy":
            del self.policies[name]
            return Document.of({})
        return Document.of({"PolicyDocument": json.loads(self.policies[name])})

    def _put(self, name: str, text: str) -> Answer:
        new = {**self.policies, name: text}
        if sum(len("".join(one.split())) for one in new.values()) > QUOTA:
            return Failed("LimitExceeded", "the quota of inline policies is reached")
        self.policies = new
        return Document.of({})

    @property
    def use(self) -> RoleUse:
        found = {
            name: Document.of({"PolicyDocument": json.loads(one)}) for name, one in self.policies.items()
        }
        return role_use(ROLE, found.items(), ())

    def apply(self, step: Step) -> None:
        conversation = step.apply({})
        try:
            asked = next(conversation)
            while True:
                asked = conversation.send(tuple(map(self.answer, asked)))
        except StopIteration:
            return


def instance(number: int) -> InstanceRef:
    return replace(REF, id=f"i-{number:017x}")


@dataclass
class Site:
    """Instances that have one role, and that are contained and released."""

    iam: Iam = field(default_factory=Iam)
    past: dict[InstanceRef, tuple[Step, ...]] = field(default_factory=dict)

    def state(self, ref: InstanceRef) -> ResourceState:
        return ResourceState(ref, {RoleSessions: RoleSessions((self.iam.use,))})

    def plan(self, ref: InstanceRef, minutes: int) -> tuple[Step, ...]:
        now = NOON + timedelta(minutes=minutes)
        return revoke_role_sessions.plan(self.state(ref), Incident("inc-1", now, past=self.past.get(ref, ())))

    def contain(self, ref: InstanceRef, minutes: int) -> None:
        """Respond until nothing is left to do: what makes space may be refused."""
        for _ in range(3):
            if not (steps := self.plan(ref, minutes)):
                return
            for step in steps:
                self.try_(ref, step)

    def try_(self, ref: InstanceRef, step: Step) -> None:
        self.past[ref] = (*self.past.get(ref, ()), step)
        with suppress(Refused):
            self.iam.apply(step)

    def release(self, ref: InstanceRef) -> None:
        for step in self.past.pop(ref):
            if isinstance(step, RevokeRoleSessions):
                self.iam.apply(step.inverse())

    def not_denied(self, refs: Iterable[InstanceRef]) -> list[InstanceRef]:
        """Return the instances whose recorded revocation is not there."""
        state = self.state(REF)
        return [ref for ref in refs if self.made(ref).state(state) is not State.AFTER]

    def made(self, ref: InstanceRef) -> Step:
        (made,) = {one for one in self.past[ref] if isinstance(one, RevokeRoleSessions)}
        return made


@pytest.mark.parametrize("others", [0, 5000], ids=["empty", "half full of other policies"])
def test_an_intruder_who_causes_revocations_does_not_fill_the_role(others: int) -> None:
    """Each of 150 instances with the role has its own incident within a week."""
    site = Site(Iam({"of-the-owner": json.dumps({"Statement": "x" * others})}))
    refs = [instance(number) for number in range(MOST_LISTED + 50)]
    for number, ref in enumerate(refs):
        site.contain(ref, number)
        assert not site.plan(ref, number)
    assert site.not_denied(refs) == []
    assert len(site.iam.use.listed) == MOST_LISTED


def test_so_many_at_once_that_none_sees_the_others_do_not_fill_it_for_good() -> None:
    """All plan before any of them has written. Then the policies leave no space for the list."""
    site, refs = Site(), [instance(number) for number in range(60)]
    planned = [(ref, site.plan(ref, 0)) for ref in refs]
    for ref, steps in planned:
        for step in steps:
            site.try_(ref, step)
    late = site.not_denied(refs)
    assert late, "the role is full"
    for ref in late:
        site.contain(ref, 1)
    assert site.not_denied(refs) == []


@pytest.mark.parametrize("seed", range(2))
def test_each_release_ends_its_own_revocation_and_no_other(seed: int) -> None:
    site, refs = Site(), [instance(number) for number in range(40)]
    for number, ref in enumerate(refs):
        site.contain(ref, number)
    random.Random(seed).shuffle(refs)  # noqa: S311 - an order, not a secret
    while refs:
        site.release(refs.pop())
        assert site.not_denied(refs) == []
        held = {holder_of(ref) for ref in refs}
        assert {one.holder for one in site.iam.use.revoked | site.iam.use.listed} == held
    assert site.iam.policies == {}


def newest_denied(policies: Mapping[str, str]) -> str:
    """Return the time before which issued credentials are denied."""
    conditions = (json.loads(one)["Statement"][0]["Condition"]["DateLessThan"] for one in policies.values())
    return max((one["aws:TokenIssueTime"] for one in conditions), default="")


def test_whoever_dies_while_moving_them_denies_no_less_and_the_next_one_ends_it() -> None:
    """Killed at each call: what is denied stays so, and moving again leaves what moving at once does."""
    own = {Revocation(NOON + timedelta(minutes=one), f"{one:010x}") for one in range(11)}
    step = ListRoleRevocations(ROLE, tuple(own), ())
    written = {
        RevokeRoleSessions(ROLE, one.instant, (), before=False, after=True, holder=one.holder) for one in own
    }
    for dies in range(26):
        iam = Iam()
        for one in written:
            iam.apply(one)
        before = newest_denied(iam.policies)
        iam.dies = dies
        try:
            iam.apply(step)
        except InterruptedError:
            assert newest_denied(iam.policies) == before
            assert iam.use.revoked | iam.use.listed == own
            iam.dies = None
            iam.apply(step)
        assert set(iam.policies) == {LIST}
        assert iam.use.listed == own
        assert newest_denied(iam.policies) == before


def test_what_a_release_deleted_meanwhile_is_not_written_to_the_list() -> None:
    iam = Iam()
    one, gone = (Revocation(NOON + timedelta(minutes=number), f"{number:010x}") for number in (1, 2))
    iam.apply(RevokeRoleSessions(ROLE, one.instant, (), before=False, after=True, holder=one.holder))
    iam.apply(ListRoleRevocations(ROLE, (one, gone), ()))
    assert iam.use.listed == {one}


def test_what_is_over_leaves_the_list_when_others_are_moved() -> None:
    iam = Iam()
    over, valid, new = (Revocation(NOON - PROTECTS * factor, "0" * 10) for factor in (2, 0.5, 0))
    iam.policies[LIST] = json.dumps(revocation_list((over, valid)))
    iam.apply(RevokeRoleSessions(ROLE, new.instant, (), before=False, after=True, holder=new.holder))
    iam.apply(ListRoleRevocations(ROLE, (new,), (over,)))
    assert iam.use.listed == {valid, new}


def answer(policy: object) -> Document:
    return Document.of({"PolicyDocument": policy})


ENTRIES = frozenset(Revocation(NOON + timedelta(hours=one), "0123456789") for one in range(3))


def test_the_list_is_read_as_it_was_written_and_denies_what_its_newest_entry_does() -> None:
    policy = revocation_list(ENTRIES)
    assert listed_in(answer(policy)) == ENTRIES
    assert listed_in(answer(json.dumps(policy))) == ENTRIES
    (statement,) = Document.of(policy).children("Statement")
    (alone,) = Document.of(revocation(NOON + timedelta(hours=2))).children("Statement")
    dates = statement.child("Condition").child("DateLessThan")
    assert dates == alone.child("Condition").child("DateLessThan")
    assert all(
        ":" not in one for one in statement.child("Condition").child("StringNotEquals").texts("aws:userid")
    )


def condition(time: str, *entries: str) -> Mapping[str, object]:
    return {
        "Condition": {
            "DateLessThan": {"aws:TokenIssueTime": time},
            "StringNotEquals": {"aws:userid": list(entries)},
        }
    }


NEWEST = "2026-03-01T14:00:00Z"
WEAKER: Mapping[str, Mapping[str, object]] = {
    "allows": {"Effect": "Allow"},
    "denies less": {"Action": "s3:*"},
    "an earlier time": condition("2026-03-01T13:00:00Z", "20260301T140000Z-0123456789"),
    "users that it spares": condition(NEWEST, "20260301T140000Z-0123456789", "AROAEXAMPLE:mallory"),
    "no entries": condition(NEWEST),
    "no condition": {"Condition": {}},
}


@pytest.mark.parametrize("change", WEAKER.values(), ids=WEAKER)
def test_a_list_that_does_not_deny_what_its_entries_say_has_none(change: Mapping[str, object]) -> None:
    """An intruder who may edit the role's policies cannot make a revocation seem to be there."""
    policy = revocation_list([Revocation(NOON + timedelta(hours=2), "0123456789")])
    (statement,) = Document.of(policy).children("Statement")
    right = {**statement.value, **condition(NEWEST, "20260301T140000Z-0123456789")}
    assert listed_in(answer({**policy, "Statement": [right]}))
    assert not listed_in(answer({**policy, "Statement": [{**right, **change}]}))


@pytest.mark.parametrize(
    "policy", [None, "x", [], {}, {"Statement": []}, {"Statement": [{}, {}]}, {"Statement": "x"}]
)
def test_what_is_no_list_has_no_entries(policy: object) -> None:
    assert listed_in(answer(policy)) == frozenset()


def test_a_full_list_keeps_the_newest_and_covers_what_is_older() -> None:
    many = [Revocation(NOON + timedelta(minutes=one), "0123456789") for one in range(MOST_LISTED + 1)]
    kept = newest(many)
    assert kept == set(many[1:])
    use = RoleUse(ROLE, listed=kept)
    assert use.covers(many[0].instant, ())
    assert not use.covers(many[1].instant, ())
    assert not replace(use, listed=newest(many[2:])).covers(many[0].instant, ())
