"""Entries of the policy that have expired are reported by the scheduled self-check."""

from __future__ import annotations

from datetime import UTC, datetime

from ringfence.policy.policy import Policy
from ringfence.policy.protection import Exempt
from ringfence.self_check.expiry import expired
from ringfence.self_check.places import Deployment

HOME = "111122223333"
DEPLOYMENT = Deployment(HOME, "eu-west-1", (HOME,), ())
POLICY = Policy(
    (HOME,),
    exempt=(
        Exempt("bucket/*/*/www", "a website", owner="web", expires="2026-03-31"),
        Exempt("iam-role/*/*/ops/*", "break glass", expires="2026-03-31", protected=True),
        Exempt("instance/*/*/i-1*", "legacy"),
    ),
)


def test_an_entry_holds_through_its_last_day() -> None:
    assert expired(POLICY, DEPLOYMENT, datetime(2026, 3, 31, 23, 59, tzinfo=UTC)) == ()


def test_each_expired_entry_is_a_problem_with_its_owner() -> None:
    found = expired(POLICY, DEPLOYMENT, datetime(2026, 4, 1, tzinfo=UTC))
    assert [(one.resource, one.aspect) for one in found] == [
        ("policy entry bucket/*/*/www", "exempt"),
        ("policy entry iam-role/*/*/ops/*", "protected"),
    ]
    assert found[0].words == "expired on 2026-03-31, owner: web: Ringfence changes it again"
    assert "renew its `expires`" in found[1].remedy
