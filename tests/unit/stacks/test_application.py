"""The app as a whole: its declarations, its checks, and what stands beside it."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from ringfence.cli import operator_command
from ringfence.cli.settings import AUDIT_STACK as CLI_AUDIT_STACK
from ringfence.handlers import wiring as composition
from ringfence.handlers.queue import RESERVE
from ringfence.handlers.reviews import LOOK
from ringfence.local import deployment
from ringfence.runbooks.catalogue import CATALOGUE
from ringfence.self_check import places
from stacks import function_code, names, times
from stacks.settings import ROOT
from tools.generate import REQUIREMENTS, requirements

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.support.synthesis import Template

STACKS = (*places.HOME_STACKS, *places.OPTIONAL_STACKS, names.MEMBER_STACK, names.forward_stack("us-east-1"))


def test_in_the_home_account_there_are_these_stacks(templates: Mapping[str, Template]) -> None:
    assert templates.keys() == set(STACKS)


def test_the_command_line_and_the_local_aws_know_the_stacks_by_these_names() -> None:
    assert names.AUDIT_STACK == CLI_AUDIT_STACK == deployment.AUDIT_STACK
    assert names.RESPONSE_STACK == operator_command.RESPONSE_STACK == deployment.RESPONSE_STACK


def test_the_stacks_name_no_remediation_and_no_runbook() -> None:
    """Adding a file to remediations/ is all it takes to deploy one."""
    ids = {*CATALOGUE, *(one.id for runbook in CATALOGUE.values() for one in runbook.remediations)}
    for path in (ROOT / "app.py", *(ROOT / "stacks").glob("*.py")):
        text = path.read_text(encoding="utf-8")
        assert not [id_ for id_ in ids if id_ in text or id_.replace("-", "_") in text], path.name


def report(out: Path) -> dict[str, object]:
    """Return what the validation plugins said."""
    read: dict[str, object] = json.loads((out / "validation-report.json").read_text())
    return read


def test_the_rules_of_aws_solutions_ran_and_none_is_violated(out: Path) -> None:
    text = json.dumps(report(out))
    assert "AwsSolutions" in text
    assert '"conclusion": "failure"' not in text


@pytest.mark.parametrize("stack", STACKS)
def test_cfn_lint_finds_nothing(templates: Mapping[str, Template], stack: str) -> None:
    from cfnlint.api import lint  # type: ignore[import-untyped]  # it has no types, and takes a second

    found = lint(templates[stack].path.read_text(), regions=["us-east-1", "eu-west-1"])
    assert not [f"{one.rule.id} {one.path}: {one.message}" for one in found]


@pytest.mark.parametrize("stack", STACKS)
def test_a_template_is_within_the_services_limit(templates: Mapping[str, Template], stack: str) -> None:
    """See https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html."""
    assert templates[stack].path.stat().st_size < 1_000_000
    assert len(templates[stack].body["Resources"]) < 500


@pytest.mark.parametrize("stack", STACKS)
def test_a_template_has_no_indentation(templates: Mapping[str, Template], stack: str) -> None:
    """It would be a third of the bytes, and the limit counts them."""
    assert "\n" not in templates[stack].path.read_text().strip()


def test_functions_read_the_policy_where_the_bundle_has_it() -> None:
    assert composition.POLICY == function_code.POLICY


def test_requirements_are_what_the_lock_says() -> None:
    text = REQUIREMENTS.read_text("utf-8")
    assert requirements(text) == text, "run make docs"


def test_cdk_runs_the_app_with_the_projects_own_python() -> None:
    app = json.loads((ROOT / "cdk.json").read_text())["app"].split()
    assert app == [".venv/bin/python", "app.py"]


def test_importing_the_app_does_nothing() -> None:
    program = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import app"
    run = subprocess.run(  # noqa: S603 - our own interpreter and words
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stdout) == (0, "")


def test_times_fit_each_other() -> None:
    """ADR 0101 says why."""
    assert times.OPERATE_TIMEOUT < 30
    assert times.CONTAIN.timeout <= 30 < times.CONTINUE.timeout
    assert timedelta(seconds=times.CONTAIN.timeout) - RESERVE == LOOK
    for queue in (times.CONTAIN, times.CONTINUE):
        assert queue.timeout < queue.visibility <= queue.timeout + 10
        assert 2 <= queue.concurrency <= 1000
        assert 1 <= queue.receives <= 1000
        assert queue.receives * queue.visibility < times.DEAD_LETTERS_KEPT_DAYS * 24 * 3600
