"""What nobody answers is rejected when its time is over, if the policy says so. IAM is enforced."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from ringfence.record.approval_facts import ApprovalExpired, Expiry
from ringfence.record.approvals import ApprovalStatus
from tests.e2e.approvals import approver
from tests.e2e.operators import with_second_factor
from tests.e2e.world import until

if TYPE_CHECKING:
    from tests.e2e.approvals import Asked
    from tests.e2e.compliance import Compliance

pytestmark = pytest.mark.e2e


def test_what_nobody_answers_is_rejected_and_stays_so(intake: Compliance, ignored: Asked) -> None:
    world, asked = intake.world, ignored
    (only,) = asked.approvals
    ended = until(lambda: world.history(asked.server).of(ApprovalExpired), "the time is over", 180)
    assert [(one.approval, one.outcome) for one in ended] == [(only.id, Expiry.REJECT)]
    words = ("approve", asked.incident, "--plan", only.asked.digest, "--reason", "late")
    late = with_second_factor(world, approver(world)).types(*words)
    assert late.returncode == 1
    assert "is expired, so it takes no more answers" in late.stdout + late.stderr
    assert asked.status(datetime.now(UTC)) is ApprovalStatus.EXPIRED
    assert len(asked.approvals) == 1, "nobody is asked again"
    world.quiet()
    assert not asked.closed
