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
from ringfence.model.kinds.access_key import AccessKeyRef
from ringfence.model.kinds.bucket import BucketRef
from ringfence.model.kinds.instance import InstanceRef
from ringfence.model.kinds.security_group import SecurityGroupRef
from ringfence.model.kinds.vpc import VpcRef
from ringfence.model.reviews import ReviewTrigger, reviewed
from ringfence.model.runbook import Deferred
from ringfence.model.subject import ANY, NetworkRef
from ringfence.runbooks.catalogue import CATALOGUE
from tests.support.delivery import Delivery
from tests.support.sample_events import calls, samples

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.runbook import Runbook
    from ringfence.model.subject import Ref
    from ringfence.model.trigger import Trigger

Kinds = tuple["type[Ref]", ...]


def taken(runbook: Runbook, id_: str) -> Kinds:
    """Return the kinds of subject that a remediation is for, in any stage of the runbook."""
    (declared,) = {one.subject for one in runbook.remediations if one.id == id_}
    members = [one for stage in runbook.stages for one in stage.members if one.id == id_]
    narrowed = [one.only for one in members if isinstance(one, Deferred)]
    return tuple(kind for only in narrowed for kind in only or (declared,)) or (declared,)


def reached(trigger: Trigger, type_: str, kinds: Kinds) -> bool:
    """Say whether some event of the type is delivered once and tells of a subject of such a kind."""
    rules = Delivery(trigger)
    return any(
        rules.count(event) == 1 and any(isinstance(ref, kinds) for ref in told(trigger, event))
        for kind in kinds
        for event in samples(trigger, type_, kind)
    )


def told(trigger: Trigger, event: dict[str, object]) -> Iterator[Ref]:
    found = findings(event)
    for finding in () if isinstance(found, NotForUs) else found:
        if trigger.matches(finding):
            yield from finding.subjects


def unreached(runbook: Runbook, trigger: Trigger) -> tuple[str, ...]:
    """Return the types by which a trigger never reaches any remediation of the runbook that declares it."""
    if isinstance(trigger, ReviewTrigger):
        return tuple(one for one in trigger.types if runbook.review is None or one != runbook.review.type)
    declaring = [one.id for one in runbook.remediations if trigger in one.triggers]
    kinds = tuple(kind for id_ in declaring for kind in taken(runbook, id_))
    return tuple(one for one in trigger.types if not reached(trigger, one, kinds))


EACH = [
    pytest.param(runbook, trigger, id=f"{runbook.id}-{trigger.id}-{number}")
    for runbook in CATALOGUE.values()
    for number, trigger in enumerate(runbook.triggers)
]


@pytest.mark.parametrize(("runbook", "trigger"), EACH)
def test_every_type_of_a_trigger_reaches_a_remediation(runbook: Runbook, trigger: Trigger) -> None:
    assert unreached(runbook, trigger) == ()


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
