"""`ringfence report`: the last scheduled scan as a page and as tables, from its bucket and from a copy."""

from __future__ import annotations

import csv
import gzip
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from click.testing import CliRunner, Result

from ringfence.cli.main import main
from ringfence.model.place import Place
from ringfence.posture.score import Counts, score
from tests.support.fakes.audit_home import AUDIT, s3
from tests.support.fakes.config_items import item
from tests.support.fakes.scanned import HOME, REGION, Scanned
from tests.support.json_forms import check
from tests.support.ocsf import check as check_ocsf
from tests.support.posture import SHIPPED
from tests.support.transcripts.log import CONTAINED, PERIOD, audit_log

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OTHER, SCANS = "444455556666", "scans"
HERE, THERE = Place(HOME, REGION), Place(OTHER, REGION)
BUCKET = "AWS::S3::Bucket"
S3_RULES = tuple(one.rule for one in SHIPPED if one.rule.resource_types == (BUCKET,))
HOSTILE = "<script>alert(1)</script>"
POLICY = """\
version: 1
scope: {accounts: ["111122223333"]}
default: dry-run
exempt:
  - {subject: "bucket/*/*/open", reason: public by contract, owner: web@example.com, expires: 2099-11-30}
"""


def bucket(place: Place, name: str, *, versioned: bool) -> dict[str, Any]:
    kept = {"BucketVersioningConfiguration": {"status": "Enabled" if versioned else "Off"}}
    return item(place, BUCKET, name, configuration={"name": name}, supplementaryConfiguration=kept)


def scanned() -> Scanned:
    """Scan twice: in the second scan, one bucket more keeps versions, and an account denies the look."""
    made = Scanned(S3_RULES, (HOME, OTHER))
    made.config.record(HERE, bucket(HERE, "good", versioned=True), bucket(HERE, "bad", versioned=False))
    made.config.record(THERE, bucket(THERE, HOSTILE, versioned=False))
    made.run()
    made.clock.tick(seconds=timedelta(days=1).total_seconds())
    made.config.items[HERE] = []
    made.config.record(HERE, bucket(HERE, "good", versioned=True), bucket(HERE, "bad", versioned=True))
    made.config.denied.add(THERE)
    made.run()
    return made


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return {
        name: gzip.compress(text.encode(), mtime=0) if name.endswith(".gz") else text.encode()
        for name, text in scanned().files.objects.items()
    }


@pytest.fixture(scope="module", autouse=True)
def log(files: dict[str, bytes]) -> Iterator[None]:
    """An audit log, and the bucket of the scans."""
    with audit_log():
        s3().create_bucket(Bucket=SCANS, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        for name, content in files.items():
            s3().put_object(Bucket=SCANS, Key=name, Body=content)
        yield


@pytest.fixture
def copy(files: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the bucket."""
    monkeypatch.chdir(tmp_path)
    for name, content in files.items():
        path = tmp_path / "copy" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return tmp_path / "copy"


def report(*words: str) -> Result:
    environment = {"RINGFENCE_AUDIT_TABLE": AUDIT, "RINGFENCE_SCAN_BUCKET": SCANS}
    done = CliRunner(env=environment).invoke(main, ["report", *words])
    if "json" in words and done.exit_code != 2:
        check(("report", *words), done.stdout)
    return done


def test_the_page_is_about_the_last_scan_of_the_period_with_its_scores_and_changes(copy: Path) -> None:
    (copy.parent / "policy.yaml").write_text(POLICY, "utf-8")
    done = report(*PERIOD)
    assert done.exit_code == 1, "an account denied the look"
    page = done.stdout
    for words in (
        *("In short", "Score over time", "What fails, the worst first", "What Ringfence changed, "),
        *("Exemptions of the policy", "public by contract", "web@example.com", "By account and region"),
        *("SOC 2", "not covered", "Not read", "AccessDenied", CONTAINED, "the chain of entries is intact"),
    ):
        assert words in page, words
    assert "<script" not in page
    assert "went from " in page
    assert page.count("<circle cx=") == len(("the first score", "the second score"))
    assert f"not looked at: {THERE.words}" in done.stderr


def test_a_copy_of_the_bucket_gives_the_same_page_without_aws(copy: Path) -> None:
    from_bucket = report("--format", "json", *PERIOD)
    from_copy = report(str(copy), "--format", "json", *PERIOD)
    assert from_copy.exit_code == 1
    first, second = json.loads(from_bucket.stdout), json.loads(from_copy.stdout)
    assert {**first, "made": "", "until": ""} == {**second, "made": "", "until": ""}
    offline = CliRunner().invoke(main, ["report", str(copy), "--json"])
    assert json.loads(offline.stdout)["changes"] is None, "the audit log is read only with --since"


def test_the_score_can_be_computed_again_from_the_csv(copy: Path) -> None:
    summary = json.loads(report(str(copy), "--format", "json", *PERIOD).stdout)
    rows = list(csv.DictReader(report(str(copy), "--format", "csv", *PERIOD).stdout.splitlines()))
    counts: dict[str, Counts] = {}
    for row in rows:
        one = counts.setdefault(row["severity"], Counts())
        setattr(one, row["status"].replace(" ", "_"), getattr(one, row["status"].replace(" ", "_")) + 1)
    assert score(counts.items()) == summary["score"] == summary["scores"][-1]["score"]
    assert len(rows) == summary["passed"] + summary["failed"] + summary["not_assessed"]


def test_parquet_has_the_rows_of_the_csv(copy: Path) -> None:
    out = copy.parent / "results.parquet"
    done = report(str(copy), "--format", "parquet", "--out", str(out), *PERIOD)
    assert (done.exit_code, done.stdout) == (1, "")
    found = duckdb.read_parquet(str(out))
    rows = list(csv.DictReader(report(str(copy), "--format", "csv", *PERIOD).stdout.splitlines()))
    assert found.columns == list(rows[0])
    kept = [dict(zip(found.columns, one, strict=True)) for one in found.fetchall()]
    assert [{**one, "reasons": "; ".join(one["reasons"])} for one in kept] == rows


def test_parquet_without_a_result_has_its_columns(copy: Path) -> None:
    items, out = copy.parent / "items.json", copy.parent / "none.parquet"
    items.write_text("[]", "utf-8")
    done = report(str(items), "--format", "parquet", "--out", str(out))
    assert done.exit_code == 0, done.output
    found = duckdb.read_parquet(str(out))
    assert (len(found.columns), found.fetchall()) == (15, [])


def test_ocsf_is_valid_and_written_to_a_file(copy: Path) -> None:
    out = copy.parent / "findings.jsonl"
    done = report(str(copy), "--format", "ocsf", "--out", str(out), *PERIOD)
    assert done.exit_code == 1
    assert done.stdout == ""
    events = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    for one in events:
        check_ocsf(one)
    assert {one["class_name"] for one in events} == {"Compliance Finding"}


def test_an_earlier_scan_is_chosen_by_the_end_of_the_period(copy: Path) -> None:
    summary = json.loads(report(str(copy), "--format", "json", *PERIOD).stdout)
    first, second = summary["scores"]
    earlier = report(str(copy), "--format", "json", *PERIOD, "--until", first["scan"])
    found = json.loads(earlier.stdout)
    assert (found["scan"], len(found["scores"])) == (first["scan"], 1)
    assert earlier.exit_code == 0
    assert found["score"] == first["score"] != second["score"]


def test_a_period_without_a_scan_is_bad_input_and_names_the_newest(copy: Path) -> None:
    done = report(str(copy), "--since", "2020-01-01", "--until", "2020-02-01")
    assert done.exit_code == 2
    assert "--since: is a period in which no scan of " in done.stderr
    assert "the newest one began at " in done.stderr


def test_results_that_expired_are_told_and_do_not_pass(copy: Path) -> None:
    """Without the files, the score of what is left would be another one."""
    before = json.loads(report(str(copy), "--format", "json", *PERIOD).stdout)
    (path,) = (copy / "results" / before["scan"] / HOME).rglob("*.gz")
    path.unlink()
    done = report(str(copy), "--format", "json", *PERIOD)
    assert done.exit_code == 1
    assert "do not have the numbers of the scan" in done.stderr
    assert json.loads(done.stdout)["passed"] == 0


@pytest.mark.parametrize(
    "content", [b"no gzip", gzip.compress(b"{\n", mtime=0), gzip.compress(b"x" * 99, mtime=0)[:20]]
)
def test_a_file_that_cannot_be_read_is_named_and_the_others_count(copy: Path, content: bytes) -> None:
    summary = json.loads(report(str(copy), "--format", "json", *PERIOD).stdout)
    folder = copy / "results" / summary["scan"] / HOME / REGION
    (folder / "AWS-X.jsonl.gz").write_bytes(content)
    done = report(str(copy), "--format", "json", *PERIOD)
    assert done.exit_code == 1
    assert "AWS-X.jsonl.gz cannot be read to its end" in done.stderr
    assert json.loads(done.stdout)["passed"] == summary["passed"]


def test_rules_that_are_not_given_are_named(copy: Path) -> None:
    own = copy.parent / "rules.yaml"
    own.write_text(
        "compliance_rules:\n  - name: own\n    resource_types: [AWS::S3::Bucket]\n"
        "    required_properties: {AWS::S3::Bucket: {BucketName: x}}\n",
        "utf-8",
    )
    done = report(str(copy), "--rules", str(own), *PERIOD)
    assert done.exit_code == 1
    assert "the scan has results of rules that are in no file of --rules: s3-bucket-" in done.stderr


def test_a_profile_has_only_its_rules(copy: Path) -> None:
    whole = json.loads(report(str(copy), "--format", "json", *PERIOD).stdout)
    soc2 = json.loads(report(str(copy), "--format", "json", "--profile", "soc2", *PERIOD).stdout)
    assert [one["framework"] for one in soc2["frameworks"]] == ["soc2"]
    assert 0 < len(soc2["rules"]) < len(whole["rules"])


def test_items_are_judged_now(copy: Path) -> None:
    items = copy.parent / "items.json"
    items.write_text(json.dumps([bucket(HERE, "bad", versioned=False)]), "utf-8")
    found = json.loads(report(str(items), "--format", "json").stdout)
    assert (found["scan"], found["changes"], found["resources"]) == (None, None, 1)
    page = report(str(items)).stdout
    assert "Score over time" not in page
    assert "Posture of 1 resource<" in page


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--since", "2027-02-01", "--until", "2027-01-01"), "--until: must not be before --since"),
        (("--format", "pdf"), "--format"),
        (("--profile", "nothing"), "--profile"),
        (("/nowhere.json",), "/nowhere.json"),
        (("--out", "/nowhere/report.html", *PERIOD), "--out: cannot be written: "),
        (("--format", "parquet", *PERIOD), "--out: is required by --format parquet"),
        (
            ("--format", "parquet", "--out", "/nowhere/results.parquet", *PERIOD),
            "--out: cannot be written: ",
        ),
    ],
)
@pytest.mark.usefixtures("copy")
def test_bad_input_names_the_option_and_ends_with_2(words: tuple[str, ...], said: str) -> None:
    done = report(*words)
    assert done.exit_code == 2
    assert said in done.stderr
