"""Calls on the bus are counted by the deployed function, and what a rule finds becomes an incident."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING

import pytest

from ringfence.insights.activity.delivered import chosen
from ringfence.insights.activity.evaluate import found_in
from ringfence.insights.activity.pack.access import BRUTE_FORCE
from ringfence.insights.activity.stories import ABROAD, Who, call, sign_in, user
from ringfence.insights.sigma import rules_of
from ringfence.model.claims import SentFinding
from ringfence.model.errors import BadInput
from ringfence.model.kinds.iam_user import UserRef
from ringfence.policy.decision import Mode
from ringfence.record.facts import DecisionMade, FindingReceived
from tests.e2e.intake.senders import SIGMA_RULE
from tests.e2e.world import until

if TYPE_CHECKING:
    from ringfence.record.history import History
    from tests.e2e.compliance import Compliance

pytestmark = pytest.mark.e2e


def test_failed_sign_ins_are_counted_once_each_and_lead_to_one_finding_of_the_function(
    intake: Compliance,
) -> None:
    """IAM is enforced: the function reads its queue, counts in its table, and sends with its own role."""
    world, name = intake.world, f"alice-{uuid.uuid4().hex[:8]}"
    world.client("iam").create_user(UserName=name)
    records = [sign_in(name, 20 * one, success=False, address=ABROAD) for one in range(5)]
    twice = [*records[:4], *records[:4]]  # EventBridge can deliver an event several times
    for some in (twice, records[4:]):
        world.deployment.put(
            *(
                {
                    "Source": "aws.signin",
                    "DetailType": "AWS Console Sign In via CloudTrail",
                    "Detail": json.dumps(one),
                }
                for one in some
            )
        )
    ref = UserRef(world.local.account, "us-east-1", name)

    def decided() -> History | None:
        history = intake.history("contain-credentials", ref)
        return history if history.of(DecisionMade) else None

    history = until(decided, f"an incident of {ref.key}")
    assert history is not None
    (received,), (made, *_) = history.of(FindingReceived), history.of(DecisionMade)
    assert received.finding.type == f"Activity/{BRUTE_FORCE.id}"
    claim = received.finding.claim
    assert isinstance(claim, SentFinding)
    assert (claim.way, claim.proven) == ("api", True)
    assert ":assumed-role/ringfence-activity-function/" in claim.sender
    assert made.decision.mode is Mode.DRY_RUN


def test_a_call_that_only_a_rule_from_sigma_matches_leads_to_a_finding(intake: Compliance) -> None:
    """The rule was imported when the stacks were synthesized. Ordinary calls of its name match nothing."""
    world = intake.world
    (rule,) = rules_of(SIGMA_RULE.read_text("utf-8"), SIGMA_RULE.name)
    assert not isinstance(rule, BadInput)
    names = [f"mallory-{uuid.uuid4().hex[:8]}" for _ in range(2)]
    records = []
    for name, path in zip(names, ("/staff/", "/hidden/staff/"), strict=True):
        world.client("iam").create_user(UserName=name)
        by = {key: one for key, one in user(name).identity.items() if key != "accessKeyId"}
        records.append(call("iam:UpdateUser", {"userName": "bob", "newPath": path}, by=Who(by)))
    assert [bool(found_in(rule, [one])) for one in records] == [False, True]
    assert not [one.id for one in chosen("all", "") if found_in(one, records)]
    world.deployment.put(
        *(
            {"Source": "aws.iam", "DetailType": "AWS API Call via CloudTrail", "Detail": json.dumps(one)}
            for one in records
        )
    )
    ordinary, hidden = (UserRef(world.local.account, "us-east-1", name) for name in names)
    history = intake.when(
        "contain-credentials", hidden, lambda found: bool(found.of(DecisionMade)), "decided"
    )
    (received,), (made, *_) = history.of(FindingReceived), history.of(DecisionMade)
    assert received.finding.type == f"Activity/{rule.id}"
    assert made.decision.mode is Mode.DRY_RUN
    assert not intake.history("contain-credentials", ordinary).entries
