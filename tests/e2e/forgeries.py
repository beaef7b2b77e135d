"""What an intruder writes who may write to the tables, and has no key to seal it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ringfence.aws.audit_items import to_item
from ringfence.record.chain import Stamp, link
from ringfence.record.seal import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ringfence.record.chain import ChainKey, Entry
    from ringfence.record.facts import Fact
    from tests.e2e.world import World

WRONG_MAC = f"{VERSION}:{'0' * 8}:{'0' * 64}"
"""Names a key that the deployment does not have."""
FORGED = "TAMPERING: an entry was written that no function of Ringfence sealed: its MAC is wrong"
"""What people are told of each entry with such a MAC."""


def forge(
    world: World,
    key: ChainKey,
    incident: str,
    facts: Iterable[Fact],
    *,
    mac: str = WRONG_MAC,
    after: Entry | None = None,
) -> None:
    """Write entries of an incident after `after`. Hashes and links are right, and the MAC is `mac`."""
    stamp = Stamp(key, incident, f"ringfence-{key.runbook}", "a", datetime.now(UTC))
    for entry in link(stamp, after, facts):
        put(world, key, replace(entry, mac=mac))


def put(world: World, key: ChainKey, entry: Entry) -> None:
    """Write an entry."""
    world.client("dynamodb").put_item(TableName=world.deployment.audit_table, Item=to_item(key, entry))


def archived_marks(world: World, incident: str) -> list[Mapping[str, str]]:
    """Return the metadata of the archive's objects of an incident."""
    s3, bucket = world.client("s3"), world.deployment.archive
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=f"chains/{incident}/").get("Contents", ())
    return [s3.head_object(Bucket=bucket, Key=one["Key"])["Metadata"] for one in listed]
