"""Keep the target groups of all instances, so that a containment knows them without a further read.

A scheduled look sends a message for each account and region. Only what has changed is written.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from ringfence.handlers.logs import logger
from ringfence.handlers.parts import DUE, MEMBERS, Part, send_again, send_to_each, told
from ringfence.handlers.reviews import places
from ringfence.model.errors import InternalError, Retryable
from ringfence.model.frozen import replace
from ringfence.model.place import Place
from ringfence.observations.ec2.members import ListedMembers
from ringfence.policy.limits import OPEN, TARGET_GROUP
from ringfence.record.chain import ChainKey, Members, Slot
from ringfence.record.slots import LIMIT, size_now, size_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from ringfence.engine.ports import Ports, SideBySide
    from ringfence.handlers.parts import Send
    from ringfence.model.runbook import Runbook
    from ringfence.observations.ec2.members import Member
    from ringfence.policy.policy import Policy

AGAIN = timedelta(days=1)
"""When an item is written again although nothing has changed. Until then it counts as known."""


class Memory(Protocol):
    """What is kept of the subjects of a runbook, and of the sizes of groups."""

    def read(self, keys: Iterable[ChainKey]) -> Mapping[ChainKey, Members]:
        """Return what is kept of the subjects of these chains. Raises Retryable."""
        ...

    def sizes(self, keys: Iterable[str]) -> Mapping[str, Slot]:
        """Return the items with these keys that say how large a group is. Raises Retryable."""
        ...

    def write(self, members: Mapping[ChainKey, Members], sizes: Mapping[str, Slot]) -> None:
        """Replace items. Raises Retryable."""
        ...


@dataclass(frozen=True)
class MemberLook:
    """Looks at the target groups of every place of a runbook."""

    runbook: Runbook
    policy: Policy
    ports: Ports
    memory: Memory
    side_by_side: SideBySide
    send: Send

    def begin(self, home_region: str) -> int:
        """Send one message for each place. Return the number of places. Raises Retryable.

        Nothing is sent if the policy has no limit on target groups.
        """
        limit = self.policy.limits.of(TARGET_GROUP, critical=False)
        if self.runbook.members is None or not (limit.hour or limit.day or limit.share):
            return 0
        part = Part(MEMBERS, self.runbook.id, self.ports.clock() + DUE)
        found = places(self.runbook, self.policy, home_region)
        return len(send_to_each(found, part, self.send, self.side_by_side))

    def work(self, part: Part, home_region: str) -> int:
        """Look at one place. Return the number of instances. Raises Retryable if a message cannot be sent.

        What fails is tried again. Until then, what was kept counts as long as it does.
        """
        if self.runbook.members is None:
            raise InternalError(f"{self.runbook.id} has no groups to look at")
        if Place(part.account, part.region) not in places(self.runbook, self.policy, home_region):
            logger().info("off", extra={"place": part.words, "why": "it is not in the scope any more"})
            return 0
        if self.ports.clock() >= part.due:
            told(part, ("it was not finished before the next look",))
            return 0
        try:
            found = self.ports.cloud.listed(part.account, part.region, self.runbook.members())
            if not isinstance(found, ListedMembers):
                raise InternalError("the look at target groups ended with something else")
            self._keep(part, found.members)
        except Retryable as error:
            send_again(part, {"": str(error)}, self.send, failed=True)
            return 0
        if found.unread:
            told(part, found.unread)
        return len(found.members)

    def _keep(self, part: Part, members: tuple[Member, ...]) -> None:
        """Write what has changed, or was written long ago."""
        now = self.ports.clock()
        sizes, changed = self._sizes(part, members, now)
        kept = {
            ChainKey(self.runbook.id, one.ref.key): Members(
                tuple((name, sizes.get(name, 0)) for name, _ in one.groups), now
            )
            for one in members
        }
        known = self.memory.read(kept)
        new = {key: one for key, one in kept.items() if _is_news(known.get(key, Members()), one, now)}
        self.memory.write(new, changed)

    def _sizes(
        self, part: Part, members: tuple[Member, ...], now: datetime
    ) -> tuple[dict[str, int], dict[str, Slot]]:
        """Return how large each group counts, and the items to write. A smaller size counts for a day."""
        read = {name: size for one in members for name, size in one.groups if "/" not in name}
        limits = {name: f"{LIMIT}{TARGET_GROUP}/{part.account}/{part.region}/{name}/{OPEN}" for name in read}
        known = self.memory.sizes(size_of(one, 0, now).key for one in limits.values())
        sizes, changed = dict[str, int](), dict[str, Slot]()
        for name, size in read.items():
            before = known.get(size_of(limits[name], 0, now).key)
            item = size_now(limits[name], size, before, now)
            sizes[name] = int(item.owner)
            if item is not before and (
                before is None or before.owner != item.owner or _is_old(before.at, now)
            ):
                changed[item.key] = item
        return sizes, changed


def _is_news(known: Members, one: Members, now: datetime) -> bool:
    return known.read_at is None or replace(known, read_at=now) != one or _is_old(known.read_at, now)


def _is_old(at: datetime, now: datetime) -> bool:
    return not now - AGAIN < at <= now
