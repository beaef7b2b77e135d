"""The deployed scans: what fails in three accounts is seen, handed over, put right, and then gone.

A fourth account of the scope lets nobody look. It is named, and nothing of it passes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from ringfence.model.claims import SentFinding
from ringfence.model.kinds.bucket import BucketRef
from ringfence.posture.score import Counts, score
from ringfence.record.facts import FindingReceived
from tests.e2e.compliance import ACCESS_LOGS, management_profile
from tests.e2e.intake.scanned import (
    CLOSED_ACCOUNT,
    RULES,
    THIRD_ACCOUNT,
    Failed,
    Scanned,
    forget,
    open_bucket,
    open_group,
    record,
)
from tests.e2e.intake.senders import SCANNER, sending_system
from tests.e2e.operators import operator
from tests.e2e.world import OTHER_ACCOUNT
from tests.support.ocsf import check

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ringfence.record.scans import ScanSummary
    from tests.e2e.compliance import Compliance
    from tests.e2e.deployments import Deployer

pytestmark = pytest.mark.e2e
TEN = 10
"""The rules whose violations are put right."""


@dataclass(frozen=True)
class Twice:
    """Two scans, and what was made to fail before the first one."""

    scanned: Scanned
    made: Failed
    first: ScanSummary
    second: ScanSummary


def made_to_fail(intake: Compliance, account: str, *, home: bool) -> Failed:
    """Create resources of an account that fail rules."""
    ec2 = intake.world.client("ec2", account)
    bucket = open_bucket(intake, account, logged=not home)
    found = {
        (account, bucket, "s3-bucket-keeps-versions"),
        (account, bucket, "s3-bucket-requires-tls"),
        (account, bucket, "s3-bucket-blocks-public-access"),
        (account, bucket, "s3-bucket-grants-nobody-in-general"),
        (account, open_group(intake, account, 22), "security-group-closes-ssh"),
        (account, open_group(intake, account, 3389), "security-group-closes-rdp"),
    }
    for one in ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": ["default"]}])[
        "SecurityGroups"
    ]:
        found.add((account, one["GroupId"], "default-security-group-is-closed"))
    if home:
        builder = intake.world.builder()
        server = builder.launch(builder.ground(), builder.name)
        for rule in ("ec2-instance-requires-imdsv2", "ec2-instance-has-a-role"):
            found.add((account, server.ref.id, rule))
        found.add((account, bucket, "s3-bucket-logs-access"))
        intake.world.client("s3").create_bucket(Bucket=ACCESS_LOGS)
    return frozenset(found)


@pytest.fixture(scope="module")
def twice(intake: Compliance) -> Iterator[Twice]:
    """Scan, wait until what was handed over is put right, and scan again."""
    accounts = (intake.world.local.account, OTHER_ACCOUNT, THIRD_ACCOUNT)
    made: set[tuple[str, str, str]] = set()
    for account in accounts:
        record(intake, account)
        made |= made_to_fail(intake, account, home=account == accounts[0])
    scanned = Scanned(intake, accounts)
    with management_profile(intake.world.client("iam")):
        first = scanned.scan()
        scanned.settle()
        second = scanned.scan()
    yield Twice(scanned, frozenset(made), first, second)
    for account in accounts:
        forget(intake, account)


def test_what_fails_in_three_accounts_is_seen(twice: Twice) -> None:
    seen = twice.scanned.failed(twice.first.scan)
    assert twice.made <= seen
    assert {rule for _, _, rule in twice.made} == RULES
    assert len(RULES) == TEN
    assert twice.first.handed_over >= len(twice.made)


def test_the_next_scan_shows_that_it_is_gone_and_a_better_score(twice: Twice) -> None:
    assert twice.made & twice.scanned.failed(twice.second.scan) == frozenset()
    assert twice.first.score is not None
    assert twice.second.score is not None
    assert twice.second.score > twice.first.score


def test_what_was_put_right_is_an_incident_whose_finding_the_function_sent(
    intake: Compliance, twice: Twice
) -> None:
    (bucket,) = {id_ for account, id_, _ in twice.made if account == OTHER_ACCOUNT and id_.startswith("scan")}
    history = intake.history("harden-bucket", BucketRef(OTHER_ACCOUNT, intake.world.local.region, bucket))
    claims = {one.finding.claim for one in history.of(FindingReceived)}
    role = f"arn:aws:sts::{intake.world.local.account}:assumed-role/ringfence-scans-function"
    sender = f"{role}/ringfence-scans"
    assert claims == {SentFinding(sender, "api", proven=True)}


def test_an_account_that_denies_the_look_is_named_and_nothing_of_it_passes(twice: Twice) -> None:
    kept = twice.scanned.kept(CLOSED_ACCOUNT)
    assert kept.counts == {}
    assert "AssumeRole" in kept.unseen[0]
    assert twice.first.incomplete >= 1
    results = {one["account"]: one for one in twice.scanned.summary(twice.first.scan)["results"]}
    assert results[CLOSED_ACCOUNT]["not_looked_at"]
    assert results[CLOSED_ACCOUNT]["resources"] == 0


def test_the_score_can_be_computed_again_from_the_file_of_the_scan(twice: Twice) -> None:
    summary = twice.scanned.summary(twice.second.scan)
    counted = (
        (one["severity"], Counts(one["passed"], one["failed"], one["not_assessed"]))
        for one in summary["rules_by_name"]
    )
    assert score(counted) == summary["score"] == twice.second.score


def test_the_history_is_read_from_the_deployment(intake: Compliance, twice: Twice) -> None:
    auditor = f"arn:aws:iam::{intake.world.local.account}:policy/ringfence-auditor"
    done = operator(intake.world, auditor).types("scans", "list")
    assert done.returncode == 0, done.stdout + done.stderr
    newest, before = (line.split("\t")[:2] for line in done.stdout.splitlines()[:2])
    assert newest == [twice.second.scan, f"{twice.second.score:.1f}"]
    assert before[0] == twice.first.scan


def test_an_auditor_takes_away_a_report_of_the_last_scan_with_what_was_put_right(
    intake: Compliance, twice: Twice, tmp_path: Path
) -> None:
    """It is read with the policy for auditors. The closed account is named, so that the exit code is 1."""
    auditor = operator(intake.world, f"arn:aws:iam::{intake.world.local.account}:policy/ringfence-auditor")
    told = auditor.types("report", "--format", "json")
    assert told.returncode == 1, told.stdout + told.stderr
    assert "Traceback" not in told.stderr
    report = json.loads(told.stdout)
    assert (report["scan"], report["score"]) == (twice.second.scan, twice.second.score)
    assert [one["scan"] for one in report["scores"]][-2:] == [twice.first.scan, twice.second.scan]
    changed = {one["subject"].split("/")[-1]: one for one in report["changes"]}
    assert {id_ for _, id_, _ in twice.made} <= changed.keys()
    assert {one["fault"] for one in changed.values()} == {None}
    assert CLOSED_ACCOUNT in {one["account"] for one in report["not_looked_at"]}
    page = tmp_path / "report.html"
    written = auditor.types("report", "--profile", "soc2", "--out", str(page))
    assert written.returncode == 1, written.stdout + written.stderr
    text = page.read_text("utf-8")
    assert all(id_ in text for _, id_, _ in twice.made)
    assert f"{CLOSED_ACCOUNT}" in text
    events = auditor.types("report", "--format", "ocsf").stdout.splitlines()
    assert len(events) == report["passed"] + report["failed"] + report["not_assessed"]
    for one in events[:50]:
        check(json.loads(one))


def test_a_person_hands_failing_resources_over_with_a_live_scan(
    intake: Compliance, twice: Twice, deployer: Deployer, tmp_path: Path
) -> None:
    """The policy lets this role cause dry runs only. What it hands over stays as it is."""
    del twice
    local = intake.world.local
    system = sending_system(intake, tmp_path, SCANNER, "scanner")
    group = open_group(intake, local.account, 3389)
    done = system.hand.types(
        *("scan", "--live", "--scope", f"{local.account}/{local.region}", "--policy"),
        *(str(deployer.policy(local)), "--state", str(tmp_path / "state"), "--fix", "--yes"),
    )
    told = done.stdout + done.stderr
    assert "security-group-closes-rdp: 1 resource to harden-network" in told, told
    assert "handed over" in told
    twice_open = intake.world.client("ec2").describe_security_groups(GroupIds=[group])["SecurityGroups"]
    assert twice_open[0]["IpPermissions"]
