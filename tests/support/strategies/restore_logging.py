"""The worlds of `restore-logging`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ringfence.model.observation import ResourceState
from ringfence.observations.logging.detectors import DetectorSetup, DetectorStatus
from ringfence.observations.logging.log_keys import LogKey
from ringfence.observations.logging.recorders import EVERYTHING, RecorderSetup, RecorderStatus
from ringfence.observations.logging.selectors import BasicSelector, DataResource, Insight
from ringfence.observations.logging.trails import TrailOptions, TrailSetup, TrailStatus
from ringfence.runbooks.restore_logging import RESTORE_LOGGING
from tests.support.fakes.logging_answers import KEY_ARN, LOG_GROUP, LOG_ROLE
from tests.support.runbook_worlds import Case
from tests.support.strategies.logging import DETECTOR, KEY, NOTHING, RECORDER, TRAIL

if TYPE_CHECKING:
    from ringfence.model.observation import Observation
    from ringfence.model.subject import LoggingRef

FULL = TrailOptions("logs", "p", "topic", True, True, True, True, LOG_GROUP, LOG_ROLE, KEY_ARN)
INSIGHTS = frozenset({Insight("ApiCallRateInsight", "Management"), Insight("ApiErrorRateInsight")})
WATCHING = DetectorSetup("ONE_HOUR", frozenset({"A", "B/C", "B"}), frozenset({("team", "security")}))
"""A detector with parts."""
OPTIONS = replace(FULL, organization=False)
OBJECTS = BasicSelector(
    resources=frozenset({DataResource("AWS::S3::Object", frozenset({"arn:aws:s3:::payroll/"}))})
)
WELL = TrailStatus(
    TrailSetup(OPTIONS, frozenset({OBJECTS}), INSIGHTS, frozenset({("team", "security")})),
    True,
    TRAIL.region,
    TRAIL.account,
)
WEAK = replace(WELL, setup=TrailSetup(TrailOptions("of-somebody")), logging=False)
RECORDING = RecorderStatus(RecorderSetup("role", EVERYTHING), True)
DETECTING = DetectorStatus(WATCHING, True)
USED = LogKey("Enabled", frozenset({"everything"}))


def case(ref: LoggingRef, well: Observation, becomes: Observation, *calls: str) -> Case:
    """Note how a subject is while all is well; then it becomes worse, and calls are recorded."""
    state = ResourceState(ref, {type(one): one for one in (*NOTHING, well)})
    types = tuple(f"CloudTrail:{call}" for call in calls)
    return Case(RESTORE_LOGGING, state, types, becomes=(becomes,))


CASES = {
    "stopped-trail": case(
        TRAIL, WELL, WEAK, "cloudtrail:StopLogging", "cloudtrail:UpdateTrail", "cloudtrail:PutEventSelectors"
    ),
    "deleted-trail": case(TRAIL, WELL, TrailStatus(), "cloudtrail:DeleteTrail"),
    "recorder": case(
        RECORDER, RECORDING, replace(RECORDING, recording=False), "config:StopConfigurationRecorder"
    ),
    "disabled-detector": case(
        DETECTOR, DETECTING, DetectorStatus(DetectorSetup("SIX_HOURS")), "guardduty:UpdateDetector"
    ),
    "deleted-detector": case(DETECTOR, DETECTING, DetectorStatus(), "guardduty:DeleteDetector"),
    "key": case(KEY, USED, replace(USED, state="PendingDeletion"), "kms:ScheduleKeyDeletion"),
}
