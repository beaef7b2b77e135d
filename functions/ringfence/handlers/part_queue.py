"""Handle a message of a queue for parts of a look: those of sweeps and of scheduled scans."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.handlers.parts import part_of
from ringfence.model.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from ringfence.engine.again import Again
    from ringfence.engine.intake import ExecutionContext
    from ringfence.engine.ports import Clock
    from ringfence.handlers.parts import Part
    from ringfence.handlers.proof import Proof

    Work = Callable[[Part, datetime], None]
    Handle = Callable[[str, ExecutionContext, Proof], tuple[Again, ...]]


def parts_handled(work: Work, names: str | Collection[str], kinds: Collection[str], clock: Clock) -> Handle:
    """Return what handles a message of a queue.

    Nothing is read or sent before the proof that the message came by the queue.

    Parameters
    ----------
    work
        Handles a part, and begins nothing after a time.
    names
        The id of the scans, or the names of the sweeps.
    kinds
        The kinds of look that the queue is for.
    clock
        The current time.

    Returns
    -------
    Handle
        It raises BadInput, Forged and Retryable.
    """

    def handle(body: str, execution: ExecutionContext, proof: Proof) -> tuple[Again, ...]:
        part = part_of(body, names, clock(), kinds)
        proof.check()
        if part is None:
            raise BadInput("part", f"must be {' or '.join(kinds)}")
        work(part, execution.until)
        return ()

    return handle
