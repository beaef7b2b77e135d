"""The worlds of `restore-logging`."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from ringfence.model.incident import Incident
from ringfence.model.observation import ResourceState
from ringfence.observations.logging.detectors import DetectorSetup, DetectorStatus
from ringfence.observations.logging.log_keys import LogKey
from ringfence.observations.logging.recorders import EVERYTHING, RecorderSetup, RecorderStatus
from ringfence.observations.logging.selectors import (
    DEFAULT,
    AdvancedSelector,
    BasicSelector,
    Condition,
    DataResource,
    Insight,
)
from ringfence.observations.logging.trails import TrailOptions, TrailSetup, TrailStatus
from ringfence.runbooks.restore_logging import RESTORE_LOGGING
from ringfence.steps.logging.detectors import CreateDetector, EnableDetector, SetDetectorOptions
from ringfence.steps.logging.log_keys import CancelDeletion, EnableKey
from ringfence.steps.logging.logging_notes import (
    RecordDetectorBaseline,
    RecordKeyBaseline,
    RecordRecorderBaseline,
    RecordTrailBaseline,
)
from ringfence.steps.logging.recorders import StartRecorder
from ringfence.steps.logging.trail_creation import CreateTrail
from ringfence.steps.logging.trail_selectors import SetEventSelectors, SetInsightSelectors
from ringfence.steps.logging.trails import SetTrailOptions, StartTrail
from tests.support.fakes.logging_answers import (
    DETECTOR_ID,
    KEY_ARN,
    KEY_ID,
    LOG_GROUP,
    LOG_ROLE,
    TRAIL_NAME,
)
from tests.support.runbook_worlds import Case, Worlds, by_observations, independent, of
from tests.support.strategies.instances import INCIDENT
from tests.support.strategies.logging import (
    DETECTOR,
    KEY,
    NAMED,
    NOTHING,
    RECORDER,
    REFS,
    TRAIL,
    incidents,
    nothing,
    seen,
)
from tests.support.worlds import NOON

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.observation import Observation
    from ringfence.model.step import Step
    from ringfence.model.subject import LoggingRef

FULL = TrailOptions("logs", "p", "topic", True, True, True, True, LOG_GROUP, LOG_ROLE, KEY_ARN)
BARE = TrailOptions("other")
MANY = frozenset(
    {
        AdvancedSelector(
            frozenset(
                {
                    Condition("eventCategory", frozenset({"Data"})),
                    Condition("resources.ARN", starts_with=frozenset({"a"})),
                }
            ),
            "named",
        ),
        AdvancedSelector(frozenset({Condition("eventCategory", frozenset({"Management"}))})),
    }
)
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
    return Case(RESTORE_LOGGING, state, types, choices=dict(NAMED), becomes=(becomes,))


@cache
def steps() -> tuple[Step, ...]:
    """Return every class of step."""
    return tuple(_steps())


def _steps() -> Iterator[Step]:
    yield StartTrail(TRAIL_NAME)
    for aspect in ("destination", "log-group", "key", "regions"):
        yield SetTrailOptions(TRAIL_NAME, aspect, BARE, FULL)
        yield SetTrailOptions(TRAIL_NAME, aspect, FULL, BARE)
    yield SetEventSelectors(TRAIL_NAME, DEFAULT, MANY)
    yield SetEventSelectors(
        TRAIL_NAME, MANY, frozenset({BasicSelector(excluded=frozenset({"kms.amazonaws.com"}))})
    )
    yield SetInsightSelectors(TRAIL_NAME, frozenset(), INSIGHTS)
    for options in (FULL, BARE):
        yield CreateTrail(TRAIL_NAME, TRAIL.region, TRAIL.account, options, frozenset({("team", "security")}))
    yield CreateTrail(TRAIL_NAME, TRAIL.region, TRAIL.account, BARE)
    yield StartRecorder(RECORDER.id)
    yield EnableDetector(DETECTOR_ID)
    yield SetDetectorOptions(DETECTOR_ID, DetectorSetup("SIX_HOURS"), WATCHING)
    yield SetDetectorOptions(DETECTOR_ID, DetectorSetup("SIX_HOURS"), DetectorSetup("ONE_HOUR"))
    yield CreateDetector(DETECTOR_ID, WATCHING)
    yield CreateDetector(DETECTOR_ID, DetectorSetup("SIX_HOURS"))
    yield CancelDeletion(KEY_ID)
    yield EnableKey(KEY_ID)
    yield RecordTrailBaseline(TrailSetup(FULL))
    yield RecordRecorderBaseline(RecorderSetup("role", EVERYTHING))
    yield RecordDetectorBaseline(WATCHING)
    yield RecordKeyBaseline(frozenset({TRAIL_NAME}))


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
DELETED_UNVALIDATED = (
    nothing(TRAIL),
    Incident(
        INCIDENT,
        NOON,
        choices=NAMED,
        past=(RecordTrailBaseline(TrailSetup(TrailOptions("logs"))),),
        types=("Config:cloud-trail-log-file-validation-enabled",),
    ),
)
"""A deleted trail whose log files were not validated, and a verdict that they have to be."""
WORLDS = Worlds(
    RESTORE_LOGGING,
    CASES,
    independent(by_observations(seen), incidents),
    steps,
    of(*REFS),
    pinned=(DELETED_UNVALIDATED,),
)
