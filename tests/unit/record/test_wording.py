"""What was compromised is contained, what broke compliance is put right."""

from __future__ import annotations

import pytest

from ringfence.record.wording import said


@pytest.mark.parametrize("words", ["contained", "NOT contained", "verified: not contained"])
def test_a_runbook_that_contains_says_so(words: str) -> None:
    assert said("contain-instance", words) == words
    assert said("", words) == words


@pytest.mark.parametrize("runbook", ["harden-bucket", "restore-logging"])
def test_any_other_runbook_puts_things_right(runbook: str) -> None:
    assert said(runbook, "NOT contained") == "NOT remediated"
    assert said(runbook, "contained and complete, verified") == ("remediated and complete, verified")
    assert (
        said(runbook, "this run did not include containment") == "this run did not include all remediations"
    )
    assert said(runbook, "dry run") == "dry run"
