"""Settings of a trail that record less than its baseline, and the wanted settings. Pure.

Stronger settings stay. In doubt a difference counts as weaker. An owner who wants it releases the incident,
or exempts the trail in the policy.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen
from ringfence.observations.logging.coverage import uncovered
from ringfence.observations.logging.selectors import AdvancedSelector, BasicSelector, Selectors
from ringfence.observations.logging.trails import TrailOptions, TrailSetup, account_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MOST_BASIC, MOST_RESOURCES, MOST_VALUES = 5, 250, 500
"""What a trail may have: basic selectors, resources in them, values in the conditions of advanced ones.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html
"""


@frozen
class Aspect:
    """Options of a trail that are put back together. `weaker` compares the baseline's with the present."""

    id: str
    fields: tuple[str, ...]
    words: str
    weaker: Callable[[TrailOptions, TrailOptions, str], bool]

    def of(self, options: TrailOptions) -> tuple[object, ...]:
        """Return the values of the options."""
        return tuple(getattr(options, field) for field in self.fields)

    def put(self, options: TrailOptions, source: TrailOptions) -> TrailOptions:
        """Return the options with these taken from the source."""
        return replace(options, **dict(zip(self.fields, self.of(source), strict=True)))  # type: ignore[arg-type]  # of the same class


def _off(field: str) -> Callable[[TrailOptions, TrailOptions, str], bool]:
    return lambda before, now, _: bool(getattr(before, field)) and not getattr(now, field)


def _elsewhere(*fields: str) -> Callable[[TrailOptions, TrailOptions, str], bool]:
    """Not there any more, or another one: nobody looks there."""
    return lambda before, now, _: any(
        getattr(before, field) and getattr(before, field) != getattr(now, field) for field in fields
    )


def _other_key(before: TrailOptions, now: TrailOptions, account: str) -> bool:
    """Another key, or none; or where there was none, one that somebody else may take away."""
    return before.key != now.key and bool(before.key or account_in(now.key) not in {"", account})


ASPECTS = (
    Aspect(
        "destination",
        ("bucket", "prefix"),
        "its logs are delivered to another bucket",
        lambda before, now, _: (before.bucket, before.prefix) != (now.bucket, now.prefix),
    ),
    Aspect(
        "regions",
        ("multi_region", "global_events"),
        "it no longer records every region or global services",
        lambda before, now, _: (
            (before.multi_region and not now.multi_region) or (before.global_events and not now.global_events)
        ),
    ),
    Aspect(
        "organization",
        ("organization",),
        "it no longer records the organization's accounts",
        _off("organization"),
    ),
    Aspect("validation", ("validation",), "its log files can no longer be validated", _off("validation")),
    Aspect(
        "log-group",
        ("log_group", "log_role"),
        "it no longer writes to its CloudWatch log group",
        _elsewhere("log_group", "log_role"),
    ),
    Aspect("key", ("key",), "its logs are no longer encrypted with its KMS key", _other_key),
    Aspect("topic", ("topic",), "it no longer notifies its SNS topic of log files", _elsewhere("topic")),
    Aspect("recursive", ("recursive",), "it no longer records its own deliveries", _off("recursive")),
)
"""Every option of a trail, in the order in which they are put back."""


def aspect(id_: str) -> Aspect:
    """Return the aspect of that id."""
    return next(one for one in ASPECTS if one.id == id_)


def weaker(before: TrailSetup, now: TrailSetup, account: str) -> tuple[str, ...]:
    """Say in words what is weaker than before; nothing where nothing is. `account` is the trail's."""
    return tuple(_weaker(before, now, account))


def _weaker(before: TrailSetup, now: TrailSetup, account: str) -> Iterator[str]:
    for one in ASPECTS:
        if one.weaker(before.options, now.options, account):
            yield one.words
    if uncovered(before.selectors, now.selectors):
        yield "its event selectors record less than before"
    if before.insights - now.insights:
        yield "its Insights selectors detect less than before"


def restored(before: TrailSetup, now: TrailSetup, account: str) -> TrailSetup:
    """Return the wanted settings of the trail: the current ones, or stronger old ones."""
    options = now.options
    for one in ASPECTS:
        if one.weaker(before.options, now.options, account):
            options = (
                _regions(before.options, options) if one.id == "regions" else one.put(options, before.options)
            )
    return TrailSetup(
        options,
        restored_selectors(before.selectors, now.selectors),
        now.insights | before.insights,
        now.tags,
    )


def _regions(before: TrailOptions, now: TrailOptions) -> TrailOptions:
    """Keep what either has: a trail of one region may have become one of all, without what is global."""
    return replace(
        now,
        multi_region=before.multi_region or now.multi_region,
        global_events=before.global_events or now.global_events,
    )


def restored_selectors(before: Selectors, now: Selectors) -> Selectors:
    """Return selectors that record all that was recorded, and what is beyond it now where there is room."""
    if not uncovered(before, now):
        return now
    both = before | uncovered(now, before)
    return both if _fits(both) else before


def _fits(selectors: Selectors) -> bool:
    basic = [one for one in selectors if isinstance(one, BasicSelector)]
    advanced = [one for one in selectors if isinstance(one, AdvancedSelector)]
    resources = sum(len(resource.values) for one in basic for resource in one.resources)
    values = sum(condition.values() for one in advanced for condition in one.conditions)
    return (
        not (basic and advanced)
        and len(basic) <= MOST_BASIC
        and resources <= MOST_RESOURCES
        and values <= MOST_VALUES
    )
