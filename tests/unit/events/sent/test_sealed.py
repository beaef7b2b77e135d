"""A sent finding on its way to a runbook: its seal covers the finding and the sender."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.events.dispatch import findings
from ringfence.events.envelope import Envelope, NotForUs
from ringfence.events.sent import claim as source
from ringfence.events.sent.form import FINDING, finding_of
from ringfence.events.sent.sealed import Sent, Way, sent_of
from ringfence.handlers.sent_proof import with_proven_senders
from ringfence.model.claims import SentFinding, Verdict
from ringfence.model.codec import canonical
from ringfence.model.errors import BadInput, Forged, Retryable
from tests.support.fakes.seals import DOWN, OTHER, SEALS

if TYPE_CHECKING:
    from ringfence.model.finding import Finding

AT = datetime(2027, 2, 1, tzinfo=UTC)
SENDER = "arn:aws:sts::111122223333:assumed-role/ids/office"
SENT = Sent(Way.API, SENDER, AT, finding_of(FINDING.example()))
KEY = SEALS.keys[0]
KNOWN = frozenset({KEY.label})


def event(sent: Sent = SENT, seal: str = "") -> dict[str, Any]:
    made = sent.event(seal or KEY.sent_mac(sent.covered))
    read: dict[str, Any] = json.loads(canonical(made))
    return read


def read(given: object) -> tuple[Finding, ...]:
    found = findings(given)
    assert not isinstance(found, NotForUs)
    return found


def proved(given: object) -> Finding:
    (found,) = with_proven_senders(read(given), json.dumps(given), SEALS, KNOWN)
    return found


def test_it_is_read_as_a_finding_whose_claim_is_its_sender() -> None:
    (found,) = read(event())
    assert found.claim == SentFinding(SENDER, "api")
    assert found.id == "role-ids-of-account-111122223333/office-ids/ids-2027-000123"
    assert [one.key for one in found.resources] == ["instance/111122223333/eu-west-1/i-0123456789abcdef0"]


def test_its_last_subject_is_itself_for_a_notice_if_no_runbook_answers_it() -> None:
    (found,) = read(event())
    assert found.subjects[-1].key.startswith("finding/111122223333/eu-west-1/C2/Beacon/")
    assert found.notify_only_reason_for(found.subjects[-1])
    assert not found.notify_only_reason_for(found.subjects[0])


def test_it_survives_the_way_and_is_proved() -> None:
    again, _ = sent_of(Envelope.of(event()).document.child("detail"))
    assert again.covered == SENT.covered
    assert proved(event()).claim == SentFinding(SENDER, "api", proven=True)


@pytest.mark.parametrize("seal", ["", "1:key-1:00", OTHER.keys[0].sent_mac(SENT.covered)])
def test_a_wrong_seal_is_forged(seal: str) -> None:
    with pytest.raises(Forged):
        proved(event(seal=seal or "none"))


@pytest.mark.parametrize("field", ["sender", "way", "received_at"])
def test_whatever_is_changed_the_seal_does_not_hold(field: str) -> None:
    other = {
        "sender": "arn:aws:iam::111122223333:role/x",
        "way": "bus",
        "received_at": "2027-03-01T00:00:00Z",
    }
    given = event()
    given["detail"][field] = other[field]
    with pytest.raises(Forged):
        proved(given)


@pytest.mark.parametrize("field", [one.name for one in FINDING.fields if one.name != "version"])
def test_the_seal_covers_each_field_of_the_finding(field: str) -> None:
    given = event()
    del given["detail"]["finding"][field]
    if field in {one.name for one in FINDING.fields if one.required}:
        with pytest.raises(BadInput):
            read(given)
    else:
        with pytest.raises(Forged):
            proved(given)


def test_a_seal_of_an_entry_is_no_seal_of_a_finding() -> None:
    with pytest.raises(Forged):
        proved(event(seal=KEY.provided_mac("x", SENT.covered)))


def test_without_the_key_it_waits() -> None:
    with pytest.raises(Retryable, match="cannot be checked now"):
        with_proven_senders(read(event()), json.dumps(event()), DOWN, KNOWN)


def test_only_a_proven_sender_confirms_a_finding() -> None:
    """No event can say that its sender is proved: the claim is refuted unless a function checked the seal."""
    for proven, verdict in ((True, Verdict.CONFIRMED), (False, Verdict.REFUTED)):
        (found,) = read(event())
        found = replace(found, claim=SentFinding(SENDER, "api", proven=proven))
        talk = source.check(found, found.subjects[0])
        with pytest.raises(StopIteration) as ended:
            next(talk)
        assert ended.value.value.answer.verdict is verdict


def test_two_senders_never_have_the_same_finding() -> None:
    ids = {
        read(event(replace(SENT, way=way, sender=sender)))[0].id
        for way, sender in (
            (Way.API, SENDER),
            (Way.API, "arn:aws:sts::111122223333:assumed-role/other/office"),
            (Way.API, "arn:aws:sts::444455556666:assumed-role/ids/office"),
            (Way.BUS, "111122223333"),
        )
    }
    assert len(ids) == 4


def test_sessions_of_a_role_are_one_sender() -> None:
    (one,) = read(event())
    (two,) = read(event(replace(SENT, sender="arn:aws:sts::111122223333:assumed-role/ids/another")))
    assert one.id == two.id


@pytest.mark.parametrize("field", ["version", "way", "sender", "received_at", "finding", "seal"])
def test_an_incomplete_event_is_bad_input(field: str) -> None:
    given = event()
    del given["detail"][field]
    with pytest.raises(BadInput, match=field):
        findings(given)


def test_another_event_of_the_intake_is_not_for_runbooks() -> None:
    assert isinstance(findings({**event(), "detail-type": "Something"}), NotForUs)
