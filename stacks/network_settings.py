"""The setting of the stack for flow logs: where they are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringfence.model.errors import BadInput
from ringfence.model.resource_names import NETWORK
from stacks.activity_settings import check_sender

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ringfence.policy.senders import Sender

FLOW_LOGS = "flow_logs"
NAMES = (FLOW_LOGS,)
"""The context value."""
_PLACE = re.compile(r"(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(/(?P<prefix>[\w.=/-]{1,512}))?", re.ASCII)


@dataclass(frozen=True)
class NetworkSettings:
    """Where flow logs are: a bucket, and a prefix that is empty or ends with a slash. No bucket: no stack."""

    bucket: str = ""
    prefix: str = ""


def network_settings(
    context: Callable[[str], object], home: str, senders: Iterable[Sender]
) -> NetworkSettings:
    """Read the context. Raises BadInput that names the context value."""
    given = str(context(FLOW_LOGS) or "")
    if not given:
        return NetworkSettings()
    found = _PLACE.fullmatch(given.removeprefix("s3://").rstrip("/"))
    if not found:
        raise BadInput(FLOW_LOGS, "must be a bucket with flow logs, such as my-logs or my-logs/vpc", given)
    check_sender(FLOW_LOGS, given, NETWORK, home, senders)
    prefix = found["prefix"]
    return NetworkSettings(found["bucket"], f"{prefix}/" if prefix else "")
