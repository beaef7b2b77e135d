"""Steps on a detector of GuardDuty: enable it, put back what it watches, make one again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from ringfence.model.answers import accept
from ringfence.model.call import Call, Permission, SansIO
from ringfence.model.codec import value
from ringfence.model.errors import InternalError
from ringfence.model.step import Done, State, Step
from ringfence.model.symbol import Ready
from ringfence.observations.logging.detectors import (
    DETECTORS,
    ENABLED,
    NO_DETECTOR,
    DetectorSetup,
    DetectorStatus,
    plan_of,
)
from ringfence.steps.logging.trails import NEVER_OFF

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Names
    from ringfence.model.symbol import Symbol

_UPDATE: tuple[Permission, ...] = (Permission("guardduty:UpdateDetector", DETECTORS),)
_SERVICES = ("guardduty.amazonaws.com", "malware-protection.guardduty.amazonaws.com")
_ITS_ROLES = tuple(
    f"arn:aws:iam::{{account}}:role/aws-service-role/{service}/AWSServiceRoleForAmazonGuardDuty{name}"
    for service, name in zip(_SERVICES, ("", "MalwareProtection"), strict=True)
)
_LINK = (
    Permission(
        "iam:CreateServiceLinkedRole",
        _ITS_ROLES,
        (("StringEquals", "iam:AWSServiceName", _SERVICES),),
        implied=True,
    ),
    Permission("iam:GetRole", _ITS_ROLES, implied=True),
)
"""GuardDuty looks, in its caller's name, whether its own roles are there, and makes them where they are not.

https://docs.aws.amazon.com/guardduty/latest/ug/security_iam_id-based-policy-examples.html
"""
_DISABLED = "DISABLED"
_TRIED = "enabling the detector is tried"


class _UpdateStep(Step):
    """A change with UpdateDetector, which keeps settings that are missing.

    https://docs.aws.amazon.com/guardduty/latest/APIReference/API_UpdateDetector.html
    """

    detector: str

    observation: ClassVar = DetectorStatus
    irreversible: ClassVar = NEVER_OFF
    permissions: ClassVar = _UPDATE

    def _call(self, parameters: Mapping[str, object]) -> SansIO[Done]:
        given = {"DetectorId": self.detector, **parameters}
        (answer,) = yield (Call("guardduty", "UpdateDetector", given, expected=(NO_DETECTOR,)),)
        accept(answer, refused=(NO_DETECTOR,))
        return Done()


@value
class EnableDetector(_UpdateStep):
    """Enable a detector.

    Attributes
    ----------
    detector : str
        The id of the detector.

    References
    ----------
    https://docs.aws.amazon.com/guardduty/latest/APIReference/API_UpdateDetector.html
    """

    detector: str

    @property
    def target(self) -> str:
        """Whether it detects."""
        return f"detector/{self.detector}/enabled"

    @property
    def provides(self) -> tuple[Symbol, ...]:
        """What it watches is set once it does."""
        return (Ready(_TRIED, self.detector),)

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no symbol
        """Enable it."""
        return (yield from self._call({"Enable": True}))

    def state(self, observed: ResourceState) -> State:
        """Return AFTER if the resource is enabled."""
        seen = observed[DetectorStatus]
        if seen.setup is None:
            return State.GONE
        return State.AFTER if seen.enabled else State.BEFORE

    def effect(self, observed: ResourceState) -> ResourceState:
        """It is enabled."""
        return observed.with_observation(replace(observed[DetectorStatus], enabled=True))

    def describe(self) -> str:
        """Describe the change."""
        return f"enable GuardDuty's detector {self.detector}"

    def diff(self) -> tuple[str, str]:
        """Return the values before and after."""
        return "disabled", "enabled"


@value
class SetDetectorOptions(_UpdateStep):
    """Restore the features of a detector and its publishing frequency, but not its tags.

    Attributes
    ----------
    detector : str
        The id of the detector.

    References
    ----------
    https://docs.aws.amazon.com/guardduty/latest/APIReference/API_UpdateDetector.html
    """

    detector: str
    before: DetectorSetup
    after: DetectorSetup

    permissions: ClassVar = (*_UPDATE, *_LINK)

    @property
    def target(self) -> str:
        """What it watches."""
        return f"detector/{self.detector}/options"

    @property
    def runs_after(self) -> tuple[Symbol, ...]:
        """It is enabled first."""
        return (Ready(_TRIED, self.detector),)

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no symbol
        """Switch on what was on, and off a plan that another one takes the place of; name only those."""
        replaced = {plan_of(one) for one in self.before.on} - {plan_of(one) for one in self.after.on}
        off = [{"Name": plan, "Status": _DISABLED} for plan in sorted(replaced)]
        features = [*off, *_features(self.after.on, self.after.on - self.before.on)]
        frequency = {"FindingPublishingFrequency": self.after.frequency}
        return (yield from self._call({**frequency, **({"Features": features} if features else {})}))

    def state(self, observed: ResourceState) -> State:
        """Compare what it watches."""
        setup = observed[DetectorStatus].setup
        if setup is None:
            return State.GONE
        now = (setup.frequency, setup.on)
        if now == (self.after.frequency, self.after.on):
            return State.AFTER
        return State.BEFORE if now == (self.before.frequency, self.before.on) else State.DRIFTED

    def effect(self, observed: ResourceState) -> ResourceState:
        """It watches that."""
        seen = observed[DetectorStatus]
        if seen.setup is None:
            raise InternalError(f"detector {self.detector} does not exist")
        setup = replace(seen.setup, frequency=self.after.frequency, on=self.after.on)
        return observed.with_observation(replace(seen, setup=setup))

    def describe(self) -> str:
        """Describe the change."""
        return f"restore what GuardDuty's detector {self.detector} monitors"

    def diff(self) -> tuple[str, str]:
        """Write what it watches."""
        return self.before.key, self.after.key


@value
class CreateDetector(Step):
    """Create a detector to replace a deleted one. It has a new id.

    Attributes
    ----------
    detector : str
        The id of the detector that was deleted.

    References
    ----------
    https://docs.aws.amazon.com/guardduty/latest/APIReference/API_CreateDetector.html
    """

    detector: str
    after: DetectorSetup

    observation: ClassVar = DetectorStatus
    irreversible: ClassVar = NEVER_OFF
    permissions: ClassVar = (
        Permission("guardduty:CreateDetector", ("*",), reason="the action has no resource types"),
        Permission("guardduty:TagResource", DETECTORS, implied=True),
        *_LINK,
    )

    @property
    def target(self) -> str:
        """The detector of the region."""
        return f"detector/{self.detector}"

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - it has a new id
        """Make it. A region has one at most: a second one is refused, so it is not made twice.

        https://docs.aws.amazon.com/guardduty/latest/APIReference/API_CreateDetector.html
        """
        features = _features(self.after.on, self.after.on)
        parameters = {
            "Enable": True,
            "FindingPublishingFrequency": self.after.frequency,
            **({"Features": features} if features else {}),
            **({"Tags": dict(sorted(self.after.tags))} if self.after.tags else {}),
        }
        (answer,) = yield (Call("guardduty", "CreateDetector", parameters, expected=(NO_DETECTOR,)),)
        made = accept(answer, refused=(NO_DETECTOR,))
        return Done(note=f"the new detector is {made.text('DetectorId')}")

    def state(self, observed: ResourceState) -> State:
        """Return AFTER if the region has a detector."""
        seen = observed[DetectorStatus]
        return State.AFTER if seen.others or seen.setup else State.BEFORE

    def effect(self, observed: ResourceState) -> ResourceState:
        """There is another one."""
        return observed.with_observation(DetectorStatus(others=1))

    def describe(self) -> str:
        """Describe the change."""
        return f"create a GuardDuty detector to replace {self.detector}"

    def diff(self) -> tuple[str, str]:
        """Write what it watches."""
        return "deleted", self.after.key


def _features(on: frozenset[str], wanted: frozenset[str]) -> list[dict[str, object]]:
    """Return plans as GuardDuty takes them: those of which anything is wanted, with all parts that are on."""
    plans = sorted({plan_of(one) for one in wanted})
    return [
        {"Name": plan, "Status": ENABLED, **({"AdditionalConfiguration": parts} if parts else {})}
        for plan in plans
        for parts in [_parts(on, plan)]
    ]


def _parts(on: frozenset[str], plan: str) -> list[dict[str, str]]:
    names = sorted(one.partition("/")[2] for one in on if one.startswith(f"{plan}/"))
    return [{"Name": name, "Status": ENABLED} for name in names]
