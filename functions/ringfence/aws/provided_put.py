"""The put of the item that says what Ringfence created in an account and region. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.aws.audit_items import CONTROL_KEY, MAC, PROVIDED, provided_key, provided_text
from ringfence.record.history import with_provided

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from ringfence.aws.audit_items import Text
    from ringfence.record.chain import ChainKey, Entry
    from ringfence.record.history import History
    from ringfence.record.seal import SealKeys


def provided_put(  # noqa: PLR0913 - what is written, and what is known of the stored item
    table: str,
    key: ChainKey,
    history: History,
    entries: Sequence[Entry],
    seals: SealKeys,
    *,
    sealed: Collection[str],
) -> tuple[TransactWriteItemTypeDef, ...]:
    """Return the put of what Ringfence created, if the entries add to it and nobody else did since.

    `sealed` are the keys of items that were read with a MAC.
    """
    known = history.provided
    provided = with_provided(known, (entry.fact for entry in entries))
    place, keys = provided_key(key), seals.keys
    if provided == known or (not keys and place in sealed):
        return ()  # what is sealed stays so: what is missing in it is created again
    text = provided_text(provided)
    item: dict[str, Text] = {CONTROL_KEY: {"S": place}, PROVIDED: {"S": text}}
    if keys:
        item[MAC] = {"S": keys[0].provided_mac(place, text)}
    put: TransactWriteItemTypeDef = {
        "Put": {
            "TableName": table,
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
