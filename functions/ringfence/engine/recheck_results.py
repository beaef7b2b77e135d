"""A request to verify a contained incident again, and its result."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from datetime import datetime

    from ringfence.engine.intake import ExecutionContext
    from ringfence.engine.requests import ResponseRequest
    from ringfence.events.cloudtrail.parser.undoing import Undoing
    from ringfence.model.runbook import Runbook
    from ringfence.model.subject import Ref
    from ringfence.policy.policy import Policy


class Standing(StrEnum):
    """The result of a verification."""

    CONTAINED = "contained"
    UNWATCHED = "unwatched"
    """Nothing was read: no remediation of the incident declares calls that undo it."""
    BROKEN = "broken"
    UNCLEAR = "unclear"
    """Another execution acts, or something is settling or cannot be read now."""
    GONE = "gone"
    """The subject no longer exists, and nothing that Ringfence changed exists without it."""
    ENDED = "ended"
    """The incident was released or closed, a newer one exists, or the policy no longer covers the subject."""


@frozen
class RecheckRequest:
    """Verify `incident` of `ref` again.

    `cause`: the call that may have undone the containment. Then only that is judged which it can undo.
    """

    runbook: Runbook
    ref: Ref
    incident: str
    policy: Policy
    execution: ExecutionContext
    cause: Undoing | None = None


@frozen
class RecheckResult:
    """The result. `open` is what must be done again, and `names` are ids that were seen, in words.

    `answered`: `follows` contains the resource again. Otherwise a person must, and `reason` says why.
    `whole`: everything that is watched was seen, and not only what a call can undo. `complete`: no steps
    remained in any stage at the last verification of the whole runbook. `untold`: the time of
    the calls whose effect Ringfence may have removed without a report.
    """

    standing: Standing
    incident: str
    open: tuple[str, ...] = ()
    reason: str = ""
    answered: bool = False
    follows: ResponseRequest | None = None
    names: frozenset[str] = frozenset()
    whole: bool = True
    complete: bool = False
    untold: tuple[datetime, datetime] | None = None
