"""What answers the findings of rules: requests for the findings API, and the policy's `mappings`. Pure."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from ringfence.events.sent.form import MOST_FINDINGS
from ringfence.insights.activity.detection import PRODUCT, TYPE
from ringfence.policy.mappings import NOTIFY, REPORTS
from ringfence.runbooks.catalogue import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ringfence.insights.activity.detection import Detection
    from ringfence.insights.activity.rule import Rule

_HEAD = "mappings:\n"


def requests(found: Iterable[Detection]) -> Iterator[dict[str, object]]:
    """Yield requests of the findings API, each with as many findings as it accepts.

    What is about no resource is left out.
    """
    left = iter([one for one in found if one.subjects])
    while some := list(islice(left, MOST_FINDINGS)):
        yield {"findings": [one.finding() for one in some]}


def mappings_text(rules: Iterable[Rule]) -> str:
    """Return the section `mappings` of a policy in which each rule's runbook answers its findings.

    A rule that a person must decide on leads to a notice. So does a rule whose runbook already answers the
    event of the call itself.
    """
    lines = (
        f'  - {{product: {PRODUCT}, finding: "{TYPE}{one.id}", runbook: {_mapped(one)}}}\n' for one in rules
    )
    return "".join((_HEAD, *lines))


def answers_event(rule: Rule) -> bool:
    """Return whether the runbook answers the event of the call itself, and not findings like this one."""
    return not CATALOGUE[rule.runbook].can_be_mapped


def _mapped(rule: Rule) -> str:
    return NOTIFY if rule.runbook == REPORTS or answers_event(rule) else rule.runbook
