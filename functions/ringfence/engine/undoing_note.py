"""Explain what Ringfence does about a call that can undo a containment. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.cloudtrail.parser.undoing import undoing_of
from ringfence.events.envelope import Envelope, NotForUs
from ringfence.model.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ringfence.model.runbook import Runbook


def undoing_note(event: object, runbooks: Iterable[Runbook]) -> tuple[tuple[str, ...], str]:
    """Return the runbooks that verify their open incidents after a call, and that in words. Empty if none.

    Without AWS, nobody knows which incidents are open.
    """
    try:
        envelope = Envelope.of(event)
        concerned = [one for one in runbooks if one.undone_by and _can_undo(envelope, one)]
    except BadInput:
        return (), ""
    ids = tuple(one.id for one in concerned)
    if not ids:
        return (), ""
    return ids, (
        "the call can undo a containment: Ringfence verifies each open contained incident of "
        f"{' and '.join(ids)} that recorded a name in this call; otherwise it ignores the call and records "
        "nothing"
    )


def _can_undo(envelope: Envelope, runbook: Runbook) -> bool:
    return not isinstance(undoing_of(envelope, (runbook,)), NotForUs)
