"""The forms of operators' requests: JSON Schemas. `operator_requests` reads the requests.

What has another form is bad input. What has the form can still be refused, for example an unknown incident.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.handlers.json_forms import either, many, maybe, record, table
from ringfence.handlers.operator_types import LONGEST_REASON
from ringfence.model.incident import INCIDENT_ID
from ringfence.record.approval_facts import Answer
from ringfence.record.batches import MOST_TOGETHER
from ringfence.record.pausing import LONGEST, SHORTEST

if TYPE_CHECKING:
    from ringfence.handlers.json_forms import Schema

_DIGEST: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$", "description": "The digest of a plan."}
_NAME: Schema = {"type": "string", "minLength": 1}
_TEXT = maybe({"type": "string"})
_FLAG = maybe({"type": "boolean"})
_NUMBER = maybe({"type": "integer", "minimum": 0})
_INCIDENT: Schema = {
    "type": "string",
    "pattern": f"^{INCIDENT_ID.pattern}$",
    "description": "The id of an incident.",
}
_REASON: Schema = {
    "type": "string",
    "minLength": 1,
    "maxLength": LONGEST_REASON,
    "description": "Why, in one line. The audit log records it.",
}
_RUNBOOK: Schema = {**_NAME, "description": "The id of a runbook."}
_SUBJECT = record(
    "The resource.",
    account=_NAME,
    region=_NAME,
    id=_NAME,
    kind_={**_TEXT, "description": "A kind of docs/kinds.md, if the runbook is about several."},
)
_DRY_RUN: Schema = {"type": "boolean", "description": "Return the plan, and change nothing."}
_SHOWN = record(incident=_INCIDENT, approval=_NAME, plan=_DIGEST)
_ANSWER: Schema = {"enum": [str(Answer.APPROVE), str(Answer.REJECT)]}
NOTHING = record()
RUN = record(
    runbook=_RUNBOOK,
    subject=_SUBJECT,
    reason=_REASON,
    dry_run=_DRY_RUN,
    remediations_={**maybe(many({"type": "string"})), "description": "Only these. Default: all."},
    options_={**maybe(table(_NAME)), "description": "Values for options of the runbook."},
    plan_={
        **maybe(record(digest=_DIGEST, as_of=_NAME)),
        "description": "The plan of a dry run that was confirmed. No other plan is applied.",
    },
    despite_exempt_={**_FLAG, "description": "Also if the policy exempts the resource."},
)
RELEASE = record(
    incident=_INCIDENT,
    reason=_REASON,
    dry_run=_DRY_RUN,
    runbook_={**maybe(_RUNBOOK), "description": "Only the response of this runbook, to `subject`."},
    subject_=maybe(_SUBJECT),
    skip_drifted_={**_FLAG, "description": "Leave values that somebody has changed since."},
    despite_unsealed_={**_FLAG, "description": "Also if entries of the record have no seal."},
    plans_={**maybe(many(_DIGEST)), "description": "The plans of a dry run that were confirmed."},
)
STATUS = record(
    runbook=_RUNBOOK,
    subject=_SUBJECT,
    after_={**_NUMBER, "description": "Return entries from this number on."},
    remediations_={**maybe(many({"type": "string"})), "description": "Only these. Default: all."},
)
RECHECK = record(
    incident_={**maybe(_INCIDENT), "description": "Default: every contained or complete incident."},
    after_={**_TEXT, "description": "Continue after this chain: `next` of the last answer."},
)
REPLAY = record(
    queue={**_NAME, "description": "The queue, as the list of dead letters names it."},
    reason=_REASON,
    id_={**_TEXT, "description": "Default: all of the queue."},
)
SEALS = record(incident=_INCIDENT)
APPROVALS = either(
    SEALS,
    record(
        incident_={"type": "null"},
        breaker_={**_TEXT, "description": "Only those that wait behind this limit."},
        after_={**_NUMBER, "description": "Continue: `next` of the last answer."},
    ),
)
ANSWER = either(
    record(
        incident=_INCIDENT,
        answer=_ANSWER,
        plan=_DIGEST,
        reason=_REASON,
        approval_={**_TEXT, "description": "Which one, if several wait."},
        break_glass_={**_FLAG, "description": "Only to approve."},
    ),
    record(
        breaker={**_NAME, "description": "The limit behind which the plans wait."},
        answer=_ANSWER,
        plan={**_DIGEST, "description": "The digest of all plans in `approvals`."},
        approvals={**many(_SHOWN), "minItems": 1, "maxItems": MOST_TOGETHER},
        reason=_REASON,
        break_glass_={**_FLAG, "description": "Only to approve."},
        after_={**_NUMBER, "description": "Continue: `next` of the last answer."},
    ),
)
PAUSE = record(
    reason=_REASON,
    seconds_=maybe(
        {
            "type": "integer",
            "minimum": int(SHORTEST.total_seconds()),
            "maximum": int(LONGEST.total_seconds()),
            "description": "Default: two hours.",
        }
    ),
    runbook_={**maybe(_NAME), "description": "Only this runbook."},
    account_={**maybe(_NAME), "description": "Only this account."},
    incident_={
        **maybe(_INCIDENT),
        "description": "Only this incident, and then no runbook and no account.",
    },
)
RESUME = record(
    reason=_REASON, pause_={**_TEXT, "description": "The id of the pause. Default: the only one."}
)
LIMITS = record(limit_={**_TEXT, "description": "Only this limit."})
RESET = record(limit={**_NAME, "description": "The name of the limit."}, reason=_REASON)
