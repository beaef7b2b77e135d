"""`ringfence rules` and `ringfence scan`: on a terminal, in a pipe, as JSON and as CSV."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from ringfence.cli.main import main
from ringfence.posture.score import WEIGHTS
from ringfence.runbooks.compliance import FRAMEWORKS
from tests.support.json_forms import check
from tests.support.samples.items import VERSIONS, bucket_item

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

RULE = """\
compliance_rules:
  - name: versions
    resource_types: [AWS::S3::Bucket]
    required_properties:
      AWS::S3::Bucket: {VersioningConfiguration: {Status: Enabled}}
    severity: high
    examples:
      - passes: {supplementaryConfiguration: {BucketVersioningConfiguration: {status: Enabled}}}
      - fails: {supplementaryConfiguration: {}}
"""
HOSTILE = "=cmd|x"


ITEMS = [
    bucket_item("good", **VERSIONS),
    bucket_item(HOSTILE),
    {**bucket_item("unread"), "supplementaryConfiguration": None},
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "compliance").mkdir()
    (tmp_path / "compliance" / "own.yaml").write_text(RULE, "utf-8")
    (tmp_path / "items.json").write_text(json.dumps({"configurationItems": ITEMS}), "utf-8")
    return tmp_path


def ringfence(*words: str, env: dict[str, str] | None = None) -> Result:
    done = CliRunner(env=env).invoke(main, list(words))
    if "--json" in words and done.stdout:
        check(words, done.stdout)
    return done


OWN = ("--rules", "compliance")


@pytest.mark.usefixtures("folder")
def test_valid_rules_are_counted() -> None:
    done = ringfence("rules", "check")
    assert (done.exit_code, done.stdout) == (0, "1 rule is valid.\n")
    assert json.loads(ringfence("rules", "check", "--json").stdout) == {
        "valid": True,
        "rules": 1,
        "manual_controls": 0,
        "found": [],
    }


def test_an_invalid_rule_is_told_with_its_file_and_line(folder: Path) -> None:
    path = folder / "compliance" / "own.yaml"
    path.write_text(RULE.replace("severity: high", "severity: urgent"), "utf-8")
    done = ringfence("rules", "check")
    assert done.exit_code == 2
    assert done.stdout.startswith(
        "compliance/own.yaml:6:5: error: compliance_rules[0].severity: must be one of"
    )
    found = json.loads(ringfence("rules", "check", "--json").stdout)["found"]
    assert [(one["kind"], one["line"], one["column"]) for one in found] == [("error", 6, 5)]
    for words in (("rules", "list", "compliance"), ("rules", "test"), ("scan", "items.json", *OWN)):
        assert ringfence(*words).exit_code == 2


def test_an_example_that_is_judged_in_another_way_is_told(folder: Path) -> None:
    assert ringfence("rules", "test").stdout == "2 of 2 examples had the expected result.\n"
    path = folder / "compliance" / "own.yaml"
    path.write_text(RULE.replace("- fails", "- passes"), "utf-8")
    done = ringfence("rules", "test")
    assert done.exit_code == 1
    assert done.stdout.splitlines()[0] == (
        "compliance/own.yaml:9: versions should be passed, but is failed: VersioningConfiguration.Status "
        "must be 'Enabled', but is not set"
    )
    assert len(json.loads(ringfence("rules", "test", "--json").stdout)["wrong"]) == 1


@pytest.mark.usefixtures("folder")
def test_rules_are_listed() -> None:
    assert ringfence("rules", "list", "compliance").stdout == "versions\thigh\tAWS::S3::Bucket\t\tversions\n"
    shipped = json.loads(ringfence("rules", "list", "--type", "AWS::KMS::Key", "--json").stdout)["rules"]
    assert {type_ for one in shipped for type_ in one["resource_types"]} == {"AWS::KMS::Key"}
    assert "versions" in ringfence("rules", "list", "compliance", env={"FORCE_COLOR": "1"}).stdout


@pytest.mark.usefixtures("folder")
def test_a_scan_says_the_score_and_what_fails() -> None:
    shown = ringfence("scan", "items.json", *OWN, env={"FORCE_COLOR": "1", "COLUMNS": "80", "NO_COLOR": "1"})
    assert shown.exit_code == 0
    page = re.sub(r"\x1b\[[0-9;]*m", "", shown.stdout)
    assert "Score 33.3 of 100: 3 resources, 1 passed, 1 failed, 1 not assessed" in page
    assert f"111122223333 eu-west-1 {HOSTILE}: VersioningConfiguration.Status must" in page
    assert max(map(len, page.splitlines())) <= 80
    command = page.splitlines()[-1].split()
    assert command == ["ringfence", "scan", "items.json", *OWN, "--format", "csv"]
    assert HOSTILE in ringfence(*command[1:]).stdout
    assert ringfence("scan", "items.json", *OWN).stdout == "versions\thigh\t1\t1\t1\t\n"


def test_a_scan_without_a_result_ends_without_a_command_for_results(folder: Path) -> None:
    (folder / "nothing.json").write_text('{"configurationItems": []}', "utf-8")
    shown = ringfence("scan", "nothing.json", *OWN, env={"FORCE_COLOR": "1", "NO_COLOR": "1"})
    assert "No resource of a type that a rule is about." in shown.stdout
    assert "csv" not in shown.stdout


DOCUMENTED = {"low": 1, "medium": 3, "high": 5, "critical": 10}
"""The weights as docs/rules-as-code.md says them."""


def scored(rows: list[dict[str, str]]) -> float:
    """Compute the score from the rows of a CSV, as a person with a spreadsheet does."""
    whole = sum(DOCUMENTED[row["severity"]] for row in rows)
    passed = sum(DOCUMENTED[row["severity"]] for row in rows if row["status"] == "passed")
    return round(100 * passed / whole, 1)


def test_everybody_can_compute_the_score_again(folder: Path) -> None:
    (folder / "compliance" / "manual.yaml").write_text(MANUAL, "utf-8")
    of = ("scan", "items.json", *OWN, "--library")
    rows = list(csv.DictReader(io.StringIO(ringfence(*of, "--format", "csv").stdout)))
    score = json.loads(ringfence(*of, "--json").stdout)["score"]
    assert score == scored(rows)
    assert 0 < score < 100
    assert {row["status"] for row in rows} == {"passed", "failed", "not assessed"}
    assert len({row["severity"] for row in rows}) >= 3
    for status in ("passed", "failed", "not assessed"):
        without = next(row for row in rows if row["status"] == status)
        assert scored([row for row in rows if row is not without]) != score, "each row decides"


@pytest.mark.usefixtures("folder")
def test_the_weights_are_those_that_are_documented() -> None:
    assert dict(WEIGHTS) == DOCUMENTED


MANUAL = """\
manual_controls:
  - name: training
    owner: =people
    evidence: "-1"
    date: 2020-01-01
    expires: 9999-12-31
    requirements: {soc2: [CC1.4]}
  - {name: restored, title: "<b>Back</b>", owner: storage, evidence: x, date: 2020-01-01, expires: 2020-12-01}
  - {name: reviewed, owner: vendors, severity: critical}
"""


def test_manual_controls_are_in_each_output(folder: Path) -> None:
    (folder / "compliance" / "manual.yaml").write_text(MANUAL, "utf-8")
    of = ("scan", "items.json", *OWN)
    told = json.loads(ringfence(*of, "--json").stdout)
    assert [(one["name"], one["status"]) for one in told["manual_controls"]] == [
        ("training", "passed"),
        ("restored", "failed"),
        ("reviewed", "not assessed"),
    ]
    assert told["resources"] == 3
    done = ringfence(*of, "--format", "csv", "--html", "page.html")
    assert done.stderr.splitlines() == [
        "manual control restored: the evidence expired on 2020-12-01; owner: storage",
        "manual control reviewed: there is no evidence yet; owner: vendors",
        "Wrote page.html.",
    ]
    rows = {row["rule"]: row for row in csv.DictReader(io.StringIO(done.stdout))}
    assert rows["training"]["owner"] == "'=people"
    assert (rows["training"]["evidence"], rows["training"]["expires"]) == ("'-1", "9999-12-31")
    assert (rows["versions"]["owner"], rows["reviewed"]["evidence"]) == ("", "")
    page = (folder / "page.html").read_text("utf-8")
    assert "&lt;b&gt;Back&lt;/b&gt;" in page
    assert "expired on 2020-12-01" not in page.split("What fails")[1].split("Manual controls")[0]
    lines = ringfence(*of).stdout.splitlines()
    assert "restored\tmedium\t0\t1\t0\t" in lines
    assert ringfence("rules", "check").stdout.splitlines()[-1] == "3 manual controls are valid."
    assert [json.loads(line)["rule"] for line in ringfence(*of, "--format", "jsonl").stdout.splitlines()][
        -1
    ] == "reviewed"


def test_a_profile_of_a_framework_contains_the_manual_controls_that_support_it(folder: Path) -> None:
    (folder / "compliance" / "manual.yaml").write_text(MANUAL, "utf-8")
    told = json.loads(ringfence("scan", "items.json", *OWN, "--profile", "soc2", "--json").stdout)
    assert [one["name"] for one in told["manual_controls"]] == ["training"]


@pytest.mark.usefixtures("folder")
def test_no_cell_is_a_formula() -> None:
    rows = csv.reader(io.StringIO(ringfence("scan", "items.json", "--format", "csv", *OWN).stdout))
    assert [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))] == []


@pytest.mark.usefixtures("folder")
def test_each_result_is_a_line_of_json() -> None:
    lines = ringfence("scan", "items.json", "--format", "jsonl", *OWN).stdout.splitlines()
    assert [json.loads(line)["status"] for line in lines] == ["passed", "failed", "not assessed"]


@pytest.mark.parametrize("form", ["list", "lines", "gzip", "standard input"])
def test_items_are_read_in_every_form(folder: Path, form: str) -> None:
    path, given = folder / "x.json", None
    text = json.dumps(ITEMS) if form == "list" else "\n".join(map(json.dumps, ITEMS))
    if form == "gzip":
        path.write_bytes(gzip.compress(text.encode()))
    elif form == "standard input":
        given = text
    else:
        path.write_text(text, "utf-8")
    done = CliRunner().invoke(main, ["scan", "-" if given else str(path), "--json", *OWN], input=given)
    assert json.loads(done.stdout)["resources"] == 3


def test_what_cannot_be_read_is_told_and_the_rest_is_scanned(folder: Path) -> None:
    (folder / "items.json").write_text(json.dumps([{"resourceType": "AWS::S3::Bucket"}, *ITEMS]), "utf-8")
    done = ringfence("scan", "items.json", "--json", *OWN)
    assert done.exit_code == 1
    assert "items.json, item 1: awsAccountId: is required" in done.stderr
    assert json.loads(done.stdout)["resources"] == 3


def test_an_item_of_a_query_that_cannot_be_judged_leaves_the_others(folder: Path) -> None:
    deep = json.dumps({**bucket_item("deep"), "configuration": json.loads("[" * 80 + "]" * 80)})
    rows = ["[" * 4000 + "]" * 4000, "3", deep, json.dumps(bucket_item("b"))]
    (folder / "items.json").write_text(json.dumps({"Results": rows}), "utf-8")
    done = ringfence("scan", "items.json", "--json", *OWN)
    assert (done.exit_code, json.loads(done.stdout)["resources"]) == (1, 1)
    assert "Results[2].configuration: is nested deeper than 64 levels" in done.stderr
    words = "Results[0]: must be a JSON object: is nested too deeply; 1 more result cannot be read"
    assert words in done.stderr


@pytest.mark.usefixtures("folder")
def test_a_score_below_a_limit_is_an_exit_code() -> None:
    assert ringfence("scan", "items.json", *OWN, "--fail-under", "90").exit_code == 3
    assert ringfence("scan", "items.json", *OWN, "--fail-under", "33").exit_code == 0


@pytest.mark.usefixtures("folder")
def test_a_profile_leaves_the_rules_of_a_framework() -> None:
    every = json.loads(ringfence("scan", "items.json", "--json").stdout)["rules"]
    soc2 = json.loads(ringfence("scan", "items.json", "--json", "--profile", "soc2").stdout)["rules"]
    assert {one["rule"] for one in soc2} < {one["rule"] for one in every}
    assert ringfence("scan", "items.json", "--profile", "soc2", *OWN).exit_code == 2
    assert ringfence("scan", "items.json", "--profile", "nothing").exit_code == 2


def test_a_profile_of_the_owner_leaves_its_rules(folder: Path) -> None:
    path = folder / "compliance" / "own.yaml"
    path.write_text(f"{RULE}profiles:\n  - {{name: mine, rules: [s3-bucket-keeps-versions]}}\n", "utf-8")
    words = ("scan", "items.json", *OWN, "--library", "--profile", "mine")
    found = json.loads(ringfence(*words, "--json").stdout)["rules"]
    assert [one["rule"] for one in found] == ["s3-bucket-keeps-versions"]
    assert ringfence(*words, "--html", "page.html").exit_code == 0
    assert ringfence("scan", "items.json", *OWN, "--profile", "mine").exit_code == 2, "its rule is not used"
    assert ringfence("rules", "check").exit_code == 0
    wrong = ringfence("scan", "items.json", *OWN, "--profile", "mime")
    assert "--profile: must be one of mine, soc2, " in wrong.stderr
    assert "Did you mean mine?" in wrong.stderr


def test_a_page_says_the_same_without_scripts_and_without_other_files(folder: Path) -> None:
    hostile = bucket_item("<script>alert(1)</script>")
    (folder / "items.json").write_text(json.dumps([*ITEMS, hostile, {"resourceType": "<b>"}]), "utf-8")
    done = ringfence("scan", "items.json", *OWN, "--library", "--html", "page.html")
    assert done.exit_code == 1
    page = (folder / "page.html").read_text("utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert not re.findall(r"(?:src|href)\s*=|url\(|@import", page)
    score = json.loads(ringfence("scan", "items.json", "--json", *OWN, "--library").stdout)["score"]
    assert f"Score {score} of 100" in page
    for title in ("What fails, the worst first", "By account and region", "HIPAA Security Rule", "Not read"):
        assert title in page


def test_a_page_of_a_profile_shows_one_framework(folder: Path) -> None:
    ringfence("scan", "items.json", "--profile", "hipaa", "--html", "page.html")
    page = (folder / "page.html").read_text("utf-8")
    assert "HIPAA Security Rule" in page
    assert "SOC 2, Trust Services Criteria" not in page


def test_a_page_shows_each_framework_although_no_rule_is_mapped_to_it(folder: Path) -> None:
    """What no rule is mapped to is a gap, and an auditor must see it."""
    ringfence("scan", "items.json", *OWN, "--html", "page.html")
    page = (folder / "page.html").read_text("utf-8")
    assert "· 1 rule<" in page
    assert [one.name for one in FRAMEWORKS if f"<h2>{one.name}</h2>" not in page] == []
    assert "<tbody>\n</tbody>" not in page, "no table is empty"


@pytest.mark.usefixtures("folder")
def test_a_command_is_whole_on_a_narrow_terminal() -> None:
    narrow = {"FORCE_COLOR": "1", "NO_COLOR": "1", "COLUMNS": "60"}
    shown = ringfence("scan", "items.json", env=narrow).stdout
    commands = [line for line in shown.splitlines() if "ringfence run" in line]
    assert commands
    assert all(re.search(r" --dry-run(?:\x1b\[[0-9;]*m)*$", line) for line in commands)


def test_a_scan_that_judges_nothing_says_so(folder: Path) -> None:
    (folder / "items.json").write_text("[]", "utf-8")
    assert "Score: none: no resource of a type that a rule is about" in ringfence("scan", "items.json").stderr


@pytest.mark.usefixtures("folder")
def test_a_page_that_cannot_be_written_is_bad_input() -> None:
    done = ringfence("scan", "items.json", *OWN, "--html", "nowhere/page.html")
    assert done.exit_code == 2
    assert "--html: cannot be written" in done.stderr
