"""What the stacks cost without any finding is not more than docs/costs.md says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.self_check.places import HOME_STACKS
from tests.support.costs import FORWARDS, HOME, Idle
from tests.support.synthesis import told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from stacks.settings import Settings
    from tests.support.synthesis import Template


def idle(templates: Iterable[Template]) -> Idle:
    found = list(templates)
    mappings = [one for each in found for one in each.all("AWS::Lambda::EventSourceMapping").values()]
    return Idle(
        keys=sum(len(one.all("AWS::KMS::Key")) for one in found),
        alarms=sum(len(one.all("AWS::CloudWatch::Alarm")) for one in found),
        queues=sum("Queue" in str(one["Properties"]["EventSourceArn"]) for one in mappings),
    )


def test_an_account_and_region_without_findings_costs_no_more_than_the_page_says(
    variant: Callable[[Settings], Mapping[str, Template]],
) -> None:
    templates = variant(told())
    home = idle(templates[name] for name in HOME_STACKS)
    assert 0 < home.keys <= HOME.keys
    assert 0 < home.alarms <= HOME.alarms
    assert 0 < home.queues <= HOME.queues
    (forward,) = (one for name, one in templates.items() if "Forward" in name)
    other = idle([forward])
    assert (other.keys, other.queues) == (FORWARDS.keys, FORWARDS.queues)
    assert other.alarms <= FORWARDS.alarms
