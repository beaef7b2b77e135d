"""EventBridge delivers every event with an open finding, and none about a control that is closed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ministack.services.eventbridge import _event_pattern_error, _EventView, _matches_pattern_view

from ringfence.events.matching import matches
from ringfence.events.patterns import PATTERN_LIMIT
from ringfence.events.security_hub.state import OPEN, RECORD, WORKFLOW, closed, closed_v2
from ringfence.events.security_hub.trigger import IMPORTED, IMPORTED_V2, TAKEN_IN
from ringfence.local.samples.security_hub import asff, control, imported, v2
from ringfence.model.document import Document

if TYPE_CHECKING:
    from collections.abc import Callable

Json = dict[str, Any]
OF_HUB = "arn:aws:securityhub:eu-west-1::product/aws/securityhub"
OTHERS = (
    "arn:aws:securityhub:eu-west-1::product/aws/guardduty",
    "arn:aws:securityhub:eu-west-1:111122223333:product/111122223333/default",
)
RECORDS, WORKFLOWS = ("ACTIVE", "ARCHIVED"), ("NEW", "NOTIFIED", "RESOLVED", "SUPPRESSED")
RESULTS = ("PASSED", "WARNING", "FAILED", "NOT_AVAILABLE")
"""Every value of ASFF: AwsSecurityFinding, Workflow and Compliance of the API."""


def of_asff(product: str, record: str, workflow: str, result: str | None) -> Json:
    """Return a finding. Security Hub sets its record state and its workflow, and of controls the result."""
    made: Json = {"ProductArn": product, "RecordState": record, "Workflow": {"Status": workflow}}
    return {**made, "Compliance": {"Status": result}} if result else made


def of_v2(product: str, status: int | None, activity: int | None, result: int | None) -> Json:
    made: Json = {"metadata": {"product": {"uid": product.replace(":product/", ":productv2/")}}}
    if status is not None:
        made["status_id"] = status
    if activity is not None:
        made["activity_id"] = activity
    return {**made, "compliance": {"status_id": result}} if result is not None else made


CONTROLS = st.builds(
    of_asff,
    st.just(OF_HUB),
    st.sampled_from(RECORDS),
    st.sampled_from(WORKFLOWS),
    st.sampled_from(RESULTS),
)
FINDINGS = CONTROLS | st.builds(
    of_asff,
    st.sampled_from(OTHERS),
    st.sampled_from(RECORDS),
    st.sampled_from(WORKFLOWS),
    st.none() | st.sampled_from(RESULTS),
)
CONTROLS_V2 = st.builds(
    of_v2,
    st.just(OF_HUB),
    st.sampled_from((0, 1, 2, 3, 4, 5, 6, 99)),
    st.sampled_from((1, 2, 3)),
    st.sampled_from((0, 1, 2, 3, 99)),
)
FINDINGS_V2 = CONTROLS_V2 | st.builds(
    of_v2,
    st.sampled_from(OTHERS),
    st.sampled_from((0, 1, 2, 3, 4, 5, 6, 99)),
    st.sampled_from((1, 2, 3)),
    st.none() | st.sampled_from((0, 1, 2, 3, 99)),
)
FORMS = {IMPORTED: (FINDINGS, CONTROLS, closed), IMPORTED_V2: (FINDINGS_V2, CONTROLS_V2, closed_v2)}
EACH = pytest.mark.parametrize("kind", FORMS)


def by_the_bus(event: Json) -> list[bool]:
    """Return which patterns match an event, by the evaluator of the local AWS."""
    view = _EventView(
        {name: one for name, one in event.items() if name != "detail"}, json.dumps(event["detail"])
    )
    return [bool(_matches_pattern_view(json.dumps(one), view)) for one in TAKEN_IN]


def delivered(event: Json) -> bool:
    """Return whether EventBridge delivers an event, once. Both evaluators must agree."""
    found = by_the_bus(event)
    assert found == [matches(one, event) for one in TAKEN_IN]
    assert found.count(True) <= 1
    return any(found)


def test_the_patterns_are_valid_and_within_the_limit() -> None:
    for one in TAKEN_IN:
        assert not _event_pattern_error(json.dumps(one))
        assert len(json.dumps(one)) < PATTERN_LIMIT


def test_every_value_of_security_hub_is_open_or_closed() -> None:
    assert {"ACTIVE", *RECORD.closed} == set(RECORDS)
    assert {*OPEN, *WORKFLOW.closed} == set(WORKFLOWS)


@EACH
@given(st.data())
def test_an_event_with_an_open_finding_is_delivered(kind: str, data: st.DataObject) -> None:
    every, _, reason = FORMS[kind]
    found = data.draw(st.lists(every, min_size=1, max_size=3))
    if any(not reason(Document(one)) for one in found):
        assert delivered(imported(*found, kind=kind))


@EACH
@given(st.data())
def test_an_event_about_a_control_is_delivered_if_it_is_open_and_only_then(
    kind: str, data: st.DataObject
) -> None:
    _, controls, reason = FORMS[kind]
    found = data.draw(controls)
    assert delivered(imported(found, kind=kind)) is (not reason(Document(found)))


@EACH
@given(st.data())
def test_no_archived_resolved_or_suppressed_finding_of_any_product_is_delivered(
    kind: str, data: st.DataObject
) -> None:
    every, _, reason = FORMS[kind]
    found = data.draw(every)
    ended = {name: one for name, one in found.items() if name.lower() != "compliance"}
    if reason(Document(ended)):
        assert not delivered(imported(found, kind=kind))


@pytest.mark.parametrize(
    ("finding", "kind", "made"),
    [
        (asff(), IMPORTED, asff),
        (control(), IMPORTED, control),
        (v2(), IMPORTED_V2, v2),
    ],
    ids=["guardduty", "control", "v2"],
)
def test_the_samples_and_unknown_values_are_delivered(
    finding: Json, kind: str, made: Callable[..., Json]
) -> None:
    assert delivered(imported(finding, kind=kind))
    if kind == IMPORTED:
        assert delivered(imported(made(RecordState="MOVED", Workflow={"Status": "IN_PROGRESS"}), kind=kind))
    else:
        assert delivered(imported(made(status_id=7), kind=kind))
