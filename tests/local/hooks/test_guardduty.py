"""GuardDuty of the local AWS has one detector a region, and changes features by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ringfence.local import LocalAws

S3, RUNTIME = "S3_DATA_EVENTS", "RUNTIME_MONITORING"


@pytest.fixture
def guardduty(aws: LocalAws) -> Iterator[Any]:
    client = aws.client("guardduty")
    yield client
    for one in client.list_detectors()["DetectorIds"]:
        client.delete_detector(DetectorId=one)


def test_a_region_has_one_detector(guardduty: Any, refusal: Callable[..., str]) -> None:
    guardduty.create_detector(Enable=True)
    assert refusal(guardduty.create_detector, Enable=True) == "BadRequestException"


def test_a_detector_that_is_not_there_is_a_bad_request(guardduty: Any, refusal: Callable[..., str]) -> None:
    assert refusal(guardduty.get_detector, DetectorId="0" * 32) == "BadRequestException"
    assert refusal(guardduty.update_detector, DetectorId="0" * 32) == "BadRequestException"


def test_features_that_are_not_named_stay(guardduty: Any) -> None:
    features = [{"Name": S3, "Status": "ENABLED"}]
    made = guardduty.create_detector(Enable=True, Features=features)["DetectorId"]
    guardduty.update_detector(DetectorId=made, Features=[{"Name": RUNTIME, "Status": "ENABLED"}])
    guardduty.update_detector(DetectorId=made, Features=[{"Name": RUNTIME, "Status": "DISABLED"}])
    found = guardduty.get_detector(DetectorId=made)["Features"]
    assert {S3: "ENABLED", RUNTIME: "DISABLED"}.items() <= {
        one["Name"]: one["Status"] for one in found
    }.items()
