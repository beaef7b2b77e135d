"""What principals used, from files of CloudTrail or from its event history, as the options choose it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ringfence.cli.iam_history import History
    from ringfence.privileges.usage import Unknown, Use

    Found = tuple[Use | Unknown, ...]

LISTS = ("Records",)
"""The member of CloudTrail's log files that contains the records."""


@frozen
class Chosen:
    """Which calls count: of a principal, of services, in regions, and allowed to people in an environment.

    Empty: every call.
    """

    principal: str = ""
    services: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    environment: str = ""

    def has_service(self, service: str) -> bool:
        """Return whether calls of a service count."""
        return not self.services or service in self.services

    def refused(self, use: Use) -> str:
        """Return why a call does not count. Empty if it does."""
        from ringfence.privileges.generate import GLOBAL, allowed_in

        if self.regions and use.action.service not in GLOBAL and use.region not in self.regions:
            return f"called in {use.region}"
        if self.environment and not allowed_in(self.environment, use.action):
            return f"not for people in {self.environment}"
        return ""


def uses_of_files(paths: tuple[str, ...], chosen: Chosen, problems: list[str]) -> Iterator[Found]:
    """Yield what each record of some files shows. What cannot be read is added to `problems`."""
    from ringfence.cli.reading import taken

    return taken(paths, LISTS, _taker(chosen), problems)


def uses_of_history(history: History, chosen: Chosen, problems: list[str]) -> Iterator[Found]:
    """Yield what each record of the event history shows. What cannot be read is added to `problems`."""
    from ringfence.model.errors import BadInput

    take = _taker(chosen)
    for region, record in history.records(problems):
        try:
            found = take(record)
        except BadInput as error:
            problems.append(f"{region}: {error}")
            continue
        yield found


def _taker(chosen: Chosen) -> Callable[[object], Found]:
    from ringfence.model.document import Document
    from ringfence.privileges.usage import is_by, uses

    def take(document: object) -> Found:
        record = Document.of(document)
        # EventBridge delivers a record as the detail of an event.
        record = record.child("detail") if record.has("detail") else record
        return tuple(uses(record)) if not chosen.principal or is_by(record, chosen.principal) else ()

    return take


def counted_uses(each: Iterator[Found], chosen: Chosen, unknown: dict[Unknown, int]) -> Iterator[Use]:
    """Yield the calls that count. The others of the services are counted in `unknown`, with the reason."""
    from ringfence.privileges.usage import Unknown

    for one in (use for found in each for use in found):
        if isinstance(one, Unknown):
            left = one
        elif why := chosen.refused(one):
            left = Unknown(one.action.service, one.action.name, why)
        else:
            if chosen.has_service(one.action.service):
                yield one
            continue
        if chosen.has_service(left.service):
            unknown[left] = unknown.get(left, 0) + 1
