"""A detector of GuardDuty: whether it detects, what it watches, how often it tells.

https://docs.aws.amazon.com/guardduty/latest/APIReference/API_GetDetector.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from ringfence.model.answers import accept
from ringfence.model.call import Call, Failed, Permission, SansIO
from ringfence.model.codec import value
from ringfence.model.kinds.detector import DetectorRef
from ringfence.model.observation import Observation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.document import Document
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref

DETECTORS = ("arn:aws:guardduty:{region}:{account}:detector/*",)
LIST_DETECTORS = Permission("guardduty:ListDetectors", ("*",), reason="the action has no resource types")
NO_DETECTOR = "BadRequestException"
"""What GuardDuty says of a detector that is not there, and of much else."""
ENABLED = "ENABLED"
_ALWAYS_ON = frozenset({"CLOUD_TRAIL", "DNS_LOGS", "FLOW_LOGS"})
_OLDER, _NEWER = "EKS_RUNTIME_MONITORING", "RUNTIME_MONITORING"
"""The newer plan does what the older does.

https://docs.aws.amazon.com/guardduty/latest/APIReference/API_DetectorFeatureConfiguration.html
"""
_FREQUENCIES = ("FIFTEEN_MINUTES", "ONE_HOUR", "SIX_HOURS")


@value
class DetectorSetup:
    """What a detector watches beside what it always does. `on`: plans, and `PLAN/PART` for their parts."""

    frequency: str
    on: frozenset[str] = frozenset()
    tags: frozenset[tuple[str, str]] = frozenset()

    @property
    def key(self) -> str:
        """What it watches, in one line."""
        return f"{', '.join(sorted(self.on)) or 'the foundational sources'}, publishes every {self.frequency}"


@value
class DetectorStatus(Observation):
    """A GuardDuty detector.

    Attributes
    ----------
    setup : DetectorSetup or None
        What it watches; None if it does not exist.
    enabled : bool
        Whether it is enabled.
    others : int
        How many other detectors the region has.

    References
    ----------
    https://docs.aws.amazon.com/guardduty/latest/APIReference/API_GetDetector.html
    """

    setup: DetectorSetup | None = None
    enabled: bool = False
    others: int = 0

    permissions: ClassVar = (LIST_DETECTORS, Permission("guardduty:GetDetector", DETECTORS))

    @classmethod
    def read(cls, ref: Ref, past: tuple[Step, ...]) -> SansIO[Self]:  # noqa: ARG003 - needs no clues
        """Read it side by side: one round trip. A detector that is gone is what it is about."""
        if not isinstance(ref, DetectorRef):
            return cls()
        listed, found = yield (
            list_detectors(),
            Call("guardduty", "GetDetector", {"DetectorId": ref.id}, expected=(NO_DETECTOR,)),
        )
        ids = accept(listed).texts("DetectorIds")
        others = len([one for one in ids if one != ref.id])
        if ref.id not in ids or isinstance(found, Failed):
            return cls(others=others)
        setup = DetectorSetup(
            found.optional_text("FindingPublishingFrequency") or _FREQUENCIES[-1],
            frozenset(_on(found)),
            frozenset((key, str(text)) for key, text in found.optional_child("Tags").value.items()),
        )
        return cls(setup, found.optional_text("Status") == ENABLED, others)

    def absent(self, ref: Ref) -> bool:
        """Return whether there is no such detector."""
        return isinstance(ref, DetectorRef) and self.setup is None


def list_detectors() -> Call:
    """Return the call that shows the detectors of a region: there is one at most."""
    return Call("guardduty", "ListDetectors", pages=True)


def restored_detector(before: DetectorSetup, now: DetectorSetup) -> DetectorSetup:
    """Return the wanted settings of a detector: the current ones, or stronger old ones. Pure."""
    slower = _pace(now.frequency) > _pace(before.frequency)
    frequency = before.frequency if slower else now.frequency
    on = now.on | before.on
    return DetectorSetup(frequency, on if _has_both(now.on) or not _has_both(on) else _newer(on), now.tags)


def _has_both(on: frozenset[str]) -> bool:
    """Return whether both plans are on of which GuardDuty refuses the one beside the other."""
    return {_OLDER, _NEWER} <= {plan_of(one) for one in on}


def _newer(on: frozenset[str]) -> frozenset[str]:
    """Return the newer plan in the place of the older, with its parts."""
    return frozenset(_NEWER + one.removeprefix(_OLDER) if plan_of(one) == _OLDER else one for one in on)


def plan_of(one: str) -> str:
    """Return the plan that is on, or a part of which is."""
    return one.partition("/")[0]


def _pace(frequency: str) -> int:
    return _FREQUENCIES.index(frequency) if frequency in _FREQUENCIES else len(_FREQUENCIES)


def _on(detector: Document) -> Iterator[str]:
    for plan in detector.children("Features"):
        name = plan.text("Name")
        if name in _ALWAYS_ON or plan.optional_text("Status") != ENABLED:
            continue
        yield name
        for part in plan.children("AdditionalConfiguration"):
            if part.optional_text("Status") == ENABLED:
                yield f"{name}/{part.text('Name')}"
