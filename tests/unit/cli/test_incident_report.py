"""`ringfence incidents report`: one incident as a page, and its picture of times."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result
from markupsafe import escape
from moto import mock_aws

from ringfence.aws.audit_items import to_item
from ringfence.aws.sessions import own_client
from ringfence.aws.sessions import session as own_session
from ringfence.cli.main import main
from ringfence.cli.time_picture import LEFT, RIGHT, picture
from ringfence.model.document import Document
from ringfence.model.frozen import replace as frozen_replace
from ringfence.record.chain import digest
from ringfence.record.facts import DecisionMade, FindingReceived
from ringfence.record.history import History
from ringfence.record.summary import Summary
from tests.support.fakes.audit_home import ARCHIVE, AUDIT, REGION, bucket, dynamo_log, tables
from tests.support.fakes.chains import INCIDENT, KEY, contained, finding, lease, more
from tests.support.fakes.log_home import LogHome, in_bucket

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mypy_boto3_dynamodb import DynamoDBClient

EVIL = "<script>alert(1)</script> {{ 7 * 7 }} \x1b[2J\u202e\ud800"


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[DynamoDBClient]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    own_client.cache_clear()
    own_session.cache_clear()
    with mock_aws():
        client = tables()
        dynamo_log(client).append(KEY, History(), contained(), lease())
        yield client


def report(*words: str, env: dict[str, str] | None = None) -> Result:
    given = {"RINGFENCE_AUDIT_TABLE": AUDIT, **(env or {})}
    return CliRunner().invoke(main, ["incidents", "report", INCIDENT, *words], env=given)


@pytest.fixture
def logged(client: DynamoDBClient) -> LogHome:
    """The archive and the log of the incident, published a moment ago."""
    del client
    made = in_bucket(bucket(), datetime.now(UTC) - timedelta(minutes=20))
    made.write(KEY, *contained())
    made.publish()
    return made


def compared(logged: LogHome) -> Result:
    env = {"RINGFENCE_ARCHIVE_BUCKET": ARCHIVE, "RINGFENCE_LOG_KEY": logged.signer.key.text}
    return report(env=env)


def test_a_page_says_that_chain_archive_and_signature_were_verified(logged: LogHome) -> None:
    done = compared(logged)
    assert done.exit_code == 0
    assert "6 entries are the same as the archive&#39;s first versions" in done.stdout
    signed = escape(f"over 6 entries covers them, and is signed with the key {logged.signer.key.text}")
    assert signed in done.stdout


def test_a_page_says_what_the_archive_or_the_log_has_differently(logged: LogHome) -> None:
    s3 = logged.publishing.files.client
    s3.put_object(Bucket=ARCHIVE, Key="log/checkpoint", Body=b"forged")
    done = compared(logged)
    assert done.exit_code == 1
    assert "is not a checkpoint of the log" in done.stdout


@pytest.mark.usefixtures("client")
def test_a_page_says_why_nothing_was_compared_with_the_archive() -> None:
    assert "archive and log: not compared: " in report().stdout
    assert "not compared: --without-archive was given" in report("--without-archive").stdout


@pytest.mark.usefixtures("client")
def test_a_page_names_the_policy_that_decided(client: DynamoDBClient) -> None:
    log = dynamo_log(client)
    decided = next(one.fact for one in contained() if isinstance(one.fact, DecisionMade))
    log.append(KEY, log.read(KEY), more(contained(), replace(decided, policy="5" * 64)), None)
    assert f"policy file with SHA-256 {'5' * 64}" in report().stdout


@pytest.mark.usefixtures("client")
def test_a_page_tells_what_happened_what_was_done_and_how_long_it_took() -> None:
    done = report()
    assert done.exit_code == 0
    for text in (
        INCIDENT,
        "Backdoor:EC2/C&amp;CActivity.B, severity 8",
        "from the decision until the containment was verified",
        "What was done",
        "Residual risk",
        f"ringfence audit verify {INCIDENT}",
        contained()[-1].hash,
    ):
        assert text in done.stdout, text


def test_each_row_has_a_header(client: DynamoDBClient) -> None:
    log = dynamo_log(client)
    another = FindingReceived(replace(finding(), id="another", title="another one"))
    log.append(KEY, log.read(KEY), more(contained(), another), None)
    page = report().stdout
    assert "another one" in page
    assert not re.search(r"<th[^>]*>\s*</th>", page)


@pytest.mark.usefixtures("client")
def test_a_page_has_no_scripts_and_loads_nothing(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    done = report("--out", str(path))
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", f"Wrote {path}.\n")
    assert not re.findall(r"<script|(?:src|href)\s*=|url\(|@import", path.read_text("utf-8"))


def test_hostile_text_stays_text(client: DynamoDBClient) -> None:
    log = dynamo_log(client)
    hostile = replace(finding(), id="evil", title=EVIL)
    log.append(KEY, log.read(KEY), more(contained(), FindingReceived(hostile)), None)
    page = report().stdout
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; {{ 7 * 7 }}" in page
    assert "\\x1b[2J\\u202e" in page
    assert not any(char in page for char in "\x1b\u202e\ud800")


def test_an_altered_entry_comes_first_and_is_an_exit_code(client: DynamoDBClient) -> None:
    entry = contained()[1]
    body = entry.body.replace("auto", "off!")
    client.put_item(TableName=AUDIT, Item=to_item(KEY, replace(entry, body=body, hash=digest(body))))
    done = report()
    assert done.exit_code == 1
    assert "TAMPERING" in done.stdout


@pytest.mark.usefixtures("client")
def test_a_file_that_cannot_be_written_and_an_unknown_incident_are_bad_input() -> None:
    assert report("--out", "/nowhere/page.html").exit_code == 2
    words = ["incidents", "report", "inc-20200101T000000.000000-0000000000"]
    assert CliRunner().invoke(main, words, env={"RINGFENCE_AUDIT_TABLE": AUDIT}).exit_code == 2


def test_the_picture_has_a_row_for_each_kind_of_entry_from_left_to_right() -> None:
    drawn = picture(Summary.of(contained()).lines)
    assert [row.text for row in drawn.rows][:2] == ["findings", "decisions"]
    places = [mark.x for mark in drawn.marks]
    assert places == sorted(places)
    assert (places[0], places[-1]) == (LEFT, RIGHT)
    assert {mark.y for mark in drawn.marks} <= {row.y - 4 for row in drawn.rows}


@pytest.mark.parametrize(
    ("seconds", "ticks"), [(0.42, ["0", "0.4 s"]), (1, ["0", "1 s"]), (42, ["0", "1 s", "10 s"])]
)
def test_the_scale_says_how_long_a_response_took(seconds: float, ticks: list[str]) -> None:
    first, *_, last = Summary.of(contained()).lines
    at = first.at + timedelta(seconds=seconds)
    drawn = picture((first, frozen_replace(last, body=Document.of({"at": at.isoformat()}))))
    assert [tick.text for tick in drawn.ticks] == ticks
    assert all(LEFT <= tick.x <= RIGHT for tick in drawn.ticks)


def test_a_picture_of_one_moment_and_of_nothing_can_be_drawn() -> None:
    assert [mark.x for mark in picture(Summary.of(contained()[:1]).lines).marks] == [LEFT]
    assert picture(()).marks == ()
