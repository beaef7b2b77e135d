"""`ringfence insights activity`: files in every form, each output, and what is wrong with the input."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from ringfence.cli.main import main
from ringfence.insights.activity.pack.discovery import DENIED
from ringfence.insights.activity.pack.identity import MFA_REMOVED
from ringfence.insights.activity.stories import call
from tests.support.json_forms import check

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

REMOVED = MFA_REMOVED.hits[0][0]
HARMLESS = call("iam:ListUsers")


def activity(*words: str, env: dict[str, str] | None = None, stdin: str | None = None) -> Result:
    done = CliRunner(env=env).invoke(main, ["insights", "activity", *words], input=stdin)
    if "--json" in words and done.exit_code != 2:
        check(("insights", "activity", *words), done.stdout)
    return done


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "trail.json"
    path.write_text(json.dumps({"Records": [HARMLESS, REMOVED]}), "utf-8")
    return path


def test_what_is_found_is_a_row_and_an_exit_code(file: Path) -> None:
    done = activity(str(file))
    assert done.exit_code == 3
    times = "2026-11-02T09:00:00Z\t2026-11-02T09:00:00Z"
    who = "arn:aws:iam::111122223333:user/alice\t198.51.100.7"
    about = "iam-user/111122223333/us-east-1/bob"
    assert done.stdout == f"mfa-removed\thigh\t{times}\t1\t{who}\t{about}\n"
    assert done.stderr == "2 records\n"


@pytest.mark.parametrize("form", ["array", "lines", "events", "lookup", "gzip", "folder", "list"])
def test_records_are_read_in_every_form(tmp_path: Path, form: str) -> None:
    records = [HARMLESS, REMOVED]
    looked_up = {"Events": [{"EventId": "x", "CloudTrailEvent": json.dumps(one)} for one in records]}
    content = {
        "array": json.dumps({"Records": records}),
        "lines": "\n".join(map(json.dumps, records)),
        "events": "\n".join(json.dumps({"detail-type": "AWS API Call", "detail": one}) for one in records),
        "lookup": json.dumps(looked_up),
        "list": json.dumps(records),
    }.get(form, json.dumps({"Records": records}))
    path = tmp_path / ("trail.json.gz" if form == "gzip" else "trail.json")
    path.write_bytes(gzip.compress(content.encode()) if form == "gzip" else content.encode())
    done = activity(str(tmp_path) if form == "folder" else str(path))
    assert (done.exit_code, done.stderr) == (3, "2 records\n")


def test_standard_input_is_read() -> None:
    assert activity("-", stdin=json.dumps(REMOVED)).exit_code == 3


def test_digests_and_insights_of_cloudtrail_are_no_records(tmp_path: Path) -> None:
    path = tmp_path / "digest.json"
    path.write_text(json.dumps({"digestStartTime": "x"}) + "\n" + json.dumps({"eventCategory": "Insight"}))
    assert (activity(str(path)).exit_code, activity(str(path)).stderr) == (0, "0 records\n")


def test_nothing_found_is_exit_code_0(file: Path) -> None:
    done = activity(str(file), "--rule", "denied-burst")
    assert (done.exit_code, done.stdout) == (0, "")


def test_a_record_that_cannot_be_read_is_named_with_its_line_and_the_rest_is_read(tmp_path: Path) -> None:
    path = tmp_path / "trail.jsonl"
    wrong = {**HARMLESS, "eventTime": "\x1b[31myesterday"}
    path.write_text("\n".join((json.dumps(HARMLESS), "{", json.dumps(wrong), json.dumps(REMOVED))), "utf-8")
    done = activity(str(path))
    assert done.exit_code == 1
    assert done.stdout.startswith("mfa-removed\t")
    assert f"{path}, line 2: (document)" in done.stderr
    assert f"{path}, line 3: eventTime: must be a time" in done.stderr
    assert "\x1b" not in done.stderr
    assert "2 records, 2 documents cannot be read" in done.stderr


def test_many_problems_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "trail.jsonl"
    path.write_text("\n".join(["{}"] * 60), "utf-8")
    done = activity(str(path))
    assert "and 10 more problems" in done.stderr
    assert len(done.stderr.splitlines()) == 52


def test_the_json_names_the_rule_the_runbook_and_the_records(file: Path) -> None:
    told = json.loads(activity(str(file), "--json").stdout)
    assert (told["rule"], told["runbook"]) == ("mfa-removed", "contain-credentials")
    assert told["events"] == [REMOVED["eventID"]]
    assert told["finding"]["type"] == "Activity/mfa-removed"


def test_the_findings_can_be_sent(tmp_path: Path) -> None:
    """A request has at most 25 findings. What is printed is one request on each line."""
    path = tmp_path / "trail.jsonl"
    records = [call("iam:DeactivateMFADevice", {"userName": f"user-{one}"}, one) for one in range(60)]
    path.write_text("\n".join(map(json.dumps, records)), "utf-8")
    found = activity(str(path), "--findings").stdout
    assert [len(json.loads(line)["findings"]) for line in found.splitlines()] == [25, 25, 10]
    sent = CliRunner().invoke(main, ["findings", "send", "--check", "--json", "-"], input=found)
    assert (sent.exit_code, json.loads(sent.stdout)) == (0, {"checked": 60})


def test_what_leads_to_no_finding_is_said(tmp_path: Path) -> None:
    path = tmp_path / "trail.json"
    path.write_text(json.dumps({**REMOVED, "userIdentity": {}, "recipientAccountId": "1"}), "utf-8")
    done = activity(str(path), "--findings")
    assert (done.exit_code, done.stdout) == (0, "")
    identity = REMOVED["userIdentity"]
    assert isinstance(identity, dict)
    changed = {**REMOVED, "userIdentity": {**identity, "accountId": "1"}, "recipientAccountId": "1"}
    path.write_text(json.dumps(changed), "utf-8")
    done = activity(str(path), "--findings")
    assert (done.exit_code, done.stdout) == (1, "")
    assert f"the record {REMOVED['eventID']} leads to no finding" in done.stderr
    assert json.loads(activity(str(path), "--json").stdout)["finding"] is None


def test_a_person_sees_what_to_do(file: Path) -> None:
    shown = activity(str(file), env={"FORCE_COLOR": "1", "COLUMNS": "120"}).stdout
    assert "ask the user whether the device was replaced" in shown


def test_a_number_of_a_rule_can_be_set(tmp_path: Path) -> None:
    path = tmp_path / "trail.jsonl"
    path.write_text("\n".join(map(json.dumps, DENIED.hits[0])), "utf-8")
    assert activity(str(path), "--rule", "denied-burst").exit_code == 3
    assert activity(str(path), "--rule", "denied-burst", "--set", "denied-burst.count=13").exit_code == 0


def test_two_forms_at_once_are_bad_input(file: Path) -> None:
    done = activity(str(file), "--findings", "--json")
    assert done.exit_code == 2
    assert json.loads(done.stdout)["error"]["field"] == "--findings"


def test_mappings_are_printed_without_files() -> None:
    done = activity("--mappings", "--rule", "mfa-removed")
    entry = '{product: ringfence-activity, finding: "Activity/mfa-removed", runbook: contain-credentials}'
    assert done.stdout == f"mappings:\n  - {entry}\n"


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("FILE", "--rule", "mfa"),
        ("FILE", "--set", "mfa-removed.count=3"),
        ("FILE", "--set", "denied-burst.count=0"),
        ("FILE", "--set", "denied-burst.count=many"),
        ("FILE", "--set", "denied-burst.count=nan"),
        ("FILE", "--set", "count=3"),
        ("FILE", "--networks", "/nowhere"),
        ("FILE", "--networks", "FILE"),
        ("/nowhere",),
    ],
)
def test_what_cannot_be_meant_is_bad_input(file: Path, words: tuple[str, ...]) -> None:
    done = activity(*(str(file) if one == "FILE" else one for one in words))
    assert done.exit_code == 2
    assert "Error" in done.stderr


SIGMA = """
title: A user was listed
logsource: {product: aws, service: cloudtrail}
detection:
    selection: {eventSource: iam.amazonaws.com, eventName: ListUsers}
    condition: selection
"""


def test_sigma_rules_of_a_folder_are_used_beside_the_shipped_ones(file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "one.yml").write_text(SIGMA, "utf-8")
    done = activity(str(file), "--sigma", str(folder), "--json")
    assert done.exit_code == 3
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert {one["rule"] for one in found} == {"mfa-removed", "sigma-a-user-was-listed"}
    only = activity(str(file), "--sigma", str(folder), "--rule", "sigma-a-user-was-listed")
    assert len(only.stdout.splitlines()) == 1


def test_a_sigma_rule_that_cannot_be_imported_is_named_and_the_others_are_used(
    file: Path, tmp_path: Path
) -> None:
    rules = tmp_path / "rules.yml"
    rules.write_text(f"{SIGMA}---{SIGMA.replace('product: aws', 'product: okta')}", "utf-8")
    done = activity(str(file), "--sigma", str(rules))
    assert done.exit_code == 1
    assert "sigma-a-user-was-listed" in done.stdout
    assert "cannot be imported: its log source" in done.stderr


def test_a_missing_file_of_sigma_rules_is_bad_input(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # a long path would be cut
    done = activity(str(file), "--sigma", "none.yml")
    assert done.exit_code == 2
    assert "none.yml" in done.stderr
