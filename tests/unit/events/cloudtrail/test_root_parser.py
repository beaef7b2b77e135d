"""What is read from a use of the root user: one finding a day, brought up to date once an hour."""

from __future__ import annotations

import pytest

from ringfence.events.cloudtrail.parser.root import read
from ringfence.events.envelope import Envelope, NotForUs
from ringfence.local.samples.calls import by_root, call_event, sign_in
from ringfence.local.samples.guardduty import ACCOUNT, changed, without
from ringfence.model.errors import BadInput
from ringfence.model.finding import Finding
from ringfence.model.kinds.root import RootRef
from ringfence.model.subject import GLOBAL

AT = "2026-03-01T12:34:56Z"


def call(at: str = AT, name: str = "CreateKeyPair") -> dict[str, object]:
    return call_event("ec2", name, {"keyName": "k"}, identity=by_root(), at=at)


def found(event: object) -> Finding:
    finding = read(Envelope.of(event))
    assert isinstance(finding, Finding), finding
    return finding


def known_by(event: object) -> tuple[str, str]:
    """By what the log knows an update of a finding again."""
    finding = found(event)
    return finding.id, finding.updated_at.isoformat()


def test_a_call_is_read_whole() -> None:
    finding = found(call())
    assert (finding.type, finding.account, finding.region) == ("Root:Call", ACCOUNT, GLOBAL)
    assert finding.subjects == (RootRef(ACCOUNT, GLOBAL, "root"),)
    assert finding.title == "The root user called ec2:CreateKeyPair from 203.0.113.9"
    assert finding.last_seen.isoformat() == "2026-03-01T12:34:56+00:00"
    assert finding.severity == 9.0


def test_a_sign_in_is_a_finding_of_its_own() -> None:
    finding = found(sign_in())
    assert finding.type == "Root:SignIn"
    assert finding.id != found(call()).id
    assert finding.title == "The root user signed in to the console from 203.0.113.9"


def test_what_is_no_sign_in_is_not_called_one() -> None:
    recovered = found(changed(sign_in(), "detail.eventName", "PasswordRecoveryCompleted"))
    assert recovered.title == "The root user did PasswordRecoveryCompleted from 203.0.113.9"


def test_the_calls_of_an_hour_are_one_update_and_those_of_a_day_one_finding() -> None:
    same, later = call("2026-03-01T12:00:00.5Z", "RunInstances"), call("2026-03-01T13:00:00Z")
    tomorrow = call("2026-03-02T12:34:56Z")
    assert known_by(same) == known_by(call())
    assert known_by(later)[0] == known_by(call())[0]
    assert known_by(later)[1] > known_by(call())[1]
    assert known_by(tomorrow)[0] != known_by(call())[0]


def test_a_day_is_one_of_universal_time() -> None:
    assert known_by(call("2026-03-02T01:34:56+13:00")) == known_by(call())


def test_a_person_is_told_whom_to_ask_and_what_to_do_each_day_anew() -> None:
    advice, tomorrow = found(call()).advice, found(call("2026-03-02T12:34:56Z")).advice
    assert advice.startswith(f"the root user of account {ACCOUNT} was used on 2026-03-01: ask ")
    assert advice.replace("03-01", "03-02") == tomorrow
    assert found(call("2026-03-01T23:00:00Z")).advice == found(sign_in()).advice == advice


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (sign_in(succeeded=False), "the sign-in failed"),
        (changed(sign_in(), "detail.eventName", "PasswordRecoveryRequested"), "anybody"),
        (changed(sign_in(), "detail.eventName", "CheckMfa"), "anybody"),
        (changed(call(), "detail.userIdentity", {**by_root(), "invokedBy": "x"}), "a service made the call"),
        (changed(call(), "detail.eventType", "AwsServiceEvent"), "a service event, not a call"),
    ],
)
def test_what_the_root_user_did_not_do_itself_is_not_for_us(event: object, reason: str) -> None:
    answer = read(Envelope.of(event))
    assert isinstance(answer, NotForUs)
    assert reason in answer.reason


@pytest.mark.parametrize("field", ["detail.eventTime", "detail.recipientAccountId"])
def test_what_cannot_be_used_is_refused_by_the_name_of_its_field(field: str) -> None:
    with pytest.raises(BadInput) as caught:
        read(Envelope.of(changed(call(), field, "?")))
    assert caught.value.field == field


def test_an_instant_is_required() -> None:
    with pytest.raises(BadInput, match="eventTime"):
        read(Envelope.of(without(call(), "detail.eventTime")))
