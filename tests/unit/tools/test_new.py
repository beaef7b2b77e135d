"""`make new` writes skeletons that import and lint. Until they are filled in, laws fail and say why."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.runbook_worlds import show_every_observation, worlds_of
from tools.new import check, main, names, write

ROOT = Path(__file__).resolve().parents[3]
GIVEN = names("polish-lamp", "harden-lamp", "lamp")
FOLDERS = ("functions", "stacks", "tests", "tools")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with the skeletons."""
    to = tmp_path_factory.mktemp("project")
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, to / folder, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
    for file in ("pyproject.toml", "app.py", "policy.yaml", "README.md", "CONTRIBUTING.md"):
        shutil.copy(ROOT / file, to / file)
    write(to, GIVEN)
    return to


def run(at: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": f"{at / 'functions'}{os.pathsep}{at}"}
    command = [sys.executable, "-m", *words]
    return subprocess.run(command, cwd=at, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - words of these tests


def test_the_skeletons_lint(copy: Path) -> None:
    done = run(copy, "ruff", "check", "--no-cache", "functions", "tests/support/strategies")
    assert done.returncode == 0, done.stdout
    done = run(copy, "ruff", "format", "--no-cache", "--check", "functions", "tests/support/strategies")
    assert done.returncode == 0, done.stdout


def test_the_laws_fail_and_name_what_is_to_be_filled_in(copy: Path) -> None:
    """They are collected, so everything imports; the calls of the skeleton are those of no service."""
    done = run(
        copy, "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", "tests/laws", "-k", "lamp and not agreed"
    )
    assert done.returncode == 1, done.stdout[-3000:]
    assert "Unknown service: 'todo'" in done.stdout
    assert "test_every_case_of_a_runbook_was_recorded[harden-lamp]" in done.stdout
    assert "test_every_type_of_a_trigger_reaches_a_remediation" not in done.stdout.partition("summary")[2]


def test_what_exists_is_not_written_over(copy: Path) -> None:
    before = (copy / "functions/ringfence/runbooks/harden_bucket.py").read_text("utf-8")
    with pytest.raises(FileExistsError, match="polish_lamp"):
        write(copy, GIVEN)
    again = write(copy, names("shade-lamp", "harden-bucket", "bucket"))
    assert [path.name for path in again] == ["shade_lamp.py"]
    again[0].unlink()
    assert (copy / "functions/ringfence/runbooks/harden_bucket.py").read_text("utf-8") == before


@pytest.mark.parametrize("wrong", ["Lamp", "polish lamp", "../lamp", ""])
def test_what_is_no_id_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="is not a valid id"):
        names(wrong, "harden-lamp", "lamp")


@pytest.mark.parametrize("given", [("", "", ""), ("polish-lamp", "", "lamp")])
def test_a_missing_name_is_named(given: tuple[str, str, str]) -> None:
    with pytest.raises(SystemExit, match=r"make new needs .*RUNBOOK.*, for example make new REMEDIATION="):
        main(given)


@pytest.mark.parametrize(
    ("runbook", "kind", "words"),
    [
        ("harden-buckt", "bucket", "Did you mean harden-bucket"),
        ("harden-bucket", "snapshot", "KIND=snapshot does not fit harden-bucket, which acts on: bucket"),
    ],
)
def test_a_misspelled_runbook_and_a_kind_that_does_not_fit_are_refused(
    runbook: str, kind: str, words: str
) -> None:
    with pytest.raises(SystemExit, match=words):
        main(("make-bucket-blue", runbook, kind))


def test_a_runbook_whose_id_resembles_another_one_can_be_meant() -> None:
    check("harden-buckt", "bucket", new_runbook=True)
    check("harden-lamp", "lamp", new_runbook=False)
    check("harden-network", "vpc", new_runbook=False)


def test_worlds_without_an_observation_say_which_one_and_where() -> None:
    worlds = replace(worlds_of("harden-snapshot"), cases={})
    with pytest.raises(AssertionError, match="harden_snapshot does not contain SnapshotSharing"):
        show_every_observation(worlds, "tests.support.strategies.harden_snapshot")
