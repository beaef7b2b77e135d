"""Who sent a finding is shown with its incident: on the page, in rows, in JSON, in a report and a notice."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from click import unstyle
from click.testing import CliRunner
from moto import mock_aws

from ringfence.aws.sessions import own_client
from ringfence.aws.sessions import session as own_session
from ringfence.cli.main import main
from ringfence.model.claims import HeldFinding, SentFinding
from ringfence.policy.decision import Decision, Mode
from ringfence.record.chain import link
from ringfence.record.facts import DecisionMade, FindingReceived
from ringfence.record.history import History
from ringfence.record.notices import notice
from ringfence.record.notices.rendering import text_of
from ringfence.record.notices.schema import as_json
from ringfence.record.summary import Summary
from tests.support.fakes.audit_home import AUDIT, REGION, dynamo_log, tables
from tests.support.fakes.chains import INCIDENT, KEY, NOON, finding, lease, stamp
from tests.support.json_forms import check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.claims import Claim
    from ringfence.record.chain import Entry

SENDER = "arn:aws:sts::111122223333:assumed-role/office-ids/i-1"
API = "role office-ids of account 111122223333 (by the API)"
SENT = SentFinding(SENDER, "api", proven=True)


def opened_by(claim: Claim | None) -> tuple[Entry, ...]:
    """Return the entries of an incident whose finding has this claim."""
    made = DecisionMade(Decision(Mode.NOTIFY, "the policy says so"), NOON, finding().id)
    return link(stamp(), None, (FindingReceived(replace(finding(), claim=claim)), made))


@pytest.fixture
def _recorded(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    own_client.cache_clear()
    own_session.cache_clear()
    with mock_aws():
        dynamo_log(tables()).append(KEY, History(), opened_by(SENT), lease())
        yield


def shown(*words: str, colours: str = "") -> str:
    env = {"RINGFENCE_AUDIT_TABLE": AUDIT, "COLUMNS": "200", "FORCE_COLOR": colours}
    done = CliRunner().invoke(main, ["incidents", *words, INCIDENT], env=env)
    assert done.exit_code == 0
    check(("incidents", *words, INCIDENT), done.stdout)
    return unstyle(done.stdout)


@pytest.mark.parametrize(
    ("claim", "words"),
    [
        (SENT, API),
        (
            SentFinding("222233334444", "bus", proven=True),
            "account 222233334444 (on the bus, which names no sender)",
        ),
        (SentFinding(SENDER, "api"), "a sender that nothing proves"),
        (HeldFinding("d-1"), ""),
        (None, ""),
    ],
)
def test_the_recorded_claim_says_who_sent_it(claim: Claim | None, words: str) -> None:
    (found,) = Summary.of(opened_by(claim)).findings
    assert found.reported_by == words


def test_a_notice_says_who_sent_the_finding() -> None:
    message = notice(opened_by(SENT))
    assert message
    assert f"The finding was reported by {API}" in text_of(message).splitlines()
    assert json.loads(json.dumps(as_json(message)))["findings"][0]["reported_by"] == API


@pytest.mark.usefixtures("_recorded")
def test_rows_json_and_the_report_say_who_sent_the_finding() -> None:
    assert f"reported by\t{API}" in shown("show").splitlines()
    answer = json.loads(shown("show", "--json"))
    assert answer["responses"][0]["findings"][0]["reported_by"] == API
    assert f"<br>reported by {API}</p>" in shown("report")


@pytest.mark.usefixtures("_recorded")
def test_the_page_says_who_sent_the_finding() -> None:
    assert f"reported by {API}" in shown("show", "--no-pager", colours="1")
