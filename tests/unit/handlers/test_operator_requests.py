"""What operators ask for, field by field."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.engine.intake import ExecutionContext
from ringfence.engine.requests import Agreed
from ringfence.handlers.operator_requests import release_request, run_request, status_query
from ringfence.handlers.operator_types import LONGEST_REASON, Forbidden, RunRequest, StatusQuery
from ringfence.model.errors import BadInput
from ringfence.policy.decision import Decision, DecisionCode, Mode
from ringfence.policy.policy import Policy
from ringfence.record.facts import RunRequested
from tests.support.fakes.site import KEY, KIM, POLICY, RUNBOOK
from tests.support.worlds import LEASE, NOON, REF

Json = dict[str, Any]
CATALOGUE = {RUNBOOK.id: RUNBOOK}
SUBJECT = {"account": REF.account, "region": REF.region, "id": REF.id}
INCIDENT = "inc-20260301T120000.000000-0123456789"
RUN: Json = {"runbook": RUNBOOK.id, "subject": SUBJECT, "reason": "it beacons", "dry_run": False}
PLAN: Json = {"digest": "0" * 64, "as_of": "2026-03-01T12:00:00.000000+00:00"}
RELEASE: Json = {"incident": INCIDENT, "reason": "false alarm", "dry_run": False}


def asked(policy: Policy = POLICY, *, direct: bool = False, **changes: object) -> RunRequest:
    execution = ExecutionContext("call-1", KIM, NOON + LEASE)
    return run_request({**RUN, **changes}, CATALOGUE, policy, execution, direct=direct)


def test_a_run_is_an_order_for_the_first_stage_in_the_callers_name() -> None:
    order = asked().response_request
    assert (order.ref, order.attempt, order.actor, order.stages) == (REF, "call-1", KIM, 1)
    assert order.decision == Decision(Mode.AUTO, f"requested by {KIM}", code=DecisionCode.REQUESTED)
    assert order.request == RunRequested("run", "it beacons", verified=True)


def test_a_dry_run_is_one_for_the_engine_too() -> None:
    order = asked(dry_run=True).response_request
    assert order.decision
    assert order.decision.mode is Mode.DRY_RUN
    assert order.request
    assert order.request.dry_run


def test_what_nobody_verified_is_not_called_verified() -> None:
    assert asked(direct=True).response_request.request == RunRequested(
        "run --direct", "it beacons", verified=False
    )


def test_options_are_the_policys_unless_the_request_says_otherwise() -> None:
    assert asked().response_request.choices == (("container-hosts", "dry-run"), ("group", "standby"))
    assert asked(options={"group": "detach"}).response_request.choices == (
        ("container-hosts", "dry-run"),
        ("group", "detach"),
    )


def test_optional_remediations_run_only_where_they_are_asked_for() -> None:
    assert asked().response_request.runbook.ids == ("isolate-instance", "leave-group")
    assert asked(remediations=["imds-off"]).response_request.runbook.ids == ("imds-off",)


def test_a_run_without_the_first_stage_does_not_contain() -> None:
    assert asked().whole
    assert asked(remediations=["isolate-instance"]).whole
    assert not asked(remediations=["leave-group"]).whole


def test_the_plan_that_was_agreed_to_is_part_of_the_order_and_of_the_log() -> None:
    order = asked(plan=PLAN).response_request
    assert order.agreed == Agreed("0" * 64, NOON)
    assert order.request
    assert order.request.plan == "0" * 64
    assert asked().response_request.agreed is None


def test_what_is_asked_for_many_times_over_is_written_down_once() -> None:
    """An item of the log holds 400 KB."""
    order = asked(remediations=["isolate-instance"] * 50_000).response_request
    assert order.request
    assert order.request.remediations == ("isolate-instance",)


def test_a_subject_outside_the_scope_is_forbidden() -> None:
    with pytest.raises(Forbidden, match="account 111122223333 is not in the policy's scope"):
        asked(Policy(("999999999999",)))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"runbook": "contain-everything"}, "runbook"),
        ({"runbook": 7}, "runbook"),
        ({"subject": None}, "subject"),
        ({"subject": {**SUBJECT, "id": "i-none"}}, "instance"),
        ({"subject": {**SUBJECT, "account": "1"}}, "account"),
        ({"subject": {**SUBJECT, "region": "moon"}}, "region"),
        ({"subject": {**SUBJECT, "vpc": "vpc-1"}}, "subject.vpc"),
        ({"reason": ""}, "reason"),
        ({"reason": "  "}, "reason"),
        ({"reason": "x" * (LONGEST_REASON + 1)}, "reason"),
        ({"reason": "it\nbeacons"}, "reason"),
        ({"reason": "\x1b[2Jit beacons"}, "reason"),
        ({"reason": 5}, "reason"),
        ({"dry_run": None}, "dry_run"),
        ({"dry_run": "false"}, "dry_run"),
        ({"dryrun": True}, "dryrun"),
        ({"remediations": ["format-disks"]}, "remediation"),
        ({"remediations": "isolate-instance"}, "remediations"),
        ({"options": {"group": "explode"}}, "options.group"),
        ({"options": {"colour": "red"}}, "options.colour"),
        ({"options": {"group": 1}}, "options.group"),
        ({"plan": "0" * 64}, "plan"),
        ({"plan": {**PLAN, "stage": "isolate"}}, "plan.stage"),
        ({"plan": {"digest": "0" * 64}}, "plan.as_of"),
        ({"plan": {"as_of": PLAN["as_of"]}}, "plan.digest"),
        ({"plan": {**PLAN, "digest": "0" * 63}}, "plan.digest"),
        ({"plan": {**PLAN, "digest": "0" * 64 + "\n"}}, "plan.digest"),
        ({"plan": {**PLAN, "as_of": "noon"}}, "plan.as_of"),
        ({"plan": {**PLAN, "as_of": "2026-03-01T12:00:00"}}, "plan.as_of"),
        ({"plan": {**PLAN, "as_of": "0001-01-01T00:00:00+14:00"}}, "plan.as_of"),
        ({"plan": {**PLAN, "as_of": "9999-12-31T23:59:59-14:00"}}, "plan.as_of"),
    ],
)
@pytest.mark.parametrize("policy", [POLICY, Policy(("999999999999",))], ids=["", "outside the scope"])
def test_a_request_that_cannot_be_used_names_the_field(changes: Json, field: str, policy: Policy) -> None:
    with pytest.raises(BadInput) as raised:
        asked(policy, **changes)
    assert raised.value.field == field


@pytest.mark.parametrize("missing", sorted(RUN))
def test_every_field_of_a_run_is_required(missing: str) -> None:
    body = {key: value for key, value in RUN.items() if key != missing}
    with pytest.raises(BadInput) as raised:
        run_request(body, CATALOGUE, POLICY, ExecutionContext("call-1", KIM, NOON), direct=False)
    assert raised.value.field == missing


@given(
    st.recursive(
        st.none() | st.booleans() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_what_is_no_request_is_bad_input_and_nothing_else(body: object) -> None:
    execution = ExecutionContext("call-1", KIM, NOON)
    with pytest.raises(BadInput):
        run_request(body, CATALOGUE, POLICY, execution, direct=False)
    with pytest.raises(BadInput):
        release_request(body, CATALOGUE, direct=False)
    with pytest.raises(BadInput):
        status_query(body, CATALOGUE)


def test_a_release_needs_no_more_than_the_incident() -> None:
    undoing = release_request(RELEASE, CATALOGUE, direct=False)
    assert (undoing.incident, undoing.key, undoing.skip_drifted) == (INCIDENT, None, False)
    assert undoing.request == RunRequested("release", "false alarm")


def test_a_release_may_name_one_response() -> None:
    body = {**RELEASE, "runbook": RUNBOOK.id, "subject": SUBJECT, "skip_drifted": True}
    undoing = release_request(body, CATALOGUE, direct=True)
    assert undoing.key == KEY
    assert undoing.skip_drifted
    assert undoing.request == RunRequested("release --direct", "false alarm", verified=False)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"incident": "inc-1"}, "incident"),
        ({"incident": f"{INCIDENT}#"}, "incident"),
        ({"subject": SUBJECT}, "runbook"),
        ({"runbook": RUNBOOK.id}, "subject"),
        ({"skip_drifted": "yes"}, "skip_drifted"),
        ({"force": True}, "force"),
        ({"plans": "0" * 64}, "plans"),
        ({"plans": ["0" * 64, "1"]}, "plans[1]"),
        ({"reason": ""}, "reason"),
        ({"dry_run": None}, "dry_run"),
    ],
)
def test_a_release_that_cannot_be_used_names_the_field(changes: Json, field: str) -> None:
    with pytest.raises(BadInput) as raised:
        release_request({**RELEASE, **changes}, CATALOGUE, direct=False)
    assert raised.value.field == field


def test_a_question_names_a_response_and_the_first_entry_that_is_wanted() -> None:
    body: Json = {"runbook": RUNBOOK.id, "subject": SUBJECT}
    assert status_query(body, CATALOGUE) == StatusQuery(KEY)
    assert status_query({**body, "after": 7}, CATALOGUE) == StatusQuery(KEY, 7)
    with pytest.raises(BadInput, match="after"):
        status_query({**body, "after": -1}, CATALOGUE)


def test_a_question_may_be_about_some_remediations() -> None:
    body: Json = {"runbook": RUNBOOK.id, "subject": SUBJECT, "remediations": ["leave-group"]}
    assert status_query(body, CATALOGUE).only == ("leave-group",)
    with pytest.raises(BadInput, match="remediation"):
        status_query({**body, "remediations": ["format-disks"]}, CATALOGUE)
