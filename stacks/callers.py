"""Who may invoke each function, and what proves it. Everybody else is denied, refused and reported."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING

from ringfence.model.resource_names import (
    ACTIVITY,
    ARCHIVE,
    CHAT,
    CHECKPOINT,
    CHECKPOINT_SCHEDULE,
    CONTROL,
    FINDINGS,
    FINDINGS_BUS,
    HEARTBEAT,
    HEARTBEAT_SCHEDULE,
    HUB_ACTIONS,
    INTAKE,
    NETWORK,
    NETWORK_SCHEDULE,
    NOTIFY,
    OPERATE,
    OUTPUTS,
    RECHECK,
    REVIEW,
    ROUTE,
    SCANS,
    SCANS_SCHEDULE,
    SWEEP,
    SWEEP_SCHEDULE,
    function_role,
    schedule_role,
)
from ringfence.runbooks.catalogue import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Way(StrEnum):
    """A way to a function."""

    QUEUE = "its queue"
    STREAM = "its table's stream"
    SCHEDULE = "its schedule"
    API = "an API"
    CHAT = "the buttons in chat"
    DEPLOYMENT = "a deployment"


PROOFS: Mapping[Way, str] = {
    Way.QUEUE: (
        "The queue answers that the message's receipt handle is in flight. Before that nothing is recorded, "
        "sent or changed."
    ),
    Way.STREAM: "The table contains the entry. The function reads it there before it archives or notifies.",
    Way.SCHEDULE: "Nothing has to: the function takes nothing from its input, and its look is due anyway.",
    Way.CHAT: (
        "IAM: the function's policy lets one role invoke it. The answers are those of this role. Nothing "
        "proves which of its members answers."
    ),
    Way.DEPLOYMENT: (
        "IAM: the function's policy lets only the role of CloudFormation that deploys invoke it. The "
        "input chooses one of the declared actions, and never its words."
    ),
    Way.API: "STS names who signed the request, and API Gateway names the same principal.",
}
"""What proves that an input came by its way."""


@dataclass(frozen=True)
class Invoked:
    """A function, the ways to it, and the roles that invoke it: its own and that of its schedule.

    Lambda polls queues and streams with the function's role. An event source mapping then invokes the
    function without a principal of the account.
    """

    name: str
    ways: tuple[Way, ...]
    roles: tuple[str, ...]


@cache
def invoked() -> Mapping[str, Invoked]:
    """Return every function by its name, without the prefix."""
    return {one.name: one for one in _declared()}


def _declared() -> Iterator[Invoked]:
    for runbook in CATALOGUE.values():
        own = function_role(runbook.id)
        yield Invoked(runbook.id, (Way.QUEUE,), (own,))
        yield Invoked(f"{runbook.id}-continuation", (Way.QUEUE,), (own,))
        if runbook.review:
            yield Invoked(f"{runbook.id}-{REVIEW}", (Way.SCHEDULE,), (own, schedule_role(runbook.id)))
        if runbook.undone_by:
            roles = (own, schedule_role(runbook.id, RECHECK))
            yield Invoked(f"{runbook.id}-{RECHECK}", (Way.QUEUE, Way.SCHEDULE), roles)
    for name in (ARCHIVE, NOTIFY, CONTROL):
        yield Invoked(name, (Way.STREAM,), (function_role(name),))
    yield Invoked(CHECKPOINT, (Way.SCHEDULE,), (function_role(CHECKPOINT), CHECKPOINT_SCHEDULE))
    roles = (function_role(HEARTBEAT), HEARTBEAT_SCHEDULE)
    yield Invoked(HEARTBEAT, (Way.QUEUE, Way.SCHEDULE), roles)
    yield Invoked(INTAKE, (Way.QUEUE,), (function_role(INTAKE),))
    yield Invoked(ROUTE, (Way.QUEUE,), (function_role(ROUTE),))
    yield Invoked(CHAT, (Way.CHAT,), (function_role(CHAT),))
    yield Invoked(HUB_ACTIONS, (Way.DEPLOYMENT,), (function_role(HUB_ACTIONS),))
    yield Invoked(ACTIVITY, (Way.QUEUE,), (function_role(ACTIVITY),))
    roles = (function_role(NETWORK), NETWORK_SCHEDULE)
    yield Invoked(NETWORK, (Way.QUEUE, Way.SCHEDULE), roles)
    yield Invoked(OUTPUTS, (Way.QUEUE,), (function_role(OUTPUTS),))
    roles = (function_role(SWEEP), SWEEP_SCHEDULE)
    yield Invoked(SWEEP, (Way.QUEUE, Way.SCHEDULE), roles)
    roles = (function_role(SCANS), SCANS_SCHEDULE)
    yield Invoked(SCANS, (Way.QUEUE, Way.SCHEDULE), roles)
    yield Invoked(FINDINGS, (Way.API,), (function_role(FINDINGS),))
    yield Invoked(FINDINGS_BUS, (Way.QUEUE,), (function_role(FINDINGS),))
    yield Invoked(OPERATE, (Way.API,), (function_role(OPERATE),))
