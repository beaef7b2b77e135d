"""Findings of the new Security Hub (OCSF), which moto lacks. A change of a finding sends its event.

The new Security Hub has no call that imports a finding: services do that. Here it is
`POST /local/findingsv2`, for the root user of the account whose Security Hub holds the finding.

https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_BatchUpdateFindingsV2.html
https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_GetFindingsV2.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ringfence.events.security_hub.trigger import IMPORTED_V2, SOURCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Json = dict[str, Any]
    Place = tuple[str, str]
    Answer = tuple[int, dict[str, str], str]

PATH = "/local/findingsv2"
ACTIONS = {
    "securityhub:GetFindingsV2": "securityhub:GetFindings",
    "securityhub:BatchUpdateFindingsV2": "securityhub:BatchUpdateFindings",
}
"""The actions of IAM that allow the calls: those of Security Hub CSPM."""
MOST = 100
"""The findings of one call."""
LONGEST_COMMENT = 512
_CHANGED = {"StatusId": "status_id", "SeverityId": "severity_id", "Comment": "comment"}
"""The fields of a finding that a customer may change."""
_findings: dict[Place, list[Json]] = {}
"""The findings of each account and region that uses the new Security Hub."""


def install() -> None:
    """Add the calls."""
    from moto.securityhub import urls

    for path, answer in (
        (PATH.removeprefix("/"), _put),
        ("hubv2", _enable),
        ("findingsv2", _get),
        ("findingsv2/batchupdatev2", _update),
    ):
        urls.url_paths["{0}/" + path + "$"] = _answering(answer)


class _RefusedError(Exception):
    """A call that Security Hub refuses: the error's code and its message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def _answering(answer: Callable[[Place, Any, Any], Json]) -> Callable[..., Answer]:
    """Return the view of one path."""

    def view(request: Any, _url: str, _headers: Any) -> Answer:
        from ministack.core.responses import get_account_id, get_region

        place = (get_account_id(), get_region())
        headers = {"Content-Type": "application/json"}
        try:
            found = answer(place, json.loads(request.data or b"{}"), request)
        except _RefusedError as error:
            status = 404 if error.code == "ResourceNotFoundException" else 400
            told = {"Code": error.code, "Message": str(error)}
            return status, {**headers, "X-Amzn-ErrorType": error.code}, json.dumps(told)
        return 200, headers, json.dumps(found)

    return view


def _enable(place: Place, _given: Any, _request: Any) -> Json:
    """EnableSecurityHubV2."""
    _findings.setdefault(place, [])
    account, region = place
    return {"HubV2Arn": f"arn:aws:securityhub:{region}:{account}:hubv2/local"}


def _held(place: Place) -> list[Json]:
    if place not in _findings:
        raise _RefusedError("ResourceNotFoundException", f"Security Hub is not enabled in account {place[0]}")
    return _findings[place]


def _put(place: Place, given: Any, request: Any) -> Json:
    """Hold findings and send their events. A finding that is held keeps what a customer changed."""
    from ministack.core.iam_evaluator import is_root_access_key
    from ministack.core.router import extract_access_key_id

    if not is_root_access_key(extract_access_key_id(dict(request.headers), {}) or ""):
        raise _RefusedError("AccessDeniedException", "only the root user puts findings")
    held = _held(place)
    for finding in given:
        uid = finding["metadata"]["uid"]
        before = next((one for one in held if one["metadata"]["uid"] == uid), None)
        if before is None:
            held.append(dict(finding))
        else:
            before.update({**finding, **{name: before[name] for name in _CHANGED.values() if name in before}})
        _send(place, next(one for one in held if one["metadata"]["uid"] == uid))
    return {}


def _get(place: Place, given: Any, _request: Any) -> Json:
    """GetFindingsV2, in one page, with texts that are equal."""
    filters = given.get("Filters") or {}
    groups = filters.get("CompositeFilters") or []
    return {"Findings": [one for one in _held(place) if all(_meets(one, group) for group in groups)][:MOST]}


def _meets(finding: Json, group: Json) -> bool:
    texts = group.get("StringFilters") or []
    if set(group) - {"StringFilters", "Operator"} or group.get("Operator", "AND") != "AND":
        raise _RefusedError("ValidationException", "the local AWS does not know this filter")
    for one in texts:
        if one["Filter"]["Comparison"] != "EQUALS":
            raise _RefusedError("ValidationException", "the local AWS does not know this comparison")
        if one["Filter"]["Value"] not in set(_values(finding, one["FieldName"].split("."))):
            return False
    return True


def _values(value: Any, names: list[str]) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _values(one, names)
    elif not names:
        yield str(value)
    elif isinstance(value, dict) and names[0] in value:
        yield from _values(value[names[0]], names[1:])


def _update(place: Place, given: Any, _request: Any) -> Json:
    """BatchUpdateFindingsV2: change some fields, leave the times alone, and send each finding again."""
    if "FindingIdentifiers" in given or not 1 <= len(given.get("MetadataUids") or ()) <= MOST:
        raise _RefusedError("ValidationException", f"MetadataUids must have 1 to {MOST} items")
    if not 1 <= len(given.get("Comment", "-")) <= LONGEST_COMMENT:
        raise _RefusedError("ValidationException", f"Comment must have 1 to {LONGEST_COMMENT} characters")
    processed, others = [], []
    for uid in given["MetadataUids"]:
        held = next((one for one in _held(place) if one["metadata"]["uid"] == uid), None)
        if held is None:
            words = {"ErrorCode": "ResourceNotFoundException", "ErrorMessage": "Finding Not Found"}
            others.append({"MetadataUid": uid, **words})
            continue
        held.update({name: given[field] for field, name in _CHANGED.items() if field in given})
        processed.append({"MetadataUid": uid})
        _send(place, held)
    return {"ProcessedFindings": processed, "UnprocessedFindings": others}


def _send(place: Place, finding: Json) -> None:
    from ministack.core.responses import request_scope
    from ministack.services import eventbridge

    detail = json.dumps({"findings": [finding]})
    entry = {"Source": SOURCE, "DetailType": IMPORTED_V2, "Resources": [], "Detail": detail}
    with request_scope(*place):
        eventbridge._put_events({"Entries": [entry]}, True)
