"""The setting of the stack for flow logs: where they are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringfence.insights.addresses import addresses_in
from ringfence.model.errors import BadInput
from ringfence.model.resource_names import NETWORK
from stacks.activity_settings import check_sender

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from ringfence.policy.senders import Sender

FLOW_LOGS, ADDRESSES = "flow_logs", "flow_logs_addresses"
NAMES = (FLOW_LOGS, ADDRESSES)
"""The context values."""
MOST_ADDRESSES = 5000
"""The longest list. It is part of a query, and Athena takes 262,144 bytes.

https://docs.aws.amazon.com/athena/latest/ug/service-limits.html
"""
_PLACE = re.compile(r"(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(/(?P<prefix>[\w.=/-]{1,512}))?", re.ASCII)


@dataclass(frozen=True)
class NetworkSettings:
    """Where flow logs are: a bucket, and a prefix that is empty or ends with a slash. No bucket: no stack.

    `addresses` is the list of addresses to look for.
    """

    bucket: str = ""
    prefix: str = ""
    addresses: tuple[str, ...] = ()


def network_settings(
    context: Callable[[str], object], home: str, senders: Iterable[Sender], root: Path
) -> NetworkSettings:
    """Read the context. Raises BadInput that names the context value.

    The path of the list is relative to `root`.
    """
    given, listed = (str(context(name) or "") for name in NAMES)
    if not given:
        if listed:
            raise BadInput(ADDRESSES, f"needs {FLOW_LOGS}", listed)
        return NetworkSettings()
    found = _PLACE.fullmatch(given.removeprefix("s3://").rstrip("/"))
    if not found:
        raise BadInput(FLOW_LOGS, "must be a bucket with flow logs, such as my-logs or my-logs/vpc", given)
    check_sender(FLOW_LOGS, given, NETWORK, home, senders)
    prefix = found["prefix"]
    addresses = _addresses(root / listed) if listed else ()
    return NetworkSettings(found["bucket"], f"{prefix}/" if prefix else "", addresses)


def _addresses(path: Path) -> tuple[str, ...]:
    try:
        found = addresses_in(ADDRESSES, path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError):
        raise BadInput(ADDRESSES, "must be a file with an IP address on each line", str(path)) from None
    if not 1 <= len(found) <= MOST_ADDRESSES:
        words = f"must contain 1 to {MOST_ADDRESSES} addresses, and contains {len(found)}"
        raise BadInput(ADDRESSES, words, str(path))
    return found
