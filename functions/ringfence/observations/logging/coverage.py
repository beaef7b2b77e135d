"""Whether some event selectors record everything that others do. Pure; in doubt the answer is no.

A selector is a set of events: conditions on their fields, all of which hold. A field's values are patterns
that select, any of which fits, and patterns that exclude, none of which does. Basic selectors are written
in the same way.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-data-events-with-cloudtrail.html
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen
from ringfence.observations.logging.selectors import ALL, READ, BasicSelector, Condition

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ringfence.observations.logging.selectors import DataResource, Selector, Selectors

IS, STARTS, ENDS = "is", "starts", "ends"
CATEGORY, READ_ONLY = "eventCategory", "readOnly"
MANAGEMENT, DATA = "Management", "Data"
MOST_PARTS = 1024
"""In how many parts a selector is held against the others at most; more of them are held as one."""
_BY_PREFIX = "AWS::S3::Object"
_ARN_PARTS = 6


@frozen
class Pattern:
    """Texts: one of them, those that begin or those that end in some way."""

    kind: str
    text: str

    def covers(self, other: Pattern) -> bool:
        """Return whether it contains every text of the other."""
        if self == other or (self.kind != IS and not self.text):
            return True
        if self.kind == STARTS:
            return other.kind in {IS, STARTS} and other.text.startswith(self.text)
        return self.kind == ENDS and other.kind in {IS, ENDS} and other.text.endswith(self.text)

    def misses(self, other: Pattern) -> bool:
        """Return whether they certainly have no text in common."""
        if IS in {self.kind, other.kind}:
            one, many = (self, other) if self.kind == IS else (other, self)
            return not many.covers(one)
        return self.kind == other.kind and not self.covers(other) and not other.covers(self)


ANY = Pattern(STARTS, "")


@frozen
class Texts:
    """The values of a field: any that a pattern of `selected` has and none of `excluded` does."""

    selected: frozenset[Pattern] = frozenset({ANY})
    excluded: frozenset[Pattern] = frozenset()

    def within(self, other: Texts) -> bool:
        """Return whether every value here is certainly one of the other's."""
        left = (one for one in self.selected if not any(no.covers(one) for no in self.excluded))
        return all(
            any(yes.covers(one) for yes in other.selected)
            and all(no.misses(one) or any(own.covers(no) for own in self.excluded) for no in other.excluded)
            for one in left
        )


Scope = tuple[tuple[str, Texts], ...]
"""The events of one selector, or of a part of one: conditions on fields."""


def covers(selectors: Selectors, selector: Selector) -> bool:
    """Return whether everything that the selector records is certainly recorded by the others."""
    there = [scope for one in selectors for scope in scopes(one)]
    return all(
        any(_within(part, one) for one in there) for scope in scopes(selector) for part in _parts(scope)
    )


def uncovered(before: Selectors, now: Selectors) -> Selectors:
    """Return those of `before` of which something may not be recorded now."""
    return frozenset(one for one in before if one not in now and not covers(now, one))


def scopes(selector: Selector) -> Iterator[Scope]:
    """Yield the sets of events that a selector consists of."""
    if not isinstance(selector, BasicSelector):
        yield tuple(_texts(one) for one in selector.conditions)
        return
    rest = () if selector.read_write == ALL else ((READ_ONLY, _read_only(selector.read_write)),)
    if selector.management:
        sources = Texts(excluded=frozenset(Pattern(IS, one) for one in selector.excluded))
        yield ((CATEGORY, _exactly(MANAGEMENT)), ("eventSource", sources), *rest)
    for resource in selector.resources:
        if resource.values:
            kind = ("resources.type", _exactly(resource.type))
            yield ((CATEGORY, _exactly(DATA)), kind, ("resources.ARN", _arns(resource)), *rest)


def _exactly(*texts: str) -> Texts:
    return Texts(frozenset(Pattern(IS, one) for one in texts))


def _read_only(read_write: str) -> Texts:
    return _exactly("true" if read_write == READ else "false")


def _arns(resource: DataResource) -> Texts:
    """S3's values are beginnings of ARNs, the others' whole ones; what names no resource is every one."""
    kind = STARTS if resource.type == _BY_PREFIX else IS
    return Texts(frozenset(Pattern(kind, one) if _names_one(one) else ANY for one in resource.values))


def _names_one(arn: str) -> bool:
    parts = arn.split(":", _ARN_PARTS - 1)
    return len(parts) == _ARN_PARTS and bool(parts[-1])


def _texts(condition: Condition) -> tuple[str, Texts]:
    ways = ((IS, "equals"), (STARTS, "starts_with"), (ENDS, "ends_with"))
    selected = frozenset(Pattern(kind, text) for kind, name in ways for text in getattr(condition, name))
    excluded = frozenset(
        Pattern(kind, text) for kind, name in ways for text in getattr(condition, f"not_{name}")
    )
    return condition.field, Texts(selected or frozenset({ANY}), excluded)


def _within(part: Mapping[str, Texts], scope: Scope) -> bool:
    return all(part.get(field, Texts()).within(texts) for field, texts in scope)


def _parts(scope: Scope) -> Iterator[Mapping[str, Texts]]:
    """Cut a set of events by each pattern that selects: several selectors may share what one had."""
    fields = dict(_by_field(scope))
    if prod(len(texts.selected) for texts in fields.values()) > MOST_PARTS:
        yield fields
        return
    parts: list[dict[str, Texts]] = [{}]
    for field, texts in fields.items():
        alone = [Texts(frozenset({one}), texts.excluded) for one in _ordered(texts.selected)]
        parts = [{**part, field: one} for part in parts for one in alone]
    yield from parts


def _ordered(patterns: frozenset[Pattern]) -> list[Pattern]:
    return sorted(patterns, key=lambda one: (one.kind, one.text))


def _by_field(scope: Scope) -> Iterator[tuple[str, Texts]]:
    """Join conditions on one field. What is left out makes the set larger: on the safe side.

    Every management and data event says whether it only reads.
    """
    joined: dict[str, Texts] = {}
    for field, texts in scope:
        known = joined.get(field)
        joined[field] = Texts(known.selected, known.excluded | texts.excluded) if known else texts
    category = joined.get(CATEGORY, Texts()).selected
    if READ_ONLY not in joined and category <= {Pattern(IS, MANAGEMENT), Pattern(IS, DATA)}:
        joined[READ_ONLY] = _exactly("false", "true")
    yield from joined.items()
