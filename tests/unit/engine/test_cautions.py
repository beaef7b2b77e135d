"""Rules of caution: what the first read shows makes a decision more cautious, and never less."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.engine.cautions import cautious_parts
from ringfence.engine.intake import ExecutionContext, Skipped, answers
from ringfence.engine.ports import Ports
from ringfence.engine.reading import Reading, first_read
from ringfence.engine.run import Engine
from ringfence.model.errors import AccessDenied
from ringfence.model.observation import ResourceState
from ringfence.observations.ec2.placement import Placement
from ringfence.policy.circumstances import Circumstances
from ringfence.policy.decision import DecisionCode, Mode
from ringfence.policy.evaluation import UNDECIDED
from ringfence.policy.look import Look
from ringfence.policy.policy import Policy
from ringfence.policy.rules import Rule
from ringfence.record.chain import ChainKey
from ringfence.record.facts import DecisionMade
from ringfence.runbooks.contain_instance import CONTAIN_INSTANCE
from ringfence.steps.ec2.network import SetSecurityGroups
from tests.support.fakes.memory_cloud import MemoryCloud
from tests.support.fakes.memory_log import MemoryLog
from tests.support.worlds import LEASE, REF, Ticking, estate, finding

if TYPE_CHECKING:
    from ringfence.engine.requests import ResponseRequest
    from ringfence.model.errors import RingfenceError

PLACED = Placement("web", "vpc-1", (("aws:autoscaling:groupName", "web"), ("env", "prod")))
PRODUCTION = Look(tags=(("env", "prod"),))
LOOKS = {
    "a tag": (PRODUCTION, DecisionCode.FORGEABLE),
    "a tag of AWS": (Look(tags=(("aws:autoscaling:groupName", "*"),)), DecisionCode.DOWNGRADED),
    "a group": (Look(groups=("we?",)), DecisionCode.DOWNGRADED),
    "a VPC": (Look(vpcs=("vpc-2", "vpc-1")), DecisionCode.DOWNGRADED),
    "all of them": (Look(("web",), ("vpc-1",), (("env", "*"),)), DecisionCode.DOWNGRADED),
}
OTHERS = (
    Look(tags=(("env", "dev"),)),
    Look(tags=(("team", "*"),)),
    Look(("web",), ("vpc-2",)),
    Look(groups=("batch",)),
)


class Home:
    """One instance and a policy that acts on everything that no rule of caution holds back."""

    def __init__(self, *rules: Rule, placed: Placement = PLACED, **unread: RingfenceError) -> None:
        self.clock, self.log = Ticking(), MemoryLog()
        world = estate().with_observation(placed)
        self.cloud = MemoryCloud(
            world, self.clock, unreadable=dict.fromkeys([Placement], unread["why"]) if unread else {}
        )
        self.policy = Policy((REF.account,), rules=rules, default=Mode.AUTO)
        self.engine = Engine(Ports(self.cloud, self.log, self.clock, lambda jobs: [job() for job in jobs]))

    def requests(self) -> tuple[ResponseRequest, ...]:
        now = self.clock()
        context = ExecutionContext(f"a-{now}", "test", now + LEASE, Circumstances(now))
        found = answers(finding(updated=now).finding, "{}", CONTAIN_INSTANCE, self.policy, context)
        return tuple(one for one in found if not isinstance(one, Skipped))

    def respond(self) -> None:
        for one in self.requests():
            self.engine.respond(one)
        self.clock.tick(minutes=5)

    @property
    def decisions(self) -> list[tuple[Mode, DecisionCode, str]]:
        history = self.log.read(ChainKey(CONTAIN_INSTANCE.id, REF.key))
        made = (one.decision for one in history.of(DecisionMade))
        return [(one.mode, one.code, one.rule) for one in made]

    @property
    def isolates(self) -> bool:
        return any(isinstance(step, SetSecurityGroups) for step in self.cloud.calls)


def caution(look: Look, mode: Mode = Mode.DRY_RUN, **more: object) -> Rule:
    return Rule(mode, name="careful", look=look, **more)  # type: ignore[arg-type]  # a test names what it changes


@pytest.mark.parametrize(("look", "code"), LOOKS.values(), ids=LOOKS)
def test_a_resource_that_a_rule_of_caution_matches_is_only_shown(look: Look, code: DecisionCode) -> None:
    home = Home(caution(look))
    home.respond()
    assert home.cloud.calls == []
    assert home.decisions == [(Mode.DRY_RUN, code, "careful")]


@pytest.mark.parametrize("look", OTHERS, ids=str)
def test_another_resource_is_contained(look: Look) -> None:
    home = Home(caution(look))
    home.respond()
    assert home.isolates


def test_a_rule_of_caution_after_the_one_that_decides_says_nothing() -> None:
    home = Home(Rule(Mode.AUTO, finding="Backdoor:*"), caution(PRODUCTION))
    home.respond()
    assert home.isolates


def test_a_rule_of_caution_for_one_remediation_lets_the_others_act() -> None:
    home = Home(caution(PRODUCTION, remediations=("leave-auto-scaling",)))
    home.respond()
    assert home.isolates
    assert (Mode.DRY_RUN, DecisionCode.FORGEABLE, "careful") in home.decisions


def test_what_could_not_be_read_is_not_changed_and_that_is_told() -> None:
    home = Home(caution(Look(groups=("batch",))), why=AccessDenied("ec2:DescribeInstances", "denied"))
    home.respond()
    assert home.cloud.calls == []
    assert home.decisions == [(UNDECIDED, DecisionCode.UNDECIDED, "careful")]


def test_an_intruder_who_writes_the_tag_later_does_not_end_the_containment() -> None:
    home = Home(caution(PRODUCTION), placed=Placement())
    home.respond()
    assert home.isolates
    assert home.cloud.world is not None
    home.cloud.world = home.cloud.world.with_observation(PLACED)
    home.respond()
    made = home.log.read(ChainKey(CONTAIN_INSTANCE.id, REF.key)).of(DecisionMade)
    held = {id_ for one in made if one.decision.mode is Mode.DRY_RUN for id_ in one.remediations}
    assert "isolate-instance" not in held


def test_nothing_more_is_read_unless_a_rule_needs_it() -> None:
    (plain,) = Home().requests()
    assert Placement not in (first_read(plain).observations or ())
    (careful,) = Home(caution(PRODUCTION)).requests()
    assert Placement in (first_read(careful).observations or ())
    home = Home(caution(Look(groups=("batch",))))
    home.respond()
    assert len(home.cloud.looks) == len(_looks_without_rules())


def _looks_without_rules() -> list[object]:
    home = Home()
    home.respond()
    return list(home.cloud.looks)


MODES = tuple(mode for mode in Mode if mode.observes and not mode.changes)
RULES = st.builds(caution, st.sampled_from([PRODUCTION, *OTHERS]), st.sampled_from(MODES))
SEEN = st.sampled_from([None, Placement(), PLACED, Placement("batch", "vpc-2", (("env", "dev"),))])


def lowest(rules: tuple[Rule, ...], placed: Placement | None) -> Mode:
    """Return the lowest mode of what becomes of a finding."""
    (request,) = Home(*rules).requests()
    resource = ResourceState(REF, {Placement: placed} if placed else {})
    found = cautious_parts(request, Reading(resource=resource))
    modes = [] if found is None else [one.decision.mode for one in found[0] if one and one.decision]
    return min((*modes, request.decision.mode if request.decision else Mode.OFF), key=lambda one: one.freedom)


@given(rules=st.lists(RULES, max_size=4), more=RULES, at=st.integers(0, 4), placed=SEEN)
def test_one_more_rule_of_caution_never_raises_a_mode(
    rules: list[Rule], more: Rule, at: int, placed: Placement | None
) -> None:
    before = lowest(tuple(rules), placed)
    after = lowest((*rules[:at], more, *rules[at:]), placed)
    assert after.freedom <= before.freedom


def test_a_person_is_never_held_back() -> None:
    (request,) = Home(caution(PRODUCTION)).requests()
    by_hand = replace(request, finding=None)
    assert cautious_parts(by_hand, Reading(resource=ResourceState(REF, {Placement: PLACED}))) is None
