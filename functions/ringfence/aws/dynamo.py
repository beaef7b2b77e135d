"""The audit log in DynamoDB: an append-only table of facts and a table of leases.

This module is imported before the isolating call, so it contains only what that call needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, cast

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from ringfence.aws.audit_items import (
    CHAIN,
    CONTROL_KEY,
    ENTRY,
    MAC,
    PROVIDED,
    as_stored,
    lease_values,
    provided_key,
    provided_mac,
    provided_text,
    slot_values,
    sort_key,
    to_item,
    to_lease,
    to_provided,
    to_slot,
)
from ringfence.aws.failures import DENIED
from ringfence.model.call import Permission
from ringfence.model.codec import instant_text
from ringfence.model.errors import AccessDenied, Conflict, InternalError, Retryable
from ringfence.model.frozen import replace
from ringfence.record.append_check import check_append
from ringfence.record.chain import CLOCKS, Lease, Slot
from ringfence.record.history import History, with_provided
from ringfence.record.pauses import PAUSE, PAUSES_ITEM, Pauses
from ringfence.record.seal import Origin, prove
from ringfence.record.slots import LIMIT_KEYS, NOTHING, elsewhere, places, size_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import (
        QueryInputTypeDef,
        TransactWriteItemTypeDef,
        UniversalAttributeValueTypeDef,
    )

    from ringfence.aws.audit_items import Text
    from ringfence.engine.ports import SideBySide
    from ringfence.record.chain import ChainKey, Entry
    from ringfence.record.seal import SealKeys

_OWN_CHAINS = (("ForAllValues:StringLike", "dynamodb:LeadingKeys", ("{runbook}#*",)),)
_AND_LIMITS = (("ForAllValues:StringLike", "dynamodb:LeadingKeys", ("{runbook}#*", *LIMIT_KEYS)),)
_AND_SHARED = (
    ("ForAllValues:StringLike", "dynamodb:LeadingKeys", ("{runbook}#*", PAUSES_ITEM, *LIMIT_KEYS)),
)

PERMISSIONS = (
    Permission("dynamodb:PutItem", ("{audit_table}",), _OWN_CHAINS),
    Permission("dynamodb:PutItem", ("{control_table}",), _AND_LIMITS),
    Permission("dynamodb:Query", ("{audit_table}",), _OWN_CHAINS),
    Permission("dynamodb:BatchGetItem", ("{control_table}",), _AND_SHARED),
)
"""The permissions of a runbook's function on its own chains and on limits, and to read what is paused.

`{audit_table}` and `{control_table}` are the ARNs of the tables, `{runbook}` is the runbook's id.
TransactWriteItems is not an IAM action; its puts are.
"""

_PAGE = 200
"""Entries per read: more than one incident has, and less than all older incidents of its subject have."""
_MOST_CHAINS = 32
"""The chains that a warm environment remembers. One has a few hundred kilobytes at most."""
_MOST_ITEMS, _MOST_BYTES = 100, 3_000_000
"""A transaction can contain 100 items and 4 MB. The rest of the 4 MB is for keys and hashes."""
_BATCHES = 3
"""How often keys are asked for that DynamoDB left unprocessed."""
_PROBES = 12
"""How often an execution looks for a free place of a limit, if others are faster."""
_FAILED = "ConditionalCheckFailed"
_LOST_RACE = frozenset({_FAILED, "TransactionConflict"})
_INVALID = frozenset({"ValidationException", "ValidationError"})


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
        self._audit = audit_table
        self._control = control_table
        self._side_by_side = side_by_side
        self._seals = seals
        self._remembers = remembers
        self._known: dict[str, tuple[Entry, ...]] = {}
        self._last_pause = Pauses.place
        self._sealed: set[str] = set()
        self._unsealed: set[str] = set()

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
        return replace(history, entries=self._of(key, history.lease.incident) or history.entries)

    def pauses(self) -> Pauses:
        """Return what is paused now."""
        return self._paused(self._control_items(PAUSES_ITEM)[PAUSES_ITEM])

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
            return self._paused(self._control_items(PAUSES_ITEM)[PAUSES_ITEM], again=False)
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
        most = _MOST_ITEMS - (lease is not None) - len(slots) - len(listed)
        for chunk in _chunks(entries, first=most):
            puts = [*(self._put_entry(key, entry) for entry in chunk), *listed]
            if lease is not None:
                puts.append(self._put_lease(key, history.lease, lease))
            if (puts or slots) and not self._write(puts, slots) and not self._is_written(key, chunk, lease):
                raise Conflict(f"{key.text}: another execution wrote first")
            lease, slots, listed = None, (), ()

    def _listed(
        self, key: ChainKey, history: History, entries: Sequence[Entry]
    ) -> tuple[TransactWriteItemTypeDef, ...]:
        """Return the put of the item in the list of open containments, if it changes."""
        from ringfence.aws.containments import to_put  # the isolating call does not wait for it
        from ringfence.record.containments import update

        if key.runbook == PAUSE:
            from ringfence.aws import pause_item

            return (pause_item.to_put(self._control, entries[-1]),) if entries else ()
        changed = update(key, history, entries)
        listed = () if changed is None else (to_put(self._control, changed),)
        return (*listed, *self._provided(key, history, entries))

    def _provided(
        self, key: ChainKey, history: History, entries: Sequence[Entry]
    ) -> tuple[TransactWriteItemTypeDef, ...]:
        """Return the put of what Ringfence created, if the entries add to it and nobody else did since.

        What an earlier version wrote is sealed.
        """
        known = history.provided
        provided = with_provided(known, (entry.fact for entry in entries))
        place, keys = provided_key(key), self._seals.known().keys
        if provided == known and not (keys and place in self._unsealed):
            return ()
        if not keys and place in self._sealed:
            return ()  # what is sealed stays so: what is missing in it is created again
        text = provided_text(provided)
        item: dict[str, Text] = {CONTROL_KEY: {"S": place}, PROVIDED: {"S": text}}
        if keys:
            item[MAC] = {"S": keys[0].provided_mac(place, text)}
        put: TransactWriteItemTypeDef = {
            "Put": {
                "TableName": self._control,
                "Item": item,
                "ConditionExpression": "attribute_not_exists(#provided)",
                "ExpressionAttributeNames": {"#provided": PROVIDED},
            }
        }
        if known or history.not_provided:
            stored = history.not_provided or {"S": provided_text(known)}
            put["Put"]["ConditionExpression"] = "#provided = :known"
            put["Put"]["ExpressionAttributeValues"] = {":known": stored}
        return (put,)

    def _trusted(self, place: str, item: Mapping[str, Mapping[str, object]]) -> History:
        """Return what Ringfence created, as far as the item is proved to be Ringfence's.

        A wrong MAC, and a missing one where there was one, mean that nothing counts as created, so Ringfence
        creates it again. Earlier versions wrote no MAC.
        """
        text, mac = provided_mac(item)
        origin = self._seals.known().provided_origin(place, text, mac, self._seals.labels)
        lost = origin is Origin.UNSEALED and place in self._sealed
        found = {} if lost or origin is Origin.FORGED else to_provided(item)
        if origin is Origin.SEALED:
            self._sealed.add(place)
            self._unsealed.discard(place)
        elif origin is Origin.UNSEALED and found:
            self._unsealed.add(place)
        is_other = PROVIDED in item and not found
        return History(provided=found, not_provided=item[PROVIDED] if is_other else None)

    def _read(self, key: ChainKey) -> History:
        lease_key, provided = key.text, provided_key(key)
        derivation = () if self._seals.known().keys else (self._seals.keys,)
        *_, entries, items = self._side_by_side(
            (
                *derivation,
                lambda: self._newest(key),
                lambda: self._control_items(lease_key, provided, PAUSES_ITEM),
            )
        )
        found = cast("Mapping[str, Mapping[str, Mapping[str, object]]]", items)
        return replace(
            self._trusted(provided, found[provided]),
            entries=cast("tuple[Entry, ...]", entries),
            lease=to_lease(found[lease_key]),
            pauses=self._paused(found[PAUSES_ITEM]),
        )

    def _newest(self, key: ChainKey) -> tuple[Entry, ...]:
        """Return the entries of the newest incident. What was read before is not read again.

        The head of what was read is read once more, with everything after it. If the table still has it, each
        entry before it is the one that its hash names.
        """
        known = self._known.pop(key.text, ())
        entries = self._continued(key, known) if known else ()
        entries = entries or self._all_newest(key)
        if entries and self._remembers:
            self._known[key.text] = entries
            if len(self._known) > _MOST_CHAINS:
                self._known.pop(next(iter(self._known)), None)
        return entries

    def _continued(self, key: ChainKey, known: tuple[Entry, ...]) -> tuple[Entry, ...]:
        """Return the known entries with those after them. Empty for a newer incident or another head."""
        head = known[-1]
        found = tuple(self._between(key, sort_key(head.incident, head.seq), "~"))
        if found[:1] != (head,) or any(entry.incident != head.incident for entry in found):
            return ()
        return (*known, *found[1:])

    def _all_newest(self, key: ChainKey) -> tuple[Entry, ...]:
        query: QueryInputTypeDef = {
            "TableName": self._audit,
            "KeyConditionExpression": "#chain = :chain",
            "ExpressionAttributeNames": {"#chain": CHAIN},
            "ExpressionAttributeValues": {":chain": {"S": key.text}},
            "ScanIndexForward": False,
            "ConsistentRead": True,
            "Limit": _PAGE,
        }
        entries: list[Entry] = []
        for entry in self._query(query):
            if entries and entry.incident != entries[0].incident:
                break
            entries.append(entry)
            if entry.seq == 0:
                break
        return tuple(reversed(entries))

    def _query(self, query: QueryInputTypeDef) -> Iterator[Entry]:
        while True:
            try:
                page = self._client.query(**query)
            except (ClientError, BotoCoreError) as error:
                raise _translated(error) from error
            yield from map(as_stored, page["Items"])
            if not page.get("LastEvaluatedKey"):
                return
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def _control_items(self, *keys: str) -> Mapping[str, Mapping[str, Mapping[str, object]]]:
        """Read items of the control table with one call. A missing item is empty.

        DynamoDB can leave keys unprocessed. An item that was not read is never taken for a missing one.
        """
        found: dict[str, Mapping[str, Mapping[str, object]]] = {}
        left = list(keys)
        for _ in range(_BATCHES):
            asked = {
                self._control: {"Keys": [{CONTROL_KEY: {"S": key}} for key in left], "ConsistentRead": True}
            }
            try:
                answer = self._client.batch_get_item(RequestItems=asked)  # type: ignore[arg-type]  # a literal
            except (ClientError, BotoCoreError) as error:
                raise _translated(error) from error
            found.update(
                (item[CONTROL_KEY]["S"], item) for item in answer["Responses"].get(self._control, ())
            )
            again = answer.get("UnprocessedKeys", {}).get(self._control, {"Keys": ()})["Keys"]
            left = [str(key[CONTROL_KEY]["S"]) for key in again]
            if not left:
                return {key: found.get(key, {}) for key in keys}
        raise Retryable(f"DynamoDB did not read {', '.join(left)} in {_BATCHES} tries")

    def _put_entry(self, key: ChainKey, entry: Entry) -> TransactWriteItemTypeDef:
        return {
            "Put": {
                "TableName": self._audit,
                "Item": to_item(key, entry),
                "ConditionExpression": "attribute_not_exists(#entry)",
                "ExpressionAttributeNames": {"#entry": ENTRY},
            }
        }

    def _put_lease(self, key: ChainKey, seen: Lease, lease: Lease) -> TransactWriteItemTypeDef:
        values: Mapping[str, object] = dict(seen.stored) or lease_values(seen)
        names = {f"#{name}": name for name in values}
        condition = " AND ".join(
            f"#{name} = :{name}" if there else f"attribute_not_exists(#{name})"
            for name, there in values.items()
        )
        if seen == Lease():
            condition = f"attribute_not_exists(#key) OR ({condition})"
            names["#key"] = CONTROL_KEY
        put: TransactWriteItemTypeDef = {
            "Put": {
                "TableName": self._control,
                "Item": {CONTROL_KEY: {"S": key.text}, **lease_values(lease)},
                "ConditionExpression": condition,
                "ExpressionAttributeNames": names,
            }
        }
        if there := {f":{name}": value for name, value in values.items() if value}:
            put["Put"]["ExpressionAttributeValues"] = cast(
                "Mapping[str, UniversalAttributeValueTypeDef]", there
            )
        return put

    def _put_slot(self, slot: Slot) -> TransactWriteItemTypeDef:
        """Use a place of a limit unless another owner uses it. See `Slot.free`."""
        put: TransactWriteItemTypeDef = {
            "Put": {
                "TableName": self._control,
                "Item": {CONTROL_KEY: {"S": slot.key}, **slot_values(slot)},
                "ConditionExpression": (
                    "NOT attribute_type(#at, :text) OR #at <= :ago OR #at > :soon"
                    " OR #owner = :owner OR #owner = :nobody"
                ),
                "ExpressionAttributeNames": {"#at": "at", "#owner": "owner"},
                "ExpressionAttributeValues": {
                    ":text": {"S": "S"},
                    ":ago": {"S": instant_text(slot.at - slot.period)},
                    ":soon": {"S": instant_text(slot.at + CLOCKS)},
                    ":owner": {"S": slot.owner},
                    ":nobody": {"S": ""},
                },
            }
        }
        if slot.seen:
            owner, at = slot.seen
            put["Put"]["ConditionExpression"] += " OR (#owner = :before AND #at = :then)"
            put["Put"]["ExpressionAttributeValues"] = {
                **put["Put"]["ExpressionAttributeValues"],
                ":before": {"S": owner},
                ":then": {"S": instant_text(at)},
            }
        return put

    def put_size(self, size: Slot) -> None:
        """Keep the size of a group."""
        item = {CONTROL_KEY: {"S": size.key}, **slot_values(size)}
        try:
            self._client.put_item(TableName=self._control, Item=item)
        except (ClientError, BotoCoreError) as error:
            raise _translated(error) from error

    def _write(self, puts: Sequence[TransactWriteItemTypeDef], slots: Sequence[Slot] = ()) -> bool:
        """Write them all. Return False if another writer, perhaps an earlier attempt of ours, was first.

        If nothing but slots is refused, it looks for free places. Raises LimitReached if a limit has none.
        """
        for _ in range(_PROBES if slots else 1):
            try:
                self._client.transact_write_items(TransactItems=[*puts, *map(self._put_slot, slots)])
            except ClientError as error:
                reasons = _reasons(error)
                refused = [slot for slot, one in zip(slots, reasons[len(puts) :], strict=False) if _lost(one)]
                if (
                    refused
                    and all(map(_lost, filter(_refused, reasons)))
                    and not any(map(_refused, reasons[: len(puts)]))
                ):
                    slots = self._elsewhere(slots, refused)
                    continue
                if not _LOST_RACE.isdisjoint(_codes(error)):
                    return False
                raise _translated(error) from error
            except BotoCoreError as error:
                raise _translated(error) from error
            return True
        return False

    def _elsewhere(self, slots: Sequence[Slot], refused: Sequence[Slot]) -> tuple[Slot, ...]:
        """Read the places of the limits whose slots were refused, and choose free ones."""
        wanted = {place.key: place.name for slot in refused for place in places(slot)}
        shares = [slot for slot in refused if slot.share]
        sizes = (size_of(slot.name, 0, slot.at) for slot in shares)
        wanted |= {size.key: size.name for size in sizes}
        keys, used = tuple(wanted), dict[str, Slot]()
        for start in range(0, len(keys), _MOST_ITEMS):
            for key, item in self._control_items(*keys[start : start + _MOST_ITEMS]).items():
                if found := to_slot(wanted[key], item):
                    used[key] = found
        return elsewhere(slots, refused, used, self._open(shares, used) if shares else NOTHING)

    def _open(self, shares: Sequence[Slot], used: Mapping[str, Slot]) -> frozenset[str]:
        """Return the owners of places whose containments are open."""
        from ringfence.aws.containments import open_owners  # only for a group with another containment

        owners = {used[one.key].owner for slot in shares for one in places(slot) if one.key in used}
        return open_owners(self._control_items, frozenset(slot.owner for slot in shares), owners)

    def _is_written(self, key: ChainKey, entries: Sequence[Entry], lease: Lease | None) -> bool:
        """Return whether this write succeeded earlier: its response was lost, and the transport retried."""
        if not entries:
            return to_lease(self._control_items(key.text)[key.text]) == lease
        keys = sorted(sort_key(entry.incident, entry.seq) for entry in entries)
        return set(entries) <= set(self._between(key, keys[0], keys[-1]))

    def _of(self, key: ChainKey, incident: str) -> tuple[Entry, ...]:
        return tuple(self._between(key, f"{incident}#", f"{incident}#~"))

    def _between(self, key: ChainKey, first: str, last: str) -> Iterator[Entry]:
        return self._query(
            {
                "TableName": self._audit,
                "KeyConditionExpression": "#chain = :chain AND #entry BETWEEN :first AND :last",
                "ExpressionAttributeNames": {"#chain": CHAIN, "#entry": ENTRY},
                "ExpressionAttributeValues": {
                    ":chain": {"S": key.text},
                    ":first": {"S": first},
                    ":last": {"S": last},
                },
                "ConsistentRead": True,
            }
        )


def _chunks(entries: Sequence[Entry], first: int) -> Iterator[Sequence[Entry]]:
    """Split entries into transactions. The first one, which can be empty, has `first` items."""
    most, start, size = first, 0, 0
    for index, entry in enumerate(entries):
        if index - start == most or size + len(entry.body) > _MOST_BYTES:
            yield entries[start:index]
            most, start, size = _MOST_ITEMS, index, 0
        size += len(entry.body)
    yield entries[start:]


def _codes(error: ClientError | BotoCoreError) -> frozenset[str]:
    """Return the error's code and, for a cancelled transaction, the codes of its items."""
    if not isinstance(error, ClientError):
        return frozenset()
    return frozenset(
        {error.response["Error"]["Code"], *(str(one.get("Code", "")) for one in _reasons(error))}
    )


def _reasons(error: ClientError) -> Sequence[Mapping[str, object]]:
    """Return why a transaction was cancelled: one reason for each item, in order."""
    return cast("Sequence[Mapping[str, object]]", error.response.get("CancellationReasons", ()))


def _refused(reason: Mapping[str, object]) -> bool:
    return reason.get("Code") not in {None, "", "None"}


def _lost(reason: Mapping[str, object]) -> bool:
    """Return whether another writer was first, or is at work on the same item."""
    return reason.get("Code") in _LOST_RACE


def _translated(error: ClientError | BotoCoreError) -> Retryable | InternalError:
    if isinstance(error, ParamValidationError) or not _INVALID.isdisjoint(_codes(error)):
        return InternalError(f"the audit log's request is invalid: {error}")
    kind = Retryable if DENIED.isdisjoint(_codes(error)) else AccessDenied
    return kind(f"the audit log cannot be used: {error}")
