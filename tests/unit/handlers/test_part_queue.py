"""A message of a queue for parts is handled only after the proof that it came by the queue."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from ringfence.engine.intake import ExecutionContext
from ringfence.handlers.part_queue import parts_handled
from ringfence.handlers.parts import SUM, SWEEP, Part
from ringfence.model.errors import BadInput, Forged

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
UNTIL = NOW + timedelta(minutes=10)
PART = Part(SWEEP, "scans", NOW + timedelta(minutes=5), "111122223333", "eu-west-1")


@dataclass
class Proving:
    """A proof, which fails if the message is forged."""

    forged: bool = False
    asked: list[str] = field(default_factory=list)

    def start(self) -> None:
        """Nothing is asked in the background."""

    def check(self) -> None:
        self.asked.append("proof")
        if self.forged:
            raise Forged("it did not come by the queue")


def handled(body: str, proof: Proving) -> list[tuple[Part, datetime]]:
    done: list[tuple[Part, datetime]] = []

    def work(part: Part, until: datetime) -> None:
        assert proof.asked == ["proof"]
        done.append((part, until))

    handle = parts_handled(work, ("scans", "other"), (SWEEP, SUM), lambda: NOW)
    assert handle(body, ExecutionContext("attempt", "ringfence", UNTIL), proof) == ()
    return done


def test_a_part_is_handled_once_it_is_proved_until_the_end_of_the_execution() -> None:
    assert handled(PART.text, Proving()) == [(PART, UNTIL)]


def test_nothing_is_done_for_a_message_that_is_forged() -> None:
    with pytest.raises(Forged):
        handled(PART.text, Proving(forged=True))


@pytest.mark.parametrize("body", ["{}", PART.text.replace(SWEEP, "review"), PART.text.replace("scans", "no")])
def test_any_other_message_is_bad_input(body: str) -> None:
    with pytest.raises(BadInput):
        handled(body, Proving())
