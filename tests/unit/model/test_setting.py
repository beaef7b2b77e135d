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
class Tap(Observation):
    """A tap; `there` is whether it was not taken out."""

    position: str = NEVER
    readable: bool = True
    there: bool = True
    moving: bool = False

    def settling(self) -> str:
        return "it moves" if self.moving else ""


@value
class SetTap(SettingStep):
    """Open or shut a tap. One that was never moved is open."""

    id: str
    before: str
    after: str

    observation: ClassVar = Tap
    field: ClassVar = "position"
    service: ClassVar = "taps"
    operation: ClassVar = "PutPosition"
    not_found: ClassVar = ("NoSuchTap",)
    refused: ClassVar = ("Sealed",)
    kept_as: ClassVar = {NEVER: OPEN}
    labels: ClassVar = {NEVER: "never moved"}
    notes: ClassVar = {NEVER: "it is open"}
    consequences: ClassVar = {SHUT: "nothing flows"}

    def parameters(self) -> dict[str, object]:
        return {"Id": self.id, "Position": self.kept(self.after)}

    def exists(self, observed: ResourceState) -> bool:
        return observed[Tap].there


STEP = SetTap("v-1", NEVER, SHUT)


def seen(tap: Tap) -> ResourceState:
    return ResourceState(REF).with_observation(tap)


def test_one_call_sets_the_value() -> None:
    ((call,),), done = talk(STEP.apply({}), ({},))
    assert (call.service, call.operation) == ("taps", "PutPosition")
    assert call.parameters == {"Id": "v-1", "Position": SHUT}
    assert call.expected == ("NoSuchTap", "Sealed")
    assert done.note == ""


def test_the_undo_writes_what_the_service_can_keep_and_says_so() -> None:
    ((call,),), done = talk(STEP.inverse().apply({}), ({},))
    assert call.parameters["Position"] == OPEN
    assert done.note == "it is open"


@pytest.mark.parametrize(("code", "error"), [("NoSuchTap", NotFound), ("Sealed", Refused)])
def test_a_refusal_means_what_the_step_declares(code: str, error: type[Exception]) -> None:
    with pytest.raises(error, match=code):
        talk(STEP.apply({}), (refusal(code),))


@pytest.mark.parametrize(
    ("tap", "state"),
    [
        (Tap(NEVER), State.BEFORE),
        (Tap(OPEN), State.BEFORE),
        (Tap(SHUT), State.AFTER),
        (Tap("half"), State.DRIFTED),
        (Tap(SHUT, readable=False), State.SETTLING),
        (Tap(SHUT, there=False), State.GONE),
        (Tap(NEVER, moving=True), State.BEFORE),
    ],
)
def test_the_value_alone_decides_the_state(tap: Tap, state: State) -> None:
    """Values that are kept alike are one, and what else is under way on the resource does not count."""
    assert STEP.state(seen(tap)) is state


def test_the_effect_is_what_the_service_keeps() -> None:
    moving = Tap(OPEN, moving=True)
    assert STEP.effect(seen(moving))[Tap] == Tap(SHUT, moving=True)
    assert STEP.inverse().effect(seen(moving))[Tap] == moving


def test_a_person_is_shown_labels_and_consequences() -> None:
    assert STEP.diff() == ("never moved", SHUT)
    assert STEP.actual(seen(Tap("half"))) == "half"
    assert (STEP.side_effects(), STEP.inverse().side_effects()) == ("nothing flows", "")
