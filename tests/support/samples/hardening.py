"""A runbook of our own that puts things right, for tests of what surrounds it: a toy with two switches."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ringfence.events.config.trigger import judged_by
from ringfence.model.codec import value
from ringfence.model.kinds.bucket import BucketRef
from ringfence.model.observation import Observation, ResourceState
from ringfence.model.remediation import remediation
from ringfence.model.reviews import Listed, Review, reviewed
from ringfence.model.runbook import Runbook, Stage
from ringfence.model.step import Done, State, Step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.call import SansIO
    from ringfence.model.incident import Incident
    from ringfence.model.step import Names

REF = BucketRef("111122223333", "eu-west-1", "a-bucket")


@value
class ToySwitches(Observation):
    """Which switches are on, and whether a tag asks for care."""

    on: frozenset[str] = frozenset()
    tagged: bool = False

    permissions: ClassVar = ()


@value
class ToySwitch(Step):
    """Turn one switch on."""

    name: str
    before: bool
    after: bool

    observation: ClassVar = ToySwitches
    permissions: ClassVar = ()

    @property
    def target(self) -> str:
        return f"switch/{self.name}"

    def apply(self, names: Names) -> SansIO[Done]:
        del names
        yield from ()
        return Done()

    def state(self, observed: ResourceState) -> State:
        return State.AFTER if (self.name in observed[ToySwitches].on) == self.after else State.BEFORE

    def effect(self, observed: ResourceState) -> ResourceState:
        seen = observed[ToySwitches]
        on = seen.on | {self.name} if self.after else seen.on - {self.name}
        return observed.with_observation(ToySwitches(on, seen.tagged))

    def describe(self) -> str:
        return f"turn {self.name} {'on' if self.after else 'off'}"


def tagged(observed: ResourceState, incident: Incident) -> Iterator[str]:
    """A tag calls for care."""
    del incident
    if observed[ToySwitches].tagged:
        yield "a tag says that this is meant to be so"


@remediation(
    id="first-switch",
    title="Turn the first switch on",
    subject=BucketRef,
    triggers=(judged_by("first-on", "both-on"), reviewed("switches")),
    observations=(ToySwitches,),
    steps=(ToySwitch,),
    references=(),
    downgrade_reasons=tagged,
)
def first_switch(observed: ResourceState, incident: Incident) -> Iterator[Step]:
    del incident
    if "first" not in observed[ToySwitches].on:
        yield ToySwitch("first", before=False, after=True)


@remediation(
    id="second-switch",
    title="Turn the second switch on",
    subject=BucketRef,
    triggers=(judged_by("second-on", "both-on"),),
    observations=(ToySwitches,),
    steps=(ToySwitch,),
    references=(),
    workload_risk="what relies on the second switch",
)
def second_switch(observed: ResourceState, incident: Incident) -> Iterator[Step]:
    del incident
    if "second" not in observed[ToySwitches].on:
        yield ToySwitch("second", before=False, after=True)


@remediation(
    id="tell-of-it",
    title="Run with everything else",
    subject=BucketRef,
    triggers=(),
    observations=(ToySwitches,),
    steps=(),
    references=(),
)
def tell_of_it(observed: ResourceState, incident: Incident) -> Iterator[Step]:
    del observed, incident
    return iter(())


def listing(account: str, region: str) -> SansIO[Listed]:
    """Return the one subject."""
    yield from ()
    return Listed((BucketRef(account, region, REF.id),))


HARDEN = Runbook(
    "harden-toy",
    "Harden a toy",
    BucketRef,
    (Stage("fix", "Fix", (first_switch, second_switch)), Stage("tell", "Tell", (tell_of_it,))),
    closes_when_complete=True,
    review=Review("switches", "rate(1 hour)", listing, ()),
)
