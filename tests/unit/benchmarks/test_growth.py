"""What a function imports for an event does not depend on how many remediations there are besides."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.catalogues import SMALLEST, Code, Way
from benchmarks.growth import LISTS, SIZES, Footprint, footprints, measure
from benchmarks.report import LIMITS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

GROWN = [(size, way) for size in SIZES if size > SMALLEST for way in Way]
OF_AN_ID = 40
"""Bytes that an id takes where it is listed, at most."""


@pytest.fixture(scope="module")
def measured() -> dict[tuple[int, Way], Footprint]:
    return {(one.size, one.way): one for one in footprints()}


@pytest.fixture(scope="module")
def smallest(measured: dict[tuple[int, Way], Footprint]) -> Footprint:
    return measured[SMALLEST, Way.RUNBOOKS]


def without_lists(imported: Mapping[str, int]) -> dict[str, int]:
    return {name: size for name, size in imported.items() if name not in LISTS}


def test_the_catalogues_have_five_twenty_and_forty_remediations() -> None:
    """Each is counted where its policy is compiled, by loading it."""
    assert SIZES == (5, 20, 40)


@pytest.mark.parametrize("case", GROWN, ids=lambda case: f"{case[0]} by {case[1]}")
def test_the_same_modules_of_the_same_bytes_are_imported(
    measured: dict[tuple[int, Way], Footprint], smallest: Footprint, case: tuple[int, Way]
) -> None:
    grown = measured[case]
    assert grown.isolated.keys() == smallest.isolated.keys()
    assert grown.answered.keys() == smallest.answered.keys()
    assert without_lists(grown.answered) == without_lists(smallest.answered)
    assert grown.code == smallest.code


@pytest.mark.parametrize("case", GROWN, ids=lambda case: f"{case[0]} by {case[1]}")
def test_what_grows_are_lists_of_ids(
    measured: dict[tuple[int, Way], Footprint], smallest: Footprint, case: tuple[int, Way]
) -> None:
    grown = measured[case]
    if case[1] is Way.RUNBOOKS:  # nothing lists runbooks
        assert grown.lists == smallest.lists
    else:
        assert 0 < grown.lists - smallest.lists <= (grown.size - SMALLEST) * OF_AN_ID


def test_no_further_module_is_imported_before_the_isolating_call(smallest: Footprint) -> None:
    assert len(smallest.isolated) <= LIMITS[f"modules_to_isolation_of_{SMALLEST}"]


def test_of_the_remediations_only_the_one_that_is_planned_is_imported(smallest: Footprint) -> None:
    rooms = ("ringfence.remediations.", "ringfence.runbooks.")
    assert {name for name in smallest.isolated if name.startswith(rooms)} == {
        "ringfence.remediations.isolate_instance",
        "ringfence.runbooks.contain_instance",
    }


def test_what_comes_after_the_isolation_is_imported_after_it(smallest: Footprint) -> None:
    after = {f"ringfence.engine.{name}" for name in ("verify", "verification", "report", "results")}
    assert not after & smallest.isolated.keys()
    assert after <= smallest.answered.keys()


def test_what_only_a_conflict_or_an_error_needs_is_not_imported(smallest: Footprint) -> None:
    seldom = ("engine.rebase",)
    assert not {f"ringfence.{name}" for name in seldom} & smallest.answered.keys()


def test_what_is_for_people_is_not_imported(smallest: Footprint) -> None:
    """The table of controls is for the command line and the documentation."""
    assert not [name for name in smallest.answered if "control" in name or ".cli" in name]


def test_a_remediation_that_is_imported_though_nobody_plans_it_would_be_seen(
    smallest: Footprint, tmp_path: Path
) -> None:
    spoiled = Code.written(tmp_path / "code", SMALLEST + 1, Way.STAGES)
    handler = spoiled.root / "respond.py"
    handler.write_text(f"{handler.read_text('utf-8')}\nimport ringfence.remediations.grown_0\n", "utf-8")
    assert {"ringfence.remediations.grown_0", "ringfence.steps.grown_0"} <= (
        measure(spoiled).isolated.keys() - smallest.isolated.keys()
    )
