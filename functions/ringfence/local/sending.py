"""Send events to the buses of a local AWS, each as the service does that it is from.

An event of GuardDuty about a finding is not sent by itself: the finding is put into the local GuardDuty,
which then answers for it and sends its event.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

from ringfence.aws.failures import raised
from ringfence.events.guardduty.trigger import DETAIL_TYPE, SOURCE
from ringfence.model.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PATH, PATH_V2 = "/local/findings", "/local/findingsv2"
MOST = 10
"""The number of events that PutEvents takes."""
_WITHIN = 60.0
_NAMES = {"guardduty": "GuardDuty", "securityhub": "Security Hub"}


def is_finding(entry: Mapping[str, object]) -> bool:
    """Return whether an entry of PutEvents is the event of a GuardDuty finding."""
    return (entry["Source"], entry["DetailType"]) == (SOURCE, DETAIL_TYPE)


def put_entries(
    endpoint: str, events: object, entries: Sequence[Mapping[str, object]], account: str, region: str
) -> None:
    """Put events on the default bus of an account and region, in the order given.

    Parameters
    ----------
    endpoint
        The URL of the local AWS.
    events
        An EventBridge client of that account and region.
    entries
        Events in the form of PutEvents.
    account, region
        Those of the bus.

    Raises
    ------
    BadInput
        The local AWS refused an event.
    Retryable
        EventBridge did not answer.

    """
    rest = list(entries)
    while rest:
        finding = is_finding(rest[0])
        run = next((n for n, one in enumerate(rest) if is_finding(one) != finding), len(rest))
        some, rest = rest[: min(run, MOST)], rest[min(run, MOST) :]
        if finding:
            put_findings(endpoint, [json.loads(str(one["Detail"])) for one in some], account, region)
            continue
        with raised("events:PutEvents"):
            answer = events.put_events(Entries=some)  # type: ignore[attr-defined]  # made at run time
        if answer["FailedEntryCount"]:
            raise BadInput("(event)", f"EventBridge refused an event: {json.dumps(answer['Entries'])}")


def put_findings(
    endpoint: str, details: Sequence[Mapping[str, Any]], account: str, region: str
) -> list[dict[str, Any]]:
    """Put findings into GuardDuty, and return the details of the events that it sent.

    Parameters
    ----------
    endpoint
        The URL of the local AWS.
    details
        Findings as in the `detail` of their events. Each is held in its own account and region, by the
        detector there.
    account
        The account on whose default bus the events arrive: that of the finding, or its administrator's.
    region
        The region of the call.

    Raises
    ------
    BadInput
        GuardDuty refused: a value is no finding, or the account's detector is suspended.

    """
    sent: list[dict[str, Any]] = _posted(f"{endpoint}{PATH}", "guardduty", details, account, region)[
        "findings"
    ]
    return sent


def put_findings_v2(endpoint: str, findings: Sequence[Mapping[str, Any]], account: str, region: str) -> None:
    """Put findings in OCSF into the new Security Hub of an account and region, which sends their events.

    Raises BadInput if it is not enabled there.
    """
    _posted(f"{endpoint}{PATH_V2}", "securityhub", findings, account, region)


def _posted(
    url: str, service: str, findings: Sequence[Mapping[str, Any]], account: str, region: str
) -> dict[str, Any]:
    """Send findings to a service, as the root user of an account."""
    scope = f"{account}/20260101/{region}/{service}/aws4_request"
    request = urllib.request.Request(  # noqa: S310 - http, loopback
        url,
        json.dumps(findings).encode(),
        {
            "Content-Type": "application/json",
            "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=none",
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=_WITHIN) as answer:  # noqa: S310 - http, loopback
            found: dict[str, Any] = json.load(answer)
    except urllib.error.HTTPError as error:
        raise BadInput(
            "(finding)", f"{_NAMES[service]} of the local AWS refused: {_message(error)}"
        ) from error
    return found


def _message(error: urllib.error.HTTPError) -> str:
    text = error.read().decode(errors="replace")
    try:
        told = json.loads(text)
        return str(told.get("message") or told["Message"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return text[:200] or str(error)
