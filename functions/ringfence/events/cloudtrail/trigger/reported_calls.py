"""The trigger of a table of calls that Ringfence only reports, and its patterns."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar, Protocol

from ringfence.events.cloudtrail.trigger.calls import DETAIL_TYPE, successful_and_not_ours
from ringfence.events.patterns import within_limit
from ringfence.model.frozen import frozen
from ringfence.model.kinds.finding import FindingRef

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ringfence.model.call import Permission
    from ringfence.model.finding import Finding

    Json = Mapping[str, object]


class ReportedCall(Protocol):
    """One call of a table."""

    @property
    def service(self) -> str:
        """The service, such as `events`."""
        ...

    @property
    def name(self) -> str:
        """The name of the call."""
        ...

    @property
    def type(self) -> str:
        """The finding type."""
        ...

    @property
    def event_name(self) -> object:
        """How CloudTrail's name of the call looks in an EventBridge pattern."""
        ...

    def detail(self) -> Json:
        """Return the other conditions of the pattern."""
        ...


@frozen
class ReportedCalls:
    """Successful calls of a table by others than Ringfence. Each table has its own class."""

    id: str
    types: tuple[str, ...]

    table: ClassVar[Mapping[tuple[str, str], ReportedCall]]
    permissions: ClassVar[tuple[Permission, ...]] = ()

    def patterns(self) -> tuple[Json, ...]:
        """Return EventBridge patterns within the size limit. No event matches two of them."""
        calls = [one for one in self.table.values() if one.type in self.types]
        return tuple(pattern for each in _alike(calls) for pattern in _patterns(each))

    def matches(self, finding: Finding) -> bool:
        """Return whether the finding is one of these calls."""
        return finding.type in self.types and any(isinstance(one, FindingRef) for one in finding.subjects)


def _alike(calls: Iterable[ReportedCall]) -> Iterator[list[ReportedCall]]:
    """Yield the calls that one pattern can match: of one service, with the same condition."""
    groups: dict[tuple[str, str], list[ReportedCall]] = {}
    for one in calls:
        groups.setdefault((one.service, json.dumps(one.detail())), []).append(one)
    return iter(groups.values())


def _patterns(calls: list[ReportedCall]) -> Iterator[Json]:
    service, condition = calls[0].service, calls[0].detail()
    by_name = {one.name: one.event_name for one in calls}

    def pattern(names: list[str]) -> Json:
        detail = {
            "eventSource": [f"{service}.amazonaws.com"],
            "eventName": [by_name[name] for name in names],
            **condition,
            **successful_and_not_ours(),
        }
        return {"source": [f"aws.{service}"], "detail-type": [DETAIL_TYPE], "detail": detail}

    return within_limit(by_name, pattern)
