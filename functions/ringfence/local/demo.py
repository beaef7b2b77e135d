"""The demo without its looks: an estate, a finding about it, and whether all ended well."""

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
    from ringfence.record.integrity import Verdict
    from ringfence.record.timeline import Row

GIVE_UP = 90.0
"""Seconds after which a response that is not complete counts as failed."""


@dataclass(frozen=True)
class Sides:
    """Both servers, as they are at one moment."""

    web: Portrait
    bystander: Portrait


@dataclass(frozen=True)
class Ending:
    """How it ended. `missing` says in words what should be and is not; empty when all is well."""

    after: Sides
    verified: Verified | None
    chain: Verdict
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Scene:
    """An estate under the protection of a deployment, and how it was at first."""

    deployment: Deployment
    estate: Estate
    inspector: Inspector
    before: Sides

    @classmethod
    def build(cls, deployment: Deployment, name: str = "shop") -> Self:
        """Build the estate in the deployment's account; `name` is the beginning of all names in it."""
        local = deployment.local
        estate = Builder(local.client, local.account, local.region, name).estate()
        inspector = Inspector(local.client)
        return cls(deployment, estate, inspector, _sides(inspector, estate))

    def play(self, finding: InstanceFinding) -> Iterator[Row]:
        """Send a finding and yield each entry of the log as it appears, until all is done or time is up."""
        self.deployment.send(finding)
        ref, seen = self.estate.web.ref, 0
        for history in self.deployment.histories(ref, GIVE_UP):
            rows = timeline(history.entries)
            yield from rows[seen:]
            seen = len(rows)
            if (history.verified and history.verified.complete) or history.last(Closed):
                return

    def end(self) -> Ending:
        """Look at everything once more, the archive included."""
        ref = self.estate.web.ref
        chain = self.deployment.archived(ref)
        verified = self.deployment.history(ref).verified
        after = _sides(self.inspector, self.estate)
        return Ending(after, verified, chain, tuple(self._missing(after, verified, chain)))

    def _missing(self, after: Sides, verified: Verified | None, chain: Verdict) -> Iterator[str]:
        """Trust no record: what AWS shows decides, and the record must say the same."""
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
"""How the web server must be in the end, beside being cut off the network."""


def _sides(inspector: Inspector, estate: Estate) -> Sides:
    return Sides(
        inspector.portrait(estate.web, estate.role), inspector.portrait(estate.bystander, estate.role)
    )
