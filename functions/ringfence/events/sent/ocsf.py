"""Read a Detection Finding of OCSF (class 2004) as a finding in Ringfence's own form. Pure.

Only what decisions need is checked and kept. Its resources are named by their ARNs, or by their ids in the
account and region of `cloud`.

https://schema.ocsf.io/classes/detection_finding
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

from ringfence.events.sent.declared import only
from ringfence.events.sent.form import FINDING, MOST_SUBJECTS, VERSION, finding_flaws, finding_of
from ringfence.model.arn import read_arn
from ringfence.model.document import Document
from ringfence.model.errors import BadInput
from ringfence.model.kinds import every_kind
from ringfence.model.subject import ACCOUNT, GLOBAL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ringfence.model.subject import Ref

CLASS = 2004
SEVERITIES = MappingProxyType({0: 0.0, 1: 0.0, 2: 1.0, 3: 4.0, 4: 7.0, 5: 9.0, 6: 10.0})
"""The severity on GuardDuty's scale for each `severity_id`. 99, *Other*, has no place on it."""
CLOSED, RESOLVED = 3, frozenset({3, 4, 5, 6})
"""The `activity_id` of a closed finding, and each `status_id` of one that nobody has to handle any more:
suppressed, resolved, archived and deleted.
"""
_INFO = "finding_info"
_FROM = MappingProxyType(
    {
        "id": "finding_info.uid",
        "product": "metadata.product.uid",
        "type": "finding_info.types[0]",
        "title": "finding_info.title",
        "severity": "severity_id",
        "updated_at": "time",
        "subjects": "resources",
        "first_seen": "finding_info.first_seen_time",
        "count": "count",
    }
)
"""Where the fields of Ringfence's form come from."""
_ODD = re.compile(r"[^a-z0-9]+")
_LATEST = 253_402_300_799_999
"""The last millisecond of the year 9999."""


def is_ocsf(value: object) -> bool:
    """Return whether a document says that it is a finding of OCSF."""
    return isinstance(value, dict) and "class_uid" in value


def from_ocsf(value: object, path: str = "") -> Document:
    """Return the finding in Ringfence's form. Raises BadInput that names OCSF's field and the value."""
    for flaw in ocsf_flaws(value, path):
        raise flaw
    made, _ = _read(Document.of(value, path))
    return finding_of(made)


def ocsf_flaws(value: object, path: str = "") -> Iterator[BadInput]:
    """Yield everything that is wrong with a finding of OCSF. `from_ocsf` raises the first one."""
    given = Document.of(value, path)
    made, flaws = _read(given)
    yield from flaws
    for flaw in finding_flaws(made):
        name = flaw.field.partition("[")[0]
        if name in made:
            yield BadInput(given.at(_FROM.get(name, name)), flaw.problem, flaw.value, flaw.hint)


def _read(given: Document) -> tuple[dict[str, object], tuple[BadInput, ...]]:
    """Return the fields of Ringfence's form that can be read, and what is wrong with the others."""
    made: dict[str, object] = {}
    flaws: dict[str, BadInput] = {}
    for name, read in _FIELDS.items():
        try:
            made[name] = read(given)
        except BadInput as error:
            flaws.setdefault(error.field, error)
            if name == "version":
                break
    return only(made), tuple(flaws.values())


def _version(given: Document) -> int:
    """Return the version of Ringfence's form, if this is a Detection Finding."""
    if _whole(given, "class_uid") != CLASS:
        raise BadInput(
            given.at("class_uid"), f"must be {CLASS}, a Detection Finding", given.value["class_uid"]
        )
    return VERSION


def _updated_at(given: Document) -> str:
    found = _time(given.child(_INFO), "modified_time") or _time(given, "time")
    if found is None:
        raise BadInput(given.at("time"), "is required and must be a number of milliseconds since 1970")
    return found


def _is_resolved(given: Document) -> bool:
    activity, status = (_number(given, name) for name in ("activity_id", "status_id"))
    return activity == CLOSED or status in RESOLVED


def _number(given: Document, name: str) -> int | None:
    return None if given.value.get(name) is None else _whole(given, name)


def _product(product: Document) -> str:
    named = product.optional_text("uid") or product.text("name")
    return _ODD.sub("-", named.rpartition("/")[2].lower()).strip("-")[:64]


def _type(info: Document) -> str:
    types = info.texts("types")
    if not types:
        raise BadInput(info.at("types"), "is required: the first type is that of the finding")
    return types[0]


def _severity(given: Document) -> float:
    found = SEVERITIES.get(_whole(given, "severity_id"))
    if found is None:
        known = ", ".join(map(str, SEVERITIES))
        raise BadInput(given.at("severity_id"), f"must be one of {known}", given.value["severity_id"])
    return found


def _time(given: Document, name: str) -> str | None:
    """Return a time of OCSF, in milliseconds since 1970. None without one."""
    if not given.has(name):
        return None
    number = _whole(given, name)
    if not 0 <= number <= _LATEST:
        raise BadInput(given.at(name), "must be a number of milliseconds since 1970", number)
    seconds, rest = divmod(number, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:03}Z"


def _whole(given: Document, name: str) -> int:
    """Return a whole number. In JSON, 3.0 is one, too."""
    number = given.number(name)
    return int(number) if number.is_integer() else given.integer(name)


def _subjects(given: Document) -> list[str]:
    """Return the resources of which Ringfence has a kind. Raises BadInput if there is none, or too many."""
    found: list[str] = []
    cloud = given.optional_child("cloud")
    for resource in given.children("resources"):
        found += [ref.key for ref in _refs(resource, cloud)]
    once = list(dict.fromkeys(found))
    if not 1 <= len(once) <= MOST_SUBJECTS:
        words = f"must name 1 to {MOST_SUBJECTS} resources of kinds that Ringfence knows, by ARN or id"
        raise BadInput(given.at("resources"), words, given.value.get("resources"))
    return once


def _refs(resource: Document, cloud: Document) -> Iterator[Ref]:
    """Yield the reference for a resource: of the first kind that its ARN or its id fits."""
    uid = resource.text("uid")
    account = cloud.optional_child("account").optional_text("uid") or ""
    region = resource.optional_text("region") or cloud.optional_text("region") or ""
    for kind in every_kind().values():
        arn = read_arn(kind, uid)
        at = (arn.account or account, arn.region or region, arn.id) if arn else (account, region, uid)
        if not ACCOUNT.fullmatch(at[0]) or (not arn and kind.precedence):
            continue
        try:
            yield kind(at[0], at[1] if kind.regional else GLOBAL, at[2])
        except BadInput:
            continue
        return


_FIELDS: Mapping[str, Callable[[Document], object]] = MappingProxyType(
    {
        "version": _version,
        "id": lambda given: given.child(_INFO).text("uid"),
        "product": lambda given: _product(given.child("metadata").child("product")),
        "type": lambda given: _type(given.child(_INFO)),
        "title": lambda given: given.child(_INFO).text("title"),
        "severity": _severity,
        "updated_at": _updated_at,
        "subjects": _subjects,
        "first_seen": lambda given: _time(given.child(_INFO), "first_seen_time"),
        "count": lambda given: given.value.get("count"),
        "resolved": _is_resolved,
    }
)
"""How each field of Ringfence's form is read."""
_ID: dict[str, object] = {"type": "string", "minLength": 1}
_FORMS = {one.name: one.form.schema() for one in FINDING.fields}
"""The forms of the fields that are taken over unchanged."""
_MILLISECONDS: dict[str, object] = {"type": "integer", "minimum": 0, "maximum": _LATEST}
OCSF_FINDING: dict[str, object] = {
    "title": "OCSF Detection Finding",
    "description": "A Detection Finding of OCSF. Ringfence reads these fields, and ignores all others.",
    "type": "object",
    "properties": {
        "class_uid": {"type": "integer", "const": CLASS},
        "activity_id": {"type": "integer"},
        "status_id": {"type": "integer"},
        "severity_id": {"type": "integer", "enum": list(SEVERITIES)},
        "time": _MILLISECONDS,
        "count": _FORMS["count"],
        "metadata": {
            "type": "object",
            "properties": {
                "product": {
                    "type": "object",
                    "properties": {"name": _ID, "uid": _ID},
                    "anyOf": [{"required": ["uid"]}, {"required": ["name"]}],
                }
            },
            "required": ["product"],
        },
        "finding_info": {
            "type": "object",
            "properties": {
                "uid": _FORMS["id"],
                "title": _FORMS["title"],
                "types": {"type": "array", "prefixItems": [_FORMS["type"]], "items": _ID, "minItems": 1},
                "first_seen_time": _MILLISECONDS,
                "modified_time": _MILLISECONDS,
            },
            "required": ["uid", "title", "types"],
        },
        "cloud": {
            "type": "object",
            "properties": {
                "account": {"type": "object", "properties": {"uid": {"type": "string"}}},
                "region": {"type": "string"},
            },
        },
        "resources": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"uid": _ID, "region": {"type": "string"}},
                "required": ["uid"],
            },
            "minItems": 1,
        },
    },
    "required": ["class_uid", "severity_id", "time", "metadata", "finding_info", "resources"],
}
"""The JSON Schema of what Ringfence reads in such a finding."""
