"""What nobody answers ends by itself. It was asked first in this folder, and its time is over by now."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from ringfence.record.approval_facts import Answer, ApprovalAnswered, ApprovalExpired, Expiry
from ringfence.record.approvals import ApprovalStatus
from tests.e2e.world import until

if TYPE_CHECKING:
    from tests.e2e.approvals import Asked
    from tests.e2e.world import Inbox, World

pytestmark = pytest.mark.e2e


def test_what_nobody_vetoes_is_carried_out(world: World, unvetoed: Asked) -> None:
    history = world.complete(unvetoed.server)
    (expired,) = history.of(ApprovalExpired)
    assert expired.outcome == Expiry.EXECUTE
    assert "confirmed" in expired.detail
    assert not [one for one in history.of(ApprovalAnswered) if one.answer == Answer.APPROVE]
    assert unvetoed.closed


def test_what_nobody_answers_expires_and_is_escalated(
    world: World, ignored: Asked, inbox: Inbox, second_inbox: Inbox
) -> None:
    """The people of the second topic hear of it only now."""
    until(lambda: len(ignored.approvals) == 2, "people are asked once more", 240)
    first, second = ignored.approvals
    ended = [one for one in world.history(ignored.server).of(ApprovalExpired) if one.approval == first.id]
    assert [one.outcome for one in ended] == [Expiry.ESCALATE]
    assert first.status(datetime.now(UTC)) is ApprovalStatus.EXPIRED
    assert second.asked.escalated
    (told,) = until(lambda: second_inbox.texts(ignored.incident), "the people of the second topic are told")
    assert f"ringfence approve {ignored.incident}" in told
    assert second.asked.digest in told
    until(lambda: len(inbox.texts(second.asked.digest)) == 2, "those of the first topic are asked again")
    assert not ignored.closed
