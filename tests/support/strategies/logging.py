"""Trails with many selectors, recorders, detectors and keys in every condition, for laws."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from ringfence.model.incident import Incident
from ringfence.model.kinds.detector import DetectorRef
from ringfence.model.kinds.kms_key import KeyRef
from ringfence.model.kinds.log_group import LogGroupRef
from ringfence.model.kinds.recorder import RecorderRef
from ringfence.model.kinds.trail import TrailRef
from ringfence.model.observation import ResourceState
from ringfence.observations.logging.detectors import DetectorSetup, DetectorStatus
from ringfence.observations.logging.log_groups import LogGroupUse
from ringfence.observations.logging.log_keys import LogKey
from ringfence.observations.logging.recorders import (
    ALL_BUT_THESE,
    EVERYTHING,
    THESE,
    RecorderSetup,
    RecorderStatus,
)
from ringfence.observations.logging.selectors import (
    DEFAULT,
    AdvancedSelector,
    BasicSelector,
    Condition,
    DataResource,
    Insight,
    Selectors,
)
from ringfence.observations.logging.trails import Delivery, TrailOptions, TrailSetup, TrailStatus
from ringfence.steps.logging.logging_notes import (
    RecordDetectorBaseline,
    RecordKeyBaseline,
    RecordRecorderBaseline,
    RecordTrailBaseline,
)
from ringfence.steps.logging.trail_creation import CreateTrail
from tests.support.fakes.logging_answers import (
    DETECTOR_ID,
    ELSEWHERE,
    KEY_ARN,
    KEY_ID,
    LOG_GROUP,
    LOG_ROLE,
    RECORDER_NAME,
    STRANGER,
    TOPIC,
    TRAIL_NAME,
)
from tests.support.strategies.instances import INCIDENT
from tests.support.strategies.once import once
from tests.support.worlds import NOON, REF

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from ringfence.model.observation import Observation
    from ringfence.model.step import Step
    from ringfence.model.subject import LoggingRef

TRAIL = TrailRef(REF.account, REF.region, TRAIL_NAME)
RECORDER = RecorderRef(REF.account, REF.region, RECORDER_NAME)
DETECTOR = DetectorRef(REF.account, REF.region, DETECTOR_ID)
KEY = KeyRef(REF.account, REF.region, KEY_ID)
GROUP = LogGroupRef(REF.account, REF.region, "trail")
REFS: tuple[LoggingRef, ...] = (TRAIL, RECORDER, DETECTOR, KEY, GROUP)
FOREIGN_KEY = KEY_ARN.replace(REF.account, STRANGER)
TYPES = (
    *(f"CloudTrail:cloudtrail:{name}" for name in ("StopLogging", "UpdateTrail", "DeleteTrail")),
    "CloudTrail:cloudtrail:PutEventSelectors",
    "CloudTrail:config:StopConfigurationRecorder",
    "CloudTrail:config:PutConfigurationRecorder",
    "CloudTrail:guardduty:UpdateDetector",
    "CloudTrail:guardduty:DeleteDetector",
    "CloudTrail:kms:DisableKey",
    "CloudTrail:kms:PutKeyPolicy",
    "CloudTrail:kms:ScheduleKeyDeletion",
    "CloudTrail:logs:DeleteLogGroup",
    "CloudTrail:logs:PutRetentionPolicy",
    "Config:cloud-trail-log-file-validation-enabled",
    "Review:logging",
)
NAMED, UNNAMED = (("log-destinations", "logs-of-everybody, logs other"),), (("log-destinations", ""),)
"""Where trails may log to by the policy: to some of the buckets here, or to none."""
SUSPECTS = (f"arn:aws:iam::{REF.account}:user/team/admin", "AWSService:backup.amazonaws.com")

# What events are about: few enough that selectors meet.
SOURCES = ("kms.amazonaws.com", "rdsdata.amazonaws.com", "iam.amazonaws.com")
OBJECTS = ("arn:aws:s3:::pay/", "arn:aws:s3:::pay/roll", "arn:aws:s3:::web/x.tmp")
FUNCTIONS = tuple(f"arn:aws:lambda:{REF.region}:{REF.account}:function:{name}" for name in ("f", "fg"))
READ_ONLY = ("true", "false")
FIELDS = {
    "eventCategory": ("Management", "Data"),
    "readOnly": READ_ONLY,
    "eventSource": SOURCES,
    "eventName": ("PutObject", "PutItem", "GetObject"),
    "resources.type": ("AWS::S3::Object", "AWS::Lambda::Function"),
    "resources.ARN": (*OBJECTS, *FUNCTIONS),
}


@once
def basic() -> SearchStrategy[BasicSelector]:
    """Any basic selector."""
    values = {
        "AWS::S3::Object": st.sampled_from(("arn:aws:s3", "arn:aws:s3:::", *OBJECTS)),
        "AWS::Lambda::Function": st.sampled_from(("arn:aws:lambda", *FUNCTIONS)),
    }

    @cache
    def of(type_: str) -> SearchStrategy[DataResource]:
        return st.builds(DataResource, st.just(type_), st.frozensets(values[type_], max_size=3))

    resources = st.sampled_from(tuple(values)).flatmap(of)
    return st.builds(
        BasicSelector,
        st.sampled_from(("All", "ReadOnly", "WriteOnly")),
        st.booleans(),
        st.frozensets(st.sampled_from(SOURCES[:2])),
        st.frozensets(resources, max_size=2),
    )


@once
def conditions() -> SearchStrategy[Condition]:
    """Any condition on a field of an event."""

    @cache
    def on(field: str) -> SearchStrategy[Condition]:
        texts = FIELDS[field]
        parts = sorted({*texts, *(one[:5] for one in texts), *(one[-4:] for one in texts)})
        some = st.frozensets(st.sampled_from(parts), max_size=2)
        if field in {"eventCategory", "readOnly", "resources.type"}:
            return st.builds(Condition, st.just(field), st.frozensets(st.sampled_from(texts), min_size=1))
        return st.builds(Condition, st.just(field), some, some, some, some, some, some)

    return st.sampled_from(tuple(FIELDS)).flatmap(on)


@once
def advanced() -> SearchStrategy[AdvancedSelector]:
    """Any advanced selector."""
    return st.builds(
        AdvancedSelector, st.frozensets(conditions(), min_size=1, max_size=4), st.sampled_from(("", "named"))
    )


@once
def selectors() -> SearchStrategy[Selectors]:
    """Many selectors, all basic or all advanced."""
    return (
        st.just(DEFAULT)
        | st.frozensets(basic(), min_size=1, max_size=5)
        | st.frozensets(advanced(), min_size=1, max_size=5)
    )


@once
def trail_options() -> SearchStrategy[TrailOptions]:
    """Any options; what records every region records what is global."""
    return st.builds(
        TrailOptions,
        bucket=st.sampled_from(("logs-of-everybody", "bucket-of-somebody")),
        prefix=st.sampled_from(("", "trail")),
        topic=st.sampled_from(("", TOPIC)),
        global_events=st.booleans(),
        multi_region=st.booleans(),
        organization=st.booleans(),
        validation=st.booleans(),
        log_group=st.sampled_from(("", LOG_GROUP)),
        log_role=st.sampled_from(("", LOG_ROLE)),
        key=st.sampled_from(("", KEY_ARN, f"{KEY_ARN}0", FOREIGN_KEY)),
        recursive=st.booleans(),
    )


@once
def trail_setups() -> SearchStrategy[TrailSetup]:
    """Any trail."""
    insight = st.builds(
        Insight, st.sampled_from(("ApiCallRateInsight", "ApiErrorRateInsight")), st.sampled_from(("", "Data"))
    )
    return st.builds(
        TrailSetup,
        trail_options(),
        selectors(),
        st.frozensets(insight),
        st.frozensets(st.just(("team", "security"))),
    )


@once
def trails() -> SearchStrategy[TrailStatus]:
    """A trail of ours, a gone one, one that cannot be read, another region's or account's shadow."""
    errors = st.sampled_from(("", "AccessDenied", "\x1b[2J\n" * 99))
    delivery = st.builds(Delivery, errors, errors, st.sampled_from((None, NOON, NOON - timedelta(days=9))))
    home = (st.just(REF.region), st.just(REF.account))
    ours = st.builds(TrailStatus, trail_setups(), st.booleans(), *home, delivery)
    others = st.sampled_from(
        (
            TrailStatus(),
            TrailStatus(home=REF.region, owner=REF.account),
            TrailStatus(home=ELSEWHERE, owner=REF.account),
            TrailStatus(home=REF.region, owner=STRANGER),
        )
    )
    return ours | others


@once
def recorder_setups() -> SearchStrategy[RecorderSetup]:
    """Any recorder's setup."""
    types = st.frozensets(st.sampled_from(("AWS::S3::Bucket", "AWS::IAM::User", "AWS::EC2::Volume")))
    strategy = st.sampled_from((EVERYTHING, THESE, ALL_BUT_THESE))
    return st.builds(
        RecorderSetup,
        role=st.just("role"),
        strategy=strategy,
        types=types,
        global_types=st.booleans(),
        frequency=st.sampled_from(("CONTINUOUS", "DAILY")),
        rare=types,
        channel=st.sampled_from(("", "items/config", "elsewhere")),
    )


@once
def detector_setups() -> SearchStrategy[DetectorSetup]:
    """Any detector's setup."""
    newer, older = "RUNTIME_MONITORING", "EKS_RUNTIME_MONITORING"
    parts = (f"{newer}/EC2_AGENT_MANAGEMENT", f"{older}/EKS_ADDON_MANAGEMENT")
    plans = ("S3_DATA_EVENTS", newer, older, *parts)
    return st.builds(
        DetectorSetup,
        st.sampled_from(("FIFTEEN_MINUTES", "ONE_HOUR", "SIX_HOURS", "NEVER")),
        st.frozensets(st.sampled_from(plans)),
        st.frozensets(st.just(("team", "security"))),
    )


@once
def _states(kind: type[Observation]) -> SearchStrategy[Observation]:
    maybe = st.none()
    return {
        TrailStatus: trails(),
        RecorderStatus: st.builds(RecorderStatus, maybe | recorder_setups(), st.booleans()),
        DetectorStatus: st.builds(
            DetectorStatus, maybe | detector_setups(), st.booleans(), st.integers(0, 1)
        ),
        LogKey: st.builds(
            LogKey,
            st.sampled_from(("", "Enabled", "Disabled", "PendingDeletion", "PendingImport")),
            st.frozensets(st.sampled_from(("everything", "other"))),
            st.booleans(),
        ),
        LogGroupUse: st.builds(LogGroupUse, st.frozensets(st.sampled_from(("everything", "other")))),
    }[kind]


OF: dict[type[LoggingRef], type[Observation]] = {
    TrailRef: TrailStatus,
    RecorderRef: RecorderStatus,
    DetectorRef: DetectorStatus,
    KeyRef: LogKey,
    LogGroupRef: LogGroupUse,
}
NOTHING: tuple[Observation, ...] = (
    TrailStatus(),
    RecorderStatus(),
    DetectorStatus(),
    LogKey(),
    LogGroupUse(),
)


def nothing(ref: LoggingRef) -> ResourceState:
    """Return a subject that is not there."""
    return ResourceState(ref, {type(one): one for one in NOTHING})


@once
def seen(*refs: LoggingRef) -> SearchStrategy[ResourceState]:
    """One subject of any kind, or of these, in any condition."""

    @cache
    def of(ref: LoggingRef) -> SearchStrategy[ResourceState]:
        return _states(OF[type(ref)]).map(nothing(ref).with_observation)

    return st.sampled_from(refs or REFS).flatmap(of)


@once
def notes() -> SearchStrategy[Step]:
    """Any baseline, or a trail that was made again."""
    return (
        st.builds(RecordTrailBaseline, trail_setups(), st.booleans())
        | recorder_setups().map(RecordRecorderBaseline)
        | detector_setups().map(RecordDetectorBaseline)
        | st.frozensets(st.sampled_from(("everything", "other")), min_size=1).map(RecordKeyBaseline)
        | trail_options().map(lambda one: CreateTrail(TRAIL.id, TRAIL.region, TRAIL.account, one))
    )


@once
def incidents() -> SearchStrategy[Incident]:
    """One incident, because of any findings, with anything noted before."""
    return st.builds(
        Incident,
        id=st.just(INCIDENT),
        opened_at=st.just(NOON),
        choices=st.sampled_from((NAMED, UNNAMED)),
        past=st.lists(notes(), max_size=3).map(tuple),
        requested=st.booleans(),
        types=st.frozensets(st.sampled_from(TYPES)).map(lambda drawn: tuple(sorted(drawn))),
        suspects=st.frozensets(st.sampled_from(SUSPECTS)).map(lambda drawn: tuple(sorted(drawn))),
    )
