"""Read an item of AWS Config in every form that people have. Pure.

An item comes as an advanced query returns it, as `get-resource-config-history` and snapshots write it, or in
the event of a change. These forms differ in a few names, and some write a value as JSON in a text.

https://docs.aws.amazon.com/config/latest/developerguide/config-item-table.html
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from ringfence.events.envelope import MOST_LEVELS, parse_json, too_deep
from ringfence.model.document import Document
from ringfence.model.errors import BadInput
from ringfence.model.step import counted
from ringfence.model.subject import ACCOUNT
from ringfence.posture.mapping import READS
from ringfence.posture.mappings import every_mapping
from ringfence.posture.rule import Resource
from ringfence.posture.texts import json_in
from ringfence.posture.values import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

_DELETED = frozenset({"ResourceDeleted", "ResourceDeletedNotRecorded", "ResourceNotRecorded"})
_CONFIG = "aws.config"
"""The source of the events of AWS Config."""
_IDENTIFYING = ("resourceType", "resourceId")
_PARTS = ("configuration", "supplementaryConfiguration", READS)


def resource_of(document: Document) -> Resource | None:
    """Return the resource that an item shows.

    None for a deleted resource. A resource of a type without a mapping has no properties.

    Raises
    ------
    BadInput
        The item lacks a field that identifies the resource, or a field has another type.

    """
    if document.optional_text("configurationItemStatus") in _DELETED:
        return None
    type_ = document.text("resourceType")
    mapping = every_mapping().get(type_)
    if too_deep(document.value):
        raise BadInput(document.at("configuration"), f"is nested deeper than {MOST_LEVELS} levels")
    account = _first(document, "accountId", "awsAccountId")
    if not ACCOUNT.fullmatch(account):
        raise BadInput(document.at("accountId"), "must be a 12-digit account id", account)
    known = _documents(type_)
    parts = {name: _decoded(document, name, known) for name in _PARTS if document.has(name)}
    return Resource(
        type_,
        account,
        document.text("awsRegion"),
        document.text("resourceId"),
        document.optional_text("resourceName") or "",
        mapping.properties(parts) if mapping else {},
        _tags(document.value.get("tags")),
    )


def documents_in(document: Document) -> Iterator[Document]:
    """Yield the items in a document: it is an item, or contains some in one of AWS's forms."""
    value = document.value
    if isinstance(value.get("detail"), Mapping):
        if value.get("source") not in {None, _CONFIG}:
            what = f"is no item of AWS Config: it is an event of {shown(value.get('source'))}"
            raise BadInput(document.at("source"), what)
        yield from documents_in(document.child("detail"))
    elif isinstance(value.get("configurationItem"), Mapping):
        yield document.child("configurationItem")
    elif "configurationItems" in value:
        yield from document.children("configurationItems")
    elif "Results" in value:
        yield from _rows(document)
    elif not any(name in value for name in _IDENTIFYING):
        known = "an item of AWS Config has resourceType and resourceId, and this document has neither"
        raise BadInput(document.at("resourceType"), f"is required: {known}")
    else:
        yield document


def _rows(document: Document) -> Iterator[Document]:
    """Yield the items of the result of a query. An item that cannot be read is the error after the others."""
    wrong: list[BadInput] = []
    for index, text in enumerate(document.texts("Results")):
        at = f"{document.at('Results')}[{index}]"
        try:
            yield Document.of(parse_json(text), at)
        except BadInput as error:
            wrong.append(BadInput(at, f"must be a JSON object: {error.problem}", text))
    if wrong:
        more = f"; {counted(len(wrong) - 1, 'more result')} cannot be read" if wrong[1:] else ""
        raise BadInput(wrong[0].field, f"{wrong[0].problem}{more}")


def _first(document: Document, *names: str) -> str:
    for name in names[:-1]:
        if document.has(name):
            return document.text(name)
    return document.text(names[-1])


@cache
def _documents(type_: str) -> frozenset[tuple[str, ...]]:
    mapping = every_mapping().get(type_)
    return mapping.documents if mapping else frozenset()


def _decoded(document: Document, name: str, known: frozenset[tuple[str, ...]]) -> object:
    """Return a part of an item. History and snapshots write it, or values in it, as JSON in a text.

    Only the values that the mapping knows as documents are read as JSON. Any other text, such as a
    description, is its owner's words, whatever it looks like.
    """
    value = document.value.get(name)
    if isinstance(value, str):
        value = _json(value, document.at(name)) if value else {}
    if isinstance(value, Mapping):
        return {str(key): _inner(one) if (name, key) in known else one for key, one in value.items()}
    if value is None:
        return {}
    raise BadInput(document.at(name), "must be an object", value)


def _inner(value: object) -> object:
    """Return what a document contains. A text without JSON stays a text, which counts as not read."""
    if isinstance(value, str):
        try:
            return json_in(value)
        except BadInput:
            return value
    return value


def _json(text: str, field: str) -> object:
    try:
        return json_in(text)
    except BadInput as error:
        raise BadInput(field, f"must be JSON: {error.problem}", text) from error


def _tags(given: object) -> dict[str, str]:
    """Return the tags of an item: a mapping, or a list of keys and values."""
    if isinstance(given, Mapping):
        return {str(key): value for key, value in given.items() if isinstance(value, str)}
    found: dict[str, str] = {}
    for one in given if isinstance(given, list) else ():
        if isinstance(one, Mapping) and isinstance(one.get("key"), str) and isinstance(one.get("value"), str):
            found[one["key"]] = one["value"]
    return found
