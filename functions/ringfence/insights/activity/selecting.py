"""What rules read from a record of CloudTrail: by whom, from where, and on what. Pure.

Callers choose the names of sessions and the user agents, so no rule groups by them.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import ip_address, ip_network
from types import MappingProxyType
from typing import TYPE_CHECKING

from ringfence.model.principals import Caller

if TYPE_CHECKING:
    from collections.abc import Callable

    Record = Mapping[str, object]
    Networks = Callable[[str], str]

CALLER, KEY, SESSION = "caller", "key", "session"
ADDRESS, NETWORK = "address", "network"
REGION, SERVICE, NAME = "region", "service", "name"
MOST_TEXT = 2048
"""Characters of one value. An ARN has at most 2048."""
_PREFIXES = {4: 16, 6: 32}
"""The length of the network part of an address, if no list of networks is given."""


def texts_at(value: object, path: str) -> Iterator[str]:
    """Yield the texts at a dotted path. Lists, `items` and `content` on the way are looked through.

    Examples
    --------
    >>> list(texts_at({"groupSet": {"items": [{"id": "a"}, {"id": "b"}]}}, "groupSet.id"))
    ['a', 'b']
    """
    yield from _texts(value, path.split("."))


def _texts(value: object, path: list[str]) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _texts(one, path)
    elif isinstance(value, Mapping):
        key = "items" if "items" in value else path[0] if path else "content"
        yield from _texts(value.get(key), path if key == "items" else path[1:])
    elif isinstance(value, str) and value and not path:
        yield value[:MOST_TEXT]


def object_at(record: Record, name: str) -> Record:
    """Return the object of a record with this name. Empty if there is none."""
    found = record.get(name)
    return found if isinstance(found, Mapping) else {}


def text_at(record: Record, name: str) -> str:
    """Return the text of a record with this name. Empty if there is none."""
    found = record.get(name)
    return found[:MOST_TEXT] if isinstance(found, str) else ""


def caller_of(record: Record) -> Caller:
    """Return who made a call, in the form from which its credentials are determined."""
    who = object_at(record, "userIdentity")
    issuer = object_at(object_at(who, "sessionContext"), "sessionIssuer")
    return Caller(
        type=text_at(who, "type"),
        key=text_at(who, "accessKeyId"),
        principal=text_at(who, "principalId"),
        name=text_at(issuer, "userName") or text_at(who, "userName"),
        issuer=text_at(issuer, "arn"),
    )


def principal_of(record: Record) -> str:
    """Return the ARN of the role or user that made a call, whatever the name of its session.

    Without an ARN, it is the type and the name or id. Empty if the record says nothing.

    Examples
    --------
    >>> principal_of({"userIdentity": {"type": "AWSService", "invokedBy": "config.amazonaws.com"}})
    'AWSService:config.amazonaws.com'
    """
    who = object_at(record, "userIdentity")
    issuer = object_at(object_at(who, "sessionContext"), "sessionIssuer")
    if arn := text_at(issuer, "arn") or text_at(who, "arn"):
        return arn
    names = (text_at(who, one) for one in ("userName", "principalId", "invokedBy", "accountId"))
    name = next(filter(None, names), "")
    return f"{text_at(who, 'type')}:{name}" if name else ""


def account_of(record: Record) -> str:
    """Return the account that recorded a call, or else the account of the caller."""
    return text_at(record, "recipientAccountId") or text_at(object_at(record, "userIdentity"), "accountId")


def prefix_of(address: str) -> str:
    """Return the network that an address is in: /16, or /32 of IPv6. Empty for the name of a service.

    Examples
    --------
    >>> prefix_of("203.0.113.9"), prefix_of("cloudformation.amazonaws.com")
    ('203.0.0.0/16', '')
    """
    try:
        read = ip_address(address)
    except ValueError:
        return ""
    return str(ip_network(f"{read}/{_PREFIXES[read.version]}", strict=False))


def select(record: Record, selector: str, networks: Networks = prefix_of) -> str:
    """Return one value of a record: a selector of this module, or the first text at a dotted path."""
    if selector == NETWORK:
        return networks(text_at(record, "sourceIPAddress"))
    if known := _KNOWN.get(selector):
        return known(record)
    return next(texts_at(record, selector), "")


_KNOWN: Mapping[str, Callable[[Record], str]] = MappingProxyType(
    {
        CALLER: principal_of,
        KEY: lambda record: text_at(object_at(record, "userIdentity"), "accessKeyId"),
        SESSION: lambda record: text_at(object_at(record, "userIdentity"), "principalId"),
        ADDRESS: lambda record: text_at(record, "sourceIPAddress"),
        REGION: lambda record: text_at(record, "awsRegion"),
        SERVICE: lambda record: text_at(record, "eventSource"),
        NAME: lambda record: text_at(record, "eventName"),
    }
)
