"""Read the results that AWS Config has of the rules that are answered, as the events that it sent for them.

An event is sent when a result changes. So only results that were recorded in the time of a look count. Rules
are listed first, and each one that has wrong resources is read in pages. Results come in no order. A rule
that only has the name of a managed rule could use up the pages of a look. So beyond the first page of the
first rules, only managed rules are read. The runbook asks the same before its first change.

https://docs.aws.amazon.com/config/latest/APIReference/API_DescribeComplianceByConfigRule.html
https://docs.aws.amazon.com/config/latest/APIReference/API_DescribeConfigRules.html
https://docs.aws.amazon.com/config/latest/APIReference/API_GetComplianceDetailsByConfigRule.html
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from ringfence.events.config.names import identifier, managed_name
from ringfence.events.config.trigger import DETAIL_TYPE, NON_COMPLIANT, SOURCE
from ringfence.events.envelope import parse_json
from ringfence.events.fields import text_if_valid
from ringfence.events.made import event
from ringfence.model.call import CLOSED, Call, Failed, Permission
from ringfence.model.document import Document
from ringfence.model.frozen import frozen
from ringfence.model.rule_confirmation import NO_RULE, PREFIX, ManagedRule, is_managed
from ringfence.model.sweep import Page, Sweep
from ringfence.policy.sweeps import CONFIG

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ringfence.model.call import SansIO
    from ringfence.model.place import Place
    from ringfence.model.sweep import Window

RESULTS = "results"
MOST = 100
"""Results of a page: the limit of the API."""
PAGES = 200
"""Pages of a look at an account and region: 20,000 results, and the lists of rules."""
FIRST_LOOK = timedelta(days=1)
MOST_NAMES = 25
"""Rules that one call describes: the limit of the API."""
UNASKED = 25
"""Rules of a look whose first page is read without asking whether they are the managed ones."""
PERMISSIONS = (
    Permission("config:DescribeComplianceByConfigRule", ("*",), reason="every rule is listed"),
    Permission(
        "config:GetComplianceDetailsByConfigRule",
        ("arn:aws:config:{region}:{account}:config-rule/*",),
        reason="AWS Config generates the ids of rules",
    ),
    *ManagedRule.permissions,
)
Answered = Callable[[str], str]
"""Returns the identifier that a rule of that name must have. Empty: its results are not answered."""


def answered(types: frozenset[str], own: Mapping[str, str]) -> Answered:
    """Return which rules' results are answered, and which managed rules they must be.

    Parameters
    ----------
    types
        The finding types that the runbooks answer.
    own
        The policy's own names of rules, each with the name of the managed rule.
    """

    def managed(rule: str) -> str:
        name = own.get(rule, managed_name(rule))
        return identifier(name) if PREFIX + name in types else ""

    return managed


def sweep(is_answered: Answered) -> Sweep:
    """Return the sweep."""
    return Sweep(CONFIG, (RESULTS,), partial(page, is_answered), PAGES, FIRST_LOOK, {})


@frozen
class _Left:
    """What is left of a look: rules that have still to be read, and the tokens of the two lists.

    `unasked` are those of the rules that are not known to be managed ones. `begun` counts them in the look.
    """

    rules: tuple[str, ...] = ()
    listed: str = ""
    details: str = ""
    unasked: tuple[str, ...] = ()
    begun: int = 0

    @classmethod
    def of(cls, token: str) -> _Left:
        given = Document.of(parse_json(token))
        listed, details = (given.optional_text(name) or "" for name in ("listed", "details"))
        return cls(given.texts("rules"), listed, details, given.texts("unasked"), given.integer("begun"))

    @property
    def token(self) -> str:
        """The text of it. Empty if nothing is left."""
        if not self.rules and not self.listed:
            return ""
        return json.dumps({one.name: getattr(self, one.name) for one in fields(self)})

    @property
    def next_rule(self) -> _Left:
        """What is left after the first of the rules."""
        return replace(self.confirmed, rules=self.rules[1:], details="")

    @property
    def confirmed(self) -> _Left:
        """The same, with the first of the rules known to be a managed one."""
        return replace(self, unasked=tuple(one for one in self.unasked if one != self.rules[0]))


def page(is_answered: Answered, place: Place, _strand: str, window: Window, token: str) -> SansIO[Page]:
    """Read a page of results, or a page of rules if the results of all rules were read."""
    left = _Left.of(token) if token else _Left()
    if left.rules:
        return (yield from _results(is_answered, place, left, window))
    return (yield from _rules(is_answered, left))


def _rules(is_answered: Answered, left: _Left) -> SansIO[Page]:
    asked: dict[str, object] = {"ComplianceTypes": [NON_COMPLIANT]}
    if left.listed:
        asked["NextToken"] = left.listed
    (listed,) = yield (Call("config", "DescribeComplianceByConfigRule", asked, expected=CLOSED),)
    if isinstance(listed, Failed):
        return Page()
    names = (text_if_valid(one, "ConfigRuleName") for one in listed.children("ComplianceByConfigRules"))
    named = {name: meant for name in names if name and (meant := is_answered(name))}
    following, begun = listed.optional_text("NextToken") or "", left.begun + len(named)
    if begun <= UNASKED:
        return Page(token=_Left(tuple(named), following, unasked=tuple(named), begun=begun).token)
    rules = yield from _managed(named)
    return Page(token=_Left(rules, following, begun=left.begun).token)


def _managed(named: Mapping[str, str]) -> SansIO[tuple[str, ...]]:
    """Return the rules that are the managed ones that their names mean.

    If one was deleted since it was listed, all of its call are returned: each is then read by itself.
    """
    names = tuple(named)
    parts = [names[start : start + MOST_NAMES] for start in range(0, len(names), MOST_NAMES)]
    if not parts:
        return ()
    answers = yield tuple(
        Call("config", "DescribeConfigRules", {"ConfigRuleNames": list(part)}, expected=NO_RULE)
        for part in parts
    )
    found: list[str] = []
    for part, answer in zip(parts, answers, strict=True):
        if isinstance(answer, Failed):
            found += part
            continue
        rules = {text_if_valid(one, "ConfigRuleName"): one for one in answer.children("ConfigRules")}
        found += [name for name in part if name in rules and is_managed(rules[name], named[name])]
    return tuple(found)


def _results(is_answered: Answered, place: Place, left: _Left, window: Window) -> SansIO[Page]:
    rule = left.rules[0]
    asked: dict[str, object] = {"ConfigRuleName": rule, "ComplianceTypes": [NON_COMPLIANT], "Limit": MOST}
    if left.details:
        asked["NextToken"] = left.details
    (got,) = yield (Call("config", "GetComplianceDetailsByConfigRule", asked, expected=NO_RULE),)
    if isinstance(got, Failed):
        return Page(token=left.next_rule.token)
    results = tuple(got.children("EvaluationResults"))
    following = got.optional_text("NextToken")
    if following and rule in left.unasked and not (yield from _managed({rule: is_answered(rule)})):
        return Page(token=left.next_rule.token, read=len(results))
    after = replace(left.confirmed, details=following) if following else left.next_rule
    return Page(tuple(_events(place, results, window)), after.token, len(results))


def _events(place: Place, results: tuple[Document, ...], window: Window) -> Iterator[Mapping[str, object]]:
    for one in results:
        at = one.value.get("ResultRecordedTime")
        if isinstance(at, datetime) and at >= window.since:
            yield _event(place, one, at.astimezone(UTC).isoformat())


def _event(place: Place, result: Document, at: str) -> Mapping[str, object]:
    named = result.child("EvaluationResultIdentifier").child("EvaluationResultQualifier")
    detail = {
        "configRuleName": named.text("ConfigRuleName"),
        "awsAccountId": place.account,
        "awsRegion": place.region,
        "resourceType": named.text("ResourceType"),
        "resourceId": named.text("ResourceId"),
        "newEvaluationResult": {"complianceType": NON_COMPLIANT, "resultRecordedTime": at},
    }
    return event((SOURCE, DETAIL_TYPE), (place.account, place.region), at, detail)
