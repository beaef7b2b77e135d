"""Rows of CSV for other systems: responses, and who decided what."""

from __future__ import annotations

import csv
import io
from dataclasses import astuple
from typing import TYPE_CHECKING

from ringfence.cli.csv_cells import cell
from ringfence.cli.incident_rows import COLUMNS, values_of
from ringfence.record.brief import Brief
from ringfence.record.deciders import Deciders
from ringfence.record.summary import Summary

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ringfence.record.chain import Entry

RESPONSE_COLUMNS = (
    *(name.replace(" ", "_") for name in COLUMNS),
    "mode",
    "decision",
    "policy",
    "requested_by",
    "request",
    "approved_by",
    "approval",
)
"""Those of the list, then who decided: `policy` is the SHA-256 of the policy file of the newest decision."""


def csv_row(values: Iterable[object]) -> str:
    """Return a row of CSV without its end. No cell is a formula."""
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow([cell(one) for one in values])
    return out.getvalue()


def response_row(entries: Iterable[Entry]) -> tuple[object, ...]:
    """Return the values of a response."""
    brief = Brief(Summary.of(entries))
    verified = brief.last_verified
    at = verified.at if verified else None
    return (*values_of(brief, at), *astuple(Deciders.of(brief.now)))
