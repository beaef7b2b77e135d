"""`ringfence scan --live`: the scope, what is kept, what is continued, and what was not looked at."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from ringfence.cli.main import main
from ringfence.cli.scan_scope import ScanEnvironment
from ringfence.model.place import Place
from ringfence.posture.reach import TRIES
from tests.support.fakes.config_items import CAPTURED, NOW, ConfigItems, item, throttled
from tests.support.json_forms import check

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

HOME, OTHER, REGION = "111122223333", "444455556666", "eu-west-1"
HERE, THERE = Place(HOME, REGION), Place(OTHER, REGION)
BUCKET = "AWS::S3::Bucket"
RULES = """\
compliance_rules:
  - name: named
    resource_types: [AWS::S3::Bucket]
    required_properties: {AWS::S3::Bucket: {BucketName: x}}
    scope: {organizational-units: [ou-prod]}
  - name: versions
    resource_types: [AWS::S3::Bucket]
    required_properties: {AWS::S3::Bucket: {VersioningConfiguration: {Status: Enabled}}}
    remediation: version-bucket
"""
POLICY = f"""\
version: 1
scope:
  accounts: [home, "{OTHER}"]
  regions: [{REGION}]
default: dry-run
organization:
  "{OTHER}":
    units: [ou-prod, Production]
"""


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ConfigItems:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "states"))
    (tmp_path / "policy.yaml").write_text(POLICY, "utf-8")
    (tmp_path / "rules.yaml").write_text(RULES, "utf-8")
    made = ConfigItems()
    made.record(HERE, *(item(HERE, BUCKET, f"home{number}") for number in range(3)))
    made.record(THERE, item(THERE, BUCKET, "other", configuration={"name": "x"}))
    return made


def scan(config: ConfigItems, *words: str) -> Result:
    env = ScanEnvironment(lambda: HOME, lambda: REGION, config, lambda: NOW, config.waits.append)
    given = ["scan", "--live", "--rules", "rules.yaml", *words]
    done = CliRunner().invoke(main, given, obj=env)
    if "--json" in words and done.stdout:
        check(tuple(given), done.stdout)
    return done


def summary(config: ConfigItems, *words: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(scan(config, "--json", *words).stdout)
    return found


def test_every_account_of_the_scope_is_scanned(config: ConfigItems) -> None:
    done = scan(config, "--format", "csv")
    assert (done.exit_code, done.stderr) == (0, "")
    rows = [
        (one["account"], one["resource"], one["rule"]) for one in csv.DictReader(io.StringIO(done.stdout))
    ]
    assert rows == [
        *((HOME, f"home{number}", "versions") for number in range(3)),
        (OTHER, "other", "named"),
        (OTHER, "other", "versions"),
    ], "the unit of the policy's section `organization` is in the rule's scope"


def test_a_denied_account_is_named_and_the_others_are_scanned(config: ConfigItems) -> None:
    config.denied.add(THERE)
    found = summary(config)
    assert (found["resources"], found["failed"]) == (3, 3)
    assert [(one["account"], one["region"]) for one in found["not_looked_at"]] == [(OTHER, REGION)]
    done = scan(config, "--html", "page.html")
    assert "Wrote page.html.\n" in done.stderr
    assert done.exit_code == 1
    assert f"not looked at: account {OTHER}, {REGION}: sts:AssumeRole" in done.stderr


def test_a_scan_that_may_read_nothing_names_the_managed_policy(config: ConfigItems) -> None:
    config.denied |= {HERE, THERE}
    done = scan(config)
    assert done.exit_code == 1
    assert "ringfence-scanner of the home account" in done.stderr


@pytest.mark.parametrize(
    ("scope", "accounts"),
    [
        ((HOME,), {HOME}),
        ((REGION,), {HOME, OTHER}),
        ((f"{OTHER}/{REGION}",), {OTHER}),
        (("ou-prod",), {OTHER}),
        ((HOME, "ou-prod"), {HOME, OTHER}),
    ],
)
def test_a_scan_can_be_about_a_part_of_the_scope(
    config: ConfigItems, scope: tuple[str, ...], accounts: set[str]
) -> None:
    words = [word for one in scope for word in ("--scope", one)]
    assert scan(config, *words).exit_code == 0
    asked = {place.account for name, place in config.calls if name == "SelectResourceConfig"}
    assert asked == accounts


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--scope", "x"), "--scope: must be an account, a region, global"),
        (("--scope", "ou-none"), "--scope: must be a unit of the policy's section `organization`"),
        (("--scope", "999999999999"), "--scope: must leave at least one account and region"),
        (("--aggregator", "a"), "--aggregator: must be none or one of"),
        (("--resume",), "--resume: needs a scan that was interrupted"),
        (("items.json",), "PATH: must not be given with --live"),
    ],
)
def test_bad_input_names_its_option(config: ConfigItems, words: tuple[str, ...], told: str) -> None:
    done = scan(config, *words)
    assert done.exit_code == 2
    assert told in done.stderr


def test_options_of_a_live_scan_need_it() -> None:
    done = CliRunner().invoke(main, ["scan", "items.json", "--resume"])
    assert (done.exit_code, "--live: is needed" in done.stderr) == (2, True)
    assert CliRunner().invoke(main, ["scan"]).exit_code == 2


def test_several_aggregators_are_a_choice(config: ConfigItems) -> None:
    config.aggregators = {"a": (HERE,), "b": (THERE,)}
    assert "because there are several" in scan(config).stderr
    assert scan(config, "--aggregator", "b").exit_code == 0
    asked = [name for name, _ in config.calls if name.startswith("Select")]
    assert set(asked) == {"SelectAggregateResourceConfig", "SelectResourceConfig"}


def test_an_interrupted_scan_is_continued_where_it_stopped(config: ConfigItems) -> None:
    config.fails[THERE] = [RuntimeError("killed")]
    assert scan(config).exit_code != 0
    config.calls.clear()
    done = scan(config, "--resume", "--json")
    assert (done.exit_code, json.loads(done.stdout)["resources"]) == (0, 4)
    asked = [place for name, place in config.calls if name == "SelectResourceConfig"]
    assert asked == [THERE]
    assert "--resume: needs a scan" in scan(config, "--resume").stderr, "it is finished now"


def test_a_scan_with_other_rules_is_not_continued(config: ConfigItems, tmp_path: Path) -> None:
    config.fails[THERE] = [RuntimeError("killed")]
    scan(config)
    (tmp_path / "rules.yaml").write_text(RULES.replace("BucketName: x", "BucketName: y"), "utf-8")
    assert "must continue a scan with the same rules" in scan(config, "--resume").stderr


def test_a_place_that_was_read_in_part_is_read_again_on_resume_and_since_last(config: ConfigItems) -> None:
    config.fails[THERE] = throttled(TRIES)
    assert summary(config)["resources"] == 3
    assert summary(config, "--since-last")["resources"] == 4


def test_since_last_gives_the_same_result_with_fewer_pages(config: ConfigItems) -> None:
    scan(config)
    config.items[HERE][1] |= {"configuration": {"name": "y"}, CAPTURED: "2027-01-02T00:00:00.000Z"}
    since, whole = scan(config, "--since-last", "--format", "csv"), scan(config, "--format", "csv")
    assert sorted(since.stdout.splitlines()) == sorted(whole.stdout.splitlines())


def test_the_folder_is_for_its_owner_and_for_one_scan(config: ConfigItems, tmp_path: Path) -> None:
    scan(config, "--state", "kept")
    kept = tmp_path / "kept"
    assert kept.stat().st_mode & 0o077 == 0
    assert [one.name for one in kept.iterdir() if one.stat().st_mode & 0o077 and one.name != ".lock"] == []
    from ringfence.cli.scan_folder import ScanFolder

    with ScanFolder(kept).held():
        assert "is used by another scan" in scan(config, "--state", "kept").stderr


def test_only_the_own_account_is_read_with_own_permissions(config: ConfigItems) -> None:
    assert scan(config, "--direct").exit_code == 0
    assert {place.account for _, place in config.calls} == {HOME}
