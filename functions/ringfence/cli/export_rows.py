"""Rows of CSV for other systems: responses, and who decided what."""

from __future__ import annotations

import csv
import io
from dataclasses import astuple
from typing import TYPE_CHECKING

from ringfence.cli.csv_cells import cell
from ringfence.cli.incident_rows import COLUMNS, values_of
from ringfence.record.brief import Brief, actor_of, reason_of
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
    "release_requested_by",
    "release_request",
)
"""Those of the list, then who decided about the response, and who requested its release.

`policy` is the SHA-256 of the policy file of the decision that led to the newest changes, or to the question.
"""


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
    release = brief.release_requested
    undone_by = actor_of(release) if release else ""
    return (*values_of(brief, at), *astuple(Deciders.of_response(brief.now)), undone_by, reason_of(release))
