"""A setting: how its step is applied, compared, undone and shown."""

from __future__ import annotations

from typing import ClassVar

import pytest

from ringfence.model.codec import value
from ringfence.model.errors import NotFound, Refused
from ringfence.model.observation import Observation, ResourceState
from ringfence.model.setting import SettingStep
from ringfence.model.step import State
from ringfence.model.subject import Ref
from tests.support.talks import refusal, talk

REF = Ref("111122223333", "eu-west-1", "v-1")
OPEN, SHUT, NEVER = "open", "shut", ""


@value
class Valve(Observation):
    """A valve; `there` is whether it was not taken out."""

    position: str = NEVER
    readable: bool = True
    there: bool = True
    moving: bool = False

    def settling(self) -> str:
        return "it moves" if self.moving else ""


@value
class SetValve(SettingStep):
    """Open or shut a valve. One that was never moved is open."""

    id: str
    before: str
    after: str

    observation: ClassVar = Valve
    field: ClassVar = "position"
    service: ClassVar = "valves"
    operation: ClassVar = "PutPosition"
    not_found: ClassVar = ("NoSuchValve",)
    refused: ClassVar = ("Sealed",)
    kept_as: ClassVar = {NEVER: OPEN}
    labels: ClassVar = {NEVER: "never moved"}
    notes: ClassVar = {NEVER: "it is open"}
    consequences: ClassVar = {SHUT: "nothing flows"}

    def parameters(self) -> dict[str, object]:
        return {"Id": self.id, "Position": self.kept(self.after)}

    def exists(self, observed: ResourceState) -> bool:
        return observed[Valve].there


STEP = SetValve("v-1", NEVER, SHUT)


def seen(valve: Valve) -> ResourceState:
    return ResourceState(REF).with_observation(valve)


def test_one_call_sets_the_value() -> None:
    ((call,),), done = talk(STEP.apply({}), ({},))
    assert (call.service, call.operation) == ("valves", "PutPosition")
    assert call.parameters == {"Id": "v-1", "Position": SHUT}
    assert call.expected == ("NoSuchValve", "Sealed")
    assert done.note == ""


def test_the_undo_writes_what_the_service_can_keep_and_says_so() -> None:
    ((call,),), done = talk(STEP.inverse().apply({}), ({},))
    assert call.parameters["Position"] == OPEN
    assert done.note == "it is open"


@pytest.mark.parametrize(("code", "error"), [("NoSuchValve", NotFound), ("Sealed", Refused)])
def test_a_refusal_means_what_the_step_declares(code: str, error: type[Exception]) -> None:
    with pytest.raises(error, match=code):
        talk(STEP.apply({}), (refusal(code),))


@pytest.mark.parametrize(
    ("valve", "state"),
    [
        (Valve(NEVER), State.BEFORE),
        (Valve(OPEN), State.BEFORE),
        (Valve(SHUT), State.AFTER),
        (Valve("half"), State.DRIFTED),
        (Valve(SHUT, readable=False), State.SETTLING),
        (Valve(SHUT, there=False), State.GONE),
        (Valve(NEVER, moving=True), State.BEFORE),
    ],
)
def test_the_value_alone_decides_the_state(valve: Valve, state: State) -> None:
    """Values that are kept alike are one, and what else is under way on the resource does not count."""
    assert STEP.state(seen(valve)) is state


def test_the_effect_is_what_the_service_keeps() -> None:
    moving = Valve(OPEN, moving=True)
    assert STEP.effect(seen(moving))[Valve] == Valve(SHUT, moving=True)
    assert STEP.inverse().effect(seen(moving))[Valve] == moving


def test_a_person_is_shown_labels_and_consequences() -> None:
    assert STEP.diff() == ("never moved", SHUT)
    assert STEP.actual(seen(Valve("half"))) == "half"
    assert (STEP.side_effects(), STEP.inverse().side_effects()) == ("nothing flows", "")
