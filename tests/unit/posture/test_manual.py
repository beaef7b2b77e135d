"""Manual controls: read with every error at once, counted in the score, named when they expire."""

from __future__ import annotations

import hashlib
import os
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from ringfence.cli.rules import framework_profile
from ringfence.posture.coverage import coverage
from ringfence.posture.file import InvalidRules, load_rules
from ringfence.posture.known import known_names
from ringfence.posture.manual import SOON, Evidence, ManualControl, warnings
from ringfence.posture.ocsf import compliance_finding
from ringfence.posture.rule import Status
from ringfence.posture.score import Counts, Tally
from ringfence.runbooks.compliance import framework
from ringfence.runbooks.compliance.table import CONTROLS
from tests.support.ocsf import check

if TYPE_CHECKING:
    from pathlib import Path

TODAY = date(2026, 11, 30)
CONTROL = """\
manual_controls:
  - name: restore-test
    title: Backups are restored once a quarter
    owner: storage@example.com
    evidence: OPS-1234, the payments database was restored in 42 minutes
    evidence_file: restore.pdf
    sha256: {digest}
    date: 2026-09-30
    expires: 2026-12-31
    severity: high
    controls: [s3-versioning]
    requirements: {{soc2: [A1.3], iso27001: [A.8.13]}}
  - name: training
    owner: people@example.com
"""
DIGEST = hashlib.sha256(b"it worked").hexdigest()


def evidence(expires: date, made: date = date(2026, 9, 30)) -> Evidence:
    return Evidence("OPS-1234", "", "", made, expires)


def control(found: Evidence | None, name: str = "restore-test") -> ManualControl:
    return ManualControl(name, "Restored", "storage@example.com", found, "high")


def load(folder: Path, text: str) -> tuple[ManualControl, ...]:
    (folder / "manual.yaml").write_text(text, "utf-8")
    return load_rules([folder / "manual.yaml"], known_names()).manual


def flaws(folder: Path, text: str) -> list[str]:
    with pytest.raises(InvalidRules) as invalid:
        load(folder, text)
    return [str(flaw) for _, flaw in invalid.value.flaws]


def test_a_file_can_contain_manual_controls_alone(tmp_path: Path) -> None:
    first, second = load(tmp_path, CONTROL.format(digest=DIGEST))
    assert first.evidence == Evidence(
        "OPS-1234, the payments database was restored in 42 minutes",
        "restore.pdf",
        DIGEST,
        date(2026, 9, 30),
        date(2026, 12, 31),
    )
    assert first.supports == (("soc2", ("A1.3",)), ("iso27001", ("A.8.13",)))
    assert (second.title, second.evidence, second.severity) == ("training", None, "medium")


def test_a_file_beside_the_rules_must_have_the_digest(tmp_path: Path) -> None:
    (tmp_path / "restore.pdf").write_bytes(b"it worked")
    assert load(tmp_path, CONTROL.format(digest=DIGEST))
    (tmp_path / "restore.pdf").write_bytes(b"it failed")
    found = hashlib.sha256(b"it failed").hexdigest()
    assert flaws(tmp_path, CONTROL.format(digest=DIGEST)) == [
        "7:5: manual_controls[0].sha256: is not that of the file restore.pdf, which is " + found
    ]


@pytest.mark.parametrize("absolute", [True, False])
def test_a_file_outside_the_folder_of_the_rules_is_not_read(tmp_path: Path, absolute: bool) -> None:  # noqa: FBT001 - a parameter
    outside, rules = tmp_path / "secret", tmp_path / "rules"
    outside.write_bytes(b"a secret")
    rules.mkdir()
    text = CONTROL.format(digest=DIGEST).replace("restore.pdf", str(outside) if absolute else "../secret")
    assert load(rules, text)


@pytest.mark.parametrize("name", ["restore.pdf", "restore.pdf ", "loop", "link", "fifo", "nul\\0"])
def test_evidence_that_cannot_be_compared_says_so_wherever_it_is_shown(tmp_path: Path, name: str) -> None:
    outside, rules = tmp_path / "secret", tmp_path / "rules"
    rules.mkdir()
    outside.write_bytes(b"it worked")
    (rules / "loop").symlink_to("loop")
    (rules / "link").symlink_to(outside)
    os.mkfifo(rules / "fifo")
    text = CONTROL.format(digest=DIGEST).replace("restore.pdf", f'"{name}"')
    (rules / "manual.yaml").write_text(text, "utf-8")
    files = load_rules([rules / "manual.yaml"], known_names())
    one = files.manual[0]
    assert one.evidence is not None
    assert not one.evidence.compared
    assert f"(SHA-256 {DIGEST}, not compared with the file)" in one.evidence.text
    assert one.as_json(TODAY)["evidence"] == one.evidence.text
    ((_, note),) = files.notes
    assert str(note).startswith("6:5: manual_controls[0].evidence_file: is not compared with its digest: ")


def test_evidence_that_was_compared_does_not_say_otherwise(tmp_path: Path) -> None:
    (tmp_path / "restore.pdf").write_bytes(b"it worked")
    first, second = load(tmp_path, CONTROL.format(digest=DIGEST))
    assert first.evidence is not None
    assert first.evidence.compared
    assert first.evidence.text.endswith(f"restore.pdf (SHA-256 {DIGEST})")
    words = ManualControl("n", "t", "o", evidence(TODAY)).evidence
    assert words is not None
    assert (words.text, second.evidence) == ("OPS-1234", None)


SOC2, A1 = "SOC 2, Trust Services Criteria", " (did you mean A1.3?)"
WRONG = """\
compliance_rules:
  - name: taken
    resource_types: [AWS::S3::Bucket]
    required_properties: {AWS::S3::Bucket: {BucketName: x}}
manual_controls:
  - name: taken
    owner: a
    controls: [s3-versoning]
    requirements: {soc3: [A1], soc2: [A1.9]}
    evidence_file: x
    date: 2026-09-31
  - name: other
    owner: a
    evidence: x
    date: 2026-09-30
    expires: 2026-09-29
  - name: other
    owner: a
    sha256: SHA
    expires: 2026-09-29
"""


def test_every_error_is_told_at_once_with_its_line_and_column(tmp_path: Path) -> None:
    words = flaws(tmp_path, WRONG.replace("SHA", "a" * 64))
    path = tmp_path / "manual.yaml"
    assert words == [
        f"6:5: manual_controls[0].name: is also the name of the rule at {path}:2",
        "8:16: manual_controls[0].controls[0]: is no control (did you mean s3-versioning?)",
        "9:20: manual_controls[0].requirements.soc3: is no framework (did you mean soc2?)",
        f"9:39: manual_controls[0].requirements.soc2[0]: is no requirement of {SOC2}{A1}",
        "10:5: manual_controls[0].evidence_file: needs `expires`",
        "10:5: manual_controls[0].evidence_file: needs `sha256`",
        "11:5: manual_controls[0].date: must be a date such as 2026-09-30",
        "16:5: manual_controls[1].expires: must not be before `date`, 2026-09-30",
        "17:5: manual_controls[2].name: is also the name of another manual control",
        "19:5: manual_controls[2].sha256: needs `date`",
        "19:5: manual_controls[2].sha256: needs `evidence_file`",
        "19:5: manual_controls[2].sha256: needs `evidence` or `evidence_file`",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("manual_controls: []\n", "must be a list of one or more manual controls"),
        ("manual_controls:\n  - name: x\n", "owner: is required"),
        ("manual_controls:\n  - {name: x, owner: y, expiry: 2026-01-01}\n", "did you mean expires?"),
        ("manual_controls:\n  - {name: x, owner: y, sha256: abc}\n", "must be the SHA-256 of the file"),
        ("manual_controls:\n  - {name: x, owner: y, severity: urgent}\n", "must be one of low, medium"),
        (
            "manual_controls:\n  - {name: x, owner: y, requirements: {cis: [1.1]}}\n",
            "number of a requirement in quotes",
        ),
    ],
)
def test_a_wrong_form_names_the_field(tmp_path: Path, text: str, said: str) -> None:
    assert any(said in one for one in flaws(tmp_path, text)), flaws(tmp_path, text)


@pytest.mark.parametrize(
    ("found", "status", "why"),
    [
        (evidence(TODAY), Status.PASSED, ""),
        (evidence(TODAY - timedelta(days=1)), Status.FAILED, "the evidence expired on 2026-11-29"),
        (
            evidence(date(2028, 1, 1), date(2026, 12, 1)),
            Status.FAILED,
            "the evidence is of 2026-12-01, which is in the future",
        ),
        (None, Status.NOT_ASSESSED, "there is no evidence yet"),
    ],
)
def test_evidence_counts_from_its_date_to_its_last_day(
    found: Evidence | None, status: Status, why: str
) -> None:
    result = control(found).result(TODAY)
    assert result.status is status
    assert result.reasons == ((f"{why}; owner: storage@example.com",) if why else ())


def test_what_expired_and_what_expires_soon_is_named() -> None:
    told = warnings(
        (
            control(evidence(TODAY - timedelta(days=1)), "gone"),
            control(evidence(TODAY + SOON), "soon"),
            control(evidence(TODAY + SOON + timedelta(days=1)), "later"),
            control(None, "never"),
        ),
        TODAY,
    )
    assert told == (
        "manual control gone: the evidence expired on 2026-11-29; owner: storage@example.com",
        "manual control soon: the evidence expires on 2026-12-30; owner: storage@example.com",
        "manual control never: there is no evidence yet; owner: storage@example.com",
    )


def test_a_manual_control_counts_in_the_score_and_not_as_a_resource() -> None:
    good, bad = control(evidence(TODAY), "good"), control(evidence(TODAY - timedelta(days=1)), "bad")
    tally = Tally({one.name: one.rule for one in (good, bad)})
    for one in (good, bad):
        tally.count(one.result(TODAY))
    assert (tally.score, tally.resources, tally.places) == (50.0, 0, {})


def test_it_supports_the_requirements_that_it_names_and_those_of_its_controls(tmp_path: Path) -> None:
    first, _ = load(tmp_path, CONTROL.format(digest=DIGEST))
    found = coverage(framework("soc2"), CONTROLS, [first.rule], {"restore-test": Counts(failed=1)})
    failed = {one.number for one in found.requirements if one.status is Status.FAILED}
    assert failed == {"A1.3", *CONTROLS["s3-versioning"].numbers(framework("soc2"))}
    assert framework_profile("iso27001").has(first.rule)
    assert not framework_profile("cis").has(control(None).rule)


@pytest.mark.parametrize("found", [evidence(TODAY), evidence(TODAY - timedelta(days=1)), None])
def test_its_event_of_ocsf_is_valid(found: Evidence | None) -> None:
    one = control(found)
    check(compliance_finding(one.result(TODAY), one.rule, datetime(2026, 11, 30, tzinfo=UTC), ""))
