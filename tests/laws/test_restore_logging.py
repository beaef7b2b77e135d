"""What holds for `restore-logging` beside the laws: nothing is lost, and nothing is ever switched off."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given

from ringfence.engine.undo import undo
from ringfence.events.cloudtrail.trigger.calls import DETAIL_TYPE
from ringfence.local.samples.calls import call_event
from ringfence.local.samples.config import verdict
from ringfence.model.kinds.detector import DetectorRef
from ringfence.model.kinds.kms_key import KeyRef
from ringfence.model.kinds.log_group import LogGroupRef
from ringfence.model.kinds.recorder import RecorderRef
from ringfence.model.kinds.trail import TrailRef
from ringfence.model.log_only_step import LogOnlyStep
from ringfence.observations.logging.coverage import uncovered
from ringfence.observations.logging.trails import TrailStatus
from ringfence.observations.logging.weakening import weaker
from ringfence.runbooks.restore_logging import RESTORE_LOGGING
from ringfence.steps.logging.destinations import trail_baseline, unconfirmed
from ringfence.steps.logging.logging_notes import RecordTrailBaseline
from tests.support.fakes.conversations import model
from tests.support.fakes.logging_answers import (
    DETECTOR_ID,
    KEY_ARN,
    KEY_ID,
    TRAIL_ARN,
    TRAIL_NAME,
)
from tests.support.laws.permissions import calls_of
from tests.support.laws.plans import run
from tests.support.parsing import parse
from tests.support.strategies.logging import DETECTOR, GROUP, KEY, RECORDER, REFS, TRAIL, incidents, seen
from tests.support.strategies.restore_logging import WORLDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.model.incident import Incident
    from ringfence.model.observation import Observation, ResourceState
    from ringfence.model.step import Step
    from ringfence.model.subject import LoggingRef

STAGE = RESTORE_LOGGING.stages[0]


@given(before=seen(), incident=incidents())
def test_nothing_is_undone_and_why_is_said(before: ResourceState, incident: Incident) -> None:
    """A release ends the incident, and switches nothing off."""
    after, steps = run(RESTORE_LOGGING.on(before.ref), before, incident)
    way = undo(steps, after)
    assert (way.steps, way.drifted, way.settling) == ((), (), ())
    assert len(way.kept) == len(steps)
    assert all(step.irreversible for step in RESTORE_LOGGING.steps)


@given(before=seen(TRAIL), incident=incidents())
def test_a_trail_loses_nothing_that_was_noted_or_is_there(before: ResourceState, incident: Incident) -> None:
    after, _ = run(RESTORE_LOGGING.on(TRAIL), before, incident)
    was, now, noted = before[TrailStatus], after[TrailStatus], trail_baseline(incident, TRAIL.account)
    assert now.logging >= was.logging
    if now.setup and was.setup:
        assert weaker(was.setup, now.setup, TRAIL.account) == () or noted
        assert now.setup.tags == was.setup.tags
    if now.setup and noted:
        assert uncovered(noted.selectors, now.setup.selectors) == frozenset()
        assert noted.insights <= now.setup.insights


@given(before=seen(TRAIL), incident=incidents())
def test_nothing_is_made_to_log_where_nobody_confirmed(before: ResourceState, incident: Incident) -> None:
    incident = replace(incident, requested=False)
    after, steps = run(RESTORE_LOGGING.on(TRAIL), before, incident)
    was, now = before[TrailStatus], after[TrailStatus]
    if now.setup and (now.logging, now.setup.options.bucket) != (
        was.logging,
        was.setup.options.bucket if was.setup else "",
    ):
        assert unconfirmed(now.setup.options, incident, TRAIL.account) == ()
    noted = [one for one in steps if isinstance(one, RecordTrailBaseline)]
    assert all(not unconfirmed(one.setup.options, incident, TRAIL.account) for one in noted)


@given(before=seen(TRAIL), incident=incidents())
def test_what_is_noted_is_never_weaker_than_what_was(before: ResourceState, incident: Incident) -> None:
    was = trail_baseline(incident, TRAIL.account)
    _, steps = run(RESTORE_LOGGING.on(TRAIL), before, incident)
    noted = trail_baseline(replace(incident, past=(*incident.past, *steps)), TRAIL.account)
    if was and noted:
        assert weaker(was, noted, TRAIL.account) == ()


@given(before=seen(TRAIL), incident=incidents())
def test_what_cannot_be_changed_from_here_is_not_touched_and_said(
    before: ResourceState, incident: Incident
) -> None:
    status = before[TrailStatus]
    if not status.gone and not status.ours(TRAIL):
        stage = STAGE.on(TRAIL)
        assert stage.plan(before, incident) == ()
        assert stage.review_items(before, incident)


@given(before=seen(), incident=incidents())
def test_who_is_suspected_is_said_and_keeps_nothing_from_being_contained(
    before: ResourceState, incident: Incident
) -> None:
    stage = STAGE.on(before.ref)
    named = [
        who for who in incident.suspects if any(who in one for one in stage.residual_risks(before, incident))
    ]
    of_no_trail = isinstance(before.ref, KeyRef | LogGroupRef)  # a key or a group can be its owner's business
    assert of_no_trail or tuple(named) == incident.suspects
    bare = replace(incident, suspects=())
    assert stage.review_items(before, incident) == stage.review_items(before, bare)


@given(before=seen(), incident=incidents())
def test_everything_that_is_told_is_one_printable_line(before: ResourceState, incident: Incident) -> None:
    stage = STAGE.on(before.ref)
    steps = stage.plan(before, incident)
    for words in (*stage.residual_risks(before, incident), *(one.describe() for one in steps)):
        assert words.isprintable(), words


SOURCES = (
    *RESTORE_LOGGING.observations,
    *(one for one in RESTORE_LOGGING.steps if not issubclass(one, LogOnlyStep)),
)


@pytest.mark.parametrize("source", SOURCES, ids=lambda one: one.__name__)
def test_every_refusal_that_is_expected_is_published(source: type[Observation | Step]) -> None:
    """Whatever else is answered is tried again."""
    for call in calls_of(WORLDS, source):
        operation = model(call.service).operation_model(call.operation)
        assert {one.name for one in operation.error_shapes}.issuperset(call.expected), call


def test_a_role_is_passed_to_cloudtrail_alone() -> None:
    (passed,) = {one for one in RESTORE_LOGGING.permissions() if one.action == "iam:PassRole"}
    assert passed.conditions == (("StringEquals", "iam:PassedToService", ("cloudtrail.amazonaws.com",)),)


def test_nothing_that_switches_logging_off_is_ever_allowed() -> None:
    actions = {one.action for one in (*RESTORE_LOGGING.permissions(), *RESTORE_LOGGING.release_permissions())}
    assert not [
        one for one in actions if any(verb in one for verb in ("Stop", "Delete", "Disable", "Schedule"))
    ]


# Triggers

BY_TYPE = RESTORE_LOGGING.answers_by_type()
SAMPLES: Mapping[str, tuple[dict[str, object], LoggingRef]] = {
    "StopLogging": (call_event("cloudtrail", "StopLogging", {"name": TRAIL_NAME}), TRAIL),
    "DeleteTrail": (call_event("cloudtrail", "DeleteTrail", {"name": TRAIL_ARN}), TRAIL),
    "UpdateTrail": (
        call_event(
            "cloudtrail",
            "UpdateTrail",
            {"name": TRAIL_NAME, "isMultiRegionTrail": False},
            {"trailARN": TRAIL_ARN, "isMultiRegionTrail": False},
        ),
        TRAIL,
    ),
    "PutEventSelectors": (
        call_event(
            "cloudtrail",
            "PutEventSelectors",
            {"trailName": TRAIL_NAME, "eventSelectors": [{"includeManagementEvents": False}]},
            {"trailARN": TRAIL_ARN},
        ),
        TRAIL,
    ),
    "PutInsightSelectors": (
        call_event(
            "cloudtrail",
            "PutInsightSelectors",
            {"trailName": TRAIL_NAME, "insightSelectors": []},
            {"trailARN": TRAIL_ARN},
        ),
        TRAIL,
    ),
    "StopConfigurationRecorder": (
        call_event("config", "StopConfigurationRecorder", {"configurationRecorderName": RECORDER.id}),
        RECORDER,
    ),
    "PutConfigurationRecorder": (
        call_event("config", "PutConfigurationRecorder", {"configurationRecorder": {"name": RECORDER.id}}),
        RECORDER,
    ),
    "DeleteConfigurationRecorder": (
        call_event("config", "DeleteConfigurationRecorder", {"configurationRecorderName": RECORDER.id}),
        RECORDER,
    ),
    "UpdateDetector": (
        call_event("guardduty", "UpdateDetector", {"detectorId": DETECTOR_ID, "enable": False}),
        DETECTOR,
    ),
    "DeleteDetector": (call_event("guardduty", "DeleteDetector", {"detectorId": DETECTOR_ID}), DETECTOR),
    **{
        name: (call_event("logs", name, {"logGroupName": "trail"}), GROUP)
        for name in ("DeleteLogGroup", "DeleteLogStream", "PutRetentionPolicy")
    },
    "PutDataProtectionPolicy": (
        call_event("logs", "PutDataProtectionPolicy", {"logGroupIdentifier": "trail"}),
        GROUP,
    ),
    "PutTransformer": (
        call_event(
            "logs",
            "PutTransformer",
            {"logGroupIdentifier": f"arn:aws:logs:{GROUP.region}:{GROUP.account}:log-group:trail"},
        ),
        GROUP,
    ),
    "PutKeyPolicy": (call_event("kms", "PutKeyPolicy", {"keyId": KEY_ID, "policyName": "default"}), KEY),
    "DisableKey": (call_event("kms", "DisableKey", {"keyId": KEY_ID}), KEY),
    "ScheduleKeyDeletion": (
        call_event(
            "kms", "ScheduleKeyDeletion", {"keyId": KEY_ID, "pendingWindowInDays": 7}, {"keyId": KEY_ARN}
        ),
        KEY,
    ),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_recorded_call_is_answered_on_what_it_was_made_on(name: str) -> None:
    event, ref = SAMPLES[name]
    finding = parse(event)
    assert event["detail-type"] == DETAIL_TYPE
    assert getattr(finding, "subjects", ()) == (ref,)
    assert RESTORE_LOGGING.answers(finding)  # type: ignore[arg-type]  # its subjects were just looked at
    assert finding.suspects == ("arn:aws:iam::111122223333:user/sample-admin",)  # type: ignore[union-attr]  # likewise
    answering = {id_ for id_, types in BY_TYPE.items() if finding.type in types}  # type: ignore[union-attr]  # likewise
    assert answering <= set(RESTORE_LOGGING.on(ref).ids)
    assert answering


def test_there_is_a_sample_for_every_recorded_call() -> None:
    types = {one for trigger in RESTORE_LOGGING.triggers for one in trigger.types}
    assert {one.rpartition(":")[2] for one in types if one.startswith("CloudTrail:")} == set(SAMPLES)


def test_a_verdict_on_log_file_validation_is_answered_on_the_trail() -> None:
    finding = parse(verdict("cloud-trail-log-file-validation-enabled", "AWS::CloudTrail::Trail", TRAIL_NAME))
    assert getattr(finding, "subjects", ()) == (TRAIL,)
    assert RESTORE_LOGGING.answers(finding)  # type: ignore[arg-type]  # its subjects were just looked at


def test_each_kind_of_subject_has_its_own_remediations() -> None:
    note = "record-logging-baseline"
    assert {type(ref): RESTORE_LOGGING.on(ref).ids for ref in REFS} == {
        TrailRef: ("restart-trail", "recreate-trail", "restore-trail", note),
        RecorderRef: ("restore-recorder", note),
        DetectorRef: ("restore-detector", note),
        KeyRef: ("keep-log-key", note),
        LogGroupRef: ("report-log-group", note),
    }
    assert not RESTORE_LOGGING.closes_when_complete
