"""The audit log in DynamoDB: an append-only table of facts and a table of leases.

This module is imported before the isolating call, so it contains only what that call needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, cast

from botocore.exceptions import BotoCoreError, ClientError

from ringfence.aws.audit_items import (
    PROVIDED,
    members_key,
    provided_key,
    provided_mac,
    sort_key,
    to_lease,
    to_members,
    to_provided,
)
from ringfence.aws.audit_puts import MOST_ITEMS, chunks, entry_put, lease_put, slot_put
from ringfence.aws.audit_tables import AuditTables
from ringfence.model.call import Permission
from ringfence.model.errors import Conflict
from ringfence.model.frozen import replace
from ringfence.record.chain import check_append
from ringfence.record.history import History
from ringfence.record.pauses import PAUSE, PAUSES_ITEM, Pauses
from ringfence.record.seal import Origin, prove
from ringfence.record.slots import LIMIT_KEYS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from ringfence.engine.ports import SideBySide
    from ringfence.record.chain import ChainKey, Entry, Lease, Slot
    from ringfence.record.seal import SealKeys

_OWN_CHAINS = (("ForAllValues:StringLike", "dynamodb:LeadingKeys", ("{runbook}#*",)),)
_OWN_ITEMS = ("{runbook}#*", "{provided}")
_AND_LIMITS = (("ForAllValues:StringLike", "dynamodb:LeadingKeys", (*_OWN_ITEMS, *LIMIT_KEYS)),)
_AND_SHARED = (("ForAllValues:StringLike", "dynamodb:LeadingKeys", (*_OWN_ITEMS, PAUSES_ITEM, *LIMIT_KEYS)),)

PERMISSIONS = (
    Permission("dynamodb:PutItem", ("{audit_table}",), _OWN_CHAINS),
    Permission("dynamodb:PutItem", ("{control_table}",), _AND_LIMITS),
    Permission("dynamodb:Query", ("{audit_table}",), _OWN_CHAINS),
    Permission("dynamodb:BatchGetItem", ("{control_table}",), _AND_SHARED),
)
"""The permissions of a runbook's function on its own chains and on limits, and to read what is paused.

`{audit_table}` and `{control_table}` are the ARNs of the tables, `{runbook}` is the runbook's id, and
`{provided}` stands for the keys of what it creates for another runbook.
TransactWriteItems is not an IAM action; its puts are.
"""

_PROBES = 12
"""How often an execution looks for a free place of a limit, if others are faster."""


class Seals(Protocol):
    """The keys of the seals. They never fail: without a key, entries stay unsealed."""

    @property
    def labels(self) -> frozenset[str]:
        """The labels of all keys of this deployment, derived or not."""
        ...

    def keys(self) -> SealKeys:
        """Return the keys. Derive them unless that was done before."""
        ...

    def known(self) -> SealKeys:
        """Return what the last call of `keys` returned. Make no call."""
        ...


class DynamoAuditLog:
    """Implements `ringfence.engine.ports.AuditLog`.

    Every error of the service is Retryable: without a record no change is made. Only a request that
    DynamoDB calls invalid is an InternalError.
    """

    def __init__(  # noqa: PLR0913 - its client, tables, threads and keys
        self,
        client: DynamoDBClient,
        audit_table: str,
        control_table: str,
        side_by_side: SideBySide,
        seals: Seals,
        *,
        remembers: bool = False,
    ) -> None:
        """`remembers`: what was read of a chain is not read again. An operator reads it all each time."""
        self._client = client
        self._tables = AuditTables(client, audit_table, control_table, remembers=remembers)
        self._audit = audit_table
        self._control = control_table
        self._side_by_side = side_by_side
        self._seals = seals
        self._last_pause = Pauses.place
        self._sealed: set[str] = set()

    def read(self, key: ChainKey) -> History:
        """Return the entries of the newest incident, and the lease.

        The reads are not one snapshot. If the lease names another incident than the entries, an
        incident was opened in between, and both are read again. If they still differ, the lease is right:
        the writer of the lease has a slow clock. If its entries do not exist, somebody has deleted them.
        The tamper alarm reports that, and it must not prevent containment.

        The key of the seals is derived beside the reads. Without it, the history says why.
        """
        history = self._newest_history(key)
        keys = self._seals.keys()
        return replace(history, proof=prove(key, history.entries, keys, self._seals.labels))

    def _newest_history(self, key: ChainKey) -> History:
        history = self._read(key)
        if history.lease.incident in {"", history.incident}:
            return history
        history = self._read(key)
        if history.lease.incident in {"", history.incident}:
            return history
        return replace(history, entries=self._tables.of(key, history.lease.incident) or history.entries)

    def pauses(self) -> Pauses:
        """Return what is paused now."""
        return self._paused(self._tables.items(PAUSES_ITEM)[PAUSES_ITEM])

    def _paused(self, item: Mapping[str, Mapping[str, object]], *, again: bool = True) -> Pauses:
        """Read the item. Before the first pause there is none, and Ringfence deletes none.

        An item that is older than one that was seen is read again: another thread can have read a newer one.
        """
        last = self._last_pause
        if not item and last == Pauses.place:
            return Pauses()
        from ringfence.aws.pause_item import to_pauses  # most deployments have never paused

        found = to_pauses(item, self._seals.keys(), self._seals.labels, last)
        if found.place < self._last_pause and again:
            return self._paused(self._tables.items(PAUSES_ITEM)[PAUSES_ITEM], again=False)
        if not found.unreadable:
            self._last_pause = found.place
        return found

    def append(
        self,
        key: ChainKey,
        history: History,
        entries: Sequence[Entry],
        lease: Lease | None,
        slots: Sequence[Slot] = (),
    ) -> None:
        """Write the entries, the new `lease` and the used `slots` in one transaction.

        Entries beyond the size of one transaction follow in further ones, in order. The first contains the
        lease and the slots. So a crash leaves a shorter, valid chain.
        """
        check_append(history, entries, lease)
        entries = self._seals.known().sealed(key, entries)
        # An execution that begins has verified and created nothing.
        begins = lease is not None and lease.owner and lease.owner != history.lease.owner
        listed = () if begins else self._listed(key, history, entries)
        most = MOST_ITEMS - (lease is not None) - len(slots) - len(listed)
        for chunk in chunks(entries, first=most):
            puts = [*(entry_put(self._audit, key, entry) for entry in chunk), *listed]
            if lease is not None:
                puts.append(lease_put(self._control, key, history.lease, lease))
            if (puts or slots) and not self._write(puts, slots) and not self._is_written(key, chunk, lease):
                raise Conflict(f"{key.text}: another execution wrote first")
            lease, slots, listed = None, (), ()

    def _listed(
        self, key: ChainKey, history: History, entries: Sequence[Entry]
    ) -> tuple[TransactWriteItemTypeDef, ...]:
        """Return the put of the item in the list of open containments, if it changes."""
        from ringfence.aws.containments import to_put  # the isolating call does not wait for it
        from ringfence.aws.provided_put import provided_put
        from ringfence.record.containments import update

        if key.runbook == PAUSE:
            from ringfence.aws import pause_item

            return (pause_item.to_put(self._control, entries[-1]),) if entries else ()
        changed = update(key, history, entries)
        listed = () if changed is None else (to_put(self._control, changed),)
        seals, sealed = self._seals.known(), self._sealed
        return (*listed, *provided_put(self._control, key, history, entries, seals, sealed=sealed))

    def _trusted(self, place: str, item: Mapping[str, Mapping[str, object]]) -> History:
        """Return what Ringfence created, as far as the item is proved to be Ringfence's.

        A wrong MAC or a missing one means that nothing counts as created, so Ringfence creates it again. Only
        while the key cannot be derived, ids without a MAC count, unless there was one before: Ringfence
        itself writes them then.
        """
        text, mac = provided_mac(item)
        keys = self._seals.known()
        origin = keys.provided_origin(place, text, mac, self._seals.labels)
        lost = origin is Origin.UNSEALED and (bool(keys.keys) or place in self._sealed)
        found = {} if lost or origin is Origin.FORGED else to_provided(item)
        if origin is Origin.SEALED:
            self._sealed.add(place)
        is_other = PROVIDED in item and not found
        return History(provided=found, not_provided=item[PROVIDED] if is_other else None)

    def _read(self, key: ChainKey) -> History:
        lease_key, provided, members = key.text, provided_key(key), members_key(key)
        also = (members,) if members else ()
        derivation = () if self._seals.known().keys else (self._seals.keys,)
        *_, entries, items = self._side_by_side(
            (
                *derivation,
                lambda: self._tables.newest(key),
                lambda: self._tables.items(lease_key, provided, PAUSES_ITEM, *also),
            )
        )
        found = cast("Mapping[str, Mapping[str, Mapping[str, object]]]", items)
        return replace(
            self._trusted(provided, found[provided]),
            entries=cast("tuple[Entry, ...]", entries),
            lease=to_lease(found[lease_key]),
            pauses=self._paused(found[PAUSES_ITEM]),
            members=to_members(found[members] if members else {}),
        )

    def keep_share(self, share: Slot, size: int) -> None:
        """Keep the size of a group, and make room for the next containment if there is any."""
        from ringfence.aws.free_slots import keep_share  # after the containment

        keep_share(self._tables, share, size)

    def _write(self, puts: Sequence[TransactWriteItemTypeDef], slots: Sequence[Slot] = ()) -> bool:
        """Write them all. Return False if another writer, perhaps an earlier attempt of ours, was first.

        If nothing but slots is refused, it looks for free places. Raises LimitReached if a limit has none.
        """
        for _ in range(_PROBES if slots else 1):
            used = (slot_put(self._control, slot) for slot in slots)
            try:
                self._client.transact_write_items(TransactItems=[*puts, *used])
            except (ClientError, BotoCoreError) as error:
                from ringfence.aws import audit_errors  # most writes succeed

                if refused := audit_errors.refused_slots(error, len(puts), slots):
                    from ringfence.aws.free_slots import free_slots

                    slots = free_slots(self._tables, slots, refused)
                    continue
                if audit_errors.is_lost_race(error):
                    return False
                raise audit_errors.translated(error) from error
            return True
        return False

    def _is_written(self, key: ChainKey, entries: Sequence[Entry], lease: Lease | None) -> bool:
        """Return whether this write succeeded earlier: its response was lost, and the transport retried."""
        if not entries:
            return to_lease(self._tables.items(key.text)[key.text]) == lease
        keys = sorted(sort_key(entry.incident, entry.seq) for entry in entries)
        return set(entries) <= set(self._tables.between(key, keys[0], keys[-1]))
