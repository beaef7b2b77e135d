"""Where an event is stored: partitions by class, region, account and day, as Amazon Security Lake has them.

Security Lake takes one class from each source. https://docs.aws.amazon.com/security-lake/latest/userguide/custom-sources.html
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ringfence.record.chain import digest

if TYPE_CHECKING:
    from ringfence.record.chain import ChainKey, Entry
    from ringfence.record.ocsf.base import Event

ROOT, SOURCE_VERSION = "ext", "1.0"
_ODD = re.compile(r"[^A-Za-z0-9-]")


def path_of(key: ChainKey, entry: Entry, event: Event) -> str:
    """Return the key of the object with the events of an entry. The same entry always has the same key.

    Parameters
    ----------
    key : ChainKey
        The runbook and the resource.
    entry : Entry
        The entry.
    event : Event
        One of the events of the entry. All of them have the same class and time.
    """
    _, account, region, *_ = (*key.subject.split("/", 3), "", "")
    at = datetime.fromtimestamp(int(str(event["time"])) / 1000, UTC)
    source = f"ringfence-{_ODD.sub('-', str(event['class_name']).lower())}"
    # Two resources can have responses to the same incident: the digest tells them apart.
    name = f"{entry.incident}-{digest(key.text)[:16]}-{entry.seq:06}.jsonl"
    where = f"region={_part(region)}/accountId={_part(account)}/eventDay={at:%Y%m%d}"
    return f"{ROOT}/{source}/{SOURCE_VERSION}/{where}/{name}"


def _part(text: str) -> str:
    """Return a part of a key: nobody may lead out of a partition with a name."""
    return _ODD.sub("-", text) or "unknown"
