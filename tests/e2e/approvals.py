"""What waits for people in a deployment, and the people who answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringfence.record.approvals import Approval, ApprovalStatus, approvals
from tests.e2e.operators import operator
from tests.e2e.world import until

if TYPE_CHECKING:
    from datetime import datetime

    from ringfence.local.estate import Server
    from tests.e2e.operators import Operator
    from tests.e2e.world import World

ASK_TYPE, VETO_TYPE = "Trojan:EC2/BlackholeTraffic", "Trojan:EC2/DGADomainRequest.B"
ASK = {"name": "ask first", "finding": ASK_TYPE, "mode": "approve"}
VETO = {"name": "unless vetoed", "finding": VETO_TYPE, "mode": "auto-unless-vetoed"}
WATCHED_TAG = "watched"
WATCHED = {
    "name": "what people watch over",
    "runbook": "contain-instance",
    "tags": {WATCHED_TAG: "*"},
    "mode": "approve",
}
APPROVALS = {"expires": "2m", "on-expiry": "escalate", "veto-delay": "1m"}


@dataclass(frozen=True)
class Asked:
    """A server whose containment waits for people."""

    world: World
    server: Server

    @classmethod
    def about(cls, world: World, kind: str = ASK_TYPE) -> Asked:
        """Launch a server, send a finding about it, and wait until people are asked."""
        builder = world.builder()
        server = builder.launch(builder.ground(), builder.name, builder.profile())
        world.send(server, type=kind)
        asked = cls(world, server)
        until(lambda: asked.approvals, "people are asked")
        return asked

    @property
    def approvals(self) -> tuple[Approval, ...]:
        return approvals(self.world.history(self.server).entries)

    @property
    def incident(self) -> str:
        return self.world.history(self.server).incident

    @property
    def closed(self) -> bool:
        return self.world.inspector().closed(self.server)

    def status(self, now: datetime, number: int = -1) -> ApprovalStatus:
        return self.approvals[number].status(now)


def approver(world: World) -> Operator:
    """Hire somebody who may only answer."""
    return operator(world, f"arn:aws:iam::{world.local.account}:policy/ringfence-approver")
