"""What the bundle keeps of botocore's data: the operations that are called, and what they need.

A client reads its service's whole model when it is made: parsing that was most of a cold start. What is
left describes the same operations, shapes and endpoints, word for word, but for the documentation.
"""

from __future__ import annotations

import gzip
import json
import shutil
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from pathlib import Path

    Json = dict[str, Any]

MODEL, PAGINATORS, RULES, ENDPOINTS = "service-2", "paginators-1", "endpoint-rule-set-1", "endpoints"
"""Documents by botocore's names. Waiters and examples are not kept: nothing uses them."""
_OF_REGION = frozenset({"Region", "UseDualStack", "UseFIPS", "Endpoint"})
"""The parameters of rules that say the same for every request of a client. botocore evaluates rules for each.

Without rules, it takes the endpoint from `endpoints.json` when it makes the client. It is the same endpoint,
unless a client in an isolated partition asks for FIPS or dual-stack. Functions ask for neither.
"""
_EXTRAS = ".sdk-extras"
"""Beside a document: what botocore merges into it when it reads it."""
_UNREAD = ("documentation", "documentationUrl", "enum", "pattern")
"""Of a model, what botocore never reads to make a call: it checks no enumeration and no pattern."""
_OF_ARNS = "operationContextParams"
"""Of an operation of DynamoDB, where a request can contain ARNs of tables, whose account has an own endpoint.
Ringfence uses names of tables. botocore would search each request for ARNs.
"""
_READ_WHOLE = "clientContextParams"
"""Of a model, the settings of endpoints that a client has: botocore reads their documentation as well."""


class UnknownOperationError(LookupError):
    """botocore has no such service or operation."""


def trim(data: Path, operations: Mapping[str, Collection[str]]) -> None:
    """Leave of botocore's data what these operations need, in place.

    Parameters
    ----------
    data
        The folder `botocore/data`.
    operations
        botocore's names of the operations to keep, by its names of their services.

    Raises
    ------
    UnknownOperationError
        When botocore has no model of a service, or its model has no such operation.

    """
    offered = {path.name for path in data.iterdir() if path.is_dir()}
    if unknown := sorted(operations.keys() - offered):
        raise UnknownOperationError(f"botocore has no model for {', '.join(unknown)}")
    for name in offered - operations.keys():
        shutil.rmtree(data / name)
    prefixes = {_trim_service(data / service, names) for service, names in operations.items()}
    _write(data, ENDPOINTS, _endpoints(_read(data, ENDPOINTS), prefixes))


def _trim_service(folder: Path, operations: Collection[str]) -> str:
    """Keep the latest model alone, and of it the operations; return the prefix of the service's endpoints."""
    latest, *older = sorted(folder.iterdir(), reverse=True)
    model, pages, rules = (_read(latest, name) for name in (MODEL, PAGINATORS, RULES))
    if unknown := sorted(set(operations) - model["operations"].keys()):
        raise UnknownOperationError(f"botocore's model of {folder.name} has no {', '.join(unknown)}")
    for version in (latest, *older):
        shutil.rmtree(version)
    latest.mkdir()
    _write(latest, MODEL, model_of(model, operations))
    _write(latest, PAGINATORS, {"pagination": _only(pages.get("pagination", {}), operations)})
    if not follow_from_region(rules):
        _write(latest, RULES, _without_documentation(rules))
    prefix: str = model["metadata"]["endpointPrefix"]
    return prefix


def follow_from_region(rules: Json) -> bool:
    """Return whether a service's rules of endpoints say the same for every request of a client."""
    parameters: Json = rules.get("parameters", {})
    return parameters.keys() <= _OF_REGION


def model_of(model: Json, operations: Collection[str]) -> Json:
    """Return a service's model with these operations and the shapes that they reach."""
    kept = {name: _not_of_arns(one) for name, one in _only(model["operations"], operations).items()}
    shapes = _only(model["shapes"], _reached(kept, model["shapes"]))
    trimmed: Json = _without_documentation({**model, "operations": kept, "shapes": shapes})
    return {**trimmed, **_only(model, [_READ_WHOLE])}


def _not_of_arns(operation: Json) -> Json:
    return {name: value for name, value in operation.items() if name != _OF_ARNS}


def _reached(operations: Json, shapes: Json) -> frozenset[str]:
    """Name the shapes that operations refer to, those that these refer to, and so on."""
    found: set[str] = set()
    waiting = list(_references(operations))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(_references(shapes[name]))
    return frozenset(found)


def _references(document: object) -> Iterator[str]:
    """Yield the shapes that a document refers to, `{"shape": NAME}`; a member may be called `shape` too."""
    if isinstance(document, dict):
        for key, value in document.items():
            if key == "shape" and isinstance(value, str):
                yield value
            else:
                yield from _references(value)
    elif isinstance(document, list):
        for item in document:
            yield from _references(item)


def _endpoints(endpoints: Json, prefixes: Collection[str]) -> Json:
    """Keep every partition and region, and of the services those with these prefixes."""
    partitions = [{**one, "services": _only(one["services"], prefixes)} for one in endpoints["partitions"]]
    return {**endpoints, "partitions": partitions}


def _only(document: Mapping[str, Any], names: Iterable[str]) -> Json:
    wanted = frozenset(names)
    return {name: value for name, value in document.items() if name in wanted}


def _without_documentation(document: Any) -> Any:  # noqa: ANN401 - any JSON
    """Leave out what is not read; a member of a shape that has such a name is an object, and stays."""
    if isinstance(document, dict):
        return {
            key: _without_documentation(value)
            for key, value in document.items()
            if key not in _UNREAD or isinstance(value, dict)
        }
    if isinstance(document, list):
        return [_without_documentation(item) for item in document]
    return document


def _read(folder: Path, name: str) -> Json:
    """Read a document, compressed or not, with what botocore merges into it; empty where there is none."""
    document: Json = {}
    for path in (folder / f"{name}.json", folder / f"{name}.json.gz"):
        if path.exists():
            raw = path.read_bytes()
            document = json.loads(gzip.decompress(raw) if path.suffix == ".gz" else raw)
    extras = folder / f"{name}{_EXTRAS}.json"
    if extras.exists():
        _merge(document, json.loads(extras.read_bytes())["merge"])
    return document


def _merge(into: Json, more: Json) -> None:
    """Merge as botocore does: objects key by key, all else in place of what was there."""
    for key, value in more.items():
        if isinstance(into.get(key), dict) and isinstance(value, dict):
            _merge(into[key], value)
        else:
            into[key] = value


def _write(folder: Path, name: str, document: Json) -> None:
    (folder / f"{name}.json").write_text(json.dumps(document, separators=(",", ":")), encoding="utf-8")
