"""What a call was answered, for CloudTrail's record of it: ministack records that it was made, and no more.

A refused call has its error's code, and what it was made on stands in the answer where the call makes it.
Only what published records have is kept of an answer: most records have nothing.
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
"""Services whose records have the answer as it is."""
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
"""The status and the body of what this call was answered."""


def watch() -> None:
    """Keep what every service answers until the call is recorded, which is in the same task."""
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
    """Return the error of a call that was refused, as its record has it; nothing for one that was not."""
    status, body = _last.get()
    if status < _BAD:
        return {}
    if found := _CODE.search(body):
        code = found[1].decode()
    else:
        code = str(_of_json(body).get("__type", "Unknown")).rpartition("#")[2]
    return {"errorCode": f"Client.{code}" if namespace == "ec2" else code, "errorMessage": "It was refused."}


def elements(namespace: str, name: str, named: Callable[[Any], Any]) -> dict[str, Any] | None:
    """Return `responseElements`; `named` writes the names of JSON as CloudTrail does."""
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
    """Write an element as CloudTrail does: a list has `items`, and what is empty is an empty object."""
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
