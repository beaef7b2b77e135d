"""A rule over CloudTrail's records: which calls it is about, and when they are suspicious. Declarations."""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from ringfence.events.matching import matches
from ringfence.insights.activity.selecting import CALLER
from ringfence.model.errors import BadInput
from ringfence.model.frozen import field_names, frozen, replace
from ringfence.model.suggestions import unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ringfence.insights.activity.selecting import Record

    Story = tuple[Record, ...]

SEVERITIES: Mapping[str, float] = MappingProxyType({"low": 2.0, "medium": 5.0, "high": 8.0, "critical": 9.5})
"""The severities, and their numbers on GuardDuty's scale."""
_DENIED = ("AccessDenied", "UnauthorizedOperation", "Client.UnauthorizedOperation")


class Outcome(StrEnum):
    """How a call ended."""

    SUCCEEDED = "succeeded"
    DENIED = "denied"
    ANY = "any"


@frozen
class Calls:
    """Recorded calls.

    Parameters
    ----------
    service
        The first part of the record's `eventSource`, such as `iam`. Empty: any service.
    names
        CloudTrail's names of the calls. Empty: any call.
    where
        Conditions on the record, as an EventBridge pattern for `detail`.
    outcome
        How the calls ended.
    also
        A further condition, if a pattern cannot express it.

    Examples
    --------
    >>> Calls("iam", ("CreateUser",)).pattern()["eventName"]
    ['CreateUser']
    """

    service: str
    names: tuple[str, ...] = ()
    where: Mapping[str, object] = field(default_factory=dict)
    outcome: Outcome = Outcome.SUCCEEDED
    also: Callable[[Record], bool] | None = None

    def pattern(self) -> dict[str, object]:
        """Return the conditions as an EventBridge pattern for `detail`, without `also`."""
        codes: list[object] = [{"exists": False}]
        if self.outcome is Outcome.DENIED:
            codes = [{"prefix": one} for one in _DENIED]
        return {
            **({"eventSource": [f"{self.service}.amazonaws.com"]} if self.service else {}),
            **({"eventName": list(self.names)} if self.names else {}),
            **({} if self.outcome is Outcome.ANY else {"errorCode": codes}),
            **self.where,
        }

    def match(self, record: Record) -> bool:
        """Return whether a record is of such a call. `errorCode` is absent in records without an error."""
        return matches(self.pattern(), record) and (self.also is None or self.also(record))


@frozen
class Once:
    """Each such call. Those of one caller on one resource within `minutes` are one finding."""

    calls: Calls
    by: tuple[str, ...] = (CALLER,)
    minutes: float = 60


@frozen
class Threshold:
    """At least `count` such calls within `minutes`, grouped by `by`.

    With `distinct`, only calls with different values of this selector count.
    """

    calls: Calls
    count: float
    minutes: float
    by: tuple[str, ...] = (CALLER,)
    distinct: str = ""


@frozen
class Sequence:
    """At least `least` calls of `first`, and then a call of `then`, all within `minutes`.

    `by` and `then_by` select what must be equal: `by` in the first calls, and `then_by` in the last one. It
    is the same as `by` if it is empty. With `differs`, this value must differ from that of each first call.
    With `distinct`, only first calls with different values of this selector count.
    """

    first: Calls
    then: Calls
    minutes: float
    by: tuple[str, ...] = (CALLER,)
    then_by: tuple[str, ...] = ()
    least: float = 1
    differs: str = ""
    distinct: str = ""


@frozen
class FirstSeen:
    """A new value of the selector `value`, after the group `by` was known for `days`."""

    calls: Calls
    value: str
    by: tuple[str, ...] = (CALLER,)
    days: float = 7


Detects = Once | Threshold | Sequence | FirstSeen
NUMBERS = ("count", "least", "minutes", "days")
"""The numbers of a rule that people can set."""


@frozen
class Target:
    """A resource that a record names: its kind, and the path to its id or ARN in the record."""

    kind: str
    path: str


@frozen
class Rule:
    """A rule with its examples.

    Parameters
    ----------
    id
        Lower case with hyphens.
    title
        What happened, in one line.
    technique
        The ATT&CK technique.
    severity
        One of `SEVERITIES`.
    detects
        When the rule finds something.
    runbook
        The runbook that answers, or `report-findings` if a person must decide.
    answer
        What a person should find out or do.
    hits, misses
        Examples: records that the rule must find, and records that it must not find.
    about
        The resources that the finding is about. Without one, it is about the caller.

    """

    id: str
    title: str
    technique: str
    severity: str
    detects: Detects
    runbook: str
    answer: str
    hits: tuple[Story, ...]
    misses: tuple[Story, ...]
    about: tuple[Target, ...] = ()

    @property
    def numbers(self) -> dict[str, float]:
        """The numbers that people can set, by name."""
        found = {name: getattr(self.detects, name, None) for name in NUMBERS}
        return {name: value for name, value in found.items() if isinstance(value, int | float)}

    def with_number(self, name: str, value: float) -> Rule:
        """Return the rule with another number. Raises BadInput if it has no such number."""
        if name not in self.numbers:
            raise unknown(self.id, name, self.numbers)
        if not value > 0:
            raise BadInput(f"{self.id}.{name}", "must be greater than 0", value)
        return replace(self, detects=_with(self.detects, name, value))


def _with(detects: Detects, name: str, value: float) -> Detects:
    fields = {field: getattr(detects, field) for field in field_names(type(detects))}
    return type(detects)(**{**fields, name: value})
