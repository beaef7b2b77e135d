"""CloudTrail in ministack: the callers of calls, and events on the default bus, as with a trail."""

from __future__ import annotations

import json
import logging
import re
import time
import uuid
from typing import TYPE_CHECKING, Any

from ringfence.local.hooks import cloudtrail_answers, cloudtrail_ec2, cloudtrail_s3
from ringfence.local.hooks.patching import replace
from ringfence.model.subject import GLOBAL

if TYPE_CHECKING:
    from collections.abc import Mapping

_log = logging.getLogger(__name__)
_READS = ("Get", "List", "Describe", "Head", "Lookup")
# A trail records management events unless told otherwise; these are data events, or too many to be of use.
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/logging-using-cloudtrail.html
_NOT_RECORDED = frozenset(
    (
        *("PutItem", "UpdateItem", "GetItem", "DeleteItem", "TransactWriteItems", "TransactGetItems"),
        *("Query", "Scan", "BatchWriteItem", "BatchGetItem"),
        *("PutObject", "GetObject", "HeadObject", "DeleteObject"),
        *("SendMessage", "SendMessageBatch", "ReceiveMessage", "DeleteMessage", "DeleteMessageBatch"),
        *("ChangeMessageVisibility", "ChangeMessageVisibilityBatch"),
        *("Publish", "PublishBatch", "PutEvents", "InvokeFunction", "PutMetricData", "PutLogEvents"),
    )
)
_DETECTOR = re.compile(r"/detector/(?P<id>[0-9a-f]{32})")
_LOOKUP_KEYS = ("EventName", "Username", "AccessKeyId", "EventSource", "EventId", "ReadOnly")


def install() -> None:
    """Record every management call with its real name and caller, and page LookupEvents."""
    from ministack import app as gateway
    from ministack.services import cloudtrail

    cloudtrail_answers.watch()
    replace(gateway, "_maybe_record_cloudtrail", _record_safely)
    cloudtrail._DISPATCH["LookupEvents"] = _lookup


def _record_safely(service: str, *call: Any) -> None:
    """Record a call after its response. An error here must not change the response, so it is only logged.

    IAM's calls are recorded in us-east-1, whatever their region. ministack does not do that.
    """
    from ministack.core.responses import get_account_id, get_region, request_scope

    try:
        with request_scope(get_account_id(), GLOBAL if service == "iam" else get_region()):
            _record(service, *call)
    except Exception:  # noqa: BLE001 - the outermost edge of recording
        _log.exception("a call was not recorded")


def _record(
    service: str,
    method: str,
    path: str,
    headers: Mapping[str, str],
    body: bytes,
    query: dict[str, Any],
    request_id: str,
    _region: str,
) -> None:
    from ministack import app as gateway
    from ministack.core import iam_actions
    from ministack.core.responses import get_account_id

    if path.startswith("/_"):
        return
    params = gateway._routing_params(method, path, headers, body, query)
    action = iam_actions.extract_iam_action(service, method, path, headers, body or b"", params)
    namespace, _, name = (action or "").partition(":")
    if not name or name in _NOT_RECORDED:
        return
    key = gateway.extract_access_key_id(headers, query) or ""
    request, answer = _shapes(namespace, name, path, body or b"", params)
    if namespace == "s3":
        name, request = cloudtrail_s3.shaped(name, method, path, headers, body or b"")
    shapes = {"requestParameters": request, "responseElements": answer, "requestID": request_id}
    event = _event(namespace, name, _identity(key, get_account_id()), headers) | shapes
    _put_in_history(event, key)
    if not event["readOnly"]:
        _put_on_bus(namespace, event)


def _event(
    namespace: str, name: str, identity: Mapping[str, Any], headers: Mapping[str, str]
) -> dict[str, Any]:
    """Return the record of a call of this moment, without its parameters."""
    from ministack.core.responses import get_account_id, get_region

    return {
        "eventVersion": "1.08",
        "userIdentity": identity,
        "eventTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "eventSource": f"{namespace}.amazonaws.com",
        "eventName": name,
        "awsRegion": get_region(),
        "sourceIPAddress": "127.0.0.1",
        "userAgent": headers.get("user-agent", ""),
        **cloudtrail_answers.refused(namespace),
        "eventID": str(uuid.uuid4()),
        "readOnly": name.startswith(_READS),
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": get_account_id(),
    }


def _put_in_history(event: Mapping[str, Any], key: str) -> None:
    """Add an event to what LookupEvents returns."""
    from ministack.services import cloudtrail

    arn = event["userIdentity"]["arn"]
    cloudtrail._get_event_queue().append(
        {
            "EventId": event["eventID"],
            "EventName": event["eventName"],
            "EventSource": event["eventSource"],
            "EventTime": time.time(),
            "Username": arn.rsplit("/", 1)[-1] if "/" in arn else "root",
            "AccessKeyId": key,
            "ReadOnly": str(event["readOnly"]).lower(),
            "Resources": [],
            "CloudTrailEvent": json.dumps(event),
        }
    )


def _put_on_bus(namespace: str, event: Mapping[str, Any]) -> None:
    from ministack.services import eventbridge

    entry = {
        "Source": f"aws.{namespace}",
        "DetailType": "AWS API Call via CloudTrail",
        "Detail": json.dumps(event),
    }
    eventbridge._put_events({"Entries": [entry]}, True)


def _identity(key: str, account: str) -> dict[str, Any]:
    """Return the caller as CloudTrail's userIdentity element. ministack calls every caller an IAM user."""
    from ministack.core import iam_evaluator

    known = iam_evaluator.resolve_caller_identity(key) if not iam_evaluator.is_root_access_key(key) else None
    arn = (known or {}).get("userArn") or f"arn:aws:iam::{account}:root"
    identity = {
        "accountId": account,
        "accessKeyId": key,
        "arn": arn,
        "principalId": (known or {}).get("userId", account),
    }
    if ":assumed-role/" in arn:
        role = arn.split("/")[1]
        issuer = {
            "type": "Role",
            "principalId": identity["principalId"].partition(":")[0],
            "userName": role,
            "arn": f"arn:aws:iam::{account}:role/{role}",
            "accountId": account,
        }
        return identity | {"type": "AssumedRole", "sessionContext": {"sessionIssuer": issuer}}
    if ":user/" in arn:
        return identity | {"type": "IAMUser", "userName": arn.rsplit("/", 1)[-1]}
    return identity | {"type": "Root"}


def _shapes(
    namespace: str, name: str, path: str, body: bytes, params: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Return the request and response of a call in CloudTrail's form."""
    from ministack.core.responses import get_account_id, get_region

    answer = cloudtrail_answers.elements(namespace, name, _named)
    if namespace != "ec2":
        return {**_parameters(body, params), **_detector(path)}, answer
    newer = cloudtrail_ec2.shaped(name, params, get_account_id(), get_region())
    return newer or (cloudtrail_ec2.nested(params), answer)


def _parameters(body: bytes, params: Mapping[str, Any]) -> dict[str, Any]:
    if (body or b"")[:1] == b"{":
        parsed: dict[str, Any] = _named(json.loads(body))
        return parsed
    return {
        name[:1].lower() + name[1:]: value[0] if isinstance(value, list) else value
        for name, value in params.items()
        if name not in ("Action", "Version")
    }


def _named(given: Any) -> Any:
    """Return parameters with CloudTrail's names, which start with a lowercase letter."""
    if isinstance(given, list):
        return [_named(one) for one in given]
    if not isinstance(given, dict):
        return given
    return {name[:1].lower() + name[1:]: _named(one) for name, one in given.items()}


def _detector(path: str) -> dict[str, Any]:
    """Return the detector in the URL of a GuardDuty call."""
    found = _DETECTOR.match(path)
    return {"detectorId": found["id"]} if found else {}


def _lookup(request: Mapping[str, Any]) -> Any:
    """LookupEvents: ministack returns no NextToken, so everything after the first page is lost."""
    from ministack.services import cloudtrail

    wanted = {a["AttributeKey"]: a["AttributeValue"] for a in request.get("LookupAttributes", [])}
    start, end = request.get("StartTime"), request.get("EndTime")
    found = [
        event
        for event in reversed(list(cloudtrail._get_event_queue()))
        if (start is None or event["EventTime"] >= float(start))
        and (end is None or event["EventTime"] <= float(end))
        and all(event.get(key) == value for key, value in wanted.items() if key in _LOOKUP_KEYS)
    ]
    offset, size = int(request.get("NextToken") or 0), int(request.get("MaxResults") or 50)
    page: dict[str, Any] = {"Events": found[offset : offset + size]}
    if offset + size < len(found):
        page["NextToken"] = str(offset + size)
    return cloudtrail._ok(page)
