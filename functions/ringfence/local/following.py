"""Follow what a local deployment records about some findings, until nothing more is to come."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from ringfence.aws.incidents import IncidentReader
from ringfence.local.deployment import AUDIT_STACK
from ringfence.record.refused_findings import chain_of, refused_in
from ringfence.record.status import IncidentStatus
from ringfence.record.summary import Summary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.aws.incidents import Response
    from ringfence.local.process import LocalAws
    from ringfence.record.chain import Entry
    from ringfence.record.refused_findings import RefusedFinding

_S = IncidentStatus
ENDED = frozenset(
    {
        *(_S.NOTED, _S.RECORDED, _S.DRY_RUN, _S.WAITING, _S.DECLINED),
        *(_S.FOR_REVIEW, _S.COMPLETE, _S.RELEASED, _S.CLOSED),
    }
)
"""The status of an incident to which Ringfence adds nothing without a person or another event."""
AGO = timedelta(days=8)
"""A finding can join an incident of the last week."""
MOST = 200
"""The incidents in which the findings are looked for, newest first."""
EVERY = 0.5
SETTLES = 3
"""How often nothing new may be seen before the end is believed."""
SETTLES_KNOWN = 20
"""The same if nothing new was seen at all: the event may not have arrived yet."""


@dataclass(frozen=True)
class Seen:
    """The response to one of the findings. `new` are the entries that were not seen before."""

    response: Response
    entries: tuple[Entry, ...]
    new: tuple[Entry, ...]

    @property
    def summary(self) -> Summary:
        """The summary of the response."""
        return Summary.of(self.entries)


def reader_of(local: LocalAws, account: str, region: str) -> IncidentReader | None:
    """Return a reader of the audit log of the deployment in an account and region. None without one."""
    try:
        stacks = local.client("cloudformation", account, region).describe_stacks(StackName=AUDIT_STACK)
    except (BotoCoreError, ClientError):
        return None
    found = {one["OutputKey"]: one["OutputValue"] for one in stacks["Stacks"][0].get("Outputs", [])}
    table = found.get("AuditTable")
    return IncidentReader(local.client("dynamodb", account, region), table) if table else None


@dataclass
class Follower:
    """Follows the responses to some findings, given by their ids. `seen` counts the entries of each.

    `home` is the home account, whose log has the findings that the policy refused.
    """

    reader: IncidentReader
    findings: frozenset[str]
    home: str
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    seen: dict[Response, int] = field(default_factory=dict)

    def skip(self) -> None:
        """Skip what is recorded so far, also of incidents that the findings join later."""
        for response, entries in self._recorded():
            self.seen[response] = len(entries)

    def follow(self, wait: float) -> Iterator[tuple[Seen, ...]]:
        """Yield what is seen at each look, until every response has ended, or for some seconds."""
        until, quiet, settles = time.monotonic() + wait, 0, SETTLES_KNOWN
        while time.monotonic() < until and quiet < settles:
            found = self.look()
            yield found
            settles = SETTLES if any(one.new for one in found) or not found else settles
            same = not any(one.new for one in found)
            refused = not found and bool(self.refused())
            ended = refused or (bool(found) and all(one.summary.status in ENDED for one in found))
            quiet = quiet + 1 if same and ended else 0
            time.sleep(EVERY)

    def refused(self) -> tuple[RefusedFinding, ...]:
        """Return which of the findings the policy refused today."""
        today = self.started.replace(hour=0, minute=0, second=0, microsecond=0)
        entries = self.reader.since(chain_of(self.home), today)
        return tuple(one for one in refused_in(entries) if one.finding in self.findings)

    def look(self) -> tuple[Seen, ...]:
        """Return the responses to the findings, with their new entries."""
        found = []
        for response, entries in self._responses():
            known = self.seen.get(response, 0)
            self.seen[response] = len(entries)
            found.append(Seen(response, entries, entries[known:]))
        return tuple(found)

    def _responses(self) -> Iterator[tuple[Response, tuple[Entry, ...]]]:
        for response, entries in self._recorded():
            if any(one.id in self.findings for one in Summary.of(entries).findings):
                yield response, entries

    def _recorded(self) -> Iterator[tuple[Response, tuple[Entry, ...]]]:
        now = datetime.now(UTC)
        for response in islice(self.reader.opened(now - AGO, now + timedelta(days=1)), MOST):
            yield response, self.reader.entries(response)
