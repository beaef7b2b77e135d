"""Findings of a customer's system reach the runbooks with their proven sender, and only from who may send."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ringfence.engine.pauses import home_of
from ringfence.model.claims import SentFinding, Verdict
from ringfence.policy.decision import Mode
from ringfence.record.deployment_facts import FindingRefused
from ringfence.record.facts import DecisionMade, FindingReceived
from ringfence.record.slots import REFUSALS
from tests.e2e.intake.senders import SendingSystem, finding, in_ocsf, sending_system
from tests.e2e.operators import operator
from tests.e2e.world import until

if TYPE_CHECKING:
    from pathlib import Path

    from ringfence.model.subject import Ref
    from ringfence.record.history import History
    from tests.e2e.compliance import Compliance

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def system(intake: Compliance, tmp_path_factory: pytest.TempPathFactory) -> SendingSystem:
    return sending_system(intake, tmp_path_factory.mktemp("sender"))


def begun(intake: Compliance, ref: Ref) -> History:
    def decided() -> History | None:
        history = intake.history("contain-instance", ref)
        return history if history.of(DecisionMade) else None

    found = until(decided, f"an incident of {ref.key}")
    assert found is not None
    return found


def test_a_finding_becomes_an_incident_that_names_its_sender(
    intake: Compliance, system: SendingSystem
) -> None:
    server = intake.world.builder().estate().web
    sent = system.sends(finding(server.ref.key), finding(server.ref.key, severity=11), "text")
    assert sent.returncode == 2, sent.stdout + sent.stderr
    sent = system.sends(finding(server.ref.key))
    assert sent.returncode == 0, sent.stdout + sent.stderr
    assert json.loads(sent.stdout)["results"][0]["status"] == 202
    history = begun(intake, server.ref)
    (received,), (made, *_) = history.of(FindingReceived), history.of(DecisionMade)
    assert received.finding.claim == SentFinding(system.hand.arn, "api", proven=True)
    assert (made.decision.mode, made.source and made.source.verdict) == (Mode.DRY_RUN, Verdict.CONFIRMED)


def test_a_finding_in_ocsf_is_accepted_as_it_is_and_wrong_ones_beside_it_are_refused(
    intake: Compliance, system: SendingSystem
) -> None:
    """The command checks findings before it sends them, so this is sent without it."""
    server, url = intake.world.builder().estate().web, intake.world.deployment.findings
    arn = f"arn:aws:ec2:{server.ref.region}:{server.ref.account}:instance/{server.ref.id}"
    wrong = finding(server.ref.key, severity=11)
    code, answer = system.posts(url, {"findings": [wrong, in_ocsf(arn), "text"]})
    assert (code, [one["status"] for one in answer["results"]]) == (207, [400, 202, 400])
    error = answer["results"][0]["error"]
    words = "findings[0].severity: must be a number from 0 to 10, not 11"
    assert (error["field"], error["message"]) == ("findings[0].severity", words)
    assert answer["results"][2]["error"]["field"] == "findings[2]"
    (received,) = begun(intake, server.ref).of(FindingReceived)
    assert received.finding.claim == SentFinding(system.hand.arn, "api", proven=True)
    code, answer = system.posts(url, {"findings": "none"})
    assert (code, answer["error"]["field"]) == (400, "findings")


def test_what_the_policy_does_not_let_a_sender_send_is_refused_and_recorded(
    intake: Compliance, system: SendingSystem
) -> None:
    account = intake.world.local.account
    key = f"bucket/{account}/us-east-1/pictures"
    sent = system.sends(finding(key))
    assert sent.returncode == 1, sent.stdout + sent.stderr
    (result,) = json.loads(sent.stdout)["results"]
    assert (result["status"], result["error"]["field"]) == (403, "findings[0].subjects[0]")
    (refused,) = intake.history(REFUSALS, home_of(account)).of(FindingRefused)
    assert (refused.sender, refused.given) == (system.hand.arn, key)


def test_nobody_sends_without_a_signature_or_the_permission(intake: Compliance, tmp_path: Path) -> None:
    url = f"{intake.world.deployment.findings}/findings"
    with pytest.raises(urllib.error.HTTPError) as unsigned:
        urllib.request.urlopen(urllib.request.Request(url, b"{}", method="POST"), timeout=30)  # noqa: S310 - the local AWS
    unsigned.value.close()
    assert unsigned.value.code == 403
    account = intake.world.local.account
    hand = operator(intake.world)
    environment = {**hand.environment, "RINGFENCE_FINDINGS_URL": intake.world.deployment.findings}
    stranger = SendingSystem(replace(hand, environment=environment), tmp_path)
    sent = stranger.sends(finding(f"instance/{account}/eu-west-1/i-0123456789abcdef0"))
    assert sent.returncode != 0
    assert "403" in sent.stdout + sent.stderr


def test_the_bus_names_an_account_and_a_person_must_approve(intake: Compliance) -> None:
    server, events = intake.world.builder().estate().web, intake.world.client("events")
    entry = {"EventBusName": "ringfence-findings", "Source": "office", "DetailType": "Ringfence Finding"}
    found = [finding(server.ref.key), finding(server.ref.key, severity=11)]
    events.put_events(Entries=[{**entry, "Detail": json.dumps(one)} for one in found])
    history = begun(intake, server.ref)
    (received,), (made, *_) = history.of(FindingReceived), history.of(DecisionMade)
    assert received.finding.claim == SentFinding(intake.world.local.account, "bus", proven=True)
    assert made.decision.mode is Mode.APPROVE
    sqs = intake.world.client("sqs")
    dead = sqs.get_queue_url(QueueName="ringfence-findings-dead-letters")["QueueUrl"]
    waiting = "ApproximateNumberOfMessages"

    def given_up() -> bool:
        told = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=[waiting])["Attributes"]
        return bool(told[waiting] == "1")

    until(given_up, "the wrong finding is a dead letter")
