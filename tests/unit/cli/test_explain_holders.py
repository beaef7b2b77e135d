"""`ringfence explain` says what the policy exempts if AWS confirms the holder that a report names."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from ringfence.cli.explain import explain
from ringfence.local.samples import guardduty as samples
from ringfence.local.samples.guardduty_callers import credentials_finding
from ringfence.runbooks import catalogue

if TYPE_CHECKING:
    from pathlib import Path

POLICY = """\
version: 1
scope: {{accounts: [home]}}
rules: [{{severity: high, mode: {mode}}}]
exempt: [{{subject: "{subject}", reason: the way in when all else fails, owner: ann{more}}}]
"""
KEY = credentials_finding(
    details={
        "accessKeyId": "AKIAIOSFODNN7EXAMPLE",
        "principalId": "AIDAIOSFODNN7EXAMPLE",
        "userType": "IAMUser",
        "userName": "break-glass",
    }
)
SESSION = credentials_finding(details={**samples.OF_AN_INSTANCE, "principalId": f"{samples.ROLE_ID}:jane"})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "policy.yaml"


def reason(path: Path, event: object, subject: str, *, mode: str = "auto", more: str = "") -> str:
    path.write_text(POLICY.format(subject=subject, mode=mode, more=more), encoding="utf-8")
    words = ["-", "--json", "--policy", str(path)]
    done = CliRunner().invoke(explain, words, input=json.dumps(event).encode(), obj=catalogue.CATALOGUE)
    said: str = json.loads(done.stdout)["reason"]
    return said


@pytest.mark.parametrize("subject", ["iam-user/*/*/break-glass", "iam-user/*/*/break-*"])
def test_the_key_of_an_exempt_user_is_said_to_be_left_if_aws_names_the_user(path: Path, subject: str) -> None:
    said = reason(path, KEY, subject)
    assert (
        "if AWS confirms that access-key AKIAIOSFODNN7EXAMPLE belongs to iam-user break-glass, everything is "
        f"left ({subject}): the policy exempts it: the way in when all else fails (owner: ann)"
    ) in said


@pytest.mark.parametrize("subject", [f"iam-role/*/*/{samples.ROLE}", f"iam-role/*/*/ops/{samples.ROLE}"])
def test_the_session_of_an_exempt_role_is_said_to_be_left_with_or_without_a_path(
    path: Path, subject: str
) -> None:
    """A report names no path. AWS does, so an exemption by path can hold."""
    assert f"belongs to iam-role {samples.ROLE}, everything is left ({subject})" in reason(
        path, SESSION, subject
    )


def test_of_some_remediations_those_are_named(path: Path) -> None:
    more = ", runbook: contain-credentials, remediations: [deny-principal]"
    assert "deny-principal is left" in reason(path, KEY, "iam-user/*/*/break-glass", more=more)


@pytest.mark.parametrize(
    ("subject", "mode", "more"),
    [
        ("iam-user/*/*/somebody-else", "auto", ""),
        ("iam-user/999988887777/*/break-glass", "auto", ""),
        ("iam-role/*/*/break-glass", "auto", ""),
        ("iam-user/*/*/break-glass", "notify", ""),
        ("iam-user/*/*/break-glass", "auto", ", runbook: harden-identity"),
        ("iam-user/*/*/break-glass", "auto", ", expires: 2020-01-01"),
    ],
)
def test_what_exempts_nothing_is_not_said(path: Path, subject: str, mode: str, more: str) -> None:
    assert "if AWS confirms" not in reason(path, KEY, subject, mode=mode, more=more)
