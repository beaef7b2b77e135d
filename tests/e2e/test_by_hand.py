"""An operator runs and releases by hand: the command line, the signed API, and everything behind it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from ringfence.core.facts import RunRequested
from ringfence.local.deploy import REPOSITORY

if TYPE_CHECKING:
    from ringfence.core.chain import History
    from ringfence.local.estate import Estate
    from ringfence.local.inspection import Portrait
    from tests.e2e.world import World

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]

DONE, UNUSABLE = 0, 2
KEPT = "snapshots"
"""What a release leaves: evidence."""
PROGRAM = "from ringfence.cli.main import main; main()"


def ringfence(world: World, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a person's shell does, with nobody at the terminal."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment = inherited | world.local.environment() | {"PYTHONPATH": str(REPOSITORY / "functions")}
    return subprocess.run(  # noqa: S603 - our own program, with words of our own
        [sys.executable, "-c", PROGRAM, *words],
        env=environment,
        cwd=REPOSITORY,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@dataclass(frozen=True)
class ThereAndBack:
    """A server that was contained by hand and released by hand."""

    before: Portrait
    contained: Portrait
    released: Portrait
    history: History
    said: str


@pytest.fixture(scope="module")
def estate(world: World) -> Estate:
    return world.builder().estate()


@pytest.fixture(scope="module")
def trip(world: World, estate: Estate) -> ThereAndBack:
    inspector, server = world.inspector(), estate.web
    before = inspector.portrait(server, estate.role)
    run = ringfence(
        world, "run", "contain-instance", server.ref.id, "--reason", "it beacons", "--yes", "--json"
    )
    assert run.returncode == DONE, run.stdout + run.stderr
    contained = inspector.portrait(server, estate.role)
    assert inspector.closed(server)
    incident = json.loads(run.stdout)["incident"]
    release = ringfence(world, "release", incident, "--reason", "false alarm", "--yes")
    assert release.returncode == DONE, release.stdout + release.stderr
    return ThereAndBack(
        before, contained, inspector.portrait(server, estate.role), world.history(server), release.stdout
    )


def test_after_a_release_everything_but_the_evidence_is_as_it_was(trip: ThereAndBack) -> None:
    assert {**trip.released, KEPT: ""} == {**trip.before, KEPT: ""}
    assert trip.contained != trip.before
    assert trip.released[KEPT] == trip.contained[KEPT]


def test_the_log_names_the_caller_whom_iam_established(world: World, trip: ThereAndBack) -> None:
    asked = [(entry.actor, fact) for entry, fact in trip.history.facts if isinstance(fact, RunRequested)]
    caller = world.client("sts").get_caller_identity()["Arn"]
    assert {actor for actor, _ in asked} == {caller}
    assert [(fact.what, fact.dry_run, fact.verified) for _, fact in asked] == [
        ("run", True, True),
        ("run", False, True),
        ("release", True, True),
        ("release", False, True),
    ]


def test_the_release_says_what_it_restores(trip: ThereAndBack) -> None:
    assert "released, verified by looking again" in trip.said
    assert "evidence is kept" in trip.said


def test_a_direct_run_contains_with_the_operators_own_credentials(world: World, trip: ThereAndBack) -> None:
    assert trip.history.closed_at
    server = world.builder().estate().web
    run = ringfence(
        world, "run", "contain-instance", server.ref.id, "--reason", "it beacons", "--yes", "--direct"
    )
    assert run.returncode == DONE, run.stdout + run.stderr
    assert world.inspector().closed(server)
    assert {(one.what, one.verified) for one in world.history(server).of(RunRequested)} == {
        ("run --direct", False)
    }


def test_a_wrong_id_is_told_with_exit_code_2(world: World) -> None:
    run = ringfence(
        world, "run", "contain-instance", "i-00000000000000000", "--reason", "it beacons", "--yes"
    )
    assert (run.returncode, run.stdout) == (UNUSABLE, "")
    assert "there is no instance i-00000000000000000 here" in run.stderr
