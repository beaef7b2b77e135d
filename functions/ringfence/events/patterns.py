"""EventBridge patterns within the service's limit: "Amazon EventBridge quotas"."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ringfence.model.errors import InternalError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

PATTERN_LIMIT = 2048
"""Characters. EventBridge refuses longer patterns."""
ENABLED = "ENABLED"
WITH_READS = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
"""The state of a rule that also delivers calls that only read.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail-management.html
"""
OWN_ACCOUNT = "{account}"
"""The place of the account of a rule, in a pattern. `filled` replaces it."""
OWN_API = "{api}"
"""The place of the id of the operators' API. AWS generates it, so only the home region's stack knows it."""
_RECORDED = frozenset({"AWS API Call via CloudTrail", "AWS Console Action via CloudTrail"})


def filled(pattern: Mapping[str, object], account: str, api: str = OWN_API) -> Mapping[str, object]:
    """Return the pattern for the rules of one account: a 12-digit id, or a token of the CDK.

    `api` is the id of the operators' API, or its token.
    """
    text = json.dumps(pattern).replace(OWN_ACCOUNT, account).replace(OWN_API, api)
    found: Mapping[str, object] = json.loads(text)
    return found


def names_api(pattern: Mapping[str, object]) -> bool:
    """Return whether a pattern is about the operators' API, which exists in the home region only."""
    return OWN_API in json.dumps(pattern)


def rule_state(pattern: Mapping[str, object]) -> str:
    """Return the state of a rule with this pattern: a rule in state ENABLED delivers no read-only call.

    A pattern that does not exclude such calls is for them as well.
    """
    kinds, detail = pattern.get("detail-type"), pattern.get("detail")
    recorded = isinstance(kinds, list) and bool(_RECORDED.intersection(kinds))
    excluded = isinstance(detail, dict) and "readOnly" in detail
    return WITH_READS if recorded and not excluded else ENABLED


def covers(general: object, special: object) -> bool:
    """Return whether a pattern matches every event that another one matches. False if it is not obvious."""
    if isinstance(general, dict) and isinstance(special, dict):
        return all(key in special and covers(value, special[key]) for key, value in general.items())
    if isinstance(general, list) and isinstance(special, list):
        return all(one in general for one in special)
    return general == special


def within_limit(
    names: Iterable[str], pattern: Callable[[list[str]], Mapping[str, object]]
) -> Iterator[Mapping[str, object]]:
    """Yield patterns for all names in order, each with as many names as the limit allows."""
    chunk: list[str] = []
    for name in names:
        if _length(pattern([*chunk, name])) >= PATTERN_LIMIT:
            if not chunk:
                raise InternalError(f"no pattern can hold {name}")
            yield pattern(chunk)
            chunk = []
        chunk.append(name)
    if chunk:
        yield pattern(chunk)


def _length(pattern: Mapping[str, object]) -> int:
    return len(json.dumps(pattern))  # with spaces, so that every way to write it fits
