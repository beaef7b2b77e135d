"""A finding that a person chose in Security Hub is planned, or waits for an approval. The record says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ringfence.events.dispatch import findings
from ringfence.events.envelope import CHOSEN, NotForUs
from ringfence.events.security_hub.actions import ACTIONS
from ringfence.events.taken_in import incoming, patterns
from ringfence.local.samples.guardduty import ACCOUNT
from ringfence.local.samples.security_hub import asff, control, imported
from ringfence.model.errors import BadInput
from ringfence.policy.decision import DecisionCode, Mode
from ringfence.policy.evaluation import decide
from ringfence.policy.policy import Policy

if TYPE_CHECKING:
    from ringfence.model.finding import Finding

Json = dict[str, Any]
KIND = "Security Hub Findings - Custom Action"
OTHER = "444455556666"


def action(id_: str, account: str = ACCOUNT) -> str:
    return f"arn:aws:securityhub:eu-west-1:{account}:action/custom/{id_}"


def chosen(*found: object, arn: str = action("RingfenceContain")) -> Json:
    return imported(*(found or (asff(),)), kind=KIND, resources=[arn])


def told(event: Json) -> Finding:
    (part,) = incoming(event)
    found = findings(part.checked())
    assert not isinstance(found, NotForUs)
    return found[0]


@pytest.mark.parametrize("default", list(Mode)[1:])
@pytest.mark.parametrize(("id_", "mode"), [("RingfencePlan", "dry-run"), ("RingfenceContain", "approve")])
def test_the_action_sets_the_mode_and_the_record_says_that_nobody_is_named(
    id_: str, mode: str, default: Mode
) -> None:
    finding = told(chosen(arn=action(id_)))
    made = decide(Policy((ACCOUNT,), default=default), "contain-instance", finding, finding.subjects[0])
    assert (made.mode, made.code) == (Mode(mode), DecisionCode.REQUESTED)
    assert made.reason == (
        f"somebody chose it in Security Hub with the custom action {id_}; the event does not say who"
    )


def test_no_action_changes_anything_without_an_approval() -> None:
    assert not any(Mode(one.mode).changes for one in ACTIONS.values())


def test_what_the_policy_leaves_alone_stays_so() -> None:
    finding = told(chosen())
    ref = finding.subjects[0]
    assert decide(Policy((OTHER,), default=Mode.AUTO), "contain-instance", finding, ref).mode is Mode.OFF
    fields = {**asff()["ProductFields"], "aws/guardduty/service/resourceRole": "TARGET"}
    brute = ["TTPs/Discovery/UnauthorizedAccess:EC2-SSHBruteForce"]
    target = told(chosen(asff(Types=brute, ProductFields=fields)))
    policy = Policy((ACCOUNT,), default=Mode.AUTO)
    assert decide(policy, "contain-instance", target, target.subjects[0]).mode is Mode.NOTIFY


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (chosen(arn=action("Remediate")), "is no custom action of Ringfence"),
        (chosen(arn="arn:aws:s3:::x\x1b[2J"), r"x\x1b[2J is no custom action"),
        (chosen(arn=action("RingfenceContain", OTHER)), f"of account {OTHER}"),
        (imported(asff(), kind=KIND), "no action is no custom action"),
    ],
)
def test_an_action_of_somebody_else_is_refused(event: Json, why: str) -> None:
    (part,) = incoming(event)
    found = part.checked()
    assert isinstance(found, NotForUs)
    assert why in found.reason


def test_each_chosen_finding_is_handled_by_itself() -> None:
    bad = control(Resources=[])
    first, second, closed = incoming(chosen(asff(), bad, control(RecordState="ARCHIVED")))
    assert isinstance(first.event, dict)
    assert first.event[CHOSEN][0] == "approve"
    assert isinstance(second.error, BadInput)
    assert second.alone == chosen(bad)
    assert isinstance(closed.event, NotForUs)


def test_actions_are_taken_in_from_the_home_account_alone() -> None:
    assert not [one for one in patterns() if KIND in one["detail-type"]]  # type: ignore[operator]
    (home,) = [one for one in patterns(home=True) if KIND in one["detail-type"]]  # type: ignore[operator]
    assert home["account"] == ["{account}"]
