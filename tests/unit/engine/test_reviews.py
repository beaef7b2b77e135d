"""What is for a person keeps a response from being complete, and is looked at once more, not retried."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ringfence.engine.ports import Ports
from ringfence.engine.requests import ResponseRequest
from ringfence.engine.run import Engine
from ringfence.model.errors import Refused
from ringfence.model.observation import Observation, ResourceState
from ringfence.observations.iam.access_key import AccessKey, Key
from ringfence.observations.iam.denial import Denial
from ringfence.observations.iam.evidence import Grants, KeyUse
from ringfence.observations.iam.other_credentials import OtherCredentials
from ringfence.observations.iam.password import Password
from ringfence.observations.logging.trail import Trace, Trail
from ringfence.record.status import IncidentStatus
from ringfence.runbooks.contain_credentials import CONTAIN_CREDENTIALS
from tests.support.fakes.memory_cloud import MemoryCloud
from tests.support.fakes.memory_log import MemoryLog
from tests.support.followups import again, goes_on, later
from tests.support.strategies.credentials import DEPLOY, KEY, PERSON, RESERVED, ROOT, SESSION
from tests.support.worlds import Ticking, finding, order

if TYPE_CHECKING:
    from ringfence.engine.results import ResponseResult
    from ringfence.model.subject import PrincipalRef

RUNBOOK = CONTAIN_CREDENTIALS.chosen(())


class World:
    """One principal, and an engine for it."""

    def __init__(self, ref: PrincipalRef, denial: Denial, *traces: Trace) -> None:
        self.ref, self.clock, self.log = ref, Ticking(), MemoryLog()
        facets: tuple[Observation, ...] = (
            AccessKey("deploy", (Key(KEY.id, "Active"),)),
            denial,
            Password(),
            OtherCredentials(),
            KeyUse(),
            Grants(),
            Trail(traces),
        )
        self.cloud = MemoryCloud(ResourceState(ref, {type(one): one for one in facets}), self.clock)

    def respond(self, attempt: str, **more: object) -> ResponseResult:
        received = finding(subjects=(self.ref,))
        asked = order(self.clock(), attempt=attempt, received=received, runbook=RUNBOOK)
        asked = replace(asked, ref=self.ref, **more)  # type: ignore[arg-type]  # a test names what it changes
        assert isinstance(asked, ResponseRequest)
        ports = Ports(self.cloud, self.log, self.clock, lambda jobs: [job() for job in jobs])
        return Engine(ports).respond(asked)


def trace() -> Trace:
    return Trace("user", "backdoor", Ticking().now)


def test_a_key_is_dead_by_one_change_after_one_look_and_is_contained_once_its_sessions_are_denied() -> None:
    """The sessions that were started with the key are valid until then."""
    world = World(KEY, Denial(DEPLOY))
    report = world.respond("a-1", stages=1)
    assert (report.status, goes_on(report)) == (IncidentStatus.OPEN, True)
    assert report.verified
    assert (report.verified.contained, report.verified.judged) == (False, False)
    assert [type(step).__name__ for step in world.cloud.calls] == ["DeactivateAccessKey"]
    assert world.cloud.looks[0] == (AccessKey,)


@pytest.mark.parametrize(("ref", "denial"), [(KEY, Denial(DEPLOY)), (PERSON, Denial(DEPLOY))])
def test_with_nothing_left_behind_it_is_complete_and_looked_at_once_more(
    ref: PrincipalRef, denial: Denial
) -> None:
    """CloudTrail may not have shown anything yet."""
    world = World(ref, denial)
    report = world.respond("a-1")
    assert (report.status, later(report)) == (IncidentStatus.COMPLETE, True)
    again = world.respond("a-2")
    assert (again.status, later(again)) == (IncidentStatus.COMPLETE, False)


def test_what_was_left_behind_keeps_it_from_being_contained_and_is_looked_at_once_more() -> None:
    """The intruder gets in by the user that he made."""
    world = World(KEY, Denial(DEPLOY), trace())
    report = world.respond("a-1")
    assert (report.status, again(report), later(report)) == (IncidentStatus.OPEN, (), True)
    assert report.verified
    assert "backdoor" in report.verified.review[0]
    assert set(report.verified.review) <= set(report.verified.exposure)
    once_more = world.respond("a-2")
    assert (once_more.status, again(once_more), later(once_more)) == (IncidentStatus.OPEN, (), False)


def test_once_a_person_has_reviewed_it_it_is_complete() -> None:
    world = World(KEY, Denial(DEPLOY), trace())
    world.respond("a-1")
    choices = RUNBOOK.choose({"traces": "reviewed"})
    assert world.respond("a-2", choices=choices).status is IncidentStatus.COMPLETE


@pytest.mark.parametrize(("ref", "denial"), [(ROOT, Denial()), (SESSION, Denial(RESERVED))])
def test_what_cannot_be_contained_is_never_said_to_be(ref: PrincipalRef, denial: Denial) -> None:
    """It does not go back to its queue: trying again changes nothing. The record is looked at once more."""
    world = World(ref, denial)
    first = world.respond("a-1", stages=1)
    assert (first.status, again(first), goes_on(first)) == (IncidentStatus.OPEN, (), True)
    report = world.respond("a-2")
    assert (report.status, again(report), later(report)) == (IncidentStatus.OPEN, (), True)
    assert report.verified
    assert not report.verified.contained
    assert world.cloud.calls == []


@pytest.mark.parametrize("facet", [Denial, Password, OtherCredentials, KeyUse, Grants, Trail])
def test_what_cannot_be_read_of_a_principal_keeps_back_no_more_than_what_needs_it(
    facet: type[Observation],
) -> None:
    world = World(KEY, Denial(DEPLOY))
    world.cloud.unreadable = {facet: Refused("it is not shown")}
    report = world.respond("a-1")
    unknown = facet in {Denial, Password, OtherCredentials}  # what was not seen can be open
    status = IncidentStatus.OPEN if unknown else IncidentStatus.CONTAINED
    assert (report.status, again(report)) == (status, ())
    done = {type(step).__name__ for step in world.cloud.calls}
    assert done == {"DeactivateAccessKey", *(() if facet is Denial else ("PutDenial",))}
    assert report.verified
    assert report.verified.refused == (f"{facet.__name__} could not be read: it is not shown",)
