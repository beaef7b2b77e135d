"""Made-up messages change, record and send nothing, and are reported; see `ringfence.handlers.proof`."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.engine.intake import ExecutionContext
from ringfence.events.heartbeat import CONTINUED, DETAIL_TYPE, SOURCE
from ringfence.handlers import findings, wiring
from ringfence.handlers.forgeries import QUIET, Forgeries
from ringfence.handlers.logs import logger
from ringfence.handlers.proof import ByQueue
from ringfence.handlers.queue import Source, work_off
from ringfence.local.samples import guardduty
from ringfence.model.claims import SourceAnswer, Verdict
from ringfence.model.errors import Forged, Retryable
from ringfence.policy.decision import Mode
from ringfence.policy.policy import Policy
from ringfence.policy.protection import OwnRoles
from ringfence.record.measures import FORGED
from tests.support.fakes.scene import Scene
from tests.support.worlds import LEASE, REF, Ticking
from tests.unit.handlers.test_rechecks import Watch

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringfence.handlers.queue import Work
    from ringfence.record.notices import Notice

GENUINE, UNHEARD = "AQEBgenuine==", "AQEBforged=="
ABOUT = {"resourceType": "Instance", "instanceDetails": guardduty.instance_details(REF.id)}
FINDING = json.dumps(guardduty.event(guardduty.detail("Backdoor:EC2/C&CActivity.B", ABOUT)))
BEAT = json.dumps(
    {"source": SOURCE, "detail-type": DETAIL_TYPE, "account": REF.account, "region": REF.region, "detail": {}}
)
CONTINUATION = json.dumps(
    {
        "version": 1,
        "runbook": "contain-instance",
        "subject": REF.key,
        "remediations": ["isolate-instance"],
        "choices": {},
        "behind": "a-1",
    }
)


@dataclass
class Sqs:
    """A queue with one message in flight."""

    silent: bool = False
    asked: list[str] = field(default_factory=list)
    returned: list[str] = field(default_factory=list)

    def prove(self, receipt: str, seconds: int) -> str:
        assert seconds > 0
        self.asked.append(receipt)
        if self.silent:
            raise Retryable("sqs:ChangeMessageVisibility: it cannot be reached")
        return "" if receipt == GENUINE else "its receipt handle is not one of the queue"

    def come_back(self, receipt: str, seconds: int) -> None:
        assert seconds >= 0
        self.returned.append(receipt)


@dataclass
class Told:
    """A topic."""

    silent: bool = False
    notices: list[Notice] = field(default_factory=list)

    def publish(self, notice: Notice) -> None:
        if self.silent:
            raise Retryable("sns:Publish: it cannot be reached")
        self.notices.append(notice)


def late(function: Callable[[], str]) -> Callable[[], str]:
    """Ask as late as may be: when somebody waits for the answer."""
    return cache(function)


@dataclass
class Deployed:
    """The functions of one runbook, as Lambda would invoke them."""

    scene: Scene
    sqs: Sqs = field(default_factory=Sqs)
    sent: list[str] = field(default_factory=list)

    def invoke(self, work: Work, body: str, receipt: object) -> dict[str, list[dict[str, str]]]:
        record: dict[str, Any] = {
            "messageId": "m-1",
            "receiptHandle": receipt,
            "body": body,
            "attributes": {"ApproximateReceiveCount": "1"},
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:eu-west-1:111122223333:ringfence-contain-instance",
        }
        context = ExecutionContext("a-1", "ringfence-contain-instance", self.scene.clock() + LEASE)
        return work_off({"Records": [record]}, context, work, Source(self.sqs, 35, late))

    @property
    def untouched(self) -> bool:
        return not (self.scene.cloud.calls or self.scene.history.entries or self.sent or self.sqs.returned)


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> Deployed:
    logger()
    scene = Scene()
    made = Deployed(scene)
    policy = Policy((REF.account,), default=Mode.AUTO, own=OwnRoles(REF.account))
    given = SimpleNamespace(runbook="contain-instance", continuation_queue_url="second")
    queue = SimpleNamespace(send=lambda body, _: made.sent.append(body))
    monkeypatch.setattr(wiring, "warm", scene.ports)
    monkeypatch.setattr(wiring, "policy", lambda: policy)
    monkeypatch.setattr(wiring, "settings", lambda: given)
    monkeypatch.setattr(wiring, "queue", lambda _: queue)
    return made


WORKS = pytest.mark.parametrize(
    ("work", "body"),
    [(findings.contain, FINDING), (findings.resume, CONTINUATION)],
    ids=["contain", "continue"],
)


def test_a_finding_that_came_by_the_queue_is_contained(deployed: Deployed) -> None:
    assert deployed.invoke(findings.contain, FINDING, GENUINE) == {"batchItemFailures": []}
    assert deployed.scene.cloud.calls
    assert deployed.scene.history.entries
    assert deployed.sqs.asked == [GENUINE]


@WORKS
@pytest.mark.parametrize("receipt", [UNHEARD, ""])
def test_a_made_up_message_changes_records_and_sends_nothing_and_the_alarm_rings(
    deployed: Deployed, capsys: pytest.CaptureFixture[str], work: Work, body: str, receipt: str
) -> None:
    answer = deployed.invoke(work, body, receipt)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m-1"}]}
    assert deployed.untouched
    assert f'"{FORGED}":[1.0]' in capsys.readouterr().out.replace(" ", "")


@WORKS
def test_people_are_notified_of_a_made_up_message_directly_and_not_of_each_one(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch, work: Work, body: str
) -> None:
    """Others can write the metric of the alarm, and so keep it from ringing again."""
    told, clock = Told(), Ticking()
    notices = Forgeries(told, clock, "ringfence-contain-instance")
    monkeypatch.setattr(wiring, "forgeries", lambda: notices)
    for _ in range(3):
        deployed.invoke(work, body, UNHEARD)
    (notice,) = told.notices
    assert "URGENT" in notice.subject
    assert "did not come by its queue" in notice.text
    clock.now += QUIET
    deployed.invoke(work, body, UNHEARD)
    assert len(told.notices) == 2
    clock.now += QUIET
    deployed.invoke(work, body, GENUINE)
    assert len(told.notices) == 2


def test_a_notice_that_fails_is_sent_with_the_next_message_and_prevents_no_refusal(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = Told(silent=True)
    notices = Forgeries(told, Ticking(), "ringfence-contain-instance")
    monkeypatch.setattr(wiring, "forgeries", lambda: notices)
    answer = deployed.invoke(findings.contain, FINDING, UNHEARD)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m-1"}]}
    assert deployed.untouched
    told.silent = False
    deployed.invoke(findings.contain, FINDING, UNHEARD)
    assert len(told.notices) == 1


@pytest.mark.parametrize(
    ("work", "body"), [(findings.contain, BEAT), (findings.resume, CONTINUED)], ids=["contain", "continue"]
)
def test_a_made_up_heartbeat_does_not_hide_that_a_link_is_silent(
    deployed: Deployed, capsys: pytest.CaptureFixture[str], work: Work, body: str
) -> None:
    deployed.invoke(work, body, UNHEARD)
    assert deployed.untouched
    assert metrics(capsys) == [FORGED]
    deployed.invoke(work, body, GENUINE)
    (name,) = metrics(capsys)
    assert name != FORGED


def metrics(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Return the names of the metrics that were written."""
    lines = [json.loads(one) for one in capsys.readouterr().out.splitlines() if '"_aws"' in one]
    return [one["_aws"]["CloudWatchMetrics"][0]["Metrics"][0]["Name"] for one in lines]


@pytest.mark.parametrize("body", ["no event", json.dumps({"source": "aws.guardduty"}), "{}"])
def test_a_made_up_message_that_leads_to_nothing_is_told_as_well(
    deployed: Deployed, capsys: pytest.CaptureFixture[str], body: str
) -> None:
    deployed.invoke(findings.contain, body, UNHEARD)
    assert deployed.untouched
    assert FORGED in capsys.readouterr().out


@WORKS
@pytest.mark.parametrize("verdict", [Verdict.UNKNOWN, Verdict.BLINDED, Verdict.ABSENT, Verdict.REFUTED])
def test_while_neither_the_queue_nor_the_source_answers_nothing_is_done_and_the_message_returns(
    deployed: Deployed, capsys: pytest.CaptureFixture[str], work: Work, body: str, verdict: Verdict
) -> None:
    deployed.sqs.silent = True
    deployed.scene.cloud.answer = SourceAnswer(verdict, "no answer")
    assert deployed.invoke(work, body, GENUINE) == {"batchItemFailures": [{"itemIdentifier": "m-1"}]}
    assert not deployed.scene.cloud.calls
    assert not deployed.scene.history.entries
    assert not deployed.sent
    assert FORGED not in capsys.readouterr().out


def test_what_the_source_confirms_is_contained_while_the_queue_does_not_answer(deployed: Deployed) -> None:
    """Containment does not wait for an outage of SQS: the finding exists, whoever delivered it."""
    deployed.sqs.silent = True
    assert deployed.invoke(findings.contain, FINDING, GENUINE) == {"batchItemFailures": []}
    assert deployed.scene.cloud.calls
    assert deployed.scene.history.entries


def test_what_the_source_confirms_is_not_contained_if_the_queue_denies_it(deployed: Deployed) -> None:
    deployed.invoke(findings.contain, FINDING, UNHEARD)
    assert deployed.untouched


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"Records": {}},
        {"Records": ["x"]},
        {"Records": [{"messageId": "m-1", "body": FINDING}]},
        {"Records": [{"messageId": "m-1", "body": FINDING, "receiptHandle": None}]},
        {"Records": [{"messageId": "m-1", "body": FINDING, "receiptHandle": {"a": 1}}]},
        {"Records": [{"messageId": "m-1", "body": {"a": 1}, "receiptHandle": GENUINE}]},
        {"Records": [{"messageId": "m-1", "body": "", "receiptHandle": GENUINE, "attributes": "x"}]},
        [],
        "x",
        None,
    ],
)
def test_an_event_that_no_event_source_mapping_delivers_fails_the_function_and_is_told(
    deployed: Deployed,
    capsys: pytest.CaptureFixture[str],
    event: Any,  # noqa: ANN401 - anything at all
) -> None:
    context = ExecutionContext("a-1", "ringfence-contain-instance", deployed.scene.clock() + LEASE)
    with pytest.raises(Forged):
        work_off(event, context, findings.contain, Source(deployed.sqs, 35, late))
    assert deployed.untouched
    assert FORGED in capsys.readouterr().out


def test_one_genuine_message_does_not_prove_the_one_beside_it(deployed: Deployed) -> None:
    records = [
        {"messageId": "m-1", "receiptHandle": UNHEARD, "body": FINDING},
        {"messageId": "m-2", "receiptHandle": GENUINE, "body": "{}"},
    ]
    context = ExecutionContext("a-1", "ringfence-contain-instance", deployed.scene.clock() + LEASE)
    work_off({"Records": records}, context, findings.contain, Source(deployed.sqs, 35, late))
    assert deployed.sqs.asked == [UNHEARD, GENUINE]
    assert not deployed.scene.cloud.calls


def test_a_made_up_call_makes_nothing_be_verified() -> None:
    watch = Watch()
    watch.site.attach()
    known = watch.site.history.entries

    def forged() -> str:
        return "its receipt handle is not one of the queue"

    with pytest.raises(Forged):
        watch.rechecks.heard(json.dumps(watch.call()), watch.site.execution(), ByQueue(lambda: forged))
    assert watch.site.history.entries == known
    assert not watch.sent
