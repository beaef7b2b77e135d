"""Rows of CSV for other systems: responses, and who decided what."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from ringfence.cli.csv_cells import cell
from ringfence.cli.incident_rows import COLUMNS, values_of
from ringfence.record.brief import Brief, actor_of
from ringfence.record.summary import Summary

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

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
    return (*values_of(brief, verified.at if verified else None), *_decided(brief))


def _decided(brief: Brief) -> Iterator[str]:
    """Yield who decided, and why: the policy, the newest request, and the newest approval by a person."""
    made = brief.now.last("DecisionMade")
    yield from (
        brief.decided.mode,
        brief.decided.reason,
        (made.optional_text("policy") if made else "") or "",
    )
    asked = brief.requested
    yield actor_of(asked) if asked else ""
    yield (asked.fact.optional_text("reason") if asked else "") or ""
    answers = (one for one in reversed(brief.now.lines) if one.kind == "ApprovalAnswered")
    answered = next((one for one in answers if one.fact.optional_text("answer") == "approve"), None)
    yield actor_of(answered) if answered else ""
    yield (answered.fact.optional_text("reason") if answered else "") or ""
