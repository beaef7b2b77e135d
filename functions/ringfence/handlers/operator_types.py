"""The requests of operators, and who may send them. Pure.

`operator_requests` reads them, and `operator_answers` builds their responses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringfence.model.call import Permission
from ringfence.model.document import Document
from ringfence.model.errors import BadInput, Refused

if TYPE_CHECKING:
    from ringfence.engine.requests import ResponseRequest
    from ringfence.model.subject import Ref
    from ringfence.policy.policy import Policy
    from ringfence.record.batches import Shown
    from ringfence.record.chain import ChainKey
    from ringfence.record.facts import RunRequested

RUNS, RELEASES, STATUS, RECHECKS = "/runs", "/releases", "/status", "/rechecks"
DEAD_LETTERS, REPLAYS, SEALS = "/dead-letters", "/replays", "/seals"
ANSWERS, APPROVALS = "/answers", "/approvals"
PAUSES, RESUMES, PAUSED = "/pauses", "/resumes", "/paused"
LIMITS, RESETS = "/limits", "/resets"
FOR_CHAT = {
    ANSWERS: ("incident", "approval", "answer", "plan", "reason"),
    PAUSES: ("incident", "reason", "seconds"),
}
"""What the function behind the buttons in chat may send: the paths and their fields. It answers one plan, and
pauses one incident. It uses no break-glass.
"""
QUEUES = "RINGFENCE_CONTINUATION_QUEUE_URLS"
"""The variable with the runbooks' second queues: a JSON object from runbook id to URL."""
CHAT_ROLE = "RINGFENCE_CHAT_ROLE_ARN"
"""The variable with the ARN of the role whose members answer with buttons in chat."""
CHAT_API, CHAT_BUTTONS = "RINGFENCE_API_URL", "RINGFENCE_CHAT_BUTTONS"
"""The variables with the URL that the function behind these buttons calls, and the buttons."""
ARCHIVE = "RINGFENCE_ARCHIVE_BUCKET"
"""The variable with the name of the archive's bucket."""
FIND_PERMISSIONS = (Permission("dynamodb:Query", ("{audit_table}/index/incidents",)),)
"""The additional permission of a release by incident id. The index is keyed by month."""
LONGEST_REASON = 500
LONGEST_ACTOR = 2048
"""The length of the longest ARN in STS.

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
"""


class Forbidden(Refused):
    """The caller is unknown, or the subject is not in the policy's scope."""


@dataclass(frozen=True)
class RunRequest:
    """A requested run. `whole`: it includes containment, because the first stage is part of it."""

    response_request: ResponseRequest
    whole: bool

    @property
    def dry_run(self) -> bool:
        """Whether this is a dry run."""
        return self.response_request.decision is None or not self.response_request.decision.mode.changes


@dataclass(frozen=True)
class ReleaseRequest:
    """A requested release. `key` is None for every response to the incident.

    `plans` are the digests of the confirmed plans. None without a confirmation.
    """

    incident: str
    key: ChainKey | None
    request: RunRequested
    skip_drifted: bool
    plans: tuple[str, ...] | None = None


@dataclass(frozen=True)
class StatusQuery:
    """A status query: entries from number `after` on, about the remediations in `only`, or about all."""

    key: ChainKey
    after: int = 0
    only: tuple[str, ...] = ()


@dataclass(frozen=True)
class RecheckQuery:
    """A request to verify open contained incidents again: `incident`, or all after the chain `after`."""

    incident: str = ""
    after: str = ""


@dataclass(frozen=True)
class AnswerRequest:
    """A person's answer to an approval of an incident: the only one that waits, or the named one.

    `plan` is the digest of the plan that the person has seen. `batch` is the digest of all plans that are
    answered together, and `limit` the one that all of them wait behind. Both are empty for one plan.
    """

    incident: str
    approval: str
    answer: str
    plan: str
    reason: str
    break_glass: bool
    batch: str = ""
    limit: str = ""


@dataclass(frozen=True)
class BatchRequest:
    """One answer to several approvals that wait behind a limit.

    `shown` are the plans that the person has seen, and `digest` covers them. The first `after` of them are
    answered already.
    """

    limit: str
    answer: str
    shown: tuple[Shown, ...]
    digest: str
    reason: str
    break_glass: bool
    after: int = 0


@dataclass(frozen=True)
class ApprovalsQuery:
    """A query for approvals: those of an incident, or those that wait, all of them or behind one limit.

    The first `after` responses are left out, because an earlier answer contains them.
    """

    incident: str = ""
    limit: str = ""
    after: int = 0


def request_document(body: object, *known: str) -> Document:
    """Read a request. Raises BadInput for an unknown field: a misspelled `dry_run` must change nothing."""
    return Document.of(body).only(*known)


def within(policy: Policy, ref: Ref) -> None:
    """Raise Forbidden for a subject outside the scope."""
    if outside := policy.outside(ref):
        raise Forbidden(outside)


def check_actor(arn: str) -> str:
    """Return the caller's ARN. Raises Forbidden if there is none."""
    if not arn.startswith("arn:") or not arn.isprintable() or len(arn) > LONGEST_ACTOR:
        raise Forbidden("the caller is unknown: an IAM principal must sign the request")
    return arn


def check_reason(reason: str) -> str:
    """Return the reason. Raises BadInput for an empty, long or unprintable one."""
    if not reason.strip():
        raise BadInput("reason", "is required; it is recorded in the audit log")
    if len(reason) > LONGEST_REASON:
        raise BadInput("reason", f"must be at most {LONGEST_REASON} characters long, not {len(reason)}")
    if not reason.isprintable():
        raise BadInput("reason", "must be one line without control characters", reason)
    return reason
