"""What a trail records: its event selectors, basic or advanced, and its Insights selectors.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_EventSelector.html
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AdvancedEventSelector.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from ringfence.model.codec import canonical, encode, value
from ringfence.model.step import counted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ringfence.model.document import Document

T = TypeVar("T")
ALL, READ, WRITE = "All", "ReadOnly", "WriteOnly"
OPERATORS = {
    "equals": "Equals",
    "starts_with": "StartsWith",
    "ends_with": "EndsWith",
    "not_equals": "NotEquals",
    "not_starts_with": "NotStartsWith",
    "not_ends_with": "NotEndsWith",
}
"""Operators of a condition, and CloudTrail's names for them."""


@value
class DataResource:
    """Resources of one type whose data events are recorded: by ARN, or by how it begins."""

    type: str
    values: frozenset[str]


@value
class BasicSelector:
    """Management events but for those of `excluded` sources, and data events of some resources."""

    read_write: str = ALL
    management: bool = True
    excluded: frozenset[str] = frozenset()
    resources: frozenset[DataResource] = frozenset()


@value
class Condition:
    """What a field of an event must be: any of what selects, and none of what excludes."""

    field: str
    equals: frozenset[str] = frozenset()
    starts_with: frozenset[str] = frozenset()
    ends_with: frozenset[str] = frozenset()
    not_equals: frozenset[str] = frozenset()
    not_starts_with: frozenset[str] = frozenset()
    not_ends_with: frozenset[str] = frozenset()

    def values(self) -> int:
        """Count what it names: CloudTrail limits that."""
        return sum(len(getattr(self, name)) for name in OPERATORS)


@value
class AdvancedSelector:
    """Events that meet every condition."""

    conditions: frozenset[Condition]
    name: str = ""


@value
class Insight:
    """A kind of unusual activity that is looked for in one category of events; empty for the default."""

    type: str
    category: str = ""

    @property
    def key(self) -> str:
        """Write it for a person."""
        return f"{self.type} of {self.category}" if self.category else self.type


Selector = BasicSelector | AdvancedSelector
Selectors = frozenset[Selector]
Insights = frozenset[Insight]

DEFAULT: Selectors = frozenset({BasicSelector()})
"""What a trail has that nobody chose for: every management event."""


def read_selectors(answer: Document) -> Selectors:
    """Return what GetEventSelectors answers."""
    advanced = frozenset(_advanced(one) for one in answer.children("AdvancedEventSelectors"))
    return advanced or frozenset(_basic(one) for one in answer.children("EventSelectors"))


def _basic(selector: Document) -> BasicSelector:
    return BasicSelector(
        read_write=selector.optional_text("ReadWriteType") or ALL,
        management=selector.flag("IncludeManagementEvents", default=True),
        excluded=frozenset(selector.texts("ExcludeManagementEventSources")),
        resources=frozenset(
            DataResource(one.text("Type"), frozenset(one.texts("Values")))
            for one in selector.children("DataResources")
        ),
    )


def _advanced(selector: Document) -> AdvancedSelector:
    return AdvancedSelector(
        frozenset(
            Condition(
                one.text("Field"),
                **{ours: frozenset(one.texts(theirs)) for ours, theirs in OPERATORS.items()},
            )
            for one in selector.children("FieldSelectors")
        ),
        selector.optional_text("Name") or "",
    )


def read_insights(answer: Document) -> Insights:
    """Return what GetInsightSelectors answers."""
    return frozenset(
        Insight(one.text("InsightType"), category)
        for one in answer.children("InsightSelectors")
        for category in one.texts("EventCategories") or ("",)
    )


def selector_parameters(selectors: Selectors) -> dict[str, object]:
    """Return the selectors as PutEventSelectors takes them, in one order."""
    basic = [_basic_parameters(one) for one in _ordered(selectors) if isinstance(one, BasicSelector)]
    advanced = [_advanced_parameters(one) for one in _ordered(selectors) if isinstance(one, AdvancedSelector)]
    return {"AdvancedEventSelectors": advanced} if advanced else {"EventSelectors": basic}


def _basic_parameters(selector: BasicSelector) -> dict[str, object]:
    return {
        "ReadWriteType": selector.read_write,
        "IncludeManagementEvents": selector.management,
        "ExcludeManagementEventSources": sorted(selector.excluded),
        "DataResources": [
            {"Type": one.type, "Values": sorted(one.values)} for one in _ordered(selector.resources)
        ],
    }


def _advanced_parameters(selector: AdvancedSelector) -> dict[str, object]:
    conditions = [
        {
            "Field": one.field,
            **{
                theirs: sorted(getattr(one, ours)) for ours, theirs in OPERATORS.items() if getattr(one, ours)
            },
        }
        for one in _ordered(selector.conditions)
    ]
    return {**({"Name": selector.name} if selector.name else {}), "FieldSelectors": conditions}


def insight_parameters(insights: Insights) -> list[dict[str, object]]:
    """Return the selectors as PutInsightSelectors takes them, in one order."""
    by_type: dict[str, list[str]] = {}
    for one in _ordered(insights):
        by_type.setdefault(one.type, []).extend([one.category] if one.category else [])
    return [
        {"InsightType": type_, **({"EventCategories": categories} if categories else {})}
        for type_, categories in by_type.items()
    ]


def formatted(selectors: Selectors) -> str:
    """Return all selectors in words, for a person who restores them manually."""
    kind = "advanced" if any(isinstance(one, AdvancedSelector) for one in selectors) else "basic"
    given = next(iter(selector_parameters(selectors).values()))
    return f"{counted(len(selectors), f'{kind} selector')}: {canonical(given)}"


def _ordered(items: Iterable[T]) -> list[T]:
    return sorted(items, key=lambda one: canonical(encode(one)))
