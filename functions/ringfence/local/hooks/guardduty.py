"""GuardDuty in moto: one detector per region, changes of single features, and findings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ringfence.local.hooks import guardduty_findings, guardduty_members
from ringfence.local.hooks.patching import around

if TYPE_CHECKING:
    from collections.abc import Callable

    Original = Callable[..., Any]

_BAD_REQUEST = "BadRequestException"


def install() -> None:
    """Fix what moto gets wrong. Each function below describes one error."""
    from moto.guardduty.exceptions import DetectorNotFoundException
    from moto.guardduty.models import Detector, GuardDutyBackend

    around(DetectorNotFoundException, "__init__", _call_it_a_bad_request)
    around(GuardDutyBackend, "create_detector", _refuse_a_second)
    around(Detector, "update", _keep_other_features)
    guardduty_findings.install()
    guardduty_members.install()


def _call_it_a_bad_request(_original: Original, error: Any) -> None:
    """GetDetector and UpdateDetector: moto returns another error code for a missing detector."""
    from moto.guardduty.exceptions import GuardDutyException

    words = "The request is rejected because the input detectorId is not owned by the current account."
    GuardDutyException.__init__(error, _BAD_REQUEST, words)


def _refuse_a_second(original: Original, backend: Any, *given: Any) -> Any:
    """CreateDetector: moto creates any number."""
    from moto.guardduty.exceptions import GuardDutyException

    if backend.list_detectors():
        words = "The request is rejected because a detector already exists for the current account."
        raise GuardDutyException(_BAD_REQUEST, words)
    return original(backend, *given)


def _keep_other_features(original: Original, detector: Any, *given: Any) -> Any:
    """UpdateDetector: moto deletes features that the call does not name."""
    *others, features = given
    if features is not None:
        named = {one["name"]: one for one in (*detector.features, *features)}
        features = list(named.values())
    return original(detector, *others, features)
