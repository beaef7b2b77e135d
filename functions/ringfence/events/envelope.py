"""The EventBridge envelope that all sources share, and its text form.

Shape: "AWS service event metadata" in the Amazon EventBridge documentation. The body of an SQS message from
a rule is the whole event.
"""

from __future__ import annotations

import hashlib
import json
from math import isfinite
from typing import TYPE_CHECKING, NoReturn

from ringfence.model.codec import canonical
from ringfence.model.document import Document
from ringfence.model.errors import BadInput
from ringfence.model.frozen import frozen
from ringfence.model.resource_names import UNKNOWN_HOME, Home

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ringfence.model.principals import Principal
    from ringfence.model.subject import Ref

CHOSEN = "ringfence:chosen"
"""The field beside `detail` in which the intake says that a person chose the finding: the mode, and why.

Only the intake can write it: EventBridge makes every other part of an envelope.
"""
WHOLE = "(document)"
"""The field name in errors about the whole document."""
MOST_LEVELS = 64
"""The maximum nesting. Services use a fraction of it, and it does not exhaust the stack."""
_NESTED = (dict, list)


@frozen
class NotForUs:
    """A valid event that no runbook answers, and the reason in words."""

    reason: str


@frozen
class About:
    """The subjects of a finding.

    `notify_only_reason`, `notify_only_reasons`, `suspects` and `urgent` are `Finding.advice`, `advices`,
    `suspects` and `urgent`.
    """

    subjects: tuple[Ref, ...]
    notify_only_reason: str = ""
    notify_only_reasons: tuple[tuple[str, str], ...] = ()
    suspects: tuple[str, ...] = ()
    urgent: bool = False

    @classmethod
    def of(cls, principals: Iterable[Principal], notify_only_reason: str = "") -> About:
        """Create it from principals, each once. The first statement about a principal counts."""
        once: dict[str, Principal] = {}
        for one in principals:
            once.setdefault(one.ref.key, one)
        advices = tuple((key, one.notify_only_reason) for key, one in once.items() if one.notify_only_reason)
        return cls(tuple(one.ref for one in once.values()), notify_only_reason, advices)


@frozen
class Envelope:
    """An event as EventBridge delivers it.

    `digest` is the SHA-256 of its canonical JSON. `home` is where Ringfence is deployed, and by whose roles.
    """

    source: str
    detail_type: str
    document: Document
    digest: str
    home: Home = UNKNOWN_HOME

    @classmethod
    def of(cls, event: object, digest: str = "", home: Home = UNKNOWN_HOME) -> Envelope:
        """Create it from an event. Raises BadInput that names `source` or `detail-type`.

        `digest`: that of the event, if it is known.
        """
        if too_deep(event):
            raise BadInput(WHOLE, f"is nested deeper than {MOST_LEVELS} levels")
        document = Document.of(event)
        try:
            digest = digest or digest_of(event)
        except (TypeError, ValueError) as error:
            raise BadInput(WHOLE, "must be JSON data") from error
        return cls(document.text("source"), document.text("detail-type"), document, digest, home)


def digest_of(event: object) -> str:
    """Return the SHA-256 of the canonical JSON of an event. Raises TypeError or ValueError for other data."""
    return hashlib.sha256(canonical(event).encode()).hexdigest()


def parse_json(text: str) -> object:
    """Read one JSON document. Raises BadInput that names the position of an error."""
    try:
        return json.loads(text, parse_constant=_no_number, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise bad_json(error) from error


def json_decoder() -> json.JSONDecoder:
    """Return what reads JSON as `parse_json` does. Its errors are those that `bad_json` takes."""
    return json.JSONDecoder(parse_constant=_no_number, parse_float=_finite)


def bad_json(error: ValueError | RecursionError) -> BadInput:
    """Return what is wrong with a JSON document."""
    if isinstance(error, json.JSONDecodeError):
        where = f"line {error.lineno} column {error.colno}"
        return BadInput(WHOLE, f"is not one complete JSON document: {error.msg} at {where}")
    if isinstance(error, RecursionError):
        return BadInput(WHOLE, "is nested too deeply")
    return BadInput(WHOLE, "contains a number that is too long")  # an integer with thousands of digits


def too_deep(event: object) -> bool:
    """Return whether data is nested deeper than `MOST_LEVELS`. No recursion measures it.

    Only objects and lists are followed: most members of an event are texts.
    """
    level = [event] if isinstance(event, _NESTED) else []
    for _ in range(MOST_LEVELS - 1):
        level = [child for item in level for child in _members(item) if isinstance(child, _NESTED)]
        if not level:
            return False
    return any(level)


def _members(item: object) -> Iterable[object]:
    if isinstance(item, dict):
        return item.values()
    return item if isinstance(item, list) else ()


def _no_number(name: str) -> NoReturn:
    raise BadInput(WHOLE, f"contains {name}, which is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise BadInput(WHOLE, "contains a number that is too large", text)
    return number
