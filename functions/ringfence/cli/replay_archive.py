"""The events in a deployment's archive, as documents for a replay."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ringfence.cli.audit_sources import Period
from ringfence.cli.event_stream import Read
from ringfence.cli.log import archive_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.cli.settings import Home


def archived(home: Home, since: datetime | None, until: datetime | None) -> Iterator[Read]:
    """Yield the entries of the incidents of a period, response by response. Raises Retryable."""
    from ringfence.handlers.threads import Threads

    archive, threads = archive_of(home), Threads()
    period = Period(since, until)
    found = archive.responses(period.first, period.last, period.months(datetime.now(UTC)))
    for key, incident in found:
        for one in archive.first_versions(key, incident, threads):
            place = f"{incident}, {key.text}, entry {one.seq}"
            yield Read(place, {"chain": key.text, "body": one.body})
