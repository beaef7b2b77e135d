"""The intake passes each finding of an event on to the first queues of the runbooks that answer it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.engine.intake import ExecutionContext
from ringfence.events.fields import AHEAD
from ringfence.events.heartbeat import DETAIL_TYPE as HEARTBEAT
from ringfence.events.heartbeat import SOURCE as BEATS
from ringfence.handlers.intake import Intake
from ringfence.local.samples.guardduty import ACCOUNT
from ringfence.local.samples.security_hub import asff, control, imported, v2
from ringfence.model.errors import BadInput, Forged, Retryable
from ringfence.model.resource_names import INTAKE
from ringfence.policy.circumstances import Circumstances
from ringfence.runbooks.catalogue import CATALOGUE
from tests.support.worlds import NOON

if TYPE_CHECKING:
    from ringfence.handlers.proof import Proof

Json = dict[str, Any]
NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
EXECUTION = ExecutionContext("attempt-1", "ringfence-intake", NOON, Circumstances(NOW))


class Proven:
    def start(self) -> None: ...

    def check(self) -> None: ...


class ForgedProof(Proven):
    def check(self) -> None:
        raise Forged("the message did not come by its queue")


def sent_for(event: object, proof: Proof | None = None) -> list[tuple[str, Json]]:
    """Return what the intake sends for an event, with the queue of each message."""
    sent: list[tuple[str, Json]] = []
    intake = Intake(CATALOGUE, {}, ACCOUNT, lambda queue, body: sent.append((queue, json.loads(body))))
    intake.work(json.dumps(event), EXECUTION, proof or Proven())
    return sent


def test_a_finding_of_guardduty_is_sent_as_guarddutys_event_to_its_runbook() -> None:
    sent = dict(sent_for(imported(asff())))
    assert sent["contain-instance"]["source"] == "aws.guardduty"
    assert sent["contain-instance"]["detail"]["type"] == "Backdoor:EC2/C&CActivity.B"


def test_a_failed_control_is_sent_as_the_verdict_of_its_rule() -> None:
    ((queue, event),) = sent_for(imported(control()))
    assert (queue, event["source"]) == ("harden-network", "aws.config")


def test_each_finding_of_an_event_is_passed_on() -> None:
    queues = [queue for queue, _ in sent_for(imported(asff(), control()))]
    assert {"contain-instance", "harden-network"} <= set(queues)


def test_a_bad_finding_returns_by_itself_and_the_others_are_passed_on() -> None:
    bad = {**control(), "Resources": []}
    event = imported(bad, asff())
    sent = sent_for(event)
    assert "contain-instance" in dict(sent)
    (back,) = [one for queue, one in sent if queue == INTAKE]
    assert back == imported(bad)
    with pytest.raises(BadInput, match=r"detail.findings\[0\].Resources: must name the affected resource"):
        sent_for(back)


def test_so_does_one_that_only_its_runbook_can_tell_is_bad() -> None:
    group = {"Type": "AwsEc2SecurityGroup", "Id": "not-a-group"}
    bad = control(Resources=[group])
    sent = sent_for(imported(bad, asff()))
    assert [queue for queue, _ in sent].count("contain-instance") == 1
    (back,) = [one for queue, one in sent if queue == INTAKE]
    assert back == imported(bad)
    with pytest.raises(BadInput):
        sent_for(back)


@pytest.mark.parametrize("make", [asff, control])
def test_a_time_far_ahead_is_bad_input_that_names_the_field(make: Any) -> None:  # noqa: ANN401 - makes JSON
    soon, late = ((NOW + one).isoformat() for one in (AHEAD / 2, AHEAD * 2))
    assert sent_for(imported(make(UpdatedAt=soon)))
    with pytest.raises(BadInput, match=r"findings\[0\].UpdatedAt: must not be more than 15 minutes later"):
        sent_for(imported(make(UpdatedAt=late)))


def test_so_for_other_products_and_for_the_new_security_hub() -> None:
    late = (NOW + timedelta(days=26_000)).isoformat()
    with pytest.raises(BadInput, match=r"UpdatedAt"):
        sent_for(imported(asff(ProductArn="arn:aws:securityhub:eu-west-1::product/x/y", UpdatedAt=late)))
    info = v2()["finding_info"]
    newer = v2(finding_info={**info, "modified_time_dt": late})
    with pytest.raises(BadInput, match=r"findings\[0\].finding_info.modified_time_dt"):
        sent_for(imported(newer, kind="Findings Imported V2"))


def test_what_no_runbook_answers_is_not_sent() -> None:
    assert sent_for(imported({**control(), "Compliance": {"Status": "PASSED"}})) == []


def test_an_event_without_findings_is_bad_input() -> None:
    with pytest.raises(BadInput, match=r"detail.findings: must contain a finding"):
        sent_for(imported())


def test_nothing_is_sent_for_a_message_that_did_not_come_by_the_queue() -> None:
    with pytest.raises(Forged):
        sent_for(imported(asff()), ForgedProof())


def test_a_heartbeat_is_a_metric_and_is_sent_to_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    beat = {"source": BEATS, "detail-type": HEARTBEAT, "account": ACCOUNT, "region": "eu-west-1"}
    assert sent_for(beat) == []
    assert INTAKE in capsys.readouterr().out


def test_the_others_are_sent_if_one_queue_does_not_answer() -> None:
    sent: list[str] = []

    def send(queue: str, body: str) -> None:
        del body
        if queue == "contain-instance":
            raise Retryable("sqs:SendMessage was throttled")
        sent.append(queue)

    intake = replace(Intake(CATALOGUE, {}, ACCOUNT, send))
    with pytest.raises(Retryable):
        intake.work(json.dumps(imported(asff(), control())), EXECUTION, Proven())
    assert "harden-network" in sent
