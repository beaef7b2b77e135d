"""The credentials demo without its output: a leaked key, a finding about it, and the checks."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

from ringfence.local.credential_findings import CredentialFinding
from ringfence.local.demo import GIVE_UP
from ringfence.local.principals import WORKS, Principals
from ringfence.record.facts import Closed
from ringfence.record.timeline import timeline
from ringfence.steps.iam.cut_off import PROPAGATION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.local.deployment import Deployment
    from ringfence.local.inspection import Portrait
    from ringfence.local.principals import Credentials, KeyHolder
    from ringfence.record.facts import Verified
    from ringfence.record.integrity import ChainVerdict
    from ringfence.record.timeline import Row

LEAKED, EARLIER = "the leaked key", "a session that was started with it"
OTHER, NEW = "the user's other key", "a new session of the other key"
ASSUMED = "a role session that was started with it"
MUST_WORK = (OTHER, NEW)
MUST_BE_REFUSED = (LEAKED, EARLIER)


@dataclass(frozen=True)
class CredentialEnding:
    """The result. `missing` names the missing results in words. Empty if there are none."""

    after: Portrait
    verified: Verified | None
    chain: ChainVerdict
    missing: tuple[str, ...]


@dataclass(frozen=True)
class CredentialScene:
    """A user with a leaked key in a deployment, and the calls that worked at the start."""

    deployment: Deployment
    principals: Principals
    holder: KeyHolder
    earlier: Credentials
    assumed: Credentials
    before: Portrait

    @classmethod
    def build(cls, deployment: Deployment) -> Self:
        """Create the user in the deployment's account, and start an intruder's sessions with its key."""
        principals = Principals(deployment.local)
        holder = principals.holder("shop-deployer")
        earlier = principals.session(holder.leaked)
        assumed = principals.assume(holder.leaked, holder.role, "backup")
        scene = cls(deployment, principals, holder, earlier, assumed, {})
        return replace(scene, before=scene.portrait())

    def portrait(self) -> Portrait:
        """Make a call with each key and session."""
        new = self.principals.session(self.holder.other)
        return {
            LEAKED: self.principals.tried(self.holder.leaked),
            EARLIER: self.principals.tried(self.earlier),
            ASSUMED: self.principals.tried(self.assumed),
            OTHER: self.principals.tried(self.holder.other),
            NEW: self.principals.tried(new),
        }

    def finding(self) -> CredentialFinding:
        """Return the finding, some seconds later than its sessions, because IAM uses whole seconds."""
        _next_second()
        return CredentialFinding.of_key(self.holder, self.deployment.local.region)

    def play(self, finding: CredentialFinding) -> Iterator[Row]:
        """Send a finding and yield each new entry of the log, until the end or the timeout."""
        self.deployment.send(finding)
        seen = 0
        for history in self.deployment.histories(self.holder.ref, GIVE_UP):
            rows = timeline(history.entries)
            yield from rows[seen:]
            seen = len(rows)
            if is_over(history.verified) or history.last(Closed):
                return

    def end(self) -> CredentialEnding:
        """Make the calls again, and verify the archive."""
        chain = self.deployment.archived(self.holder.ref)
        verified = self.deployment.history(self.holder.ref).verified
        time.sleep(PROPAGATION.total_seconds())  # sessions that start until then are denied
        _next_second()
        after = self.portrait()
        return CredentialEnding(after, verified, chain, tuple(self._missing(after, verified, chain)))

    def _missing(self, after: Portrait, verified: Verified | None, chain: ChainVerdict) -> Iterator[str]:
        """Compare the responses of AWS with the expected ones, and the audit log with the responses."""
        for what in MUST_WORK:
            if after[what] != WORKS:
                yield f"{what} does not work: {after[what]}"
        for what in MUST_BE_REFUSED:
            if after[what] == WORKS:
                yield f"{what} still works"
        if not verified or not is_over(verified):
            yield "the audit log does not show that every stage is complete"
        elif verified.contained or not any(self.holder.other.key in one for one in verified.open_access):
            yield f"{OTHER} works, and the audit log does not name it as open to an intruder"
        if (
            verified
            and after[ASSUMED] == WORKS
            and not any(self.holder.role in one for one in verified.exposure)
        ):
            yield f"{ASSUMED} works, and the audit log does not mention it"
        if not chain.sound or chain.pending or not chain.archived:
            yield f"the audit log is not verified: {chain.claim}"


def _next_second() -> None:
    time.sleep(1.1 - datetime.now(UTC).microsecond / 1e6)


def is_over(verified: Verified | None) -> bool:
    """Return whether everything is complete except what a person must close or review."""
    return bool(verified and verified.whole and not (verified.remaining or verified.settling))
