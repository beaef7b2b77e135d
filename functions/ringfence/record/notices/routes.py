"""Routes of notices: which topic gets which notice. Pure.

Every notice goes to the topic for notices in any case. A route sends it to one more topic.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from ringfence.model.errors import BadInput
from ringfence.model.frozen import frozen
from ringfence.record.notices.kinds import NoticeKind, Urgency

if TYPE_CHECKING:
    from ringfence.model.document import Document

ALARM = "alarm"
"""The kind of a message of a CloudWatch alarm. Such an alarm is urgent when it rings."""
FIELDS = ("name", "urgency", "severity", "kinds", "runbooks", "accounts")
MOST = 10
_NAME = re.compile(r"[a-z][a-z0-9-]{0,29}")
_HIGHEST = 10


@frozen
class Route:
    """One route. An empty condition is always met.

    Attributes
    ----------
    name : str
        Its name. Its topic is named after it.
    urgency, kinds, accounts : tuple of str
        One of these urgencies, kinds of notices and accounts.
    severity : float
        The lowest severity.
    runbooks : tuple of str
        Globs over the ids of runbooks.
    """

    name: str
    urgency: tuple[str, ...] = ()
    severity: float = 0
    kinds: tuple[str, ...] = ()
    runbooks: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()

    def takes(self, form: Document) -> bool:
        """Return whether a notice, in its machine-readable form, goes this way. Raises BadInput."""
        severity = form.number("severity") if form.has("severity") else 0
        runbook = form.optional_text("runbook") or ""
        one_of = (("urgency", self.urgency), ("kind", self.kinds), ("account", self.accounts))
        return (
            severity >= self.severity
            and (not self.runbooks or any(fnmatchcase(runbook, glob) for glob in self.runbooks))
            and all(not known or form.optional_text(name) in known for name, known in one_of)
        )

    @property
    def as_json(self) -> dict[str, object]:
        """It as `route_of` reads it."""
        found = {name: getattr(self, name) for name in FIELDS}
        return {name: list(one) if isinstance(one, tuple) else one for name, one in found.items()}


def routes_of(document: Document, key: str) -> tuple[Route, ...]:
    """Read the list of routes at a key. Raises BadInput that names the field."""
    found = tuple(route_of(one) for one in document.children(key))
    if len({one.name for one in found}) < len(found):
        raise BadInput(document.at(key), "must have a different name for each route")
    if len(found) > MOST:
        raise BadInput(document.at(key), f"must have at most {MOST} routes", len(found))
    return found


def route_of(given: Document) -> Route:
    """Read one route. Raises BadInput that names the field."""
    name = given.only(*FIELDS).text("name")
    if not _NAME.fullmatch(name):
        raise BadInput(given.at("name"), "must be small letters, digits and hyphens, at most 30", name)
    severity = given.number("severity") if given.has("severity") else 0
    if not 0 <= severity <= _HIGHEST:
        raise BadInput(given.at("severity"), f"must be a number from 0 to {_HIGHEST}", severity)
    return Route(
        name,
        _among(given, "urgency", tuple(Urgency)),
        severity,
        _among(given, "kinds", (*(one.code for one in NoticeKind), ALARM)),
        given.texts("runbooks"),
        given.texts("accounts"),
    )


def _among(given: Document, key: str, known: tuple[str, ...]) -> tuple[str, ...]:
    found = given.texts(key)
    for one in found:
        if one not in known:
            raise BadInput(given.at(key), f"must be of {', '.join(known)}", one)
    return found


def alarm_form(ringing: bool) -> dict[str, object]:  # noqa: FBT001 - the state of the alarm
    """Return the form by which routes select the message of a CloudWatch alarm."""
    return {"kind": ALARM, "urgency": (Urgency.URGENT if ringing else Urgency.INFORMATION).value}
