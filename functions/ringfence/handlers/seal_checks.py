"""Check the seals of an incident for people, who have no key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringfence.handlers.operator_types import request_document
from ringfence.model.errors import BadInput, RingfenceError
from ringfence.model.incident import check_incident
from ringfence.record.seal_check import check_seals

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from ringfence.handlers.operator_answers import Answer
    from ringfence.record.chain import ChainKey, Entry
    from ringfence.record.seal import SealKeys

LONGEST = 1000
"""The numbers in one list of an answer. A response has tens of entries, unless somebody else wrote them."""
MOST = 50
"""The responses in one answer."""


@dataclass(frozen=True)
class SealService:
    """Serves operators, releasers and auditors. Changes nothing.

    `find` returns every response to an incident, and `read` the entries of one, as they are stored. `keys`
    derives the keys, and `known` returns the labels of those that the deployment has.
    """

    find: Callable[[str], tuple[ChainKey, ...]]
    read: Callable[[ChainKey, str], Sequence[Entry]]
    keys: Callable[[], SealKeys]
    known: Callable[[], frozenset[str]]
    clock: Callable[[], datetime]

    def checked(self, body: object, until: datetime) -> Answer:
        """Return for each response which entries are sealed, unsealed, unchecked and forged.

        `more` are the responses that were not checked, because there are many or the time is over. Raises
        BadInput, and Retryable if the index cannot be read.
        """
        document = request_document(body, "incident")
        incident = check_incident(document.text("incident"))
        keys = self.find(incident)
        if not keys:
            raise BadInput("incident", "is not in the audit log", incident)
        done: list[Mapping[str, object]] = []
        for key in keys[:MOST]:
            if done and self.clock() >= until:
                break
            done.append(self._checked(key, incident))
        return {"incident": incident, "responses": done, "more": len(keys) - len(done)}

    def _checked(self, key: ChainKey, incident: str) -> Mapping[str, object]:
        """Check one response. An error is its result, and does not stop the others."""
        try:
            found = check_seals(key, self.read(key, incident), self.keys(), self.known())
        except RingfenceError as error:
            return {"chain": key.text, "problem": str(error)}
        lists = {
            "forged": found.forged,
            "unsealed": found.unsealed,
            "unchecked": found.unchecked,
            "sealed": found.sealed,
        }
        return {
            "chain": key.text,
            "missing": found.missing,
            "counts": {name: len(seqs) for name, seqs in lists.items()},
            **{name: list(seqs[:LONGEST]) for name, seqs in lists.items()},
        }
