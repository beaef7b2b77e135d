"""The storage format of entries and leases: attribute names, keys and month.

Items are in the low-level wire format, `{"S": …}`. boto3's resource layer converts them to Python values,
but its import would delay the isolating call.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, TypedDict

from ringfence.model.codec import canonical, instant_text
from ringfence.model.errors import InternalError
from ringfence.model.incident import INCIDENT_ID
from ringfence.record.chain import CHAIN_KEY, HEARTBEAT, Entry, Lease, Members, Slot
from ringfence.record.pauses import PAUSE
from ringfence.record.slots import BREAKER, BREAKERS, MEMBERS, REFUSALS, REPLAYS, RESETS
from ringfence.runbooks import counts_members, keeper

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.record.chain import ChainKey

CHAIN, ENTRY, MONTH, CONTROL_KEY = "chain", "entry", "month", "key"
"""The keys of the audit table, of its index and of the control table."""
DEPLOYMENT_CHAINS = frozenset({HEARTBEAT, PAUSE, RESETS, REPLAYS, REFUSALS})
"""What is in the place of a runbook's id in the keys of chains that belong to no incident."""
INCIDENTS = "incidents"
"""The sparse index. It contains the keys of each incident's first entry: `month` and `entry`."""
CONTAINMENTS, OPEN = "containments", "open"
"""The sparse index of the control table. It contains the open contained incidents: key `open`."""
DERIVED = (MONTH, "incident", "seq")
"""The attributes of an entry's item that follow from its keys."""
MAC = "mac"
"""The attribute with the proof of an entry's origin. Unsealed entries do not have it."""
PROVIDED = "provided"
"""The attribute with the ids of what Ringfence created in an account and region."""
ARCHIVE_PREFIX = "chains/"
_GROUPS = "groups"
"""The attribute with the target groups of an instance."""
MOST_GROUPS = 10
"""The most target groups of an instance that count. Each one takes places in the transaction."""

LEASE = ("owner", "until", "incident")
"""The attributes of a lease."""
_NOTHING: Mapping[str, object] = MappingProxyType({})
_GROUP = re.compile(r"[A-Za-z0-9-]{1,32}|unknown/vpc-[0-9a-f]{1,32}")
"""The name of a target group, or of what stands for the unknown groups of a VPC."""
_SEQ, _HASH = re.compile(r"[0-9]{6}"), re.compile(r"[0-9a-f]{64}")


class Text(TypedDict):
    """A string on the wire."""

    S: str


class Number(TypedDict):
    """A number on the wire."""

    N: str


Item = dict[str, "Text | Number"]


def sort_key(incident: str, seq: int) -> str:
    """Return the sort key of an entry. Incidents sort by time of opening, entries by number."""
    return f"{incident}#{seq:06d}"


def month_of(incident: str) -> str:
    """Return the month in which an incident was opened, `2026-11`, from its id."""
    stamp = incident.removeprefix("inc-")
    return f"{stamp[:4]}-{stamp[4:6]}"


def is_ours(chain: str, entry: str, hash_text: str) -> bool:
    """Return whether keys and hash have the form that the audit log writes. They end up in other keys."""
    incident, _, seq = entry.rpartition("#")
    return bool(
        CHAIN_KEY.fullmatch(chain)
        and INCIDENT_ID.fullmatch(incident)
        and _SEQ.fullmatch(seq)
        and _HASH.fullmatch(hash_text)
    )


def to_item(key: ChainKey, entry: Entry) -> Item:
    """Return an entry as an item of the audit table."""
    item: Item = {
        CHAIN: {"S": key.text},
        ENTRY: {"S": sort_key(entry.incident, entry.seq)},
        "incident": {"S": entry.incident},
        "seq": {"N": str(entry.seq)},
        "body": {"S": entry.body},
        "hash": {"S": entry.hash},
    }
    if entry.seq == 0 and key.runbook not in DEPLOYMENT_CHAINS:
        item[MONTH] = {"S": month_of(entry.incident)}
    if entry.mac:
        item[MAC] = {"S": entry.mac}
    return item


def to_entry(item: Mapping[str, Mapping[str, object]]) -> Entry:
    """Read an item of the audit table. Raises KeyError or ValueError for an invalid one.

    The key, not the attributes, identifies the entry.
    """
    incident, _, seq = str(item[ENTRY]["S"]).rpartition("#")
    return Entry(incident, int(seq), str(item["body"]["S"]), str(item["hash"]["S"]), _mac(item))


def wrong_attributes(item: Mapping[str, Mapping[str, object]]) -> tuple[str, ...]:
    """Return which attributes of an item under an entry's keys do not follow from these keys.

    The index contains the items with a month. So somebody who removes or changes it hides an incident from
    every list, although each entry is unchanged.
    """
    runbook = str(item[CHAIN]["S"]).partition("#")[0]
    incident, _, seq = str(item[ENTRY]["S"]).rpartition("#")
    right: dict[str, Mapping[str, object]] = {"incident": {"S": incident}, "seq": {"N": str(int(seq))}}
    if int(seq) == 0 and runbook not in DEPLOYMENT_CHAINS:
        right[MONTH] = {"S": month_of(incident)}
    return tuple(name for name in DERIVED if item.get(name) != right.get(name))


def altered_words(item: Mapping[str, Mapping[str, object]]) -> tuple[str, ...]:
    """Return the same in words."""
    place = f"{item[CHAIN]['S']}, {item[ENTRY]['S']}"
    return tuple(
        f"the table has another {name} for {place} than Ringfence wrote"
        + (", so lists do not show the incident as they should" if name == MONTH else "")
        for name in wrong_attributes(item)
    )


def as_stored(item: Mapping[str, Mapping[str, object]]) -> Entry:
    """Read any item under an entry's key. Missing attributes are empty, so that it fails verification.

    An item under an invalid key has the number -1.
    """
    incident, _, seq = str(item[ENTRY]["S"]).rpartition("#")
    body, kept = (str(item.get(name, {}).get("S", "")) for name in ("body", "hash"))
    return Entry(incident, int(seq) if _SEQ.fullmatch(seq) else -1, body, kept, _mac(item))


def _mac(item: Mapping[str, Mapping[str, object]]) -> str:
    return str(item.get(MAC, {}).get("S", ""))


def lease_values(lease: Lease) -> dict[str, Text]:
    """Return a lease's attributes."""
    return {
        "owner": {"S": lease.owner},
        "until": {"S": instant_text(lease.until) if lease.until else ""},
        "incident": {"S": lease.incident},
    }


def slot_values(slot: Slot) -> dict[str, Text]:
    """Return the attributes of a limit that is used. The index lists the limits that were reached."""
    listed: dict[str, Text] = {OPEN: {"S": BREAKERS}} if slot.owner and slot.name.startswith(BREAKER) else {}
    return {
        "owner": {"S": slot.owner},
        "at": {"S": instant_text(slot.at)},
        "until": {"S": instant_text(slot.until)},
        **listed,
    }


def to_slot(name: str, item: Mapping[str, Mapping[str, object]]) -> Slot | None:
    """Read who uses a place of a limit. None for a missing item, and for one without a time: it is free."""
    try:
        at = datetime.fromisoformat(str(item["at"]["S"]))
    except (KeyError, ValueError):
        return None
    return Slot(name, str(item.get("owner", _NOTHING).get("S", "")), at) if at.tzinfo else None


def members_key(key: ChainKey) -> str:
    """Return the key of the item with the target groups of a subject. Empty if they count for no limit."""
    return f"{MEMBERS}{key.subject}" if counts_members(key.runbook) else ""


def members_values(members: Members) -> dict[str, Text]:
    """Return the attributes of an instance's target groups. Raises InternalError if they were not read."""
    if members.read_at is None:
        raise InternalError("target groups that were not read cannot be kept")
    return {"at": {"S": instant_text(members.read_at)}, _GROUPS: {"S": canonical(dict(members.groups))}}


def to_members(item: Mapping[str, Mapping[str, object]]) -> Members:
    """Read an instance's target groups. A missing item, and one in another form, says nothing."""
    try:
        at = datetime.fromisoformat(str(item["at"]["S"]))
        found = json.loads(str(item[_GROUPS]["S"]))
        groups = tuple((str(name), int(size)) for name, size in found.items())
    except (KeyError, ValueError, TypeError, AttributeError, RecursionError):
        return Members()
    good = at.tzinfo and len(groups) <= MOST_GROUPS and all(_GROUP.fullmatch(name) for name, _ in groups)
    return Members(groups, at) if good else Members()


def to_lease(item: Mapping[str, Mapping[str, object]]) -> Lease:
    """Read a lease. An empty item means no lease. An item in another form is a void lease.

    The condition of the next lease is this item, whatever it contains: it must not prevent containment.
    """
    if not item:
        return Lease()
    owner, until, incident = (str(item.get(name, _NOTHING).get("S", "")) for name in LEASE)
    try:
        lease = Lease(owner, datetime.fromisoformat(until) if until else None, incident)
        if lease_values(lease) == {name: item.get(name) for name in LEASE}:
            return lease
    except (ValueError, OverflowError, InternalError):  # no time, or one without a zone
        pass
    stored = tuple((name, item.get(name)) for name in LEASE)
    incident = incident if INCIDENT_ID.fullmatch(incident) else ""
    return Lease("", None, incident, stored, "it does not have the form of a lease")


def provided_key(key: ChainKey) -> str:
    """Return the key of the item with what a runbook created in the account and region of a subject."""
    _, account, region, *_ = (*key.subject.split("/"), "", "")
    return f"{keeper(key.runbook)}#provided/{account}/{region}"


def provided_text(provided: Mapping[str, frozenset[str]]) -> str:
    """Return the ids of what was created, by symbol, as one text. Equal ids have equal texts."""
    return canonical({symbol: sorted(ids) for symbol, ids in provided.items()})


def provided_mac(item: Mapping[str, Mapping[str, object]]) -> tuple[str, str]:
    """Return the stored text of what was created, and its MAC. Both can be empty."""
    return str(item.get(PROVIDED, {}).get("S", "")), _mac(item)


def to_provided(item: Mapping[str, Mapping[str, object]]) -> dict[str, frozenset[str]]:
    """Read the ids of what was created, by symbol. An item in another form names nothing.

    Then nothing counts as created by Ringfence, so it creates it again.
    """
    try:
        found = json.loads(str(item[PROVIDED]["S"])) if PROVIDED in item else {}
        return {str(symbol): frozenset(map(str, ids)) for symbol, ids in found.items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}


def archive_prefix(chain: str, incident: str) -> str:
    """Return the folder of a response whose entries are one object each. `chain` is the partition."""
    return f"{ARCHIVE_PREFIX}{chain.replace('#', '/', 1)}/{incident}/"
