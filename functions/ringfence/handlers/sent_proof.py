"""Prove the sender of a sent finding, before anything follows from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.envelope import Envelope, parse_json
from ringfence.events.sent.sealed import sent_of
from ringfence.model.errors import Forged, Retryable
from ringfence.model.frozen import replace
from ringfence.record.seal import Origin

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ringfence.model.finding import Finding
    from ringfence.record.seal import SealKeys


def with_proven_senders(
    told: Iterable[Finding], body: str, keys: SealKeys, known: frozenset[str]
) -> tuple[Finding, ...]:
    """Return the findings of a message with proven senders. `known` are the labels of the deployment's keys.

    Raises Forged if the seal is not authentic: nobody can say who sent the finding. Raises Retryable without
    the key.
    """
    sent, seal = sent_of(Envelope.of(parse_json(body)).document.child("detail"))
    origin = keys.sent_origin(sent.covered, seal, known)
    if origin is Origin.UNCHECKED:
        raise Retryable(f"the seal of a sent finding cannot be checked now: {keys.missing}")
    if origin is not Origin.SEALED:
        raise Forged(f"the seal of a finding that {sent.sender} is said to have sent is wrong")
    return tuple(_proven(one) for one in told)


def _proven(finding: Finding) -> Finding:
    return replace(finding, claim=replace(finding.sent, proven=True)) if finding.sent else finding
