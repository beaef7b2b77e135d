"""With IAM enforced: an auditor reads and verifies the record by the policy made for that, and no more."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from ringfence.local.credential_findings import CredentialFinding
from ringfence.record.facts import DecisionMade, Intended, RunRequested
from tests.e2e.operators import operator
from tests.e2e.places import HOME_REGION
from tests.support.ocsf import check

if TYPE_CHECKING:
    from pathlib import Path

    from ringfence.local.principals import KeyHolder
    from ringfence.record.history import History
    from tests.e2e.operators import Operator
    from tests.e2e.places import Place

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def auditor(place: Place) -> Operator:
    return operator(place.world, f"arn:aws:iam::{place.world.local.account}:policy/ringfence-auditor")


@pytest.fixture(scope="module")
def user(place: Place) -> KeyHolder:
    return place.principals.holder(place.world.builder().name)


@pytest.fixture(scope="module")
def history(place: Place, user: KeyHolder) -> History:
    """A response, archived."""
    place.send(CredentialFinding.of_key(user, HOME_REGION))
    history = place.over(user.ref)
    place.prove(user.ref)
    return history


def test_an_auditor_finds_reads_and_verifies_the_record(auditor: Operator, history: History) -> None:
    incident = history.incident
    listed, shown = auditor.types("incidents", "list"), auditor.types("incidents", "show", incident)
    assert (listed.returncode, shown.returncode) == (0, 0), listed.stderr + shown.stderr
    assert incident in listed.stdout
    assert incident in shown.stdout
    verified = auditor.types("audit", "verify", incident)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert "the same as the archive's first versions" in verified.stdout


def test_an_auditor_may_neither_run_nor_release(
    place: Place, auditor: Operator, user: KeyHolder, history: History
) -> None:
    why = ("--yes", "--reason", "because I can", "--url", place.world.deployment.api)
    for words in (("run", "contain-credentials", user.ref.id), ("release", history.incident)):
        refused = auditor.types(*words, *why)
        assert refused.returncode == 1, refused.stdout
        assert "Your IAM policies must allow execute-api:Invoke" in refused.stderr
        assert "Traceback" not in refused.stderr
    now = place.history(user.ref)
    assert now.incident == history.incident
    assert not now.of(RunRequested)


def test_an_auditor_verifies_the_whole_log_with_its_checkpoint(
    place: Place, auditor: Operator, history: History, tmp_path: Path
) -> None:
    """The functions archive, publish and sign with their own roles, and the auditor reads all of it.

    A bundle of the incident is then verified with nothing but the key.
    """
    published = place.world.client("lambda").invoke(FunctionName="ringfence-checkpoint")
    assert "FunctionError" not in published, published["Payload"].read()
    verified = auditor.types("audit", "verify", "--all", "--json")
    covered = json.loads(verified.stdout.splitlines()[-1])["covered"]
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert covered["entries"] == covered["archived"] + covered["pending"]
    assert covered["log"]["size"] >= covered["archived"] - covered["unlogged"] >= len(history.entries)
    assert covered["log"]["newest"]["size"] == covered["log"]["size"]
    one = auditor.types("audit", "verify", history.incident, "--log-key", covered["log"]["key"])
    assert one.returncode == 0, one.stdout + one.stderr
    bundle, key = tmp_path / "bundle.zip", covered["log"]["key"]
    exported = auditor.types("audit", "export", history.incident, "--out", str(bundle))
    assert exported.returncode == 0, exported.stderr
    sound = auditor.types("audit", "verify", "--bundle", str(bundle), "--log-key", key, "--json")
    assert sound.returncode == 0, sound.stdout + sound.stderr
    told = json.loads(sound.stdout)["bundle"]
    assert (told["incidents"], told["faults"]) == ([history.incident], [])
    assert told["entries"] >= len(history.entries)


def test_an_auditor_takes_away_exports_a_page_and_the_evidence_for_a_framework(
    auditor: Operator, user: KeyHolder, history: History, tmp_path: Path
) -> None:
    """Each says who decided what and why, and the page compares the record with the archive."""
    incident = history.incident
    decided = [one.policy for one in history.of(DecisionMade)]
    (row,) = csv.DictReader(exported(auditor, "csv", incident))
    assert (row["incident"], row["policy"]) == (incident, decided[-1])
    assert row["decision"]
    rows = [one for one in csv.DictReader(exported(auditor, "decisions", incident)) if one["policy"]]
    assert {one["policy"] for one in rows} == set(decided)
    changed = list(csv.DictReader(exported(auditor, "changes", incident)))
    assert len(changed) == len(history.of(Intended))
    assert {(one["result"], one["policy"]) for one in changed} == {("applied", decided[-1])}
    events = [json.loads(line) for line in exported(auditor, "ocsf", incident)]
    for one in events:
        check(one)
    assert "Remediation Activity" in {one["class_name"] for one in events}
    table = "\n".join(exported(auditor, "html", incident))
    assert "The chain of entries of each response is intact" in table
    assert f"This page is about the incidents {incident}." in table
    page = tmp_path / "incident.html"
    written = auditor.types("incidents", "report", incident, "--out", str(page))
    assert written.returncode == 0, written.stdout + written.stderr
    text = page.read_text("utf-8")
    assert "are the same as the archive&#39;s first versions" in text
    assert user.ref.id in text
    told = auditor.types("controls", "nist-800-53", "--since", "1h", "--json")
    assert told.returncode == 0, told.stderr
    means = [
        one
        for requirement in json.loads(told.stdout)["requirements"]
        for way in requirement["ways"]
        for one in way["remediations"]
        if one["id"] == "deactivate-access-key"
    ]
    assert means
    assert all(incident in one["evidence"]["incidents"] for one in means)


def test_an_auditor_makes_a_page_of_a_scan_with_what_ringfence_changed(
    auditor: Operator, user: KeyHolder, history: History, tmp_path: Path
) -> None:
    items, page = tmp_path / "items.json", tmp_path / "scan.html"
    item = {"resourceType": "AWS::SQS::Queue", "resourceId": "orders", "accountId": "111122223333"}
    items.write_text(json.dumps({**item, "awsRegion": HOME_REGION, "configuration": {}}), "utf-8")
    done = auditor.types("scan", str(items), "--html", str(page), "--changes-since", "1h")
    assert done.returncode == 0, done.stdout + done.stderr
    text = page.read_text("utf-8")
    assert history.incident in text
    assert user.ref.id in text
    assert "the chain of entries is intact" in text
    assert "VERIFICATION FAILED" not in text


def exported(auditor: Operator, form: str, incident: str) -> list[str]:
    done = auditor.types("incidents", "export", incident, "--format", form)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_an_auditor_replays_the_archive_with_another_policy(
    auditor: Operator, user: KeyHolder, history: History, tmp_path: Path
) -> None:
    """The policy of the deployment acts at once. This one only notifies, and only about today."""
    policy = tmp_path / "policy.yaml"
    rule = {"name": "tell somebody", "runbook": history.entries[0].names[0], "mode": "notify"}
    policy.write_text(json.dumps({"version": 1, "scope": {"accounts": ["home"]}, "rules": [rule]}))
    given = ("replay", "--archive", "--policy", str(policy))
    replayed = auditor.types(*given, "--since", "1h", "--format", "csv")
    assert replayed.returncode == 0, replayed.stderr
    rows = [one for one in csv.DictReader(io.StringIO(replayed.stdout)) if one["subject"] == user.ref.key]
    assert {(one["mode"], one["rule"]) for one in rows} == {("notify", "tell somebody")}, replayed.stderr
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    nothing = auditor.types(*given, "--since", later, "--format", "json")
    assert json.loads(nothing.stdout)["decisions"] == 0, nothing.stderr
