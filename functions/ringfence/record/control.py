"""The items of the control table: which changes Ringfence makes, and which are tampering. Pure.

A stream delivers each change. It does not say who made it, so each item is compared with what Ringfence can
have written at that moment. Ringfence deletes no item.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen
from ringfence.record.chain import CHAIN_KEY, CLOCKS, HEARTBEAT
from ringfence.record.pauses import PAUSES_ITEM
from ringfence.record.scans import is_scan_key
from ringfence.record.slots import BREAKER, MEMBERS
from ringfence.record.slots import LIMIT as LIMIT_START
from ringfence.record.sweeps import is_sweep_key
from ringfence.record.wording import is_containment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ringfence.record.chain import Lease

REMOVE, MODIFY = "REMOVE", "MODIFY"
LEASE, CONTAINMENT, PROVIDED, LIMIT = "lease", "containment", "provided", "limit"
PROOF, LOG, PAUSES, HELD = "proof", "log", "pauses", "list of waiting notices"
SWEEP, SCAN = "sweep", "scan"
"""The kinds of item, besides heartbeats. A proof is that of an operator's identity, which is used once."""
LOG_COUNTS = frozenset({"log#head", "log#published"})
"""The keys of the numbers of leaves in order, and of those that a checkpoint covers."""
LOG_IMPORT, LOG_LEAVES, LOG_CHAIN = "log#import", "log#leaves#", "log#chain#"
"""The key of the import of older entries, and the beginnings of the keys of leaves and of positions."""
EMPTIED = "[]"
"""What replaces leaves that were published."""
_NUMBER = re.compile(r"[0-9]{15}")
PROOF_SLOTS = "operate#request/"
"""The beginning of the keys of used proofs."""
HELD_SLOTS = "notices#waiting/"
"""The beginning of the keys of items that say which notices wait for a summary."""
_HELD = re.compile(rf"{HELD_SLOTS}[0-7]")
_LIMIT = re.compile(r"(limit|breaker)/[!-~]{1,900}/[0-9]{1,3}")
"""The name of an Auto Scaling group can contain every printable ASCII character but a colon."""
_ANY_RUNBOOK = "any"
_STARTS = (("limit/", LIMIT), ("provided/", PROVIDED))
_KEPT = ((is_sweep_key, SWEEP), (is_scan_key, SCAN))
"""What sweeps and scheduled scans keep of each place."""
_PLACE = re.compile(r"[0-9]{12}/[a-z0-9-]{1,32}|self-check")


@frozen
class ControlChange:
    """One change of the control table.

    Attributes
    ----------
    kind : str
        `INSERT`, `MODIFY` or `REMOVE`.
    key : str
        The key of the item.
    at : datetime
        When DynamoDB made the change, to the second.
    """

    kind: str
    key: str
    at: datetime


def kind_of(key: str) -> str:
    """Return the kind of the item with a key. Empty for a key that Ringfence does not write."""
    if own := _of_the_deployment(key):
        return own
    runbook, mark, rest = key.partition("#")
    if not runbook or not mark:
        return ""
    if runbook == HEARTBEAT and _PLACE.fullmatch(rest):
        return HEARTBEAT
    if named := next((kind for start, kind in _STARTS if rest.startswith(start)), ""):
        return named
    if rest.endswith("#containment") and is_containment(runbook):
        return CONTAINMENT if CHAIN_KEY.fullmatch(key.removesuffix("#containment")) else ""
    return LEASE if CHAIN_KEY.fullmatch(key) else ""


def _of_the_deployment(key: str) -> str:
    """Return the kind of an item that belongs to no response. Empty for any other key."""
    if key.startswith(PROOF_SLOTS):
        return PROOF
    if key == PAUSES_ITEM:
        return PAUSES
    if _HELD.fullmatch(key):
        return HELD
    if kept := next((kind for is_key, kind in _KEPT if is_key(key)), ""):
        return kept
    if key.startswith((LIMIT_START, BREAKER)):
        return LIMIT if _is_limit(key) else ""
    return LOG if _is_log(key) else ""


def _is_limit(key: str) -> bool:
    """Return whether it is the key of a place, or of the target groups of an instance."""
    if key.startswith(MEMBERS):
        return bool(CHAIN_KEY.fullmatch(f"{_ANY_RUNBOOK}#{key.removeprefix(MEMBERS)}"))
    return bool(_LIMIT.fullmatch(key))


def removal(change: ControlChange) -> str:
    """Return why a change is tampering whatever the item contains. Empty if it is not."""
    if change.kind == REMOVE:
        return "an item was deleted"
    return "" if kind_of(change.key) else "an item has a key that Ringfence does not write"


def wrong_lease(change: ControlChange, lease: Lease) -> str:
    """Return why Ringfence cannot have written a lease. Empty if it can."""
    return lease.judged(change.at).void


def wrong_pauses(before: tuple[str, int] | None, now: tuple[str, int] | None, *, recorded: bool) -> str:
    """Return why Ringfence cannot have written the item that says what is paused. Empty if it can.

    `before` and `now` are the incident and the number of the entry that the item copies, None for an item
    without the form of an entry. `recorded`: the audit table contains exactly this entry.
    """
    if now is None:
        return "the item that says what is paused is not readable"
    if before is not None and now <= before:
        return "the item that says what is paused was set back to an earlier entry"
    return "" if recorded else "the item that says what is paused is not an entry of the audit log"


def wrong_log(change: ControlChange, before: int | None, now: int | None, leaves: str = "") -> str:
    """Return why Ringfence cannot have changed an item of the transparency log. Empty if it can.

    `before` and `now` are the numbers that the item counts, and `leaves` its new leaves. The publishing
    function notices leaves that were emptied too early.
    """
    if change.key in LOG_COUNTS:
        if now is None:
            return "a count of the transparency log is not readable"
        return "a count of the transparency log was lowered" if before is not None and now < before else ""
    if _is_leaves(change.key) and change.kind == MODIFY and leaves != EMPTIED:
        return "leaves of the transparency log were changed before they were published"
    return ""


def _is_log(key: str) -> bool:
    if key.startswith(LOG_CHAIN):
        return bool(CHAIN_KEY.fullmatch(key.removeprefix(LOG_CHAIN)))
    return key in LOG_COUNTS or key == LOG_IMPORT or _is_leaves(key)


def _is_leaves(key: str) -> bool:
    return key.startswith(LOG_LEAVES) and bool(_NUMBER.fullmatch(key.removeprefix(LOG_LEAVES)))


def wrong_time(change: ControlChange, at: datetime | None) -> str:
    """Return why Ringfence cannot have written this time, which is that of the change."""
    kind = kind_of(change.key)
    if at is None:
        return f"a {kind} has no time"
    return f"a {kind} was written at another time than it says" if abs(at - change.at) > 2 * CLOCKS else ""


def wrong_provided(before: Mapping[str, frozenset[str]], now: Mapping[str, frozenset[str]] | None) -> str:
    """Return why Ringfence cannot have written what it created. It only adds ids."""
    if now is None:
        return "the list of what Ringfence created is not readable"
    lost = any(not ids <= now.get(symbol, frozenset()) for symbol, ids in before.items())
    return "ids were removed from the list of what Ringfence created" if lost else ""


def wrong_seal(before: tuple[str, str], now: tuple[str, str]) -> str:
    """Return why Ringfence cannot have written the MAC of what it created. Empty if it can.

    Both are the stored text and its MAC. This function has no key. Responses check the MAC and obey no other.
    """
    (text, mac), (new_text, new_mac) = before, now
    if mac and not new_mac:
        return "the list of what Ringfence created lost its proof of origin"
    same = mac and mac == new_mac and text != new_text
    return "the list of what Ringfence created was changed without a new proof of origin" if same else ""


def is_unproved(
    before: Mapping[str, frozenset[str]], now: Mapping[str, frozenset[str]] | None, mac: str
) -> bool:
    """Return whether ids without a MAC were added to what Ringfence created.

    Ringfence writes ids without a MAC only while it cannot derive the key of the seals. Responses obey such
    ids only in that time, so a person has to look.
    """
    return not mac and any(ids - before.get(symbol, frozenset()) for symbol, ids in (now or {}).items())
