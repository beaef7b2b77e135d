"""By hand: what operators may ask for, and who may ask. Pure.

`operation_requests` reads it from what they send, `operation_answers` says how it is answered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringfence.model.call import Permission
from ringfence.model.errors import BadInput, Refused

if TYPE_CHECKING:
    from ringfence.engine.requests import ResponseRequest
    from ringfence.model.subject import Ref
    from ringfence.policy.decision import Policy
    from ringfence.record.chain import ChainKey
    from ringfence.record.facts import RunRequested

RUNS, RELEASES, STATUS = "/runs", "/releases", "/status"
ROUTES = (RUNS, RELEASES, STATUS)
"""What an operator may POST to; there is nothing else."""
QUEUES = "RINGFENCE_CONTINUATION_QUEUE_URLS"
"""The variable that holds the runbooks' second queues: a JSON object, runbook's id → URL."""
FIND_PERMISSIONS = (Permission("dynamodb:Query", ("{audit_table}/index/incidents",)),)
"""What a release by the incident's id alone needs besides the log; the index is keyed by month."""
LONGEST_REASON = 500
LONGEST_ACTOR = 2048
"""Characters of the longest ARN that STS deals in.

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
"""


class Forbidden(Refused):
    """The caller is not known, or the subject is not in the policy's scope."""


@dataclass(frozen=True)
class RunRequest:
    """A run that was asked for. `whole`: it contains, because the first stage is part of it."""

    response_request: ResponseRequest
    whole: bool

    @property
    def dry_run(self) -> bool:
        """Whether nothing may be changed."""
        return self.response_request.decision is None or not self.response_request.decision.mode.changes


@dataclass(frozen=True)
class ReleaseRequest:
    """A release that was asked for; `key` is None for every response to the incident.

    `plans` are the digests of those that were agreed to; None where nobody looked.
    """

    incident: str
    key: ChainKey | None
    request: RunRequested
    skip_drifted: bool
    plans: tuple[str, ...] | None = None


@dataclass(frozen=True)
class StatusQuery:
    """How a response stands, in lines from entry number `after` on; as to `only` these, or all."""

    key: ChainKey
    after: int = 0
    only: tuple[str, ...] = ()


def within(policy: Policy, ref: Ref) -> None:
    """Raise Forbidden for a subject that is never touched."""
    if outside := policy.outside(ref):
        raise Forbidden(outside)


def check_actor(arn: str) -> str:
    """Return the caller's ARN; raises Forbidden where there is none."""
    if not arn.startswith("arn:") or not arn.isprintable() or len(arn) > LONGEST_ACTOR:
        raise Forbidden("the caller is unknown: an IAM principal must sign the request")
    return arn


def check_reason(reason: str) -> str:
    """Return the reason; raises BadInput for an empty, long or unprintable one."""
    if not reason.strip():
        raise BadInput("reason", "is required; it is recorded in the audit log")
    if len(reason) > LONGEST_REASON:
        raise BadInput("reason", f"must be at most {LONGEST_REASON} characters long, not {len(reason)}")
    if not reason.isprintable():
        raise BadInput("reason", "must be one line without control characters", reason)
    return reason
