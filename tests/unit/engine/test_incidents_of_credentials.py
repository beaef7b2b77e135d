"""Reports of the same key join one incident, and one finding about two subjects is one incident."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.engine.intake import ExecutionContext, Skipped, answers
from ringfence.engine.ports import Ports
from ringfence.engine.run import Engine
from ringfence.events.guardduty.trigger.credentials import COMPROMISED_CREDENTIALS
from ringfence.local.samples import guardduty
from ringfence.local.samples import guardduty_callers as callers
from ringfence.local.samples.cloudtrail import OWN, attachment
from ringfence.local.samples.health import health_event
from ringfence.model.finding import Finding
from ringfence.model.kinds.access_key import AccessKeyRef
from ringfence.model.kinds.iam_user import UserRef
from ringfence.model.kinds.root import RootRef
from ringfence.model.observation import ResourceState
from ringfence.model.principals import ROOT
from ringfence.model.remediation import remediation
from ringfence.model.runbook import Runbook, Stage
from ringfence.model.subject import GLOBAL, PrincipalRef
from ringfence.policy.decision import Mode
from ringfence.policy.policy import Policy
from ringfence.record.chain import ChainKey
from ringfence.record.facts import DecisionMade, FindingReceived
from ringfence.record.status import IncidentStatus
from tests.support.fakes.memory_cloud import MemoryCloud
from tests.support.fakes.memory_log import MemoryLog
from tests.support.parsing import parse_text
from tests.support.samples.runbooks import CONTAIN
from tests.support.worlds import LEASE, Ticking

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.engine.results import ResponseResult
    from ringfence.model.incident import Incident
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref
    from ringfence.record.history import History

ACCOUNT = guardduty.ACCOUNT
KEY = AccessKeyRef(ACCOUNT, GLOBAL, guardduty.KEY)
USER = UserRef(ACCOUNT, GLOBAL, guardduty.USER)
ALL_AT_ONCE = [health_event(), callers.credentials_finding(), attachment(identity=OWN)]


@remediation(
    id="watch",
    title="Do nothing",
    subject=PrincipalRef,
    triggers=(COMPROMISED_CREDENTIALS,),
    observations=(),
    steps=(),
    references=(),
)
def watch(observed: ResourceState, incident: Incident) -> Iterator[Step]:
    """Plan nothing."""
    del observed, incident
    return iter(())


CREDENTIALS = Runbook(
    "contain-credentials", "Contain credentials", PrincipalRef, (Stage("cut", "Cut off", (watch,)),)
)


class Home:
    """An engine with a log, whose policy acts on everything in one account."""

    def __init__(self) -> None:
        self.clock = Ticking(datetime(2026, 3, 1, 12, 30, tzinfo=UTC))
        self.log = MemoryLog()
        self.policy = Policy((ACCOUNT,), default=Mode.AUTO)
        self._attempts = 0

    def receive(self, event: dict[str, Any], runbook: Runbook = CREDENTIALS) -> dict[str, ResponseResult]:
        """Answer an event as the function does; return the reports by subject."""
        self._attempts += 1
        body = json.dumps(event)
        finding = parse_text(body)
        assert isinstance(finding, Finding)
        execution = ExecutionContext(f"a-{self._attempts}", "test", self.clock() + LEASE)
        reports = {}
        for order in answers(finding, body, runbook, self.policy, execution):
            if not isinstance(order, Skipped):
                reports[order.ref.key] = self._engine(order.ref).respond(order)
        self.clock.tick(seconds=1)
        return reports

    def _engine(self, ref: Ref) -> Engine:
        cloud = MemoryCloud(ResourceState(ref), self.clock)
        return Engine(Ports(cloud, self.log, self.clock, lambda jobs: [job() for job in jobs]))

    def history(self, ref: Ref) -> History:
        return self.log.read(ChainKey(CREDENTIALS.id, ref.key))


@pytest.mark.parametrize("first", range(3))
def test_reports_of_the_same_key_from_several_sources_join_one_incident(first: int) -> None:
    home = Home()
    events = [*ALL_AT_ONCE[first:], *ALL_AT_ONCE[:first]]
    incidents = [home.receive(event)[KEY.key].incident for event in events]
    assert len(set(incidents)) == 1
    received = home.history(KEY).of(FindingReceived)
    assert [one.finding.source for one in received] == [event["source"] for event in events]


def test_reports_of_the_same_key_from_several_regions_join_one_incident() -> None:
    """Each region's GuardDuty has a finding of its own about a key that is used in both."""
    home = Home()
    elsewhere = guardduty.changed(callers.credentials_finding(), "detail.region", "us-east-1")
    elsewhere["detail"]["id"] = "another-finding"
    reports = [home.receive(one)[KEY.key] for one in (callers.credentials_finding(), elsewhere)]
    assert len({report.incident for report in reports}) == 1
    assert len(home.history(KEY).of(FindingReceived)) == 2


def test_a_copy_of_an_event_of_health_is_not_recorded_again() -> None:
    home = Home()
    home.receive(health_event())
    home.receive(health_event(region="us-west-2"))
    assert len(home.history(KEY).of(FindingReceived)) == 1


def test_a_quarantine_that_tells_the_key_is_one_incident_of_two_responses() -> None:
    reports = Home().receive(attachment(identity=OWN))
    assert set(reports) == {USER.key, KEY.key}
    assert len({report.incident for report in reports.values()}) == 1


def test_the_session_and_the_instance_are_one_incident() -> None:
    """Each runbook gets the finding in its own queue and answers for its own subject."""
    home = Home()
    (session,) = home.receive(callers.stolen_finding()).items()
    (instance,) = home.receive(callers.stolen_finding(), CONTAIN.narrowed(["isolate-instance"])).items()
    assert (session[0].split("/")[0], instance[0].split("/")[0]) == ("role-session", "instance")
    assert session[1].incident == instance[1].incident


def test_root_is_for_a_person_while_the_key_beside_it_is_contained() -> None:
    of_root = {"principalId": ACCOUNT, "userType": "Root", "userName": "Root"}
    root = RootRef(ACCOUNT, GLOBAL, "root")
    home = Home()
    actors = [callers.actor(of_root), callers.actor()]
    reports = home.receive(callers.credentials_sequence(actors, []))
    assert (reports[root.key].status, reports[KEY.key].status) == (
        IncidentStatus.RECORDED,
        IncidentStatus.COMPLETE,
    )
    (made,) = home.history(root).of(DecisionMade)
    assert (made.decision.mode, made.decision.reason) == (Mode.NOTIFY, ROOT)


def test_a_principal_of_an_account_outside_the_scope_is_left_alone() -> None:
    home = Home()
    home.policy = replace(home.policy, accounts=("444455556666",))
    assert home.receive(callers.credentials_sequence()) == {}
    foreign = [callers.actor(account="444455556666"), callers.actor()]
    (only,) = home.receive(callers.credentials_sequence(foreign, []))
    assert "/444455556666/" in only
