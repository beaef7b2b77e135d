"""Ringfence watches itself: its heartbeat, and who touches its resources."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from ringfence.events.heartbeat import DETAIL_TYPE, SOURCE
from ringfence.model.incident import incident_id
from ringfence.model.kinds.account import AccountRef
from ringfence.model.kinds.event_rule import EventRuleRef
from ringfence.record.chain import HEARTBEAT, ChainKey
from ringfence.record.deployment_facts import Heartbeat
from ringfence.record.facts import Result
from ringfence.record.tampering_facts import HistoryRejected
from ringfence.remediations.enable_event_rule import EnableEventRule
from tests.e2e.compliance import RESTORES
from tests.e2e.forgeries import FORGED, WRONG_MAC, forge
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


@pytest.mark.parametrize("when", ["today", "2099"])
def test_a_forged_heartbeat_is_told_as_urgent_and_the_next_one_is_recorded(
    compliance: Compliance, when: str
) -> None:
    """`today` is the entry after the newest one. `2099` is the id of an incident of a later day.

    The lease names the incident of today, so the one of 2099 is not obeyed and not even rejected.
    """
    world, local, inbox = compliance.world, compliance.world.local, Inbox(compliance.world)
    ref, began = AccountRef(local.account, local.region, local.account), datetime.now(UTC)
    newest = compliance.history(HEARTBEAT, ref)
    later = incident_id(datetime(2099, 1, 1, tzinfo=UTC), "forged")
    incident, after = (newest.incident, newest.head) if when == "today" else (later, None)
    forge(world, ChainKey(HEARTBEAT, ref.key), incident, (Heartbeat(1, ()),), after=after)
    compliance.put({"Source": SOURCE, "DetailType": DETAIL_TYPE, "Detail": "{}"})

    def recorded() -> bool:
        found = compliance.history(HEARTBEAT, ref)
        return any(
            entry.at > began and entry.mac != WRONG_MAC
            for entry, fact in found.facts
            if isinstance(fact, Heartbeat)
        )

    until(recorded, "the heartbeat is recorded", 300)
    found = compliance.history(HEARTBEAT, ref)
    assert found.incident < later
    assert (incident in {one.incident for one in found.of(HistoryRejected)}) == (when == "today")
    told = until(lambda: inbox.told(incident), "a person is told")
    assert any(FORGED in one for one in told), told
    assert all(one.startswith("[URGENT") for one in told), told


@pytest.mark.shows("enable-event-rule")
def test_a_rule_that_is_disabled_is_told_as_urgent_with_its_name_and_enabled_again(
    compliance: Compliance,
) -> None:
    inbox, events, local = Inbox(compliance.world), compliance.world.client("events"), compliance.world.local
    rules = events.list_rules(NamePrefix="Ringfence-Response-Heartbeat")["Rules"]
    (rule,) = [one["Name"] for one in rules]
    events.disable_rule(Name=rule)
    until(lambda: inbox.told("TAMPERING: events:DisableRule"), "a person was told")
    (subject,) = inbox.told("TAMPERING: events:DisableRule")
    assert subject.startswith("[URGENT, critical] decision needed: events:DisableRule/")
    history = compliance.over(RESTORES, EventRuleRef(local.account, local.region, rule))
    assert [type(one) for one in history.steps(Result.APPLIED)] == [EnableEventRule]
    assert events.describe_rule(Name=rule)["State"] == "ENABLED"


@pytest.mark.shows("enable-event-source-mapping")
@pytest.mark.shows("restore-concurrency")
def test_the_review_switches_on_what_was_switched_off_unheard(compliance: Compliance) -> None:
    """The local AWS records no call of Lambda's event source mappings."""
    functions, events = compliance.world.client("lambda"), compliance.world.client("events")
    name = "ringfence-harden-snapshot"
    (mapping,) = functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
    stranger = "Ringfence-Response-Of-A-Stranger"
    with compliance.silent(RESTORES):
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
        functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
        events.put_rule(Name=stranger, EventPattern='{"source": ["a"]}', State="DISABLED")
        compliance.review(RESTORES)
        until(lambda: state(compliance, mapping["UUID"]) == "Enabled", "the mapping is enabled")
        assert "ReservedConcurrentExecutions" not in functions.get_function_concurrency(FunctionName=name)
        assert events.describe_rule(Name=stranger)["State"] == "DISABLED"
    events.delete_rule(Name=stranger)


def state(compliance: Compliance, mapping: str) -> str:
    found: str = compliance.world.client("lambda").get_event_source_mapping(UUID=mapping)["State"]
    return found
