"""Many notices of one kind come as a few messages, through the function and the topic that are deployed."""

from __future__ import annotations

import uuid
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.local.findings import formatted
from ringfence.local.samples import security_hub
from ringfence.record.notices.floods import MOST_OF_A_KIND
from ringfence.record.notices.kinds import NoticeKind
from tests.e2e.world import OTHER_ACCOUNT, Inbox, until
from tests.support.samples.bus import entry

if TYPE_CHECKING:
    from tests.e2e.compliance import Compliance

pytestmark = pytest.mark.e2e
WAITING = (1, 2, 4)
"""How many notices the summaries stand for, each for twice as many as the one before."""
FLOOD = MOST_OF_A_KIND + sum(WAITING)
EACH = 10
"""The findings of one event."""


def finding(intake: Compliance, number: int, mark: str) -> dict[str, Any]:
    """Return a finding of a partner about another account, so that no other test of the folder counts it."""
    region = intake.world.local.region
    return security_hub.asff(
        AwsAccountId=OTHER_ACCOUNT,
        Region=region,
        Id=f"{mark}-{number}",
        ProductArn=f"arn:aws:securityhub:{region}::product/acme/scanner",
        Types=["Software and Configuration Checks/Flood"],
        Title=f"{mark} {number:02d}",
        Severity={"Label": "HIGH", "Normalized": 70},
        UpdatedAt=formatted(datetime.now(UTC)),
        Resources=[{"Type": "Other", "Id": f"arn:aws:ecr:{region}:{OTHER_ACCOUNT}:repository/r{number}"}],
    )


def test_a_flood_of_notices_comes_as_a_few_messages_that_name_all_of_them(intake: Compliance) -> None:
    inbox, mark = Inbox(intake.world), uuid.uuid4().hex
    made = [finding(intake, number, mark) for number in range(FLOOD)]
    for first in range(0, FLOOD, EACH):
        intake.put(entry(security_hub.imported(*made[first : first + EACH])))
    titles = {one["Title"] for one in made}

    def texts() -> list[str]:
        """Return the messages once they name each finding."""
        found = inbox.texts(mark)
        return found if all(any(title in one for one in found) for title in titles) else []

    messages = until(texts, "people are notified of each finding")
    assert sum(title in one for one in messages for title in titles) == FLOOD, "each is named once"
    kinds = Counter(one["kind"] for one in inbox.forms(mark))
    assert kinds == {NoticeKind.DECISION_NEEDED.code: MOST_OF_A_KIND, NoticeKind.SUMMARY.code: len(WAITING)}
    summed_up = [
        one["what"].partition(" ")[0] for one in inbox.forms(mark) if one["kind"] == NoticeKind.SUMMARY.code
    ]
    assert sorted(map(int, summed_up)) == list(WAITING)
