"""What the commands print that call the API."""

from __future__ import annotations

from ringfence.handlers.json_forms import many, record, text
from ringfence.handlers.operator_forms import APPROVAL, OUTCOME, RELEASED, RESULT, STATUS

ANSWERED = record(
    status_=text(),
    approval_=APPROVAL,
    plan_=text(),
    waiting_=many(APPROVAL),
    outcomes_=many(OUTCOME),
)
APPROVALS = record(approvals_=many(APPROVAL), waiting_=many(APPROVAL), doubted_=many(text()))
RUN = record(
    status=text("A status of docs/incident-status.md in words, or `declined`."),
    incident=text(),
    plan=RESULT,
    report_=RESULT,
    state_=STATUS,
)
RELEASE = record(
    status=text("`released`, `dry-run`, `open`, `declined` or `refused`."),
    incident=text(),
    plan=RELEASED,
    state_=many(STATUS),
)
