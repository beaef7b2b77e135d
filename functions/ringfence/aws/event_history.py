"""What CloudTrail keeps of itself without a trail: the management events of the last 90 days in a region.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ringfence.aws.failures import raised
from ringfence.model.errors import AccessDenied, BadInput, Retryable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

LONGEST_DAYS = 90
"""How far back the history goes."""
PAUSE = 0.5
"""Seconds between two requests. CloudTrail takes two a second in an account and region."""
WAITS = (2, 5, 15, 30)
"""Seconds before a request that failed is sent again. Other programs can use up the same rate."""


@dataclass(frozen=True)
class EventHistory:
    """Reads the history of the client's account and region. `sleep` waits for some seconds."""

    client: Any
    sleep: Callable[[float], None]

    def records(self, since: datetime, until: datetime, user: str = "") -> Iterator[object]:
        """Yield the records of a period, the newest first. Raises AccessDenied, BadInput and Retryable.

        `user` is the name of an IAM user. Empty: the records of everybody.
        """
        asked: dict[str, object] = {"StartTime": since, "EndTime": until, "MaxResults": 50}
        if user:
            asked["LookupAttributes"] = [{"AttributeKey": "Username", "AttributeValue": user}]
        while True:
            page = self._page(asked)
            yield from (_record(one) for one in page.get("Events", ()))
            if not page.get("NextToken"):
                return
            asked["NextToken"] = page["NextToken"]
            self.sleep(PAUSE)

    def _page(self, asked: Mapping[str, object]) -> Mapping[str, Any]:
        for seconds in (*WAITS, None):
            try:
                with raised("cloudtrail:LookupEvents"):
                    page: Mapping[str, Any] = self.client.lookup_events(**asked)
                    return page
            except AccessDenied:
                raise
            except Retryable:
                if seconds is None:
                    raise
                self.sleep(seconds)
        raise AssertionError  # the last try returns or raises


def _record(event: Mapping[str, Any]) -> object:
    try:
        return json.loads(event["CloudTrailEvent"])
    except (KeyError, ValueError) as error:
        raise BadInput("CloudTrailEvent", "must be JSON") from error
