"""What is generated is current: the README's list of runbooks and the pages of docs/."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from ringfence.runbooks.catalogue import CATALOGUE
from tools import building_blocks, incident_status, json_page, kinds
from tools.catalogue import with_list
from tools.generate import (
    BLOCKS,
    JSON_PAGE,
    JSON_SCHEMAS,
    KINDS,
    README,
    RUNBOOKS,
    STATUSES,
    pages_of_runbooks,
)
from tools.runbook_picture import WIDTH, picture

if TYPE_CHECKING:
    from ringfence.model.runbook import Runbook

CATALOG = tuple(CATALOGUE.values())
SVG = "{http://www.w3.org/2000/svg}"
WIDEST = 8.1
"""Pixels that a character of a title can take, on average."""


def test_the_readmes_list_is_that_of_the_catalogue() -> None:
    readme = README.read_text("utf-8")
    assert with_list(readme, CATALOG) == readme, "run make docs"


def test_the_pages_of_runbooks_are_those_of_the_catalogue() -> None:
    written = {path.name: path.read_text("utf-8") for path in RUNBOOKS.iterdir()}
    assert written == pages_of_runbooks(), "run make docs"


def test_every_remediation_is_in_the_table() -> None:
    table = pages_of_runbooks()["README.md"]
    for runbook in CATALOG:
        for id_ in runbook.ids:
            assert f"| `{id_}` |" in table


@pytest.mark.parametrize("runbook", CATALOG, ids=lambda one: one.id)
def test_a_picture_names_each_stage_and_remediation_and_says_so_in_words(runbook: Runbook) -> None:
    drawn = ET.fromstring(picture(runbook))  # noqa: S314 - our own text
    said = [one.text or "" for one in drawn.iter(f"{SVG}text")]
    for stage in runbook.stages:
        assert stage.title in " ".join(said)
        assert {one.id for one in stage.remediations} <= set(said)
    assert str(drawn.findtext(f"{SVG}title")) in pages_of_runbooks()[f"{runbook.id}.md"], (
        "the text for those who cannot see"
    )


@pytest.mark.parametrize("runbook", CATALOG, ids=lambda one: one.id)
def test_nothing_in_a_picture_is_beyond_its_edge(runbook: Runbook) -> None:
    drawn = ET.fromstring(picture(runbook))  # noqa: S314 - our own text
    for one in drawn.iter(f"{SVG}text"):
        assert float(one.attrib["y"]) < float(drawn.attrib["height"])
        if "text-anchor" not in one.attrib:
            assert int(one.attrib["x"]) + WIDEST * len(one.text or "") < WIDTH


def test_the_kinds_document_is_what_the_kinds_declare() -> None:
    assert kinds.document() == KINDS.read_text("utf-8"), "run make docs"


def test_the_page_of_observations_and_steps_has_each_one_that_a_remediation_declares() -> None:
    page = BLOCKS.read_text("utf-8")
    assert building_blocks.document() == page, "run make docs"
    declared = {
        each
        for runbook in CATALOGUE.values()
        for one in runbook.remediations
        for each in (*one.observations, *one.steps)
    }
    assert {one.__name__ for one in declared if f"`{one.__name__}`" not in page} == set()


def test_the_page_about_json_is_the_declaration_of_what_commands_print() -> None:
    assert json_page.document() == JSON_PAGE.read_text("utf-8"), "run make docs"
    assert json_page.schemas() == JSON_SCHEMAS.read_text("utf-8"), "run make docs"


def test_the_document_of_statuses_is_their_table() -> None:
    assert incident_status.document() == STATUSES.read_text("utf-8"), "run make docs"
