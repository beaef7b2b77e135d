"""`ringfence iam generate --from-cloudtrail 90d`: read CloudTrail's event history instead of files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ringfence.cli.text import safe
from ringfence.model.errors import BadInput, RingfenceError
from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Reading = Callable[[str], Iterator[object]]

GLOBAL_REGION = "us-east-1"
"""Where CloudTrail records calls of global services such as IAM.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-concepts.html
"""
_AGE = re.compile(r"([0-9]{1,4})d")
_USER = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:user/(?:.*/)?([^/]+)")


def days_of(paths: Sequence[str], principal: str | None) -> int | None:
    """Return how many days of the event history are meant, if it is an age and no path. Raises BadInput."""
    from ringfence.aws.event_history import LONGEST_DAYS

    found = [match for match in map(_AGE.fullmatch, paths) if match]
    if not found:
        return None
    if len(paths) > 1:
        raise BadInput("--from-cloudtrail", "must be one age, or files", paths[1])
    days = int(found[0][1])
    if not 1 <= days <= LONGEST_DAYS:
        told = f"must be from 1d to {LONGEST_DAYS}d: CloudTrail's event history has no older events"
        raise BadInput("--from-cloudtrail", told, paths[0])
    if not principal:
        raise BadInput("--principal", "is required by an age in --from-cloudtrail")
    return days


def user_of(principal: str) -> str:
    """Return the name of a user, by which CloudTrail can search. Empty for any other principal."""
    found = _USER.fullmatch(principal)
    return found[1] if found else ""


@frozen
class History:
    """Where the event history is read. `read` yields the records of a region."""

    regions: tuple[str, ...]
    read: Reading

    def records(self, problems: list[str]) -> Iterator[tuple[str, object]]:
        """Yield the records with their region. What cannot be read is added to `problems`.

        Raises the error of the first region, because nothing else was read then.
        """
        for number, region in enumerate(self.regions):
            try:
                yield from ((region, one) for one in self.read(region))
            except RingfenceError as error:
                if number == 0:
                    raise
                problems.append(f"{region} was not read to its end: {error}")


def own_history(days: int, principal: str, regions: Sequence[str]) -> History:
    """Return the history that the credentials of the terminal can read."""
    import time
    from datetime import UTC, datetime, timedelta

    from ringfence.aws.caller import configured, default_region
    from ringfence.aws.event_history import EventHistory
    from ringfence.aws.sessions import own_client
    from ringfence.cli.output import note

    now = datetime.now(UTC)
    where = tuple(dict.fromkeys(regions or filter(None, (default_region(), GLOBAL_REGION))))
    note(
        f"Reading the event history of CloudTrail in {', '.join(map(safe, where))}: up to 100 events a "
        "second. It has no data events, such as reads of S3 objects. The files of a trail can have them."
    )

    def read(region: str) -> Iterator[object]:
        with configured():
            client = own_client("cloudtrail", region)
        since = now - timedelta(days=days)
        return EventHistory(client, time.sleep).records(since, now, user_of(principal))

    return History(where, read)
