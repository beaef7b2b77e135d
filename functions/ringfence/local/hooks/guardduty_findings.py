"""Findings in moto's GuardDuty. A finding that is put there is held, and its event is sent.

GuardDuty has no call that puts a finding. Here it is `POST /local/findings`, for the root user of the account
on whose default bus the event arrives: the account of the finding, or the account that administers it.
"""

from __future__ import annotations

import json
import operator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ringfence.events.guardduty.trigger import DETAIL_TYPE, SOURCE
from ringfence.local.hooks.guardduty_shapes import OddFindingError, answered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Json = dict[str, Any]

PATH = "/local/findings"
MOST = 50
"""The number of findings that GetFindings and ArchiveFindings take."""
_COMPARED: Mapping[str, Callable[[Any, Any], bool]] = {
    **dict.fromkeys(("gt", "greaterThan"), operator.gt),
    **dict.fromkeys(("gte", "greaterThanOrEqual"), operator.ge),
    **dict.fromkeys(("lt", "lessThan"), operator.lt),
    **dict.fromkeys(("lte", "lessThanOrEqual"), operator.le),
}
_held: dict[tuple[str, str, str], dict[str, Json]] = {}
"""The findings of each account, region and detector, as GetFindings answers them."""


def install() -> None:
    """Add the calls about findings, which moto lacks."""
    from moto.guardduty import urls
    from moto.guardduty.models import GuardDutyBackend
    from moto.guardduty.responses import GuardDutyResponse

    from ringfence.local.hooks.patching import around

    urls.url_paths["{0}" + PATH + "$"] = _put
    for path, name, answer in (
        ("findings/get", "get_findings", _get),
        ("findings", "list_findings", _list),
        ("findings/archive", "archive_findings", _archiving(True)),
        ("findings/unarchive", "unarchive_findings", _archiving(False)),
    ):
        urls.url_paths["{0}/detector/(?P<detector_id>[^/]+)/" + path + "$"] = GuardDutyResponse.dispatch
        setattr(GuardDutyResponse, name, answer)
    around(GuardDutyBackend, "delete_detector", _forget)


def held(detail: Json) -> Json:
    """Hold a finding in its own account without sending its event. Return the event's `detail`."""
    made = _Put.of(detail, 0)
    _hold((made.answer["accountId"], made.answer["region"], made.detector), made.answer)
    return made.detail


@dataclass(frozen=True)
class _RefusedError(Exception):
    message: str


def _put(request: Any, _url: str, _headers: Any) -> tuple[int, dict[str, str], str]:
    """Hold findings and send their events. Hold none if one of them is not a finding."""
    from ministack.core.iam_evaluator import is_root_access_key
    from ministack.core.responses import get_account_id
    from ministack.core.router import extract_access_key_id

    if not is_root_access_key(extract_access_key_id(dict(request.headers), {}) or ""):
        return _refusal(403, "AccessDeniedException", "only the root user puts findings")
    try:
        details = json.loads(request.data)
        made = [_Put.of(one, n) for n, one in enumerate(details)]
    except (OddFindingError, _RefusedError, ValueError) as error:
        return _refusal(400, "BadRequestException", str(error))
    sent = [one.hold(get_account_id()) for one in made]
    return 200, {"Content-Type": "application/json"}, json.dumps({"findings": sent})


def _refusal(status: int, code: str, message: str) -> tuple[int, dict[str, str], str]:
    headers = {"Content-Type": "application/json", "X-Amzn-ErrorType": code}
    return status, headers, json.dumps({"__type": code, "message": message})


@dataclass(frozen=True)
class _Put:
    """One finding: the detail of its event, and the answer of GetFindings, with its detector in both."""

    detail: Json
    answer: Json
    detector: str

    @classmethod
    def of(cls, detail: Json, number: int) -> _Put:
        try:
            answer = answered(detail)
        except OddFindingError as error:
            raise OddFindingError(f"finding {number + 1}: {error}") from error
        account, region, id_ = answer["accountId"], answer["region"], answer["id"]
        detector = _detector(account, region, answer["service"].get("detectorId", ""))
        where = f"arn:{answer.get('partition', 'aws')}:guardduty:{region}:{account}:detector/{detector}"
        return cls(
            _of_detector(detail, detector, f"{where}/finding/{id_}"),
            _of_detector(answer, detector, f"{where}/finding/{id_}"),
            detector,
        )

    def hold(self, bus: str) -> Json:
        """Hold the finding in its account and in the account of the bus. Send its event there."""
        account, region = self.answer["accountId"], self.answer["region"]
        _hold((account, region, self.detector), self.answer)
        if bus != account:
            _hold((bus, region, _detector(bus, region, "")), self.answer)
        _send(self.detail, bus, region)
        return self.detail


def _of_detector(finding: Json, detector: str, arn: str) -> Json:
    return {**finding, "arn": arn, "service": {**finding["service"], "detectorId": detector}}


def _detector(account: str, region: str, wanted: str) -> str:
    """Return the detector of an account and region. GuardDuty is turned on there if it is not."""
    from moto.guardduty.models import guardduty_backends

    backend = guardduty_backends[account][region]
    if not backend.detectors:
        made = backend.create_detector(True, "FIFTEEN_MINUTES", {}, {}, [])
        if len(wanted) == len(made):
            backend.detectors[made].id = wanted
            backend.detectors[wanted] = backend.detectors.pop(made)
    id_, detector = next(iter(backend.detectors.items()))
    if not detector.enabled:
        raise _RefusedError(
            f"the detector {id_} of account {account} in {region} is suspended: it finds nothing"
        )
    return str(id_)


def _hold(where: tuple[str, str, str], answer: Json) -> None:
    """Keep the newest version of a finding. A finding that was archived stays so."""
    findings = _held.setdefault(where, {})
    before = findings.get(answer["id"])
    if before is not None and _instant(answer) < _instant(before):
        return
    archived = bool(before and before["service"].get("archived")) or bool(answer["service"].get("archived"))
    findings[answer["id"]] = {**answer, "service": {**answer["service"], "archived": archived}}


def _instant(answer: Json) -> datetime:
    return datetime.fromisoformat(answer["updatedAt"])


def _send(detail: Json, account: str, region: str) -> None:
    from ministack.core.responses import request_scope
    from ministack.services import eventbridge

    entry = {"Source": SOURCE, "DetailType": DETAIL_TYPE, "Detail": json.dumps(detail)}
    with request_scope(account, region):
        eventbridge._put_events({"Entries": [entry]}, True)


def _forget(original: Callable[..., Any], backend: Any, detector: str) -> Any:
    """DeleteDetector: all findings of the detector are lost."""
    _held.pop((backend.account_id, backend.region_name, detector), None)
    return original(backend, detector)


def _of(response: Any) -> dict[str, Json]:
    """Return the findings of the detector in a call's path."""
    detector = response.path.split("/")[2]
    backend = response.guardduty_backend
    backend.get_detector(detector)  # raises
    return _held.setdefault((backend.account_id, backend.region_name, detector), {})


def _get(self: Any) -> str:
    """GetFindings: ids without a finding have no answer."""
    found = _of(self)
    return json.dumps({"findings": [found[id_] for id_ in _ids(self) if id_ in found]})


def _ids(response: Any) -> list[str]:
    ids = response._get_param("findingIds") or []
    if len(ids) > MOST:
        from moto.guardduty.exceptions import GuardDutyException

        words = "The request is rejected because the parameter findingIds has an invalid value."
        raise GuardDutyException("BadRequestException", words)
    return list(ids)


def _archiving(archived: bool) -> Callable[[Any], str]:  # noqa: FBT001 - a switch
    def answer(self: Any) -> str:
        """ArchiveFindings and UnarchiveFindings."""
        found = _of(self)
        for id_ in _ids(self):
            if id_ in found:
                found[id_] = {**found[id_], "service": {**found[id_]["service"], "archived": archived}}
        return "{}"

    return answer


def _list(self: Any) -> str:
    """ListFindings, with its criteria, in the order that is asked for, in pages."""
    criteria = (self._get_param("findingCriteria") or {}).get("criterion", {})
    found = [one for one in _of(self).values() if all(_meets(one, *each) for each in criteria.items())]
    sort = self._get_param("sortCriteria") or {}
    if path := sort.get("attributeName"):
        found.sort(key=lambda one: next(_values(one, path.split("."))), reverse=sort.get("orderBy") == "DESC")
    start, size = int(self._get_param("nextToken") or 0), int(self._get_param("maxResults") or MOST)
    ids = [one["id"] for one in found[start : start + size]]
    more = {"nextToken": str(start + size)} if start + size < len(found) else {}
    return json.dumps({"findingIds": ids, **more})


def _meets(finding: Json, path: str, condition: Mapping[str, Any]) -> bool:
    values = list(_values(finding, path.split(".")))
    texts = {str(value).lower() if isinstance(value, bool) else str(value) for value in values}
    for name, wanted in condition.items():
        if name in ("eq", "equals") and not texts.intersection(wanted):
            return False
        if name in ("neq", "notEquals") and texts.intersection(wanted):
            return False
        compare = _COMPARED.get(name)
        if compare and not any(compare(_number(one), wanted) for one in values):
            return False
    return True


def _number(value: Any) -> float:
    """Return a number, or a time in milliseconds, as criteria compare it."""
    return datetime.fromisoformat(value).timestamp() * 1000 if isinstance(value, str) else value


def _values(value: Any, names: list[str]) -> Iterator[Any]:
    if isinstance(value, list):
        for one in value:
            yield from _values(one, names)
    elif not names:
        yield value
    elif isinstance(value, dict) and names[0] in value:
        yield from _values(value[names[0]], names[1:])
