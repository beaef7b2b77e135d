"""Which of GuardDuty's findings call for a remediation, and the EventBridge patterns that deliver them.

A module each for findings about instances, credentials and buckets, and the tables of their types.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.call import Permission

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

PERMISSIONS = (
    Permission("guardduty:GetFindings", ("*",), reason="the action has no resource types"),
    Permission("guardduty:GetDetector", ("arn:aws:guardduty:*:{account}:detector/*",)),
    Permission("guardduty:ListDetectors", ("*",), reason="the action has no resource types"),
)
"""The permissions to ask GuardDuty for a finding."""
SOURCE = "aws.guardduty"
DETAIL_TYPE = "GuardDuty Finding"


def patterns(names: Iterable[str], resource: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
    """Yield patterns within the limit for findings of some types whose `resource` holds this."""
    from ringfence.events.patterns import within_limit  # at synthesis only

    return within_limit(names, lambda chunk: _pattern(chunk, resource))


def _pattern(names: list[str], resource: Mapping[str, object]) -> Mapping[str, object]:
    detail: dict[str, object] = {"type": list(names)}
    if resource:
        detail["resource"] = dict(resource)
    return {"source": [SOURCE], "detail-type": [DETAIL_TYPE], "detail": detail}
