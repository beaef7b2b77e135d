"""The routes of the API for operators, declared once. Pure.

The stack creates the routes and the policies of those who may call them, the function serves them, and
`make docs` writes the OpenAPI document and the page about them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.handlers import operator_forms
from ringfence.handlers import operator_request_forms as requests
from ringfence.handlers import operator_types as paths
from ringfence.handlers.json_forms import many, maybe, merged, moment, record, table, text, whole
from ringfence.handlers.operator_forms import (
    APPROVAL,
    LETTER,
    LIMIT,
    OUTCOME,
    RECHECK,
    RELEASED,
    RESULT,
    STATUS,
)
from ringfence.handlers.routes import FAILED, NOT_ALLOWED, Route
from ringfence.model.resource_names import CALLERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.handlers.json_forms import Schema

OPERATOR, RELEASER, APPROVER, PAUSER, RESETTER, CHECKER = CALLERS
_INCIDENT, _DIGEST = "inc-20270131T235959.000000-0123456789", "0" * 64
_SUBJECT = {"account": "111122223333", "region": "eu-west-1", "id": "i-0123456789abcdef0"}
_WHO = {"runbook": "contain-instance", "subject": _SUBJECT}
PAUSE = merged(operator_forms.PAUSE, record(words=text("All of it in one sentence.")))
_PAUSED = {"pauses": many(PAUSE), "unreadable": text(), "paused": many(text())}
_SEQS = many(whole(), "The numbers of entries, or the first of them.")
_SEALED = record(
    chain=text(),
    problem_=text("Why it was not checked."),
    missing_=text("Why the key could not be used. Empty if it could."),
    counts_=table(whole()),
    **dict.fromkeys(("forged_", "unsealed_", "unchecked_", "sealed_"), _SEQS),
)


def _answers(meaning: str, schema: Schema, **others: Schema) -> Mapping[int, tuple[str, Schema]]:
    """Return what a route answers. `others` can be the answer instead of an error."""
    either = [FAILED, *others.values()]
    also: Schema = {"oneOf": either} if others else FAILED
    return {
        200: (meaning, schema),
        400: ("The request is wrong. The error names the field and the value.", also),
        403: (
            "The caller is not proved or not allowed, or the resource is outside the scope.",
            _refused(either),
        ),
        404: ("The resource does not exist any more.", also),
        409: ("It is refused permanently, and the error says why.", also),
        503: ("It can succeed later: send the request again.", also),
    }


def _refused(either: list[Schema]) -> Schema:
    return {"oneOf": [*either, NOT_ALLOWED]}


ROUTES = (
    Route(
        paths.RUNS,
        "Run a runbook",
        "Run the first stage of a runbook on a resource. The later stages follow on their own. A dry run "
        "returns the plans of all stages. `plan` names the plan that was confirmed: no other is applied.",
        requests.RUN,
        _answers("The result, or the plans of a dry run.", RESULT),
        {**_WHO, "reason": "It sends beacons.", "dry_run": True},
        once=True,
        policies=(OPERATOR,),
    ),
    Route(
        paths.RELEASES,
        "Release an incident",
        "Undo every response to an incident, or the named one. Each response has its own result, and the "
        "status code is that of the worst.",
        requests.RELEASE,
        _answers("The result of each response.", RELEASED, releases=RELEASED),
        {"incident": _INCIDENT, "reason": "It was a drill.", "dry_run": True},
        once=True,
        policies=(RELEASER,),
    ),
    Route(
        paths.STATUS,
        "Read the status of a resource",
        "Return the status of the newest incident of a resource, with its entries.",
        requests.STATUS,
        _answers("The status.", STATUS),
        _WHO,
        policies=(OPERATOR, RELEASER, APPROVER),
    ),
    Route(
        paths.RECHECKS,
        "Verify contained and complete incidents again",
        "Verify one contained or complete incident, or all of them. What is broken is contained again, as "
        "the policy says.",
        requests.RECHECK,
        _answers(
            "What was found. `next` continues, if it is not empty.",
            record(rechecks=many(RECHECK), next=text(), paused=many(text())),
        ),
        {"incident": _INCIDENT},
        once=True,
        policies=(OPERATOR,),
    ),
    Route(
        paths.DEAD_LETTERS,
        "List dead letters",
        "List the messages that were given up on.",
        requests.NOTHING,
        _answers("The messages.", record(dead_letters=many(LETTER), paused=many(text()))),
        {},
        once=True,
        policies=(OPERATOR,),
    ),
    Route(
        paths.REPLAYS,
        "Replay dead letters",
        "Put one dead letter of a queue, or all of them, back on the queue.",
        requests.REPLAY,
        _answers("Each message, with an error if it was not put back.", record(replayed=many(LETTER))),
        {"queue": "contain-instance", "reason": "The outage is over."},
        once=True,
        policies=(OPERATOR,),
    ),
    Route(
        paths.SEALS,
        "Check the seals of an incident",
        "Return which entries of an incident Ringfence has sealed. Only its functions have the keys.",
        requests.SEALS,
        _answers(
            "The entries of each response. `more` responses were not checked.",
            record(incident=text(), responses=many(_SEALED), more=whole()),
        ),
        {"incident": _INCIDENT},
        policies=(OPERATOR, RELEASER, CHECKER),
    ),
    Route(
        paths.ANSWERS,
        "Answer an approval",
        "Approve or reject a plan, or all plans that wait behind a limit. The answer applies to the plan "
        "with the digest in the request. The same answer of the same person again has the same result.",
        requests.ANSWER,
        _answers(
            "The approval, or the outcome of each plan.",
            {"oneOf": [APPROVAL, record(outcomes=many(OUTCOME), next=maybe(whole()))]},
        ),
        {"incident": _INCIDENT, "answer": "approve", "plan": _DIGEST, "reason": "It is compromised."},
        once=True,
        policies=(APPROVER,),
    ),
    Route(
        paths.APPROVALS,
        "List approvals",
        "List the approvals of an incident, or those that wait for an answer.",
        requests.APPROVALS,
        _answers(
            "The approvals. `next` continues, if there is more.",
            record(approvals=many(APPROVAL), doubted_=many(text()), next_=maybe(whole())),
        ),
        {"incident": _INCIDENT},
        policies=(APPROVER,),
    ),
    Route(
        paths.PAUSES,
        "Pause",
        "Stop all changes for a while, or those of a runbook, in an account or of an incident.",
        requests.PAUSE,
        _answers("The pause, and all pauses.", record(pause=PAUSE, **_PAUSED)),
        {"reason": "We deploy.", "seconds": 3600},
        once=True,
        policies=(PAUSER,),
    ),
    Route(
        paths.RESUMES,
        "Resume",
        "End a pause before its time.",
        requests.RESUME,
        _answers("The pause that ended, and the others.", record(pause=PAUSE, **_PAUSED)),
        {"reason": "We are done."},
        once=True,
        policies=(PAUSER,),
    ),
    Route(
        paths.PAUSED,
        "List pauses",
        "List what is paused now.",
        requests.NOTHING,
        _answers("The pauses.", record(**_PAUSED)),
        {},
        policies=(OPERATOR, RELEASER, APPROVER, PAUSER, CHECKER),
    ),
    Route(
        paths.RESETS,
        "Reset a limit",
        "Free what a limit counted, so that changes behind it can begin again.",
        requests.RESET,
        _answers(
            "The limit after it, and what was freed.",
            merged(LIMIT, record(reset=text(), freed=many(text()), opened_at=maybe(moment()))),
        ),
        {"limit": "account/111122223333/hour", "reason": "The attack is over."},
        once=True,
        policies=(RESETTER,),
    ),
    Route(
        paths.LIMITS,
        "Read the limits",
        "Return how much of each limit is used, and which limits were reached.",
        requests.LIMITS,
        _answers("The limits.", record(limits=many(LIMIT))),
        {},
        policies=(OPERATOR, APPROVER, RESETTER, CHECKER),
    ),
)
"""Every route of the API."""
PATHS = tuple(one.path for one in ROUTES)


def paths_of(policy: str) -> tuple[str, ...]:
    """Return the paths that a managed policy allows, given its name without the prefix."""
    return tuple(one.path for one in ROUTES if policy in one.policies)
