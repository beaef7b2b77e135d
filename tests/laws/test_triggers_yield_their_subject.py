"""Law 4: every type that a trigger names can reach a remediation that declares the trigger.

A wrong one is silent otherwise: a call that no kind declares, or of a kind that the remediation is not for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ringfence.events.cloudtrail.parser.subjects import places
from ringfence.events.cloudtrail.trigger.calls import recorded
from ringfence.events.config.trigger import judged_by
from ringfence.events.dispatch import findings
from ringfence.events.envelope import NotForUs
from ringfence.events.patterns import covers
from ringfence.events.taken_in import patterns as taken_in
from ringfence.local.samples.catalogue import taken
from ringfence.local.samples.of_trigger import calls
from ringfence.model.kinds.access_key import AccessKeyRef
from ringfence.model.kinds.bucket import BucketRef
from ringfence.model.kinds.instance import InstanceRef
from ringfence.model.kinds.security_group import SecurityGroupRef
from ringfence.model.kinds.vpc import VpcRef
from ringfence.model.reviews import ReviewTrigger, reviewed
from ringfence.model.subject import ANY, NetworkRef
from ringfence.runbooks.catalogue import CATALOGUE
from tests.support.laws.triggers import reached, unreached

if TYPE_CHECKING:
    from ringfence.model.runbook import Runbook
    from ringfence.model.trigger import Trigger
    from tests.support.laws.triggers import Kinds

EACH = [
    pytest.param(runbook, trigger, id=f"{runbook.id}-{trigger.id}-{number}")
    for runbook in CATALOGUE.values()
    for number, trigger in enumerate(runbook.triggers)
]


@pytest.mark.parametrize(("runbook", "trigger"), EACH)
def test_every_type_of_a_trigger_reaches_a_remediation(runbook: Runbook, trigger: Trigger) -> None:
    assert unreached(runbook, trigger) == ()


@pytest.mark.parametrize(("runbook", "trigger"), EACH)
def test_events_of_a_trigger_are_delivered_by_the_intake_or_by_the_runbook(
    runbook: Runbook, trigger: Trigger
) -> None:
    by_intake = getattr(trigger, "by_intake", False)
    for pattern in trigger.patterns():
        assert any(covers(one, pattern) for one in taken_in()) is by_intake
    if by_intake:
        assert not any(one in runbook.patterns() for one in trigger.patterns())


@pytest.mark.parametrize(
    ("runbook", "id_"),
    [(one, id_) for one in CATALOGUE.values() for id_ in one.ids],
    ids=lambda one: one if isinstance(one, str) else one.id,
)
def test_every_remediation_is_reached_by_one_of_its_triggers(runbook: Runbook, id_: str) -> None:
    (found,) = (one for one in runbook.remediations if one.id == id_)
    events = [one for one in found.triggers if not isinstance(one, ReviewTrigger)]
    kinds = taken(runbook, id_)
    assert not events or any(reached(one, type_, kinds) for one in events for type_ in one.types)


IMPOSSIBLE: tuple[tuple[Trigger, str, Kinds], ...] = (
    (recorded("ec2", "CreateTags"), "CloudTrail:ec2:CreateTags", (InstanceRef,)),
    (recorded("ec2", "CreateVpc"), "CloudTrail:ec2:CreateVpc", (SecurityGroupRef,)),
    (recorded("s3", "PutBucketAcl"), "CloudTrail:s3:PutBucketAcl", (InstanceRef,)),
    (judged_by("access-keys-rotated"), "Config:access-keys-rotated", (AccessKeyRef,)),
    *((one, one.types[0], (BucketRef,)) for one in CATALOGUE["contain-instance"].triggers),
)


@pytest.mark.parametrize(("trigger", "type_", "kinds"), IMPOSSIBLE)
def test_a_trigger_that_can_never_yield_the_subject_is_seen(
    trigger: Trigger, type_: str, kinds: Kinds
) -> None:
    assert not reached(trigger, type_, kinds)


def test_the_same_trigger_is_taken_where_it_can_yield_the_subject() -> None:
    assert reached(recorded("ec2", "CreateVpc"), "CloudTrail:ec2:CreateVpc", (VpcRef,))
    assert reached(recorded("ec2", "CreateVpc"), "CloudTrail:ec2:CreateVpc", (NetworkRef,))


def test_a_review_that_the_runbook_does_not_make_is_seen() -> None:
    assert unreached(CATALOGUE["harden-network"], reviewed("logging")) == ("Review:logging",)


@pytest.mark.parametrize(("service", "name"), [one for one in places() if one[1] != ANY])
def test_every_declared_call_is_read_at_every_path_that_is_declared(service: str, name: str) -> None:
    kind = places()[service, name].kind
    events = list(calls(service, name))
    assert len(events) == max(1, len(places()[service, name].calls.paths))
    for event in events:
        found = findings(event)
        assert not isinstance(found, NotForUs), found.reason
        assert [type(ref) for ref in found[0].subjects] == [kind]
