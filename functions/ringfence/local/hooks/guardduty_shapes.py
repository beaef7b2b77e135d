"""The two published shapes of a GuardDuty finding: EventBridge's, and GetFindings'.

Both name their fields alike. GetFindings has only the fields of the API's model, timestamps in seconds, and
the remarks of `service.additionalInfo` as JSON text in its member `value`.
"""

from __future__ import annotations

import functools
import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    Json = dict[str, Any]

_ACCOUNT = re.compile(r"\d{12}")
_REQUIRED = ("id", "type", "accountId", "region", "updatedAt", "severity", "resource", "service")
_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "boolean": (bool,),
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
    "timestamp": (str, int, float),
}


class OddFindingError(ValueError):
    """What was put is no finding. The message names the field and the value."""


def answered(detail: Json) -> Json:
    """Return a finding as GetFindings answers it, from the `detail` of its event.

    Raises `OddFindingError` for a field with another type than in the API's model.
    """
    if not isinstance(detail, dict):
        raise OddFindingError(f"detail: must be an object, not {_shown(detail)}")
    for name in _REQUIRED:
        if detail.get(name) is None:
            raise OddFindingError(f"{name}: is missing")
    _seconds(detail["updatedAt"], "updatedAt")
    _check_account(detail)
    found: Json = _shaped(_model(), _with_remarks_as_text(detail), "")
    return found


def _check_account(detail: Json) -> None:
    if not _ACCOUNT.fullmatch(str(detail["accountId"])):
        raise OddFindingError(f"accountId: must be a 12-digit account id, not {_shown(detail['accountId'])}")


def _with_remarks_as_text(detail: Json) -> Json:
    service = detail["service"]
    remarks = service.get("additionalInfo") if isinstance(service, dict) else None
    if not isinstance(remarks, dict):
        return detail
    extra = {name: value for name, value in remarks.items() if name not in ("value", "type")}
    text = remarks.get("value") or "{}"
    value = json.dumps({**_object(text), **extra}) if extra else text
    info = {"value": value, "type": remarks.get("type", "default")}
    return {**detail, "service": {**service, "additionalInfo": info}}


def _object(text: Any) -> Json:
    try:
        found = json.loads(text)
    except (TypeError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


@functools.cache
def _model() -> Any:
    from botocore.session import get_session

    return get_session().get_service_model("guardduty").shape_for("Finding")


def _shaped(shape: Any, value: Any, path: str) -> Any:
    """Return a value with the members of its shape alone. The answer leaves out what is null."""
    fits = isinstance(value, _TYPES[shape.type_name])
    if not fits or (isinstance(value, bool) and shape.type_name != "boolean"):
        kind = "a " + shape.type_name
        raise OddFindingError(f"{path.lstrip('.')}: must be {kind}, not {_shown(value)}")
    match shape.type_name:
        case "structure":
            named = {one.serialization.get("name", name): one for name, one in shape.members.items()}
            return {
                name: _shaped(named[name], one, f"{path}.{name}")
                for name, one in value.items()
                if name in named and one is not None
            }
        case "list":
            return [_shaped(shape.member, one, f"{path}[{n}]") for n, one in enumerate(value)]
        case "map":
            return {name: _shaped(shape.value, one, f"{path}.{name}") for name, one in value.items()}
        case "timestamp":
            return _seconds(value, path)
        case _:
            return value


def _seconds(value: str | float, path: str) -> float:
    if not isinstance(value, str):
        return value
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError as error:
        raise OddFindingError(f"{path.lstrip('.')}: must be a time, not {_shown(value)}") from error
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()


def _shown(value: Any) -> str:
    return repr(value)[:80]
