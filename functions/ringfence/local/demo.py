"""The demo without its output: servers, a finding about one of them, and the checks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from ringfence.local.estate import Builder
from ringfence.local.inspection import NONE, Inspector
from ringfence.record.facts import Closed
from ringfence.record.timeline import timeline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.local.deployment import Deployment
    from ringfence.local.estate import Estate
    from ringfence.local.findings import InstanceFinding
    from ringfence.local.inspection import Portrait
    from ringfence.record.facts import Verified
    from ringfence.record.integrity import ChainVerdict
    from ringfence.record.timeline import Row

GIVE_UP = 90.0
"""Seconds after which an incomplete response counts as failed."""


@dataclass(frozen=True)
class Sides:
    """Both servers at one moment."""

    web: Portrait
    bystander: Portrait


@dataclass(frozen=True)
class Ending:
    """The result. `missing` names the missing results in words. Empty if there are none."""

    after: Sides
    verified: Verified | None
    chain: ChainVerdict
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Scene:
    """Servers in a deployment, and their state at the start."""

    deployment: Deployment
    estate: Estate
    inspector: Inspector
    before: Sides

    @classmethod
    def build(cls, deployment: Deployment, name: str = "shop") -> Self:
        """Create the servers in the deployment's account. `name` is the prefix of all names."""
        local = deployment.local
        estate = Builder(local.client, local.account, local.region, name).estate()
        inspector = Inspector(local.client)
        return cls(deployment, estate, inspector, _sides(inspector, estate))

    def play(self, finding: InstanceFinding) -> Iterator[Row]:
        """Send a finding and yield each new entry of the log, until the end or the timeout."""
        self.deployment.send(finding)
        ref, seen = self.estate.web.ref, 0
        for history in self.deployment.histories(ref, GIVE_UP):
            rows = timeline(history.entries)
            yield from rows[seen:]
            seen = len(rows)
            if (history.verified and history.verified.complete) or history.last(Closed):
                return

    def end(self) -> Ending:
        """Read everything again, including the archive."""
        ref = self.estate.web.ref
        chain = self.deployment.archived(ref)
        verified = self.deployment.history(ref).verified
        after = _sides(self.inspector, self.estate)
        return Ending(after, verified, chain, tuple(self._missing(after, verified, chain)))

    def _missing(self, after: Sides, verified: Verified | None, chain: ChainVerdict) -> Iterator[str]:
        """Compare the state in AWS with the expected one, and the audit log with that state."""
        if not self.inspector.closed(self.estate.web):
            yield "an interface of the web server is not isolated"
        for aspect, wanted in WANTED.items():
            if after.web[aspect] != wanted:
                yield f"{aspect}: {after.web[aspect]}, not {wanted}"
        if not verified or not verified.contained:
            yield "the audit log does not show that the instance is contained"
        elif not verified.complete:
            yield "the audit log does not show that the response is complete"
        if not chain.sound or chain.pending or not chain.archived:
            yield f"the audit log is not verified: {chain.claim}"
        for aspect, then in self.before.bystander.items():
            if after.bystander[aspect] != then:
                yield f"the other server was changed: {aspect}: {then} became {after.bystander[aspect]}"


WANTED = {
    "instance profile": NONE,
    "sessions of its role": "denied everything",
    "Auto Scaling group": NONE,
    "target groups": NONE,
    "termination protection": "on",
    "shutdown from inside": "stop",
    "volumes": "all kept",
    "snapshots": "1 of each of 2 volumes",
}
"""The expected state of the web server, in addition to isolation."""


def _sides(inspector: Inspector, estate: Estate) -> Sides:
    return Sides(
        inspector.portrait(estate.web, estate.role), inspector.portrait(estate.bystander, estate.role)
    )
