"""Details of a GuardDuty finding that do not affect a decision. Invalid details are ignored."""

from __future__ import annotations

import ipaddress
import json
from typing import TYPE_CHECKING

from ringfence.events.fields import title
from ringfence.events.guardduty.trigger.instances import CONTAINERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.document import Document

_CONTAINERS = (
    ("EKS cluster", "eksClusterDetails"),
    ("Kubernetes workload", "kubernetesDetails"),
    ("ECS cluster", "ecsClusterDetails"),
    ("container", "containerDetails"),
)
"""Parts of `resource` that only findings about containers have.

https://docs.aws.amazon.com/guardduty/latest/APIReference/API_Resource.html
"""
MOST_ADDRESSES = 50
"""More than any real finding has. It limits what a hostile finding can add to the log."""


def is_sample(service: Document) -> bool:
    """Return whether the finding is a sample.

    Older events have `additionalInfo.sample`, newer ones JSON in the text of `additionalInfo.value`. Any
    other shape is no sample: it must not stop containment.
    """
    info = service.value.get("additionalInfo")
    if _says_sample(info):
        return True
    text = _get(info, "value")
    try:
        return _says_sample(json.loads(text)) if isinstance(text, str) else False
    except (ValueError, RecursionError):
        return False


def _says_sample(value: object) -> bool:
    flag = _get(value, "sample")
    return flag is True or (isinstance(flag, str) and flag.lower() == "true")


def remote_addresses(service: Document) -> tuple[str, ...]:
    """Return the remote IP addresses, normalized, each once. Ignores invalid addresses."""
    found = dict.fromkeys(filter(None, map(_address, _candidates(service.value))))
    return tuple(found)[:MOST_ADDRESSES]


def direction(service: Document) -> str:
    """Return the direction of the network connection. Empty if the finding names none."""
    given = _get(_get(_get(service.value, "action"), "networkConnectionAction"), "connectionDirection")
    return given if isinstance(given, str) else ""


def blocked(service: Document) -> bool:
    """Return whether the network connection or the port probe was blocked."""
    action = _get(service.value, "action")
    kinds = ("networkConnectionAction", "portProbeAction")
    return any(_get(_get(action, kind), "blocked") in (True, "true") for kind in kinds)


def containers(detail: Document) -> tuple[str, ...]:
    """Return the containers that a finding is about, in words. Empty if it is about the instance itself.

    Names are those that the owner of the container chose, so they are escaped and shortened.
    """
    resource = _get(detail.value, "resource")
    found = [
        f"{what} {_name(_get(resource, key))}".rstrip() for what, key in _CONTAINERS if _get(resource, key)
    ]
    kind = _get(resource, "resourceType")
    return tuple(found) or ((str(kind),) if kind in CONTAINERS else ())


def _name(container: object) -> str:
    workload = _get(container, "kubernetesWorkloadDetails")
    names = (_get(one, key) for one in (container, workload) for key in ("name", "arn", "id"))
    return title(next((one for one in names if isinstance(one, str)), ""))


def _candidates(service: object) -> Iterator[object]:
    action = _get(service, "action")
    connections = [_get(action, key) for key in ("networkConnectionAction", "awsApiCallAction")]
    probes = _list(_get(_get(action, "portProbeAction"), "portProbeDetails"))
    for side in (*connections, *probes):
        remote = _get(side, "remoteIpDetails")
        yield _get(remote, "ipAddressV4")
        yield _get(remote, "ipAddressV6")
    for endpoint in _list(_get(_get(_get(service, "detection"), "sequence"), "endpoints")):
        yield _get(endpoint, "ip")


def _address(text: object) -> str:
    if (
        not isinstance(text, str) or "%" in text
    ):  # the zone of an address is free text without meaning elsewhere
        return ""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return ""


def _get(value: object, key: str) -> object:
    return value.get(key) if isinstance(value, dict) else None


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
