"""Which runbook a finding of another product is for."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ringfence.engine.routing import sent_to
from ringfence.events.sent.form import finding_of
from ringfence.events.sent.parser import finding_from
from ringfence.events.sent.sealed import Sent, Way
from ringfence.policy.mappings import REPORTS, Mapped
from ringfence.runbooks.catalogue import CATALOGUE

OWN = "111122223333"
MAPPINGS = (Mapped("ringfence-activity", "contain-credentials"),)


@pytest.mark.parametrize(
    ("subject", "runbook"),
    [(f"iam-user/{OWN}/us-east-1/alice", "contain-credentials"), (f"account/{OWN}/us-east-1/{OWN}", REPORTS)],
)
def test_a_finding_about_nothing_that_its_runbook_handles_is_reported(subject: str, runbook: str) -> None:
    given = finding_of(
        {
            "version": 1,
            "id": "new-key/1",
            "product": "ringfence-activity",
            "type": "Activity/new-key",
            "title": "a key was created",
            "severity": 8,
            "updated_at": "2027-01-31T12:00:00Z",
            "subjects": [subject],
        }
    )
    now = datetime(2027, 1, 31, 12, tzinfo=UTC)
    finding = finding_from(Sent(Way.API, f"arn:aws:iam::{OWN}:role/sender", now, given))
    assert sent_to(("ringfence-activity",), finding, MAPPINGS, CATALOGUE.values()) == runbook
