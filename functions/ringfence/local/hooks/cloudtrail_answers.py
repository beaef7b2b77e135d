"""The responses of calls in CloudTrail records. ministack records only the call itself.

The record of a refused call has its error code. A response is recorded only as far as published records
contain it. Most records contain none.
"""

from __future__ import annotations

import json
import re
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringfence.local.hooks.mount import Handler, Response

_JSON = frozenset({"cloudtrail", "kms"})
"""Services whose records contain the whole response."""
_EC2 = frozenset(
    (
        *(f"{verb}SecurityGroup{way}" for verb in ("Authorize", "Revoke") for way in ("Ingress", "Egress")),
        *("CreateSecurityGroup", "CreateVpc", "RunInstances"),
    )
)
_CODE = re.compile(rb"<Code>([\w.]+)</Code>")
_NUMBERS = frozenset({"fromPort", "toPort"})
_BAD = 400
_last: ContextVar[tuple[int, bytes]] = ContextVar("answer", default=(200, b""))
"""The status and the body of this call's response."""


def watch() -> None:
    """Keep each response until the call is recorded, which happens in the same task."""
    from ministack import app as gateway

    for service, handler in gateway.SERVICE_HANDLERS.items():
        gateway.SERVICE_HANDLERS[service] = _kept(handler)


def _kept(handler: Handler) -> Handler:
    async def handle(*request: Any) -> Response:
        answer = await handler(*request)
        _last.set((answer[0], answer[2] if isinstance(answer[2], bytes) else b""))
        return answer

    return handle


def refused(namespace: str) -> dict[str, str]:
    """Return the error of a refused call as its record contains it. Nothing for others."""
    status, body = _last.get()
    if status < _BAD:
        return {}
    if found := _CODE.search(body):
        code = found[1].decode()
    else:
        code = str(_of_json(body).get("__type", "Unknown")).rpartition("#")[2]
    return {"errorCode": f"Client.{code}" if namespace == "ec2" else code, "errorMessage": "It was refused."}


def elements(namespace: str, name: str, named: Callable[[Any], Any]) -> dict[str, Any] | None:
    """Return `responseElements`. `named` converts JSON names to CloudTrail's."""
    status, body = _last.get()
    if status >= _BAD:
        return None
    if namespace in _JSON:
        return named(_of_json(body)) or None
    if namespace == "ec2" and name in _EC2 and body:
        return {_name(child): _of_xml(child) for child in ET.fromstring(body)}  # noqa: S314 - the emulator's own
    return None


def _of_json(body: bytes) -> dict[str, Any]:
    try:
        read = json.loads(body or b"{}")
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}


def _of_xml(element: ET.Element) -> Any:
    """Return an element in CloudTrail's form: a list has `items`, and an empty element is an empty object."""
    children = list(element)
    if children and all(_name(child) == "item" for child in children):
        return {"items": [_of_xml(child) for child in children]}
    if children:
        return {_name(child): _of_xml(child) for child in children}
    text = (element.text or "").strip()
    if text in {"true", "false"}:
        return text == "true"
    return int(text) if _name(element) in _NUMBERS and text else text or {}


def _name(element: ET.Element) -> str:
    name = element.tag.rpartition("}")[2]
    return f"_{name}" if name == "return" else name
