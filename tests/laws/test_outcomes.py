"""What becomes of recorded events is what was reviewed, and EventBridge delivers what is handled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ringfence.events.patterns import WITH_READS, rule_state
from ringfence.events.taken_in import contains_findings
from ringfence.events.taken_in import patterns as taken_in
from ringfence.local.samples.calls import by_root, call_event
from ringfence.runbooks.catalogue import CATALOGUE
from tests.support.delivery import Delivery
from tests.support.outcomes import EVENTS, GOLDEN, NOTHING, RECORDS, document, events, outcome
from tests.support.samples.shared import shared_file

if TYPE_CHECKING:
    from ringfence.model.trigger import Trigger


class Rules:
    """Rules of one runbook, with their states."""

    family, permissions = "rules", ()

    def __init__(self, id_: str, *, reads: bool) -> None:
        self.id, self.types = id_, ()
        self.reads = reads

    def patterns(self) -> tuple[object, ...]:
        every = CATALOGUE[self.id].patterns()
        return tuple(one for one in every if not self.reads or rule_state(one) == WITH_READS)


class Intake:
    """The rules of the intake."""

    id, types, family, permissions = "intake", (), "intake", ()

    def patterns(self) -> tuple[object, ...]:
        return tuple(taken_in())


def delivered(id_: str, event: dict[str, object], kept: dict[tuple[str, bool], Delivery]) -> bool:
    """Say whether EventBridge delivers an event to a runbook: a call that only reads in one state alone."""
    detail = event.get("detail")
    reads = isinstance(detail, dict) and detail.get("readOnly") is True
    trigger: Trigger = Rules(id_, reads=reads)  # type: ignore[assignment]  # its patterns are all that is asked for
    rules = kept.setdefault((id_, reads), Delivery(trigger))
    return rules.count(event) > 0


def test_what_becomes_of_the_recorded_events_is_what_was_reviewed() -> None:
    """Where it differs for a reason: `python -m tests.support.outcomes`, and read what has changed."""
    assert [len(events(shared_file(name))) for name in (EVENTS, *RECORDS)] == [115, 253, 1295]
    assert document() == GOLDEN.read_text("utf-8")


@pytest.mark.parametrize("name", [EVENTS, *RECORDS])
def test_what_is_said_to_be_handled_is_delivered(name: str) -> None:
    """A call of the root user that only reads is, for example, in one state of a rule alone."""
    kept: dict[tuple[str, bool], Delivery] = {}
    intake = Delivery(Intake())  # type: ignore[arg-type]  # its patterns are all that is asked for
    handled = {id_: event for id_, event in events(shared_file(name)).items() if outcome(event) != NOTHING}
    lost = [
        (id_, runbook)
        for id_, event in handled.items()
        if not (what := outcome(event)).startswith("invalid")
        for runbook in {part.split()[0] for part in what.split("; ")}
        if not (intake.count(event) if contains_findings(event) else delivered(runbook, event, kept))
    ]
    assert lost == []


def test_a_call_of_the_root_user_that_only_reads_is_delivered_by_the_state_of_its_rule() -> None:
    """Without the corpus."""
    event = call_event("iam", "ListUsers", None, identity=by_root(), read_only=True)
    assert outcome(event) == "harden-identity root notify"
    assert delivered("harden-identity", event, {})
    assert not delivered("harden-bucket", event, {})
