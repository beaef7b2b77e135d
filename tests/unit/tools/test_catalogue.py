"""What is generated is current: the README's table and docs/runbooks.md."""

from __future__ import annotations

from ringfence.runbooks.catalogue import CATALOGUE
from tests.support.shown import NOT_SHOWN
from tools import incident_status, kinds
from tools.catalogue import document, with_table
from tools.generate import KINDS, README, RUNBOOKS, STATUSES

CATALOG = tuple(CATALOGUE.values())


def test_the_readmes_table_is_that_of_the_catalogue() -> None:
    readme = README.read_text("utf-8")
    assert with_table(readme, CATALOG, NOT_SHOWN) == readme, "run make docs"


def test_the_runbooks_document_is_that_of_the_catalogue() -> None:
    assert document(CATALOG, NOT_SHOWN) == RUNBOOKS.read_text("utf-8"), "run make docs"


def test_every_remediation_is_in_the_table() -> None:
    readme = README.read_text("utf-8")
    for runbook in CATALOG:
        for id_ in runbook.ids:
            assert f"| `{id_}` |" in readme


def test_the_kinds_document_is_what_the_kinds_declare() -> None:
    assert kinds.document() == KINDS.read_text("utf-8"), "run make docs"


def test_the_document_of_statuses_is_their_table() -> None:
    assert incident_status.document() == STATUSES.read_text("utf-8"), "run make docs"
