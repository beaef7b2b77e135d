"""Chains to test with: a step of our own, facts about it, and entries linked from them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ringfence.model.codec import value
from ringfence.model.finding import Finding
from ringfence.model.incident import incident_id
from ringfence.model.kinds.instance import InstanceRef
from ringfence.model.step import Step
from ringfence.policy.decision import Decision, Mode
from ringfence.record.chain import ChainKey, Entry, Lease, Stamp, link
from ringfence.record.facts import (
    DecisionMade,
    Fact,
    FindingReceived,
    Intended,
    Outcome,
    Planned,
    Result,
    RunRequested,
    Verified,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

NOON = datetime(2025, 11, 22, 12, tzinfo=UTC)
REF = InstanceRef("111122223333", "eu-west-1", "i-0123456789abcdef0")
KEY = ChainKey("contain-instance", REF.key)
INCIDENT = incident_id(NOON, "a finding")
LATER = incident_id(NOON + timedelta(days=40), "another finding")


@value
class LockDoor(Step):
    """A step for tests: a door is moved from one state to another."""

    door: str
    before: str
    after: str

    @property
    def target(self) -> str:
        """The door."""
        return f"door/{self.door}"

    def describe(self) -> str:
        """Say what is done."""
        return f"turn the key of {self.door}"


def finding(**changes: object) -> Finding:
    """Return a finding on `REF`."""
    given: dict[str, object] = {
        "source": "guardduty",
        "id": "f-1",
        "type": "Backdoor:EC2/C&CActivity.B",
        "severity": 8.0,
        "account": REF.account,
        "region": REF.region,
        "title": "The instance talks to a command-and-control server",
        "updated_at": NOON - timedelta(seconds=30),
        "last_seen": NOON - timedelta(seconds=60),
        "subjects": (REF,),
    }
    return Finding(**{**given, **changes})  # type: ignore[arg-type]  # a test names the fields it changes


def stamp(incident: str = INCIDENT, after: float = 0, actor: str = "ringfence") -> Stamp:
    """Return a stamp `after` seconds past noon."""
    return Stamp(KEY, incident, actor, "attempt-1", NOON + timedelta(seconds=after))


def opened(
    incident: str = INCIDENT, mode: Mode = Mode.AUTO, about: Finding | None = None
) -> tuple[Entry, ...]:
    """Return the entries that open an incident: what came in, and what was decided."""
    facts = (FindingReceived(about or finding()), DecisionMade(Decision(mode, "the policy says so"), NOON))
    return link(stamp(incident), None, facts)


def more(
    entries: Sequence[Entry], *facts: Fact, after: float = 1, actor: str = "ringfence"
) -> tuple[Entry, ...]:
    """Return the entries that `facts` make after these."""
    return link(stamp(entries[-1].incident, after, actor), entries[-1], facts)


def contained() -> tuple[Entry, ...]:
    """Return the chain of a response that contained its subject in three seconds."""
    step = LockDoor("front", before="open", after="shut")
    first = opened()
    planned = Planned("contain", "0" * 64, (step,))
    second = more(first, planned, Intended("n-1", "contain", step))
    outcome = Outcome("n-1", Result.APPLIED, requests=("req-1",))
    verified = Verified(contained=True, complete=True, exposure=("DNS is not filtered",))
    third = more((*first, *second), outcome, verified, after=3)
    return (*first, *second, *third)


def notes(count: int, start: int = 0) -> tuple[RunRequested, ...]:
    """Return facts that tell themselves apart."""
    return tuple(RunRequested("run", f"reason {number}") for number in range(start, start + count))


def lease(owner: str = "attempt-1", incident: str = INCIDENT, minutes: float = 1) -> Lease:
    """Return a lease that ends `minutes` past noon."""
    return Lease(owner, NOON + timedelta(minutes=minutes), incident)
