"""Steps on what a trail records: its event selectors and its Insights selectors."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from ringfence.model.call import Permission, SansIO
from ringfence.model.codec import value
from ringfence.model.step import Done, State, show
from ringfence.observations.logging.selectors import (
    Insights,
    Selectors,
    formatted,
    insight_parameters,
    selector_parameters,
)
from ringfence.observations.logging.trails import TRAILS, TrailStatus
from ringfence.steps.logging.trails import TrailStep

if TYPE_CHECKING:
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Names


@value
class SetEventSelectors(TrailStep):
    """Restore all event selectors at once, as CloudTrail requires.

    Attributes
    ----------
    name : str
        The name of the trail.

    References
    ----------
    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutEventSelectors.html
    """

    name: str
    before: Selectors
    after: Selectors

    permissions: ClassVar = (Permission("cloudtrail:PutEventSelectors", TRAILS),)
    what: ClassVar = "selectors"

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no id
        """Put them in the place of those that are there."""
        parameters = {"TrailName": self.name, **selector_parameters(self.after)}
        return (yield from self.call("PutEventSelectors", parameters))

    def state(self, observed: ResourceState) -> State:
        """Compare all selectors."""
        setup = observed[TrailStatus].setup
        if setup is None:
            return State.GONE
        if setup.selectors == self.after:
            return State.AFTER
        return State.BEFORE if setup.selectors == self.before else State.DRIFTED

    def effect(self, observed: ResourceState) -> ResourceState:
        """Put them there."""
        setup = replace(self.setup_in(observed), selectors=self.after)
        return observed.with_observation(replace(observed[TrailStatus], setup=setup))

    def describe(self) -> str:
        """Describe the change."""
        return f"restore the event selectors of trail {self.name}"

    def diff(self) -> tuple[str, str]:
        """Write them in full."""
        return formatted(self.before), formatted(self.after)


@value
class SetInsightSelectors(TrailStep):
    """Restore the Insights selectors.

    Attributes
    ----------
    name : str
        The name of the trail.

    References
    ----------
    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutInsightSelectors.html
    """

    name: str
    before: Insights
    after: Insights

    permissions: ClassVar = (Permission("cloudtrail:PutInsightSelectors", TRAILS),)
    what: ClassVar = "insights"

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no id
        """Put them in the place of those that are there."""
        parameters = {"TrailName": self.name, "InsightSelectors": insight_parameters(self.after)}
        return (yield from self.call("PutInsightSelectors", parameters))

    def state(self, observed: ResourceState) -> State:
        """Compare all of them."""
        setup = observed[TrailStatus].setup
        if setup is None:
            return State.GONE
        if setup.insights == self.after:
            return State.AFTER
        return State.BEFORE if setup.insights == self.before else State.DRIFTED

    def effect(self, observed: ResourceState) -> ResourceState:
        """Put them there."""
        setup = replace(self.setup_in(observed), insights=self.after)
        return observed.with_observation(replace(observed[TrailStatus], setup=setup))

    def describe(self) -> str:
        """Describe the change."""
        return f"restore the Insights selectors of trail {self.name}"

    def diff(self) -> tuple[str, str]:
        """Return the values before and after."""
        return show(self.before), show(self.after)
