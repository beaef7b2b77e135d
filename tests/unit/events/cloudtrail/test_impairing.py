"""Calls that stop, weaken or delete logs: what a person must do about them is urgent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ringfence.events.cloudtrail.trigger.impairing import TRIGGERS, TYPES
from ringfence.events.dispatch import findings
from ringfence.events.envelope import NotForUs
from ringfence.local.samples.of_trigger import calls
from ringfence.record.facts import Verified
from ringfence.record.notices import notice
from ringfence.record.notices.kinds import Urgency
from ringfence.runbooks.catalogue import CATALOGUE
from tests.support.fakes.chains import finding, more, opened

if TYPE_CHECKING:
    from ringfence.model.finding import Finding

CLOUDFORMATION = "cloudformation.amazonaws.com"
ROLE = "arn:aws:iam::{account}:role/cdk-hnb659fds-cfn-exec-role-{account}-eu-west-1"


def test_the_types_are_declared_by_remediations() -> None:
    declared = {type_ for one in CATALOGUE.values() for trigger in one.triggers for type_ in trigger.types}
    assert declared >= TYPES


def about(event: object) -> tuple[Finding, ...]:
    found = findings(event)
    assert not isinstance(found, NotForUs)
    return found


@pytest.mark.parametrize("type_", sorted(TYPES))
def test_a_finding_about_such_a_call_is_urgent_except_for_a_deployment(type_: str) -> None:
    service, name = type_.split(":")[1:]
    for event in calls(service, name):
        assert [one.urgent for one in about(event)] == [True]
        role = {"sessionIssuer": {"arn": ROLE.format(account=event["account"])}}
        by = {**event["detail"]["userIdentity"], "sessionContext": role, "invokedBy": CLOUDFORMATION}
        detail = {**event["detail"], "userIdentity": by, "sourceIPAddress": CLOUDFORMATION}
        assert [one.urgent for one in about({**event, "detail": detail})] == [False]


@pytest.mark.parametrize("urgent", [True, False])
def test_what_a_person_must_do_about_an_urgent_finding_is_urgent(*, urgent: bool) -> None:
    start = opened(about=finding(severity=5.0, urgent=urgent))
    found = notice((*start, *more(start, Verified(contained=False, complete=False, review=("look",)))))
    assert found is not None
    assert found.urgency is (Urgency.URGENT if urgent else Urgency.ACTION)


def test_each_trigger_stands_once() -> None:
    assert sum(len(one.types) for one in TRIGGERS) == len(TYPES)
