"""What the recorded findings say of a subject beside its key: the user of an access key, for example. Pure.

Messages and the list of containments contain the key alone. A user that was renamed, or whose access key was
deleted, can only be found by what the finding said.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from ringfence.model.kinds import parse_key
from ringfence.record.facts import DecisionMade, FindingReceived

if TYPE_CHECKING:
    from ringfence.model.subject import Ref
    from ringfence.record.history import History


def reported(ref: Ref, history: History) -> Ref:
    """Return the subject as the findings that were acted on name it. Unchanged if it already says more.

    An entry whose origin is not proved adds nothing: an intruder could name anybody in it.
    """
    if ref != parse_key(ref.key):
        return ref
    unproved = frozenset(history.proof.unproved)
    history = replace(history, entries=tuple(one for one in history.entries if one.seq not in unproved))
    acted_on = {made.finding for made in history.of(DecisionMade) if made.decision.mode.changes}
    named = [
        one
        for received in history.of(FindingReceived)
        if received.finding.id in acted_on
        for one in received.finding.subjects
        if one.key == ref.key
    ]
    return max((ref, *named), key=_details)


def _details(ref: Ref) -> int:
    return sum(1 for value in asdict(ref).values() if value)
