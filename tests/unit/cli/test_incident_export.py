"""`ringfence incidents export`: every entry of a period or of some incidents, in three forms."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result

from ringfence.aws.audit_items import to_item
from ringfence.cli.change_rows import COLUMNS as CHANGES
from ringfence.cli.change_rows import change_rows
from ringfence.cli.decision_rows import COLUMNS as DECISIONS
from ringfence.cli.export_rows import RESPONSE_COLUMNS as COLUMNS
from ringfence.cli.main import main
from ringfence.record.chain import ChainKey, link
from ringfence.record.facts import Intended, Outcome, RunRequested
from ringfence.runbooks.catalogue import CATALOGUE
from tests.support.fakes.audit_home import AUDIT, dynamodb
from tests.support.fakes.chains import stamp
from tests.support.ocsf import check
from tests.support.transcripts.log import (
    CONTAINED,
    NOW,
    PERIOD,
    RELEASED,
    UNDONE,
    audit_log,
    chains,
    environment,
    id_of,
)
from tests.support.transcripts.printing import screen
from tests.support.worlds import finding

if TYPE_CHECKING:
    from collections.abc import Iterator

BUCKET = id_of(40)
ENTRIES = {entries[0].incident: entries for key, entries in chains() if key.runbook in CATALOGUE}
"""The entries of each incident. Refused findings have a record of their own, which is no incident."""
ASKED = [one for one in ENTRIES[RELEASED] if isinstance(one.fact, RunRequested)][-1]
PERSON, REASON = ASKED.actor, json.loads(ASKED.body)["fact"]["reason"]


@pytest.fixture(scope="module", autouse=True)
def log() -> Iterator[None]:
    with audit_log():
        yield


def export(*words: str) -> Result:
    runner = CliRunner(env={"RINGFENCE_AUDIT_TABLE": AUDIT, **screen(None)})
    return runner.invoke(main, ["incidents", "export", *words], obj=environment(lambda: NOW))


def lines(*words: str) -> list[dict[str, Any]]:
    done = export(*words)
    assert done.exit_code == 0, done.output
    return [json.loads(one) for one in done.stdout.splitlines()]


def test_json_lines_are_all_entries_of_the_period() -> None:
    found = lines(*PERIOD)
    assert len(found) == sum(map(len, ENTRIES.values()))
    (first, *_) = (one for one in found if one["incident"] == CONTAINED)
    assert first["fact"] == json.loads(ENTRIES[CONTAINED][0].body)["fact"]
    assert first["hash"] == ENTRIES[CONTAINED][0].hash


def test_a_period_leaves_out_what_was_opened_outside_of_it() -> None:
    found = lines("--since", "2026-03-01T12:20:00", "--until", "2026-03-01T12:30:00")
    assert {one["incident"] for one in found} == {UNDONE, RELEASED}
    assert lines("--since", "2026-03-02") == []


def test_incidents_that_are_named_are_exported_whole_and_once() -> None:
    found = lines(BUCKET, UNDONE[-8:], BUCKET)
    assert [one["incident"] for one in found] == [
        one.incident for id_ in (BUCKET, UNDONE) for one in ENTRIES[id_]
    ]


def test_ocsf_is_valid_and_names_every_outcome() -> None:
    found = lines("--format", "ocsf", *PERIOD)
    for one in found:
        check(one)
    facts = [entry.fact for entries in ENTRIES.values() for entry in entries]
    outcomes = sum(isinstance(one, Outcome) for one in facts)
    assert sum(one["class_name"] == "Remediation Activity" for one in found) == outcomes > 0
    assert any(isinstance(one, Intended) for one in facts)


def test_ocsf_says_who_decided_and_why() -> None:
    decided = [
        one["unmapped"]["ringfence"]["decided"]
        for one in lines("--format", "ocsf", RELEASED)
        if one["class_name"] == "Remediation Activity"
    ]
    assert decided
    assert {(one["requested_by"], one["request"]) for one in decided} >= {(PERSON, REASON)}
    assert all(one["mode"] and one["reason"] for one in decided)
    assert all(bool(one["requested_by"]) == one["reason"].startswith("release") for one in decided)


def test_csv_is_a_row_for_each_response() -> None:
    done = export("--format", "csv", *PERIOD)
    header, *rows = csv.reader(done.stdout.splitlines())
    assert tuple(header) == COLUMNS
    assert {row[0] for row in rows} == set(ENTRIES)
    assert {len(row) for row in rows} == {len(COLUMNS)}


def test_csv_says_who_decided_and_why() -> None:
    rows = {
        row["incident"]: row for row in csv.DictReader(export("--format", "csv", *PERIOD).stdout.splitlines())
    }
    of = rows[RELEASED]
    assert (of["release_requested_by"], of["release_request"]) == (PERSON, REASON)
    assert (of["requested_by"], of["request"]) == ("", "")
    assert of["decision"].startswith("policy rule")
    assert rows[CONTAINED]["mode"] == "auto"
    assert rows[CONTAINED]["decision"]


def test_decisions_are_a_row_for_each_decision_and_each_answer_of_a_person() -> None:
    header, *rows = csv.reader(export("--format", "decisions", *PERIOD).stdout.splitlines())
    assert tuple(header) == DECISIONS
    kinds = {"DecisionMade", "RunRequested", "ApprovalRequested", "ApprovalAnswered"}
    facts = [type(one.fact).__name__ for entries in ENTRIES.values() for one in entries]
    assert sum(row[5].split()[-1] in {"decision", "requested", "answered"} for row in rows) == sum(
        one in kinds for one in facts
    )
    asked = [row for row in rows if row[5] == "release requested"]
    assert {(row[7], row[8], row[9]) for row in asked} >= {(PERSON, "yes", REASON)}


def test_the_page_has_each_response_with_its_changes_and_who_decided() -> None:
    done = export("--format", "html", *PERIOD)
    assert done.exit_code == 0, done.output
    page = done.stdout
    assert all(one in page for one in ENTRIES)
    assert PERSON in page
    assert REASON in page
    assert f"that were opened from {PERIOD[1]} 00:00 to " in page
    assert "The chain of entries of each response is intact" in page
    assert "audit verify --bundle" not in page.replace("\n", " "), "it is no part of a bundle"
    assert done.stderr == f"Exported {len({e[0].incident for e in ENTRIES.values()})} responses.\n"
    one = export("--format", "html", BUCKET)
    assert f"This page is about the incidents {BUCKET}." in one.stdout
    assert UNDONE not in one.stdout
    none = export("--format", "html", "--since", "2026-03-02")
    assert none.exit_code == 0
    assert "There was no response." in none.stdout


def test_the_page_names_a_response_whose_chain_is_not_intact_and_escapes_names() -> None:
    key, incident = ChainKey("report-findings", "account/111122223333/eu-west-1/111122223333"), id_of(58)
    entries = link(stamp(incident), None, (finding(type="<script>alert(1)</script>"),))
    for one in entries:
        item = to_item(key, one)
        dynamodb().put_item(TableName=AUDIT, Item={**item, "hash": {"S": "0" * 64}})
    done = export("--format", "html", incident)
    assert done.exit_code == 1
    assert "<script" not in done.stdout
    assert "&lt;script&gt;" in done.stdout
    assert "not intact" in done.stdout
    assert f"<li>{incident} contain-instance: " in done.stdout


def test_changes_are_a_row_for_each_attempt_with_who_decided() -> None:
    header, *rows = csv.reader(export("--format", "changes", *PERIOD).stdout.splitlines())
    assert tuple(header) == CHANGES
    facts = [entry.fact for entries in ENTRIES.values() for entry in entries]
    assert len(rows) == sum(isinstance(one, Intended) for one in facts)
    told = [dict(zip(CHANGES, row, strict=True)) for row in rows]
    hashes = {(one["incident"], one["hash"]) for one in lines(*PERIOD)}
    for one in told:
        entries = ENTRIES[one["incident"]]
        intended = entries[int(one["entry"])].fact
        assert isinstance(intended, Intended)
        assert (one["before"], one["after"]) == intended.step.diff()
        assert (one["incident"], one["hash"]) in hashes
        assert one["mode"] == "auto"
    undone = [one for one in told if one["incident"] == RELEASED and one["requested_by"]]
    assert {(one["requested_by"], one["request"]) for one in undone} == {(PERSON, REASON)}
    assert all(one["result"] == "applied" and one["finished"] >= one["at"] for one in undone)


def test_a_change_whose_outcome_is_not_recorded_has_begun() -> None:
    entries = ENTRIES[CONTAINED]
    first = next(one.seq for one in entries if isinstance(one.fact, Intended))
    (row,) = change_rows(entries[: first + 1])
    told = dict(zip(CHANGES, row, strict=True))
    assert (told["result"], told["finished"], told["hash"]) == ("begun", "", entries[first].hash)


def test_a_name_that_an_intruder_chose_is_no_formula() -> None:
    key, incident = ChainKey("report-findings", "account/111122223333/eu-west-1/111122223333"), id_of(59)
    entries = link(stamp(incident), None, (finding(type='=HYPERLINK("http://203.0.113.9")'),))
    for one in entries:
        dynamodb().put_item(TableName=AUDIT, Item=to_item(key, one))
    done = export("--format", "csv", incident)
    (row,) = list(csv.reader(done.stdout.splitlines()))[1:]
    assert """'=HYPERLINK("http://203.0.113.9")""" in row


def test_standard_error_says_how_much_was_exported() -> None:
    assert export(BUCKET).stderr == f"Exported 1 response: {len(ENTRIES[BUCKET])} lines.\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((BUCKET, "--since", "7d"), "--since: cannot be used with incidents that are named"),
        (("--since", "2026-03-02", "--until", "2026-03-01"), "--until: must not be before --since"),
        (("inc-20200101T000000.000000-0000000000",), "incident: must be in the audit log"),
    ],
)
def test_bad_input_names_the_option_and_ends_with_2(words: tuple[str, ...], said: str) -> None:
    done = export(*words)
    assert done.exit_code == 2
    assert said in done.stderr
