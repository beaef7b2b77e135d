"""Sent findings are accepted one by one, from whom the policy lets send them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ringfence.engine.refusals import MOST
from ringfence.events.dispatch import findings
from ringfence.events.envelope import NotForUs
from ringfence.events.fields import AHEAD
from ringfence.events.sent.form import MOST_FINDINGS
from ringfence.handlers.sent_proof import with_proven_senders
from ringfence.model.claims import SentFinding
from ringfence.model.errors import BadInput, Retryable
from ringfence.model.signed_identity import HEADER
from tests.support.fakes.gateway import IAM
from tests.support.fakes.seals import DOWN, SEALS
from tests.support.fakes.sending import HOME, POLICY, Sending, finding
from tests.support.fakes.site import KIM
from tests.support.fakes.sts import MALLORY, proof

Json = dict[str, Any]
OTHER = "instance/111122223333/us-east-1/i-0123456789abcdef0"
BAD = finding(severity=11)


@pytest.fixture
def sending() -> Sending:
    return Sending()


def body(*found: object) -> Json:
    return {"findings": list(found)}


def test_a_finding_is_passed_on_with_its_sealed_sender(sending: Sending) -> None:
    code, answer = sending.post(body(finding()))
    (passed,) = sending.passed_on
    found = findings(passed)
    assert not isinstance(found, NotForUs)
    (proved,) = with_proven_senders(found, json.dumps(passed), SEALS, frozenset())
    assert proved.claim == SentFinding(KIM, "api", proven=True)
    assert (code, answer) == (202, {"results": [{"index": 0, "status": 202, "finding": proved.id}]})


def test_each_finding_is_answered_by_itself(sending: Sending) -> None:
    code, answer = sending.post(body(BAD, finding(), finding(subjects=[OTHER])))
    assert code == 207
    assert [one["status"] for one in answer["results"]] == [400, 202, 403]
    assert len(sending.passed_on) == 1


@pytest.mark.parametrize(
    ("found", "code", "field"),
    [
        (BAD, 400, "findings[0].severity"),
        (7, 400, "findings[0]"),
        ({**finding(), "class_uid": 2004}, 400, "findings[0].finding_info"),
        (finding(subjects=[OTHER]), 403, "findings[0].subjects[0]"),
        (finding(sender=KIM), 400, "findings[0].sender"),
        ({**finding(), "": 1}, 400, 'findings[0].""'),
    ],
)
def test_what_is_wrong_is_named(sending: Sending, found: object, code: int, field: str) -> None:
    status, answer = sending.post(body(found))
    (result,) = answer["results"]
    assert (status, result["status"], result["error"]["field"]) == (code, code, field)
    assert not sending.passed_on


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ("", "(document)"),
        ("no json", "(document)"),
        ("[" * 100_000, "(document)"),
        ("NaN", "(document)"),
        ([], "(document)"),
        ({}, "findings"),
        ({"findings": []}, "findings"),
        ({"findings": finding()}, "findings"),
        ({"findings": [finding()] * (MOST_FINDINGS + 1)}, "findings"),
        ({"findings": [finding()], "mode": "auto"}, "mode"),
    ],
)
def test_a_request_that_is_no_list_of_findings_is_bad_input(
    sending: Sending, given: object, field: str
) -> None:
    code, answer = sending.post(given)
    assert (code, answer["error"]["field"]) == (400, field)


def test_a_field_without_a_name_is_named(sending: Sending) -> None:
    code, answer = sending.post({**body(finding()), "": 1})
    assert (code, answer["error"]["field"]) == (400, '""')


@pytest.mark.parametrize("sent", [{"\ud800": 1}, body(finding(title="\udfff")), {"findings": ["\ud800"]}])
def test_half_of_a_surrogate_pair_is_no_character(sending: Sending, sent: Json) -> None:
    code, answer = sending.post(sent)
    assert (code, answer["error"]["field"]) == (400, "(document)")
    assert not sending.passed_on


def test_a_finding_of_later_than_now_would_stop_its_updates(sending: Sending) -> None:
    for ahead, status in ((AHEAD / 2, 202), (AHEAD * 2, 400)):
        at = f"{datetime.now(UTC) + ahead:%Y-%m-%dT%H:%M:%SZ}"
        assert sending.post(body(finding(updated_at=at)))[0] == status


def test_outside_the_scope_nothing_is_accepted() -> None:
    sending = Sending(replace(POLICY, regions=("us-east-1",)))
    code, answer = sending.post(body(finding()))
    assert (code, answer["results"][0]["error"]["field"]) == (400, "findings[0].subjects")


def test_without_the_key_of_the_seals_it_can_be_sent_again() -> None:
    code, _ = Sending(keys=DOWN).post(body(finding()))
    assert code == 503


def test_a_queue_that_takes_nothing_loses_nothing(sending: Sending) -> None:
    sending.down = True
    assert sending.post(body(finding()))[0] == 503


def test_a_refusal_is_recorded_once_a_day_for_the_same_reason(sending: Sending) -> None:
    for _ in range(2):
        sending.post(body(finding(subjects=[OTHER])))
    (refused,) = sending.refusals
    assert (refused.sender, refused.way, refused.field, refused.given) == (KIM, "api", "subjects[0]", OTHER)
    assert refused.type == "C2/Beacon"


def test_a_sender_cannot_flood_the_log_with_refusals(sending: Sending) -> None:
    for number in range(MOST + 2):
        key = f"instance/111122223333/us-east-1/i-{number:08x}"
        assert sending.post(body(finding(subjects=[key])))[0] == 403
    assert len(sending.refusals) == MOST


def test_a_sender_whom_the_policy_does_not_name_is_refused() -> None:
    sending = Sending(replace(POLICY, senders=()))
    code, answer = sending.post(body(finding()))
    assert (code, answer["results"][0]["error"]["field"]) == (403, "findings[0].sender")
    assert [one.field for one in sending.refusals] == ["sender"]


def test_who_did_not_come_through_the_api_is_refused(sending: Sending) -> None:
    code, answer = sending.post(body(finding()), {"iam": {**IAM, "userArn": None}})
    assert (code, answer["error"]["kind"]) == (403, "forged")


@pytest.mark.parametrize("header", ["", "{}", "no json"])
def test_without_a_proof_nobody_is_believed(sending: Sending, header: str) -> None:
    code, answer = sending.post(body(finding()), None, **{HEADER: header})
    assert (code, answer["error"]["kind"]) == (403, "forged")
    assert not sending.passed_on


def test_a_proof_of_somebody_else_or_for_another_body_is_refused(sending: Sending) -> None:
    """Whoever may invoke the function writes whom API Gateway names, and cannot sign for them."""
    text = json.dumps(body(finding()))
    for signed in (proof("/findings", text.encode(), MALLORY), proof("/findings", b"{}")):
        code, answer = sending.post(text, None, **{HEADER: signed.header})
        assert (code, answer["error"]["kind"]) == (403, "forged")


def test_the_same_request_twice_is_one_finding(sending: Sending) -> None:
    text = json.dumps(body(finding()))
    signed = proof("/findings", text.encode()).header
    for _ in range(2):
        assert sending.post(text, None, **{HEADER: signed})[0] == 202
    first, second = (one["detail"]["finding"]["id"] for one in sending.passed_on)
    assert first == second


def test_the_bus_names_an_account_as_the_sender(sending: Sending) -> None:
    sending.put(finding())
    (passed,) = sending.passed_on
    assert (passed["detail"]["sender"], passed["detail"]["way"]) == (HOME, "bus")


def test_a_sender_on_the_bus_cannot_bring_its_own_seal(sending: Sending) -> None:
    sending.post(body(finding()))
    with pytest.raises(BadInput):
        sending.put(sending.passed_on[0]["detail"])


def test_what_the_policy_refuses_on_the_bus_is_recorded_and_no_error(sending: Sending) -> None:
    sending.put(finding(), "444455556666")
    assert not sending.passed_on
    assert [(one.sender, one.way) for one in sending.refusals] == [("444455556666", "bus")]


@pytest.mark.parametrize("detail", [BAD, [], None, "text", finding(title="\udfff")])
def test_bad_input_on_the_bus_becomes_a_dead_letter(sending: Sending, detail: object) -> None:
    with pytest.raises(BadInput):
        sending.put(detail)


def test_the_bus_waits_for_a_queue_that_takes_nothing(sending: Sending) -> None:
    sending.down = True
    with pytest.raises(Retryable):
        sending.put(finding())


def test_times_of_the_past_are_accepted(sending: Sending) -> None:
    at = f"{datetime.now(UTC) - timedelta(days=30):%Y-%m-%dT%H:%M:%SZ}"
    assert sending.post(body(finding(updated_at=at)))[0] == 202
