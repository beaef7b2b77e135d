"""The heartbeat: an event that a schedule puts on the bus of each region that forwards events.

It takes the path of every other event. EventBridge sets its account and region, so nobody can send it for
another place. Only AWS services can use a source that begins with `aws.`, so other rules deliver it.

The queues of runbooks get the heartbeats of the home region only: those of other places could be sent by
many, and would hide that a link at home is silent.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from ringfence.events import fields
from ringfence.events.envelope import Envelope, parse_json
from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SOURCE, DETAIL_TYPE = "ringfence.heartbeat", "Ringfence heartbeat"
PATTERN: Mapping[str, object] = MappingProxyType({"source": [SOURCE], "detail-type": [DETAIL_TYPE]})


def pattern(accounts: Iterable[str], regions: Iterable[str] = ()) -> dict[str, object]:
    """Return the EventBridge pattern for the heartbeats of some accounts. No regions means all of them."""
    places = {"account": list(accounts), "region": list(regions)}
    return {**PATTERN, **{key: found for key, found in places.items() if found}}


CONTINUED = '{"heartbeat":true}'
"""The message with which a heartbeat continues to the second queue of a runbook."""


@frozen
class Link:
    """An account and region from which heartbeats come."""

    account: str
    region: str

    @property
    def key(self) -> str:
        """A stable text: `account/region`."""
        return f"{self.account}/{self.region}"


def heartbeat_of(text: str) -> Link | None:
    """Return where an event in text form comes from if it is a heartbeat. Raises BadInput."""
    envelope = Envelope.of(parse_json(text))
    if (envelope.source, envelope.detail_type) != (SOURCE, DETAIL_TYPE):
        return None
    document = envelope.document
    return Link(fields.account(document, "account"), fields.region(document, "region"))
