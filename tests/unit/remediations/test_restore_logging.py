"""What `restore-logging` does and says about single losses of logging."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from ringfence.model.document import Document
from ringfence.model.incident import Incident
from ringfence.model.observation import ResourceState
from ringfence.model.plan import dependency_levels
from ringfence.observations.logging.detectors import DetectorSetup, DetectorStatus
from ringfence.observations.logging.log_groups import LogGroupUse
from ringfence.observations.logging.log_keys import LogKey
from ringfence.observations.logging.recorders import THESE, RecorderSetup, RecorderStatus
from ringfence.observations.logging.selectors import BasicSelector
from ringfence.observations.logging.trails import Delivery, TrailOptions, TrailSetup, TrailStatus
from ringfence.runbooks import load
from ringfence.runbooks.restore_logging import RESTORE_LOGGING
from ringfence.steps.logging.detectors import CreateDetector, EnableDetector, SetDetectorOptions
from ringfence.steps.logging.log_keys import CancelDeletion, EnableKey
from ringfence.steps.logging.logging_notes import (
    RecordDetectorBaseline,
    RecordKeyBaseline,
    RecordRecorderBaseline,
    RecordTrailBaseline,
)
from ringfence.steps.logging.trail_creation import CreateTrail
from ringfence.steps.logging.trail_selectors import SetEventSelectors
from ringfence.steps.logging.trails import SetTrailOptions, StartTrail
from tests.support.fakes.logging_answers import ELSEWHERE, LOG_GROUP
from tests.support.strategies.logging import DETECTOR, GROUP, KEY, NOTHING, RECORDER, TRAIL
from tests.support.worlds import NOON

if TYPE_CHECKING:
    from ringfence.model.observation import Observation
    from ringfence.model.step import Step
    from ringfence.model.subject import LoggingRef

REVIEW = "Review:logging"
FULL = TrailSetup(TrailOptions("logs", multi_region=True, validation=True))
ORGANIZATION = TrailSetup(TrailOptions("logs", multi_region=True, organization=True))
HALF = frozenset({BasicSelector("WriteOnly")})


def incident(
    *types: str, past: tuple[Step, ...] = (), named: str = "logs", requested: bool = False
) -> Incident:
    choices = RESTORE_LOGGING.choose({"log-destinations": named} if named else {})
    return Incident("inc-1", NOON, choices=choices, past=past, types=types, requested=requested)


def seen(ref: LoggingRef, facet: Observation) -> ResourceState:
    return ResourceState(ref, {type(one): one for one in NOTHING}).with_observation(facet)


def trail(setup: TrailSetup | None = FULL, *, logging: bool = True) -> ResourceState:
    home = (TRAIL.region, TRAIL.account) if setup else ("", "")
    return seen(TRAIL, TrailStatus(setup, logging, *home))


def plan(world: ResourceState, because: Incident) -> tuple[Step, ...]:
    """Plan what answers the newest of the types."""
    answering = RESTORE_LOGGING.answers_by_type()
    about = [id_ for id_ in RESTORE_LOGGING.ids if because.types[-1] in answering[id_]]
    (stage,) = RESTORE_LOGGING.narrowed(about).on(world.ref).stages
    return stage.plan(world, because)


def reviews(world: ResourceState, because: Incident) -> str:
    (stage,) = RESTORE_LOGGING.on(world.ref).stages
    return "\n".join(stage.review_items(world, because))


def cloudtrail(name: str) -> str:
    return f"CloudTrail:cloudtrail:{name}"


def test_a_review_notes_a_trail_that_logs_and_none_that_does_not() -> None:
    assert plan(trail(), incident(REVIEW)) == (RecordTrailBaseline(FULL),)
    assert plan(trail(logging=False), incident(REVIEW)) == ()
    assert "does not log" in reviews(trail(logging=False), incident(REVIEW))


def failing(delivery: Delivery, *, logging: bool = True) -> ResourceState:
    world = trail(logging=logging)
    return world.with_observation(replace(world[TrailStatus], delivery=delivery))


def test_a_trail_that_cannot_deliver_is_for_a_person_and_nothing_is_changed() -> None:
    noted = incident(REVIEW, past=(RecordTrailBaseline(FULL),))
    world = failing(Delivery("AccessDenied", "NoSuchBucket", NOON - timedelta(days=2)))
    assert plan(world, noted) == ()
    logs, digests = reviews(world, noted).splitlines()
    assert logs.startswith(
        f"trail {TRAIL.id} cannot deliver log files to bucket logs since 2026-02-27 12:00 UTC: AccessDenied. "
    )
    assert digests.startswith(f"trail {TRAIL.id} cannot deliver digests to bucket logs: NoSuchBucket. ")
    assert reviews(failing(Delivery(last=NOON)), noted) == ""
    assert "cannot deliver" not in reviews(failing(Delivery("AccessDenied"), logging=False), noted)


def test_while_some_deliveries_succeed_the_words_stay_the_same() -> None:
    noted = incident(REVIEW, past=(RecordTrailBaseline(FULL),))
    hours = (failing(Delivery("SlowDown", "", NOON - timedelta(hours=ago))) for ago in range(24))
    assert len({reviews(world, noted) for world in hours}) == 1


def test_an_answer_of_the_bucket_is_told_in_harmless_words() -> None:
    words = reviews(failing(Delivery("\x1b[2J\n" * 500)), incident(REVIEW))
    assert words.isprintable()
    assert len(words) < 2000


def test_a_review_starts_a_noted_trail_without_any_event() -> None:
    """The stop of an only trail is recorded by nobody."""
    noted = incident(REVIEW, past=(RecordTrailBaseline(FULL),))
    assert plan(trail(logging=False), noted) == (StartTrail(TRAIL.id),)
    assert plan(trail(), noted) == ()


def test_what_is_weaker_is_put_back_and_is_no_new_baseline() -> None:
    noted = incident(REVIEW, past=(RecordTrailBaseline(FULL),))
    weak = TrailSetup(replace(FULL.options, multi_region=False), HALF)
    assert plan(trail(weak), noted) == (
        SetTrailOptions(TRAIL.id, "regions", weak.options, FULL.options),
        SetEventSelectors(TRAIL.id, HALF, FULL.selectors),
    )


def test_of_a_change_only_what_it_is_about_is_put_back() -> None:
    weak = TrailSetup(FULL.options, HALF)
    past = (RecordTrailBaseline(FULL),)
    stopped = incident(cloudtrail("StopLogging"), past=past)
    assert plan(trail(weak, logging=False), stopped) == (StartTrail(TRAIL.id),)
    changed = incident(cloudtrail("PutEventSelectors"), past=past)
    assert plan(trail(weak, logging=False), changed) == (SetEventSelectors(TRAIL.id, HALF, FULL.selectors),)


def test_a_change_of_a_trail_that_was_never_noted_is_for_a_person() -> None:
    because = incident(cloudtrail("UpdateTrail"))
    assert plan(trail(), because) == ()
    assert "never recorded" in reviews(trail(), because)
    noted = incident(cloudtrail("UpdateTrail"), past=(RecordTrailBaseline(FULL),))
    assert not reviews(trail(), noted)


def test_a_verdict_has_log_files_validated_without_a_baseline() -> None:
    because = incident("Config:cloud-trail-log-file-validation-enabled")
    bare = TrailSetup(TrailOptions("logs"))
    (step,) = plan(trail(bare), because)
    assert isinstance(step, SetTrailOptions)
    assert (step.aspect, step.after.validation) == ("validation", True)


def test_a_deleted_trail_is_made_started_and_told_what_to_record_in_this_order() -> None:
    setup = TrailSetup(FULL.options, HALF, tags=frozenset({("team", "security")}))
    because = incident(cloudtrail("DeleteTrail"), past=(RecordTrailBaseline(setup),))
    kinds = [[type(step) for step in wave] for wave in dependency_levels(plan(trail(None), because))]
    assert kinds == [[CreateTrail], [StartTrail], [SetEventSelectors]]


@pytest.mark.parametrize(
    "world",
    [trail(None), seen(RECORDER, RecorderStatus()), seen(DETECTOR, DetectorStatus())],
    ids=lambda one: one.ref.kind,
)
def test_what_was_deleted_long_ago_and_never_noted_is_nothing_to_a_review(world: ResourceState) -> None:
    assert plan(world, incident(REVIEW)) == ()
    assert not reviews(world, incident(REVIEW))


def test_a_review_makes_a_noted_trail_again_without_any_event() -> None:
    noted = incident(REVIEW, past=(RecordTrailBaseline(FULL),))
    assert [type(step) for step in plan(trail(None), noted)] == [CreateTrail, StartTrail]


def test_a_trail_is_made_again_with_the_validation_that_a_verdict_asks_for() -> None:
    bare, sound = (TrailSetup(TrailOptions("logs", validation=on)) for on in (False, True))
    judged = incident(
        "Config:cloud-trail-log-file-validation-enabled", REVIEW, past=(RecordTrailBaseline(bare),)
    )
    assert plan(trail(None), judged) == (
        CreateTrail(TRAIL.id, TRAIL.region, TRAIL.account, sound.options),
        StartTrail(TRAIL.id),
        RecordTrailBaseline(sound),
    )


def test_what_was_begun_of_a_deleted_trail_is_gone_on_with() -> None:
    """A crash after its creation leaves a trail that neither logs nor records what it did."""
    setup = TrailSetup(FULL.options, HALF)
    made = CreateTrail(TRAIL.id, TRAIL.region, TRAIL.account, FULL.options)
    because = incident(cloudtrail("DeleteTrail"), past=(RecordTrailBaseline(setup), made))
    blank = TrailSetup(TrailOptions("logs", validation=True))
    kinds = {type(step) for step in plan(trail(blank, logging=False), because)}
    assert kinds == {StartTrail, SetTrailOptions}


@pytest.mark.parametrize("past", [(), (RecordTrailBaseline(ORGANIZATION),)])
def test_a_deleted_trail_is_for_a_person_without_a_baseline_or_with_an_organization(
    past: tuple[Step, ...],
) -> None:
    because = incident(cloudtrail("DeleteTrail"), past=past)
    assert plan(trail(None), because) == ()
    assert "aws cloudtrail create-trail" in reviews(trail(None), because)


def test_an_organizations_trail_that_became_one_accounts_is_for_its_management_account() -> None:
    because = incident(REVIEW, past=(RecordTrailBaseline(ORGANIZATION),))
    alone = TrailSetup(replace(ORGANIZATION.options, organization=False))
    assert plan(trail(alone), because) == ()
    assert "--is-organization-trail" in reviews(trail(alone), because)


def test_a_shadow_is_said_to_be_elsewhere() -> None:
    shadow = seen(TRAIL, TrailStatus(home=ELSEWHERE, owner=TRAIL.account))
    because = incident(REVIEW, past=(RecordTrailBaseline(FULL),))
    assert plan(shadow, because) == ()
    assert ELSEWHERE in reviews(shadow, because)


def test_a_trail_whose_name_another_took_is_said_to_be_deleted_with_what_it_was() -> None:
    """No second trail of the name can be made: whoever deletes one could keep it from being made again."""
    shadow = seen(TRAIL, TrailStatus(home=ELSEWHERE, owner=TRAIL.account))
    noted = reviews(shadow, incident(REVIEW, past=(RecordTrailBaseline(FULL),)))
    assert "was deleted" in noted
    assert f"to bucket {FULL.options.bucket}" in noted
    assert "was deleted" not in reviews(shadow, incident(cloudtrail("UpdateTrail")))


def test_a_narrowed_recorder_is_said_with_what_it_was_and_is_no_new_baseline() -> None:
    was, is_ = RecorderSetup("role"), RecorderSetup("role", THESE, frozenset({"AWS::S3::Bucket"}))
    because = incident(REVIEW, past=(RecordRecorderBaseline(was),))
    world = seen(RECORDER, RecorderStatus(is_, recording=True))
    assert plan(world, because) == ()
    assert was.key in reviews(world, because)
    assert plan(seen(RECORDER, RecorderStatus(is_, recording=True)), incident(REVIEW)) == (
        RecordRecorderBaseline(is_),
    )


def test_a_recorder_that_runs_and_fails_is_for_a_person() -> None:
    world = seen(RECORDER, RecorderStatus(RecorderSetup("role"), recording=True, failure="'AccessDenied'"))
    assert "fails to record: 'AccessDenied'" in reviews(world, incident(REVIEW))


def test_a_disabled_detector_needs_no_baseline_and_a_deleted_one_does() -> None:
    setup = DetectorSetup("ONE_HOUR")
    disabled = seen(DETECTOR, DetectorStatus(setup, enabled=False))
    assert plan(disabled, incident("CloudTrail:guardduty:UpdateDetector")) == (EnableDetector(DETECTOR.id),)
    assert plan(disabled, incident(REVIEW)) == ()
    deleted = incident("CloudTrail:guardduty:DeleteDetector")
    gone = seen(DETECTOR, DetectorStatus())
    assert plan(gone, deleted) == ()
    assert "create-detector" in reviews(gone, deleted)
    noted = replace(deleted, past=(RecordDetectorBaseline(setup),))
    assert plan(gone, noted) == (CreateDetector(DETECTOR.id, setup),)
    assert plan(seen(DETECTOR, DetectorStatus(others=1)), noted) == ()


def test_a_detector_that_somebody_else_put_in_the_place_of_a_noted_one_is_for_a_person() -> None:
    """It may watch less: whoever deletes one can make another."""
    setup = DetectorSetup("ONE_HOUR", frozenset({"S3_DATA_EVENTS"}))
    replaced = seen(DETECTOR, DetectorStatus(others=1))
    past = (RecordDetectorBaseline(setup),)
    assert setup.key in reviews(replaced, incident(REVIEW, past=past))
    assert not reviews(replaced, incident(REVIEW, past=(*past, CreateDetector(DETECTOR.id, setup))))
    assert not reviews(replaced, incident(REVIEW))


def test_a_plan_of_a_detector_that_excludes_another_is_switched_off_with_it() -> None:
    older = DetectorSetup("ONE_HOUR", frozenset({"EKS_RUNTIME_MONITORING"}))
    newer = DetectorSetup("ONE_HOUR", frozenset({"RUNTIME_MONITORING"}))
    because = incident(REVIEW, past=(RecordDetectorBaseline(newer),))
    (step,) = plan(seen(DETECTOR, DetectorStatus(older, enabled=True)), because)
    assert step == SetDetectorOptions(DETECTOR.id, older, newer)
    (call,) = next(step.apply({}))
    assert call.parameters["Features"] == [
        {"Name": "EKS_RUNTIME_MONITORING", "Status": "DISABLED"},
        {"Name": "RUNTIME_MONITORING", "Status": "ENABLED"},
    ]


SCHEDULED = "CloudTrail:kms:ScheduleKeyDeletion"


def test_a_key_of_no_trail_is_its_owners_business() -> None:
    world = seen(KEY, LogKey("PendingDeletion"))
    assert plan(world, incident(SCHEDULED)) == ()
    assert not reviews(world, incident(SCHEDULED))


@pytest.mark.parametrize("state", ["Disabled", "PendingDeletion"])
def test_a_key_of_ringfence_is_kept_without_a_trail_and_a_person_is_told(state: str) -> None:
    world = seen(KEY, LogKey(state, own=True))
    cancelled = (CancelDeletion(KEY.id),) if state == "PendingDeletion" else ()
    assert plan(world, incident(SCHEDULED)) == (*cancelled, EnableKey(KEY.id))
    assert f"TAMPERING: KMS key {KEY.id}, which is a key of Ringfence," in reviews(world, incident(SCHEDULED))
    kept = seen(KEY, LogKey("Enabled", own=True))
    assert plan(kept, incident(SCHEDULED)) == ()
    assert "ask who did it" in reviews(kept, incident(SCHEDULED)), "a person is told, whoever enabled it"


def test_a_new_policy_of_a_key_of_ringfence_is_left_to_the_self_check() -> None:
    """Deployments replace it, and the self-check compares it."""
    world = seen(KEY, LogKey("Enabled", own=True))
    assert plan(world, incident("CloudTrail:kms:PutKeyPolicy")) == ()
    assert not reviews(world, incident("CloudTrail:kms:PutKeyPolicy"))


def test_a_key_of_a_trail_is_kept_and_then_enabled() -> None:
    """Cancelling its deletion leaves it disabled."""
    steps = plan(seen(KEY, LogKey("PendingDeletion", frozenset({"everything"}))), incident(SCHEDULED))
    assert dependency_levels(steps) == ((CancelDeletion(KEY.id),), (EnableKey(KEY.id),))


def test_a_key_is_remembered_after_its_trail_was_told_to_write_without_it() -> None:
    past = (RecordKeyBaseline(frozenset({"everything"})),)
    steps = plan(seen(KEY, LogKey("Disabled")), incident(SCHEDULED, past=past))
    assert steps == (EnableKey(KEY.id),)


@pytest.mark.parametrize("state", ["", "PendingImport", "Unavailable"])
def test_a_key_that_cannot_be_had_back_is_said(state: str) -> None:
    world = seen(KEY, LogKey(state, frozenset({"everything"})))
    assert plan(world, incident(SCHEDULED)) == ()
    assert "everything cannot write with it" in reviews(world, incident(SCHEDULED))


def test_what_was_not_recorded_meanwhile_is_said() -> None:
    restarted = incident(cloudtrail("StopLogging"), past=(StartTrail(TRAIL.id),))
    assert any("event history" in words for words in load("restart-trail").residual_risks(trail(), restarted))


def test_nothing_of_this_can_break_a_workload() -> None:
    assert not [one.id for one in RESTORE_LOGGING.remediations if one.workload_risk or one.optional]


# Destinations that nobody has confirmed

STRANGE = TrailSetup(TrailOptions("logs-of-a-stranger", multi_region=True, validation=True))
FOREIGN = "arn:aws:kms:eu-west-1:999900001111:key/0123"


def test_a_trail_to_a_bucket_that_nobody_confirmed_is_no_baseline_and_a_person_is_told() -> None:
    world, because = trail(STRANGE), incident(REVIEW)
    assert plan(world, because) == ()
    assert "logs-of-a-stranger, and neither the policy nor a person" in reviews(world, because)
    assert reviews(trail(), because) == ""


def test_an_intruders_trail_that_a_responder_stops_or_deletes_stays_so() -> None:
    """Also after a baseline from a version that did not ask: it counts no more."""
    noted = (RecordTrailBaseline(STRANGE),)
    for past in ((), noted):
        stopped = incident(REVIEW, cloudtrail("StopLogging"), past=past)
        deleted = incident(REVIEW, cloudtrail("DeleteTrail"), past=past)
        assert plan(trail(STRANGE, logging=False), stopped) == ()
        assert plan(trail(None, logging=False), deleted) == ()
        assert "logs-of-a-stranger" in reviews(trail(STRANGE, logging=False), stopped)


def test_a_stopped_trail_to_a_named_bucket_is_restarted_without_a_baseline() -> None:
    assert plan(trail(logging=False), incident(cloudtrail("StopLogging")))[:1] == (StartTrail(TRAIL.id),)


def test_a_run_by_a_person_confirms_the_destination_once_and_for_later() -> None:
    (noted,) = plan(trail(STRANGE), incident(REVIEW, named="", requested=True))
    assert noted == RecordTrailBaseline(STRANGE, confirmed=True)
    later = incident(REVIEW, named="", past=(noted,))
    assert plan(trail(STRANGE), later) == ()
    assert reviews(trail(STRANGE), later) == ""
    stopped = incident(cloudtrail("StopLogging"), named="", past=(noted,))
    assert plan(trail(STRANGE, logging=False), stopped) == (StartTrail(TRAIL.id),)
    stronger = replace(STRANGE, options=replace(STRANGE.options, log_group="arn:aws:logs:::x"))
    assert plan(trail(stronger), later) == (RecordTrailBaseline(stronger),)


def test_a_confirmation_is_of_a_destination_and_not_of_the_name_of_a_trail() -> None:
    noted = RecordTrailBaseline(FULL, confirmed=True)
    because = incident(REVIEW, named="", past=(noted, RecordTrailBaseline(STRANGE)))
    put_back = plan(trail(STRANGE), because)
    assert put_back == (SetTrailOptions(TRAIL.id, "destination", STRANGE.options, FULL.options),)


def test_a_trail_that_was_moved_and_stopped_is_moved_back_before_it_is_started() -> None:
    because = incident(cloudtrail("StopLogging"), past=(RecordTrailBaseline(FULL),))
    steps = plan(trail(STRANGE, logging=False), because)
    waves = list(dependency_levels(steps))
    assert [type(step) for wave in waves for step in wave] == [SetTrailOptions, StartTrail]
    assert len(waves) == 2


@pytest.mark.parametrize("field", ["key", "topic", "log_group"])
def test_a_key_topic_or_log_group_of_another_account_must_be_named_too(field: str) -> None:
    ours = FOREIGN.replace("999900001111", TRAIL.account)
    foreign, own = (
        replace(FULL, options=replace(FULL.options, **{field: arn}))  # type: ignore[arg-type]  # a text each
        for arn in (FOREIGN, ours)
    )
    assert plan(trail(foreign), incident(REVIEW)) == ()
    assert FOREIGN in reviews(trail(foreign), incident(REVIEW))
    assert plan(trail(foreign), incident(REVIEW, named=f"logs {FOREIGN}")) == (RecordTrailBaseline(foreign),)
    assert plan(trail(own), incident(REVIEW)) == (RecordTrailBaseline(own),)


def test_a_replaced_policy_of_a_trails_key_is_for_a_person() -> None:
    because = incident("CloudTrail:kms:PutKeyPolicy")
    assert "check that everything may still encrypt" in reviews(seen(KEY, LogKey("Enabled", TRAILS)), because)
    assert reviews(seen(KEY, LogKey("Enabled")), because) == ""


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("DeleteLogGroup", "create it again"),
        ("PutRetentionPolicy", "retention"),
        ("DeleteLogStream", "streams"),
        ("PutDataProtectionPolicy", "may no longer ring"),
        ("PutTransformer", "may no longer ring"),
    ],
)
def test_whoever_deletes_or_masks_the_events_of_a_trail_is_reported(name: str, said: str) -> None:
    because = incident(f"CloudTrail:logs:{name}")
    assert said in reviews(seen(GROUP, LogGroupUse(TRAILS)), because)
    assert plan(seen(GROUP, LogGroupUse(TRAILS)), because) == ()
    assert reviews(seen(GROUP, LogGroupUse()), because) == ""


def test_a_group_is_a_trails_by_the_arn_of_the_trail() -> None:
    reading = LogGroupUse.read(GROUP, ())
    next(reading)
    described = [{"Name": "everything", "CloudWatchLogsLogGroupArn": LOG_GROUP}, {"Name": "other"}]
    with pytest.raises(StopIteration) as ended:
        reading.send((Document({"trailList": described}),))
    assert ended.value.value == LogGroupUse(TRAILS)


TRAILS = frozenset({"everything"})
