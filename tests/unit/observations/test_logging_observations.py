"""What is read of trails, recorders, detectors and keys, in the shapes that the services publish."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given

from ringfence.model.document import Document
from ringfence.model.kinds.bucket import BucketRef
from ringfence.model.kinds.detector import DetectorRef
from ringfence.model.kinds.kms_key import KeyRef
from ringfence.model.kinds.recorder import RecorderRef
from ringfence.model.kinds.trail import TrailRef
from ringfence.observations.logging.detectors import DetectorSetup, DetectorStatus, restored_detector
from ringfence.observations.logging.log_keys import LogKey
from ringfence.observations.logging.logging_subjects import MOST, logging_subjects
from ringfence.observations.logging.recorders import (
    ALL_BUT_THESE,
    EVERYTHING,
    THESE,
    RecorderSetup,
    RecorderStatus,
    narrower,
)
from ringfence.observations.logging.selectors import (
    AdvancedSelector,
    BasicSelector,
    Insight,
    insight_parameters,
    read_insights,
    read_selectors,
    selector_parameters,
)
from ringfence.observations.logging.trails import Delivery, TrailOptions, TrailStatus
from tests.support.fakes.logging_answers import (
    ADVANCED,
    BASIC,
    DETECTOR,
    DETECTOR_ID,
    ELSEWHERE,
    FAILING,
    INSIGHTS,
    KEY_ARN,
    KEY_ID,
    LOG_GROUP,
    LOG_ROLE,
    OF_ORGANIZATION,
    RECORDER,
    RECORDER_NAME,
    SHADOW,
    STRANGER,
    TOPIC,
    TRAIL,
    TRAIL_ARN,
    TRAIL_NAME,
    aliases,
    deletion,
    key,
)
from tests.support.strategies.logging import DETECTOR as DETECTOR_REF
from tests.support.strategies.logging import KEY, REFS, selectors
from tests.support.strategies.logging import RECORDER as RECORDER_REF
from tests.support.strategies.logging import TRAIL as TRAIL_REF
from tests.support.talks import refusal, talk
from tests.support.worlds import NOON, REF

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.model.call import Failed
    from ringfence.model.observation import Observation
    from ringfence.model.subject import Ref
    from ringfence.observations.logging.selectors import Selectors

TAGS = {"ResourceTagList": [{"ResourceId": TRAIL_ARN, "TagsList": [{"Key": "team", "Value": "logs"}]}]}
MISSING = refusal("TrailNotFoundException")
NO_INSIGHTS = refusal("InsightNotEnabledException")
LOGS = {"IsLogging": True}
ROLES = f"arn:aws:iam::{REF.account}:role/"
SERVICE_ROLE = "aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"
EKS, RUNTIME = "EKS_RUNTIME_MONITORING", "RUNTIME_MONITORING"


def trail(*answers: Mapping[str, object] | Failed) -> TrailStatus:
    _, found = talk(TrailStatus.read(TRAIL_REF, ()), answers)
    return found


def test_a_trail_is_read_whole_in_one_round_trip() -> None:
    found = trail({"trailList": [TRAIL]}, LOGS, BASIC, INSIGHTS, TAGS)
    assert found.setup
    assert found.logging
    assert found.ours(TRAIL_REF)
    assert found.setup.options == TrailOptions(
        bucket="logs-of-everybody",
        prefix="trail",
        topic=TOPIC,
        multi_region=True,
        validation=True,
        log_group=LOG_GROUP,
        log_role=LOG_ROLE,
        key=KEY_ARN,
    )
    assert found.setup.tags == {("team", "logs")}
    assert found.setup.insights == {
        Insight("ApiCallRateInsight", "Management"),
        Insight("ApiErrorRateInsight"),
    }


def test_what_the_bucket_answers_is_read_and_when_it_last_took_log_files() -> None:
    found = trail({"trailList": [TRAIL]}, FAILING, BASIC, NO_INSIGHTS, TAGS)
    assert (found.logging, found.delivery) == (True, Delivery("AccessDenied", "NoSuchBucket", NOON))
    assert trail({"trailList": [TRAIL]}, LOGS, BASIC, NO_INSIGHTS, TAGS).delivery == Delivery()
    no_time = {**LOGS, "LatestDeliveryTime": "N/A", "LatestDeliveryError": None}
    assert trail({"trailList": [TRAIL]}, no_time, BASIC, NO_INSIGHTS, TAGS).delivery == Delivery()


@pytest.mark.parametrize(("answer", "kind"), [(BASIC, BasicSelector), (ADVANCED, AdvancedSelector)])
def test_selectors_are_basic_or_advanced(answer: Mapping[str, object], kind: type) -> None:
    found = trail({"trailList": [TRAIL]}, LOGS, answer, NO_INSIGHTS, TAGS)
    assert found.setup
    assert {type(one) for one in found.setup.selectors} == {kind}


@given(given=selectors())
def test_selectors_are_put_as_they_are_read(given: Selectors) -> None:
    assert read_selectors(Document.of(selector_parameters(given))) == given


def test_insights_are_put_by_type() -> None:
    given = frozenset({Insight("a", "Data"), Insight("a", "Management"), Insight("b")})
    put = insight_parameters(given)
    assert sorted(put, key=str) == [
        {"InsightType": "a", "EventCategories": ["Data", "Management"]},
        {"InsightType": "b"},
    ]
    assert read_insights(Document.of({"InsightSelectors": put})) == given


def test_a_trail_that_is_not_there_is_no_error() -> None:
    """It is what the response is about: it may be made again."""
    found = trail({"trailList": []}, MISSING, MISSING, MISSING, refusal("ResourceNotFoundException"))
    assert found == TrailStatus()
    assert found.gone


def test_a_trail_that_is_deleted_while_it_is_read_is_gone() -> None:
    assert trail({"trailList": [TRAIL]}, LOGS, MISSING, MISSING, TAGS).gone


@pytest.mark.parametrize(
    ("shown", "home", "owner"), [(SHADOW, ELSEWHERE, REF.account), (OF_ORGANIZATION, REF.region, STRANGER)]
)
def test_what_belongs_elsewhere_is_not_gone_and_not_ours(
    shown: Mapping[str, object], home: str, owner: str
) -> None:
    """By name, CloudTrail answers for what has its home here alone."""
    found = trail({"trailList": [shown]}, MISSING, MISSING, MISSING, TAGS)
    assert found == TrailStatus(home=home, owner=owner)
    assert not found.ours(TRAIL_REF)


def test_a_trail_of_this_home_is_meant_before_anothers_shadow() -> None:
    found = trail({"trailList": [SHADOW, TRAIL]}, LOGS, BASIC, NO_INSIGHTS, TAGS)
    assert found.ours(TRAIL_REF)


def test_a_trail_that_may_not_be_read_is_there() -> None:
    refused = refusal("OperationNotPermittedException")
    found = trail({"trailList": [TRAIL]}, refused, refused, refused, refused)
    assert (found.setup, found.gone) == (None, False)


def recorder(*answers: Mapping[str, object] | Failed) -> RecorderStatus:
    _, found = talk(RecorderStatus.read(RECORDER_REF, ()), answers)
    return found


RECORDING = {"ConfigurationRecordersStatus": [{"name": RECORDER_NAME, "recording": True}]}
CHANNELS = {"DeliveryChannels": [{"name": "default", "s3BucketName": "items", "s3KeyPrefix": "config"}]}


def test_a_recorder_is_read_with_what_it_records_and_where_to() -> None:
    found = recorder({"ConfigurationRecorders": [RECORDER]}, RECORDING, CHANNELS)
    assert found.recording
    assert found.setup == RecorderSetup(
        role=f"arn:aws:iam::{REF.account}:role/config",
        global_types=True,
        rare=frozenset({"AWS::EC2::Volume"}),
        channel="items/config",
    )


@pytest.mark.parametrize(
    ("group", "strategy", "types"),
    [
        ({"allSupported": False, "resourceTypes": ["a"]}, THESE, {"a"}),
        ({"allSupported": True}, EVERYTHING, set()),
        ({}, EVERYTHING, set()),
        (
            {
                "recordingStrategy": {"useOnly": ALL_BUT_THESE},
                "exclusionByResourceTypes": {"resourceTypes": ["a"]},
            },
            ALL_BUT_THESE,
            {"a"},
        ),
    ],
)
def test_what_a_recorder_records_is_said_in_older_and_newer_ways(
    group: Mapping[str, object], strategy: str, types: set[str]
) -> None:
    found = recorder({"ConfigurationRecorders": [{**RECORDER, "recordingGroup": group}]}, RECORDING, CHANNELS)
    assert found.setup
    assert (found.setup.strategy, set(found.setup.types)) == (strategy, types)


def test_a_recorder_that_runs_and_fails_is_read_with_the_error() -> None:
    status = {"name": RECORDER_NAME, "recording": True, "lastStatus": "FAILURE", "lastErrorCode": "NoBucket"}
    answers = ({"ConfigurationRecorders": [RECORDER]}, {"ConfigurationRecordersStatus": [status]}, CHANNELS)
    found = recorder(*answers)
    assert (found.recording, found.failure) == (True, "'NoBucket'")
    status |= {"recording": False}
    assert recorder(*answers).failure == ""


def test_a_recorder_that_is_gone_is_no_error() -> None:
    missing = refusal("NoSuchConfigurationRecorderException")
    assert recorder(missing, missing, refusal("NoSuchDeliveryChannelException")) == RecorderStatus()


@pytest.mark.parametrize(
    ("before", "now", "lost"),
    [
        ((EVERYTHING, ""), (EVERYTHING, ""), ""),
        ((EVERYTHING, ""), (THESE, "a"), "anything except a"),
        ((EVERYTHING, ""), (ALL_BUT_THESE, "a"), "a"),
        ((THESE, "ab"), (THESE, "b"), "a"),
        ((THESE, "ab"), (EVERYTHING, ""), ""),
        ((THESE, "ab"), (ALL_BUT_THESE, "bc"), "b"),
        ((THESE, "ab"), (ALL_BUT_THESE, "c"), ""),
        ((ALL_BUT_THESE, "a"), (ALL_BUT_THESE, "ab"), "b"),
        ((ALL_BUT_THESE, "a"), (EVERYTHING, ""), ""),
        ((ALL_BUT_THESE, "a"), (THESE, "bcd"), "anything except b, c, d"),
    ],
)
def test_a_recorder_that_records_fewer_types_is_narrower(
    before: tuple[str, str], now: tuple[str, str], lost: str
) -> None:
    was, is_ = (RecorderSetup("r", strategy, frozenset(types)) for strategy, types in (before, now))
    assert narrower(was, is_) == ((f"it no longer records {lost}",) if lost else ())


def test_a_recorder_that_records_seldom_or_delivers_elsewhere_is_narrower() -> None:
    was = RecorderSetup("r", global_types=True, channel="items")
    assert len(narrower(was, RecorderSetup("r", channel="other", frequency="DAILY"))) == 3
    assert (
        len(narrower(was, RecorderSetup("r", global_types=True, rare=frozenset({"a"}), channel="items"))) == 1
    )
    assert narrower(RecorderSetup("r"), was) == ()


@pytest.mark.parametrize(
    ("before", "now", "less"),
    [
        (("CONTINUOUS", "a"), ("CONTINUOUS", "ab"), True),
        (("CONTINUOUS", "ab"), ("CONTINUOUS", "a"), False),
        (("CONTINUOUS", "a"), ("DAILY", "b"), True),
        (("DAILY", "a"), ("CONTINUOUS", "b"), False),
        (("DAILY", "a"), ("CONTINUOUS", "a"), True),
        (("DAILY", "ab"), ("DAILY", "b"), True),
        (("DAILY", "a"), ("DAILY", "ab"), False),
    ],
)
def test_what_is_recorded_daily_and_was_continuously_is_narrower(
    before: tuple[str, str], now: tuple[str, str], *, less: bool
) -> None:
    """Those that are named are recorded the other way: continuously, where the rest is recorded daily."""
    was, is_ = (RecorderSetup("r", frequency=often, rare=frozenset(types)) for often, types in (before, now))
    assert bool(narrower(was, is_)) == less


def test_what_a_recorder_records_continuously_beside_what_it_records_daily_is_read() -> None:
    often = {"recordingFrequency": "CONTINUOUS", "resourceTypes": ["AWS::IAM::User"]}
    mode = {"recordingFrequency": "DAILY", "recordingModeOverrides": [often]}
    found = recorder({"ConfigurationRecorders": [{**RECORDER, "recordingMode": mode}]}, RECORDING, CHANNELS)
    assert found.setup
    assert (found.setup.frequency, set(found.setup.rare)) == ("DAILY", {"AWS::IAM::User"})


def test_a_recorder_in_another_role_may_record_nothing_unless_it_is_the_services_own() -> None:
    """What Config may not describe it does not record, and its recorder is said to record none the less."""
    was, own = RecorderSetup(f"{ROLES}config"), f"{ROLES}{SERVICE_ROLE}"
    assert narrower(was, RecorderSetup(f"{ROLES}may-do-nothing")) == (
        f"it uses the role {ROLES}may-do-nothing, which may have fewer permissions",
    )
    assert narrower(was, RecorderSetup(own)) == ()
    assert narrower(RecorderSetup(own), RecorderSetup(f"{ROLES}x/{SERVICE_ROLE}"))


def test_the_older_plan_for_runtime_monitoring_is_one_with_the_newer() -> None:
    """GuardDuty takes them only one at a time: the newer watches what the older does."""
    older = DetectorSetup("ONE_HOUR", frozenset({EKS, f"{EKS}/EKS_ADDON_MANAGEMENT", "S3_DATA_EVENTS"}))
    newer = DetectorSetup("ONE_HOUR", frozenset({RUNTIME}))
    both = frozenset({RUNTIME, f"{RUNTIME}/EKS_ADDON_MANAGEMENT", "S3_DATA_EVENTS"})
    assert restored_detector(older, newer).on == both
    assert restored_detector(newer, older).on == both
    assert restored_detector(older, DetectorSetup("ONE_HOUR")).on == older.on


def test_a_detector_is_read_without_what_is_always_on() -> None:
    _, found = talk(DetectorStatus.read(DETECTOR_REF, ()), ({"DetectorIds": [DETECTOR_ID]}, DETECTOR))
    on = {"S3_DATA_EVENTS", "RUNTIME_MONITORING", "RUNTIME_MONITORING/EC2_AGENT_MANAGEMENT"}
    tags = frozenset({("team", "security")})
    assert found == DetectorStatus(DetectorSetup("FIFTEEN_MINUTES", frozenset(on), tags), enabled=True)


def test_a_detector_that_is_gone_is_no_error_and_another_is_counted() -> None:
    gone = refusal("BadRequestException")
    _, found = talk(DetectorStatus.read(DETECTOR_REF, ()), ({"DetectorIds": ["f" * 32]}, gone))
    assert found == DetectorStatus(others=1)


def test_a_key_is_read_with_the_trails_that_write_with_it() -> None:
    other = {**TRAIL, "Name": "other", "KmsKeyId": f"{KEY_ARN}0"}
    read = (key("Disabled"), {"trailList": [TRAIL, SHADOW, other]}, aliases("logs"))
    _, found = talk(LogKey.read(KEY, ()), read)
    assert found == LogKey("Disabled", frozenset({TRAIL_NAME}))


@pytest.mark.parametrize(
    ("names", "own"),
    [((), False), (("logs",), False), (("my-ringfence-audit",), False), (("logs", "ringfence-audit"), True)],
)
def test_a_key_of_ringfence_is_known_by_its_alias(names: tuple[str, ...], own: bool) -> None:  # noqa: FBT001
    _, found = talk(LogKey.read(KEY, ()), (key("Enabled"), {"trailList": []}, aliases(*names)))
    assert found == LogKey("Enabled", own=own)


def test_a_key_that_is_gone_still_has_its_trails() -> None:
    gone = refusal("NotFoundException")
    _, found = talk(LogKey.read(KEY, ()), (gone, {"trailList": [TRAIL]}, gone))
    assert found == LogKey("", frozenset({TRAIL_NAME}))


@pytest.mark.parametrize("facet", [TrailStatus, RecorderStatus, DetectorStatus, LogKey])
def test_nothing_is_asked_about_another_kind_of_subject(facet: type[Observation]) -> None:
    bucket = BucketRef(REF.account, REF.region, "a-bucket")
    others = [ref for ref in (*REFS, bucket) if not asks(facet, ref)]
    assert len(others) == len(REFS)


def asks(facet: type[Observation], ref: Ref) -> bool:
    return next(facet.read(ref, ()), None) is not None


def test_a_review_looks_at_what_is_at_home_here_and_at_the_keys_of_its_trails() -> None:
    foreign = {**TRAIL, "Name": "foreign", "KmsKeyId": KEY_ARN.replace(REF.account, STRANGER)}
    strange = {**TRAIL, "Name": "alias", "KmsKeyId": f"arn:aws:kms:{REF.region}:{REF.account}:alias/logs"}
    away = {**TRAIL, "Name": "away", "KmsKeyId": KEY_ARN.replace(REF.region, ELSEWHERE)}
    own = {**RECORDER, "name": "service's", "servicePrincipal": "securityhub.amazonaws.com"}
    _, found = talk(
        logging_subjects(REF.account, REF.region),
        (
            {"trailList": [TRAIL, SHADOW, OF_ORGANIZATION, foreign, strange, away]},
            {"ConfigurationRecorders": [RECORDER, own]},
            {"DetectorIds": [DETECTOR_ID]},
            {"Events": []},
            {"Events": []},
            {"Events": []},
        ),
    )
    assert found.unread == ()
    assert found.refs == (
        *(TrailRef(REF.account, REF.region, name) for name in (TRAIL_NAME, "foreign", "alias", "away")),
        KeyRef(REF.account, REF.region, KEY_ID),
        KeyRef(REF.account, ELSEWHERE, KEY_ID),
        RecorderRef(REF.account, REF.region, RECORDER_NAME),
        DetectorRef(REF.account, REF.region, DETECTOR_ID),
    )


def test_a_review_looks_at_what_was_deleted_while_nobody_recorded_it() -> None:
    """CloudTrail's event history goes on without any trail."""
    trails = [
        deletion("DeleteTrail", {"name": "by-name"}),
        deletion("DeleteTrail", {"name": TRAIL_ARN}),
        deletion("DeleteTrail", {"name": "kept"}, errorCode="AccessDenied"),
        deletion("DeleteTrail", {"name": "no name at all"}),
        deletion("DeleteTrail", {}),
        {"EventName": "DeleteTrail", "CloudTrailEvent": "{"},
    ]
    recorders = [deletion("DeleteConfigurationRecorder", {"configurationRecorderName": RECORDER_NAME})]
    detectors = [deletion("DeleteDetector", {"detectorId": DETECTOR_ID})]
    nothing: tuple[Mapping[str, object], ...] = ({}, {}, {})
    (asked, *_), found = talk(
        logging_subjects(REF.account, REF.region),
        (*nothing, {"Events": trails}, {"Events": recorders}, {"Events": detectors}),
    )
    assert [call.operation for call in asked[3:]] == ["LookupEvents"] * 3
    assert all(call.pages for call in asked[3:]), "whoever deletes much would hide what was deleted first"
    assert found.unread == ()
    assert found.refs == (
        TrailRef(REF.account, REF.region, "by-name"),
        TRAIL_REF,
        RECORDER_REF,
        DETECTOR_REF,
    )


def test_refused_calls_that_never_end_are_counted_and_not_read_for_ever() -> None:
    """Everybody who may make the call can make its history long, also if IAM refuses it."""
    refused = [deletion("DeleteTrail", {"name": "kept"}, errorCode="AccessDenied")] * (MOST - 1)
    read = {"Events": [*refused, deletion("DeleteTrail", {"name": TRAIL_NAME})], "NextToken": "n"}
    nothing: tuple[Mapping[str, object], ...] = ({}, {}, {})
    (asked,), found = talk(
        logging_subjects(REF.account, REF.region), (*nothing, read, {"Events": []}, {"Events": []})
    )
    assert {call.most for call in asked[3:]} == {MOST}
    assert found.refs == (TRAIL_REF,)
    (words,) = found.unread
    assert (
        f"of DeleteTrail, only the newest {MOST:,} calls were read, of which {MOST - 1} were refused" in words
    )
