"""Check the links of a deployment by the heartbeats that arrive.

A heartbeat takes the path of every event: from the bus of its region to the home bus, and through an
encrypted queue to a function. So it shows what no setting can show, for example that EventBridge may use the
key of the queue.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, cast

from ringfence.aws.heartbeats import HeartbeatTable, send_heartbeat
from ringfence.handlers.heartbeats import EVERY, SILENT_AFTER, links_of
from ringfence.model.errors import AccessDenied, Retryable
from ringfence.model.step import counted
from ringfence.model.subject import Ref
from ringfence.self_check.findings import Problem, Standing
from ringfence.self_check.places import AUDIT_STACK, RESPONSE_STACK, forward_stack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient

    from ringfence.aws.sessions import Clients
    from ringfence.engine.ports import Clock
    from ringfence.events.heartbeat import Link
    from ringfence.self_check.places import Deployment

SKEW = timedelta(seconds=10)
"""By how much the clock of this machine can be ahead of that of the functions."""


def links(deployment: Deployment, clients: Clients, clock: Clock, table: str) -> tuple[Problem, ...]:
    """Return a problem for each place from which no heartbeat has arrived lately."""
    expected = links_of(deployment)
    try:
        last = _last(deployment, clients, table, expected)
    except Retryable as error:
        return (_unread(deployment, error),)
    return tuple(judged(deployment, last, clock(), SILENT_AFTER))


def sent(  # noqa: PLR0913 - where, with which rights, and how long
    deployment: Deployment,
    clients: Clients,
    clock: Clock,
    table: str,
    *,
    pause: Callable[[], None],
    wait: timedelta,
) -> tuple[Problem, ...]:
    """Send a heartbeat from each place now. Return a problem for each one that does not arrive in time."""
    began, found = clock() - SKEW, list[Problem]()
    expected = links_of(deployment)
    for link in expected:
        try:
            ref = Ref(link.account, link.region, "ringfence")
            send_heartbeat(clients.client(ref, "events"))
        except Retryable as error:
            found.append(_unread(deployment, error, link))
            expected = tuple(one for one in expected if one != link)
    try:
        while True:
            last = _last(deployment, clients, table, expected)
            missing = [one for one in expected if one not in last or last[one] < began]
            if not missing or clock() - began >= wait:
                break
            pause()
    except Retryable as error:
        return (*found, _unread(deployment, error))
    return (*found, *(_not_arrived(deployment, one, wait) for one in missing))


def _last(
    deployment: Deployment, clients: Clients, table: str, expected: Sequence[Link]
) -> Mapping[Link, datetime]:
    home = Ref(deployment.home, deployment.home_region, "ringfence")
    return HeartbeatTable(cast("DynamoDBClient", clients.client(home, "dynamodb")), table).last(expected)


def judged(
    deployment: Deployment, last: Mapping[Link, datetime], now: datetime, longest: timedelta
) -> Iterator[Problem]:
    """Yield a problem for each place that is silent."""
    for link in links_of(deployment):
        at = last.get(link)
        if at is None:
            minutes = EVERY.total_seconds() // 60
            words = f"none has arrived; the first one arrives within {minutes:g} minutes of the deployment"
            yield _problem(deployment, link, words)
        elif now - at > longest:
            yield _problem(deployment, link, f"the last one arrived at {at:%Y-%m-%d %H:%M} UTC")


def _not_arrived(deployment: Deployment, link: Link, wait: timedelta) -> Problem:
    words = f"the one that was sent now has not arrived within {counted(int(wait.total_seconds()), 'second')}"
    return _problem(deployment, link, words, sent_now=True)


def _problem(deployment: Deployment, link: Link, words: str, *, sent_now: bool = False) -> Problem:
    at_home = (link.account, link.region) == (deployment.home, deployment.home_region)
    stack = RESPONSE_STACK if at_home else forward_stack(link.region)
    undelivered = (
        "look for events that could not be delivered: aws sqs receive-message --region "
        f"{link.region} --queue-url (that of ringfence-forward-dead-letters)"
    )
    if at_home:
        undelivered = "ringfence dead-letters list"
    remedy = "correct the other problems first; then: ringfence doctor --send"
    if sent_now:
        remedy = f"correct the other problems first; then: {undelivered}"
    return Problem(
        Standing.FAULT, link.account, link.region, stack, f"link {link.key}", "heartbeat", words, remedy
    )


def _unread(deployment: Deployment, error: Retryable, link: Link | None = None) -> Problem:
    account, region = (link.account, link.region) if link else (deployment.home, deployment.home_region)
    remedy = (
        f"attach the policy ringfence-doctor to the caller; in account {account}: npx cdk deploy "
        "Ringfence-Member"
        if isinstance(error, AccessDenied)
        else "ringfence doctor (again)"
    )
    resource = f"link {link.key}" if link else "links"
    return Problem(
        Standing.UNKNOWN, account, region, AUDIT_STACK, resource, "heartbeat", f"unknown: {error}", remedy
    )
