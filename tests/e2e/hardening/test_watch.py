"""Ringfence watches itself: its heartbeat, and who touches its resources."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ringfence.events.heartbeat import DETAIL_TYPE, SOURCE
from ringfence.model.kinds.account import AccountRef
from ringfence.record.chain import HEARTBEAT
from ringfence.record.facts import Heartbeat
from tests.e2e.world import Inbox, until

if TYPE_CHECKING:
    from tests.e2e.compliance import Compliance

pytestmark = pytest.mark.e2e


def test_a_heartbeat_comes_through_every_link_and_is_archived(compliance: Compliance) -> None:
    """The metrics of the local AWS do not exist, so alarms are asserted on the template."""
    world, local = compliance.world, compliance.world.local
    ref = AccountRef(local.account, local.region, local.account)
    before = len(compliance.history(HEARTBEAT, ref).of(Heartbeat))
    compliance.put({"Source": SOURCE, "DetailType": DETAIL_TYPE, "Detail": "{}"})

    def recorded() -> bool:
        return len(compliance.history(HEARTBEAT, ref).of(Heartbeat)) > before

    until(recorded, "the heartbeat is recorded", 300)  # it starts every function at once
    verdict = world.deployment.archived(ref, runbook=HEARTBEAT)
    assert (verdict.sound, verdict.pending) == (True, ())
    world.quiet(
        "ringfence-heartbeat", "ringfence-contain-instance", "ringfence-contain-instance-continuation"
    )
    for name in (
        "ringfence-heartbeat",
        "ringfence-contain-instance",
        "ringfence-contain-instance-continuation",
    ):
        assert world.waiting(f"{name}-dead-letters") == 0


def test_a_rule_that_is_disabled_is_told_as_urgent_with_its_name(compliance: Compliance) -> None:
    inbox, events = Inbox(compliance.world), compliance.world.client("events")
    rules = events.list_rules(NamePrefix="Ringfence-Response-Heartbeat")["Rules"]
    (rule,) = [one["Name"] for one in rules]
    events.disable_rule(Name=rule)
    try:
        until(lambda: inbox.told("TAMPERING: events:DisableRule"), "a person was told")
    finally:
        events.enable_rule(Name=rule)
    (subject,) = inbox.told("TAMPERING: events:DisableRule")
    assert subject.startswith("Ringfence: URGENT, decision needed: events:DisableRule/")
    assert inbox.told(rule) == [subject]
