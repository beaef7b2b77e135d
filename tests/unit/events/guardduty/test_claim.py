"""GuardDuty is asked for the finding of an event, and its answer is compared with what the event says."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.events.guardduty.claim import check, place
from ringfence.local.samples import guardduty as samples
from ringfence.local.samples import guardduty_callers as callers
from ringfence.local.samples.guardduty import changed
from ringfence.model.call import Answer, Call, Failed
from ringfence.model.claims import ORIGIN, Checked, HeldFinding, SourceAnswer, Verdict
from ringfence.model.document import Document
from ringfence.model.finding import Finding
from ringfence.model.kinds.instance import InstanceRef
from tests.support.laws.permissions import check as possible
from tests.support.parsing import parse
from tests.support.samples.answers import as_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ringfence.model.subject import Ref

Json = dict[str, Any]
EVENT = samples.instance_finding()
REF = InstanceRef(samples.ACCOUNT, samples.REGION, samples.INSTANCE)
OWN, NAMED = "0" * 32, EVENT["detail"]["service"]["detectorId"]
REFUSED = Failed("BadRequestException", "the input detectorId is not owned by the current account")
CLOSED = Failed("UnrecognizedClientException", "The security token included in the request is invalid.")


class GuardDuty:
    """Answers as GuardDuty of the finding's account and region does. `calls` are the operations called.

    `held` are findings by detector, `status` is that of each detector.
    """

    def __init__(self, held: Mapping[str, list[Json]], status: str = "ENABLED", created: str = "") -> None:
        self.held, self.calls = held, list[str]()
        self.described = {"Status": status, "CreatedAt": created or "2026-01-01T00:00:00.000Z"}
        self.refuses: Callable[[Call], Answer | None] = lambda _: None

    def __call__(self, call: Call) -> Answer:
        possible(call)
        assert call.single_attempt
        self.calls.append(call.operation)
        if refused := self.refuses(call):
            return refused
        if call.operation == "ListDetectors":
            return Document({"DetectorIds": list(self.held)})
        detector = str(call.parameters["DetectorId"])
        if detector not in self.held:
            return REFUSED
        if call.operation == "GetDetector":
            return Document(self.described)
        wanted: Any = call.parameters["FindingIds"]
        found = [one for one in self.held[detector] if one["Id"] in wanted]
        return Document({"Findings": found}, "guardduty:GetFindings")


def finding(event: Json = EVENT) -> Finding:
    read = parse(event)
    assert isinstance(read, Finding)
    return read


def asked(guardduty: GuardDuty, event: Json = EVENT, ref: Ref = REF) -> Checked:
    talk = check(finding(event), ref)
    calls = next(talk)
    while True:
        try:
            calls = talk.send(tuple(guardduty(call) for call in calls))
        except StopIteration as ended:
            checked: Checked = ended.value
            return checked


def verdict(guardduty: GuardDuty, event: Json = EVENT, ref: Ref = REF) -> Verdict:
    return asked(guardduty, event, ref).answer.verdict


def holding(event: Json = EVENT, detector: str = NAMED) -> GuardDuty:
    return GuardDuty({detector: [as_answer(event["detail"])]})


def test_a_finding_that_guardduty_holds_is_confirmed_by_one_call() -> None:
    guardduty = holding()
    checked = asked(guardduty)
    assert checked.answer == SourceAnswer(Verdict.CONFIRMED)
    assert checked.finding == finding()
    assert guardduty.calls == ["GetFindings"]


@given(st.from_regex(r"[\w.:/-]{1,256}", fullmatch=True), st.text(max_size=80))
def test_no_id_and_no_detector_keeps_guardduty_from_being_asked(id_: str, detector: str) -> None:
    """An error of ours would count as no answer, and containment goes on without an answer."""
    if not id_.isascii():
        return
    event = changed(changed(EVENT, "detail.id", id_), "detail.service.detectorId", detector)
    place(finding(event), REF)
    assert verdict(holding(), event) is Verdict.ABSENT


def test_it_is_asked_in_the_account_and_region_of_the_finding() -> None:
    where = place(finding(), REF)
    assert (where.account, where.region) == (samples.ACCOUNT, samples.REGION)


@pytest.mark.parametrize(
    "event",
    [
        samples.workload_finding(),
        callers.stolen_finding(),
        callers.credentials_finding(),
        callers.bucket_finding(details=samples.OF_A_USER),
        callers.cluster_finding(details=samples.OF_A_USER),
        samples.sequence_finding(),
        callers.credentials_sequence([callers.actor()], [callers.key_resource()]),
    ],
)
def test_every_kind_of_finding_is_confirmed_for_each_of_its_subjects(event: Json) -> None:
    assert finding(event).subjects
    for ref in finding(event).subjects:
        checked = asked(holding(event), event, ref)
        assert checked.answer.verdict is Verdict.CONFIRMED, checked
        assert checked.finding == finding(event)


@pytest.mark.parametrize("named", [OWN, "", "../filter", "x" * 400, None])
def test_another_detector_in_the_event_leads_to_the_accounts_own(named: str | None) -> None:
    event = changed(EVENT, "detail.service.detectorId", named)
    guardduty = holding()
    assert verdict(guardduty, event) is Verdict.CONFIRMED
    assert guardduty.calls[-2:] == ["ListDetectors", "GetFindings"]
    assert len(guardduty.calls) <= 3


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("detail.type", "UnauthorizedAccess:EC2/SSHBruteForce"),
        ("detail.severity", 2),
        ("detail.accountId", "444455556666"),
        ("detail.region", "us-east-1"),
        ("detail.resource.instanceDetails.instanceId", "i-0123456789abcdef0"),
        ("detail.service.additionalInfo", {"value": '{"sample": true}', "type": "default"}),
    ],
)
def test_an_event_that_says_something_else_is_refuted(path: str, value: object) -> None:
    assert verdict(holding(changed(EVENT, path, value))) is Verdict.REFUTED


def test_an_event_that_hides_that_the_connection_came_from_outside_is_refuted() -> None:
    type_ = "UnauthorizedAccess:EC2/MaliciousIPCaller.Custom"
    real = samples.instance_finding(type_)
    inbound = "detail.service.action.networkConnectionAction.connectionDirection"
    checked = asked(holding(changed(real, inbound, "INBOUND")), real)
    assert checked.answer.verdict is Verdict.REFUTED
    assert "only leads to a notification" in checked.answer.reason


def test_what_the_event_says_beside_comes_from_guardduty() -> None:
    address = "detail.service.action.networkConnectionAction.remoteIpDetails.ipAddressV4"
    checked = asked(holding(), changed(EVENT, address, "10.0.0.1"))
    assert checked.finding
    assert checked.finding.remote_addresses == finding().remote_addresses


@pytest.mark.parametrize("severity", [1, 9])
def test_a_newer_version_confirms_an_older_event_and_stays_the_events_version(severity: int) -> None:
    """GuardDuty raises and lowers the severity of a finding. The newer one counts."""
    newer = changed(
        changed(EVENT, "detail.updatedAt", "2026-03-01T13:00:00.000Z"), "detail.severity", severity
    )
    checked = asked(holding(newer))
    assert checked.finding
    assert (checked.finding.updated_at, checked.finding.count) == (finding().updated_at, finding().count)
    assert checked.finding.severity == severity


def test_an_older_version_does_not_confirm_a_newer_event() -> None:
    newer = changed(EVENT, "detail.updatedAt", "2026-03-01T13:00:00.000Z")
    assert verdict(holding(), newer) is Verdict.ABSENT


def test_later_activity_than_guardduty_saw_does_not_count() -> None:
    checked = asked(holding(), changed(EVENT, "detail.service.eventLastSeen", "2026-03-02T00:00:00.000Z"))
    assert checked.finding
    assert checked.finding.last_seen == finding().last_seen


def test_a_finding_that_guardduty_does_not_hold_is_absent() -> None:
    guardduty = GuardDuty({NAMED: []})
    assert verdict(guardduty) is Verdict.ABSENT
    assert guardduty.calls == ["GetFindings", "GetDetector"]


def test_an_id_that_guardduty_refuses_is_absent() -> None:
    guardduty = holding()
    guardduty.refuses = lambda call: REFUSED if call.operation == "GetFindings" else None
    assert verdict(guardduty) is Verdict.ABSENT


@pytest.mark.parametrize(
    ("guardduty", "said"),
    [
        (GuardDuty({}), "has no GuardDuty detector any more, or never had one"),
        (GuardDuty({NAMED: []}, status="DISABLED"), "is suspended and does not have"),
        (GuardDuty({OWN: []}, created="2026-03-01T12:30:00.000Z"), "was created at 2026-03-01T12:30:00.000Z"),
    ],
)
def test_a_detector_that_is_gone_leaves_the_source_blinded(guardduty: GuardDuty, said: str) -> None:
    checked = asked(guardduty)
    assert checked.answer.verdict is Verdict.BLINDED
    assert said in checked.answer.reason


def test_a_suspended_detector_still_confirms_what_it_holds() -> None:
    guardduty = holding()
    guardduty.described["Status"] = "DISABLED"
    assert verdict(guardduty) is Verdict.CONFIRMED


def test_a_region_that_the_account_has_not_enabled_can_report_nothing() -> None:
    guardduty = holding()
    guardduty.refuses = lambda _: CLOSED
    assert verdict(guardduty) is Verdict.BLINDED


def test_a_finding_that_was_archived_since_its_event_is_for_the_policy() -> None:
    checked = asked(holding(changed(EVENT, "detail.service.archived", True)))
    assert (checked.answer.verdict, checked.finding) == (Verdict.BLINDED, None)
    assert "archived since" in checked.answer.reason


def test_a_finding_that_was_already_archived_is_confirmed() -> None:
    archived = changed(EVENT, "detail.service.archived", True)
    assert verdict(holding(archived), archived) is Verdict.CONFIRMED


def test_the_claim_names_the_detector_of_the_event() -> None:
    assert finding().claim == HeldFinding(NAMED)
    assert finding(changed(EVENT, "detail.service.detectorId", 7)).claim == HeldFinding("")


def test_a_detector_that_is_older_than_the_finding_is_not_blinded() -> None:
    at = finding().updated_at - timedelta(seconds=1)
    guardduty = GuardDuty({OWN: []}, created=at.isoformat())
    assert datetime.fromisoformat(str(guardduty.described["CreatedAt"])) < finding().updated_at
    assert verdict(guardduty) is Verdict.ABSENT


@pytest.mark.parametrize("severity", [1.0, 9.9])
def test_the_type_and_severity_of_a_copy_are_guarddutys(severity: float) -> None:
    event = changed(EVENT, "detail.severity", severity)
    copied = {**event, ORIGIN: {"Id": "x", "ProductArn": "y"}}
    assert finding(copied).copied
    guardduty = GuardDuty({NAMED: [as_answer(EVENT["detail"])]})
    checked = asked(guardduty, copied)
    assert checked.answer == SourceAnswer(Verdict.CONFIRMED)
    assert checked.finding
    assert (checked.finding.severity, checked.finding.copied) == (EVENT["detail"]["severity"], False)
