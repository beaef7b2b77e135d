"""Findings and custom actions in moto's Security Hub. A change of a finding sends its event, as in AWS.

moto holds findings, but it neither filters nor updates them, sends no events, and has no custom actions.

https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_BatchUpdateFindings.html
https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-cwe-event-types.html
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from ringfence.events.security_hub.trigger import IMPORTED, SOURCE
from ringfence.local.hooks import security_hub_v2

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Json = dict[str, Any]
    Answer = tuple[int, dict[str, str], str]

NEEDED = ("Id", "ProductArn", "AwsAccountId", "Resources")
UPDATED = ("Note", "Severity", "VerificationState", "Confidence", "Criticality", "Types")
KEPT = ("UserDefinedFields", "Workflow", "RelatedFindings")
"""What BatchUpdateFindings changes."""
MOST = 100
"""The findings of one call."""
_ID = re.compile(r"[A-Za-z0-9]{1,20}")
_actions: dict[tuple[str, str], dict[str, Json]] = {}
"""The custom actions of each account and region, by their ARNs."""


def install() -> None:
    """Replace moto's calls about findings, and add those that it lacks."""
    from moto.securityhub import urls

    security_hub_v2.install()
    for path, answer in (
        ("findings/import", _import),
        ("findings/batchupdate", _update),
        ("findings", _get),
        ("actionTargets", _create),
        ("actionTargets/get", _describe),
        ("actionTargets/(?P<arn>arn.+)", _change),
    ):
        urls.url_paths["{0}/" + path + "$"] = _answering(answer)


class _RefusedError(Exception):
    """A call that Security Hub refuses: the error's code and its message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def _answering(answer: Callable[[Any, Json, str], Json]) -> Callable[..., Answer]:
    """Return the view of one path. Without Security Hub, every call is refused."""

    def view(request: Any, url: str, _headers: Any) -> Answer:
        from ministack.core.responses import get_account_id, get_region
        from moto.securityhub.models import securityhub_backends

        backend = securityhub_backends[get_account_id()][get_region()]
        try:
            _check_enabled(backend)
            given = json.loads(request.data or b"{}")
            found = answer(backend, {**given, "method": request.method}, unquote(urlsplit(url).path))
        except _RefusedError as error:
            status = {"ResourceNotFoundException": 404, "ResourceConflictException": 409}.get(error.code, 400)
            headers = {"Content-Type": "application/json", "X-Amzn-ErrorType": error.code}
            return status, headers, json.dumps({"Code": error.code, "Message": str(error)})
        return 200, {"Content-Type": "application/json"}, json.dumps(found)

    return view


def _check_enabled(backend: Any) -> None:
    if not backend.enabled:
        where = f"Account {backend.account_id} is not subscribed to AWS Security Hub"
        raise _RefusedError("InvalidAccessException", where)


def _import(backend: Any, given: Json, _path: str) -> Json:
    """BatchImportFindings: hold them, and send an event for each. An import keeps what people wrote."""
    failed = []
    for finding in _some(given, "Findings"):
        missing = [name for name in NEEDED if not finding.get(name)]
        if missing:
            words = f"Invalid parameter: {missing[0]} is missing"
            failed.append({"Id": finding.get("Id", ""), "ErrorCode": "InvalidInput", "ErrorMessage": words})
            continue
        held = next((one for one in backend.findings if _same(one.data, finding)), None)
        _hold(backend, finding, held)
    count = len(given["Findings"]) - len(failed)
    return {"FailedCount": len(failed), "SuccessCount": count, "FailedFindings": failed}


def _hold(backend: Any, finding: Json, held: Any) -> None:
    from moto.securityhub.models import Finding

    kept = {name: held.data[name] for name in ("Note", *KEPT) if held is not None and name in held.data}
    made = {"RecordState": "ACTIVE", "Workflow": {"Status": "NEW"}, "Region": backend.region_name}
    data = {**made, **finding, **kept}
    if held is None:
        backend.findings.append(Finding(finding["Id"], data))
    else:
        held.data = data
    _send(backend, data)


def _update(backend: Any, given: Json, _path: str) -> Json:
    """BatchUpdateFindings: change some fields, leave `UpdatedAt` alone, and send each finding again."""
    processed, others = [], []
    for named in _some(given, "FindingIdentifiers"):
        held = next((one for one in backend.findings if _same(one.data, named)), None)
        if held is None:
            words = {"ErrorCode": "FindingNotFound", "ErrorMessage": "Finding Not Found"}
            others.append({"FindingIdentifier": named, **words})
            continue
        changed = {name: given[name] for name in (*UPDATED, *KEPT) if name in given}
        if "Note" in changed:
            changed["Note"] = {**changed["Note"], "UpdatedAt": _now()}
        held.data = {**held.data, **changed}
        processed.append(named)
        _send(backend, held.data)
    return {"ProcessedFindings": processed, "UnprocessedFindings": others}


def _get(backend: Any, given: Json, _path: str) -> Json:
    """GetFindings, in one page, with the comparisons EQUALS and PREFIX of texts."""
    filters = given.get("Filters") or {}
    found = [one.data for one in backend.findings if all(_meets(one.data, *each) for each in filters.items())]
    return {"Findings": found[: given.get("MaxResults", MOST)]}


def _meets(finding: Json, name: str, wanted: list[Json]) -> bool:
    """Return whether a finding has one of the values."""
    if not all(one.get("Comparison") in ("EQUALS", "PREFIX") for one in wanted):
        raise _RefusedError("InvalidInputException", f"the local AWS does not know this filter on {name}")
    values = tuple(_values(finding, name))
    return any(
        value == one["Value"] or (one["Comparison"] == "PREFIX" and value.startswith(one["Value"]))
        for one in wanted
        for value in values
    )


def _values(finding: Json, name: str) -> Iterator[str]:
    """Yield the values of a filter. The filters on parts of a finding join their names."""
    if name.startswith("Resource") and name != "Resources":
        yield from (str(one.get(name.removeprefix("Resource"), "")) for one in finding["Resources"])
    elif name in ("WorkflowStatus", "ComplianceStatus", "SeverityLabel", "ComplianceSecurityControlId"):
        part = next(one for one in ("Workflow", "Compliance", "Severity") if name.startswith(one))
        yield str(finding.get(part, {}).get(name.removeprefix(part), ""))
    else:
        yield str(finding.get(name, ""))


def _create(backend: Any, given: Json, _path: str) -> Json:
    """CreateActionTarget."""
    if not _ID.fullmatch(given.get("Id", "")):
        words = "Invalid parameter: Id must be 1 to 20 letters and digits"
        raise _RefusedError("InvalidInputException", words)
    _named(given)
    arn = f"arn:aws:securityhub:{backend.region_name}:{backend.account_id}:action/custom/{given['Id']}"
    held = _held(backend)
    if arn in held:
        raise _RefusedError("ResourceConflictException", "The action target already exists")
    held[arn] = {"ActionTargetArn": arn, **{name: given[name] for name in ("Name", "Description")}}
    return {"ActionTargetArn": arn}


def _describe(backend: Any, given: Json, _path: str) -> Json:
    """DescribeActionTargets."""
    held = _held(backend)
    wanted = given.get("ActionTargetArns") or list(held)
    for arn in wanted:
        if arn not in held:
            raise _RefusedError("ResourceNotFoundException", f"Action target {arn} was not found")
    return {"ActionTargets": [held[arn] for arn in wanted]}


def _change(backend: Any, given: Json, path: str) -> Json:
    """UpdateActionTarget and DeleteActionTarget."""
    held, arn = _held(backend), path.partition("/actionTargets/")[2]
    if arn not in held:
        raise _RefusedError("ResourceNotFoundException", f"Action target {arn} was not found")
    if given["method"] == "DELETE":
        del held[arn]
        return {"ActionTargetArn": arn}
    changed: Json = {name: given[name] for name in ("Name", "Description") if name in given}
    _named({**held[arn], **changed})
    held[arn] = {**held[arn], **changed}
    return {}


def _named(given: Json) -> None:
    """Refuse a name or a description that is too long: "CreateActionTarget"."""
    for name, most in (("Name", 20), ("Description", 500)):
        if not 1 <= len(given.get(name, "")) <= most:
            words = f"Invalid parameter: {name} must have 1 to {most} characters"
            raise _RefusedError("InvalidInputException", words)


def _held(backend: Any) -> dict[str, Json]:
    return _actions.setdefault((backend.account_id, backend.region_name), {})


def _some(given: Json, name: str) -> list[Json]:
    found = list(given.get(name) or ())
    if not 1 <= len(found) <= MOST:
        raise _RefusedError("InvalidInputException", f"Invalid parameter: {name} must have 1 to {MOST} items")
    return found


def _same(one: Json, other: Json) -> bool:
    return (one["Id"], one["ProductArn"]) == (other.get("Id"), other.get("ProductArn"))


def _now() -> str:
    from datetime import UTC, datetime

    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.000Z}"


def _send(backend: Any, finding: Json) -> None:
    from ministack.core.responses import request_scope
    from ministack.services import eventbridge

    entry = {
        "Source": SOURCE,
        "DetailType": IMPORTED,
        "Resources": [f"{finding['ProductArn']}/{finding['Id']}"],
        "Detail": json.dumps({"findings": [finding]}),
    }
    with request_scope(backend.account_id, backend.region_name):
        eventbridge._put_events({"Entries": [entry]}, True)
