"""Where the CloudTrail records of each service name the resource of a call.

Names of calls and paths are CloudTrail's, which sometimes differ from those of the API. Each one was
checked in published records. CloudTrail records newer EC2 calls as their XML: a request under its own name,
and repeated elements as `{"tag": 1, "content": "…"}` or a list of these.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from ringfence.events import resource_refs as named
from ringfence.events.cloudtrail.parser.records import suspects
from ringfence.model.arn import read_arn
from ringfence.model.errors import BadInput, InternalError
from ringfence.model.frozen import frozen
from ringfence.model.kinds import every_kind
from ringfence.model.subject import ANY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.document import Document
    from ringfence.model.subject import RecordedCalls, Ref


@frozen
class Place:
    """The kind of resource that some calls are made on, and what it declares of them."""

    kind: type[Ref]
    calls: RecordedCalls


def place(service: str, name: str) -> Place | None:
    """Return where the records of a call name its resource. None for calls that no runbook answers."""
    return places().get((service, name)) or places().get((service, ANY))


@cache
def places() -> Mapping[tuple[str, str], Place]:
    """Return what every kind declares, by service and CloudTrail's name of the call."""
    found: dict[tuple[str, str], Place] = {}
    for kind in every_kind().values():
        for calls in kind.calls:
            for name in calls.names:
                first = found.setdefault((calls.service, name), Place(kind, calls))
                if first.calls is not calls:
                    raise InternalError(
                        f"{first.kind.kind} and {kind.kind} both declare {calls.service}:{name}"
                    )
    return MappingProxyType(found)


def subjects(where: Place, detail: Document, account: str, region: str) -> tuple[Ref, ...]:
    """Return the resources of a call, each once. Raises BadInput if the record names none.

    Resources on which the call failed are left out.
    """
    kind, paths = where.kind, where.calls.paths
    if not paths:
        return (named.ref(kind, "recipientAccountId", account, account, region),)
    for path in paths:
        found = tuple(_texts(detail.value, detail.path, path.split(".")))
        if found:
            refs = dict.fromkeys(named.ref(kind, field, text, account, region) for field, text in found)
            failed = _failed(where, detail) if where.calls.failed else frozenset()
            return tuple(one for one in refs if one.id not in failed)
    field = f"{detail.path}.{paths[0]}"
    if where.calls.otherwise:
        return (named.ref(kind, field, where.calls.otherwise, account, region),)
    if where.calls.names == (ANY,) and not _is_on(kind, detail):
        return ()
    if _is_omitted(detail):
        return _in_resources(where, field, detail, account, region)
    raise BadInput(field, f"is required: it names the {kind.kind.replace('-', ' ')}")


def _is_omitted(detail: Document) -> bool:
    """Return whether CloudTrail left the parameters out, because the record would be too large."""
    parameters = detail.value.get("requestParameters")
    return isinstance(parameters, dict) and bool(parameters.get("omitted"))


def _in_resources(where: Place, field: str, detail: Document, account: str, region: str) -> tuple[Ref, ...]:
    """Return the resources that a record without parameters lists. Raises BadInput that names the caller.

    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
    """
    listed = (one.optional_text("ARN") or "" for one in detail.children("resources"))
    found = [arn.id for one in listed if (arn := read_arn(where.kind, one))]
    if found:
        return tuple(dict.fromkeys(named.ref(where.kind, field, one, account, region) for one in found))
    noun = where.kind.kind.replace("-", " ")
    who = ", ".join(suspects(detail)) or "an unknown caller"
    raise BadInput(
        field,
        f"was omitted by CloudTrail because the record is too large: find out which {noun} of account "
        f"{account} in {region} was changed by {who}",
    )


def _failed(where: Place, detail: Document) -> frozenset[str]:
    """Return the ids of the resources on which the call failed. What is not understood names none."""
    try:
        return frozenset(
            text
            for path in where.calls.failed
            for _, text in _texts(detail.value, detail.path, path.split("."))
        )
    except BadInput:
        return frozenset()


def _is_on(kind: type[Ref], detail: Document) -> bool:
    """Return whether a call is on a resource of a kind whose service makes other calls as well.

    CloudTrail's names of calls on a bucket contain `Bucket`. Calls on the account, on access points or on
    jobs do not.
    """
    return _is_omitted(detail) or kind.kind.title() in str(detail.value.get("eventName"))


def _texts(value: object, at: str, path: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the values at a path, and the path. Looks into lists, `items` and `content`."""
    if value is None:
        return
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _texts(item, f"{at}[{index}]", path)
    elif isinstance(value, Mapping):
        key = "items" if "items" in value else path[0] if path else "content"
        rest = path if key == "items" else path[1:]
        yield from _texts(value.get(key), f"{at}.{key}", rest)
    elif not isinstance(value, str):
        raise BadInput(at, "must be a string", value)
    elif value and not path:  # an empty element is recorded as an empty text
        yield at, value
