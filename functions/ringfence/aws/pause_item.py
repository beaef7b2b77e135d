"""The item of the control table that says what is paused: a copy of the newest entry of the pauses' chain.

So it has the proof of an entry: its hash, its place, and its MAC. Nobody can lift a pause with an item that
Ringfence did not write. Whatever else is found there stops every change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ringfence.aws.audit_items import CONTROL_KEY, MAC
from ringfence.model.errors import BadInput, UnknownRecord
from ringfence.model.incident import INCIDENT_ID
from ringfence.record.chain import ChainKey, Entry, digest
from ringfence.record.deployment_facts import PausesChanged
from ringfence.record.pauses import PAUSE, PAUSES_ITEM, Pauses
from ringfence.record.pausing import well_formed
from ringfence.record.seal import Origin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from ringfence.record.seal import SealKeys

_ODD = (
    BadInput,
    UnknownRecord,
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
"""The errors that arbitrary content causes."""
_ENTRY = (("incident", "S"), ("seq", "N"), ("body", "S"), ("hash", "S"))


def to_put(table: str, entry: Entry) -> TransactWriteItemTypeDef:
    """Return the put of the item, for the transaction that appends the entry."""
    item: dict[str, object] = {
        CONTROL_KEY: {"S": PAUSES_ITEM},
        "incident": {"S": entry.incident},
        "seq": {"N": str(entry.seq)},
        "body": {"S": entry.body},
        "hash": {"S": entry.hash},
    }
    if entry.mac:
        item[MAC] = {"S": entry.mac}
    return cast("TransactWriteItemTypeDef", {"Put": {"TableName": table, "Item": item}})


def to_entry(item: Mapping[str, Mapping[str, object]]) -> Entry | None:
    """Read the entry. None if the item does not have its form."""
    try:
        incident, seq, body, kept = (str(item[name][kind]) for name, kind in _ENTRY)
        mac = str(item[MAC]["S"]) if MAC in item else ""
        return Entry(incident, int(seq), body, kept, mac) if INCIDENT_ID.fullmatch(incident) else None
    except _ODD:
        return None


def to_pauses(
    item: Mapping[str, Mapping[str, object]],
    keys: SealKeys,
    labels: frozenset[str],
    last: tuple[str, int] = ("", -1),
) -> Pauses:
    """Read what is paused.

    Parameters
    ----------
    item
        The item. Empty if it is missing.
    keys, labels
        The keys of the seals, and the labels of all keys of this deployment.
    last
        The newest place that this process has seen. An older item was put back by somebody.

    Returns
    -------
        The pauses. They are unreadable if Ringfence did not write the item, or if it is not the newest one.

    """
    if not item:
        return Pauses(unreadable="it was deleted")
    entry = to_entry(item)
    if entry is None:
        return Pauses(unreadable="it does not have the form of an entry")
    try:
        wrong = _wrong(entry, keys, labels)
        fact = entry.fact
    except _ODD as error:
        return Pauses(unreadable=f"it cannot be read: {error}"[:300])
    if not isinstance(fact, PausesChanged):
        return Pauses(unreadable="it is about something else")
    if not well_formed(fact):
        return Pauses(unreadable="a value in it has a wrong type")
    place = (entry.incident, entry.seq)
    if not wrong and place < last:
        wrong = f"it was set back to entry {entry.seq} of {entry.incident}"
    return Pauses(fact.active, wrong, place)


def _wrong(entry: Entry, keys: SealKeys, labels: frozenset[str]) -> str:
    """Return why Ringfence did not write an entry of the pauses' chain. Empty if it did.

    Without the key, nobody can tell. An outage of KMS must not stop containment, so the entry counts then.
    """
    runbook, subject, incident, seq, _ = entry.names
    if (runbook, incident, seq) != (PAUSE, entry.incident, entry.seq):
        return "its body belongs to another place"
    if digest(entry.body) != entry.hash:
        return "its hash does not match its body"
    if not labels and not keys.keys:
        return ""  # a process without keys: `--direct`
    origin = keys.origin(ChainKey(PAUSE, str(subject)), entry, labels)
    if origin is Origin.UNSEALED:
        return "it has no MAC: run `ringfence resume` or `ringfence pause` to seal it"
    return "its MAC is wrong" if origin is Origin.FORGED else ""
