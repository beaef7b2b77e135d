"""AWS Config in moto: evaluations end at once, and CloudTrail's changes are recorded.

Rules evaluate nothing here. `config_results` holds what a test says that they found. `config_items` answers
the queries of scans.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from ringfence.local.hooks import config_items, config_results, mount

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ringfence.local.hooks.mount import Handler, Response

    Answering = Callable[[Mapping[str, Any], str, str], dict[str, Any]]

_JSON = {"Content-Type": "application/x-amz-json-1.1"}
_NO_RULE = "NoSuchConfigRuleException"
_NO_QUERY = "InvalidExpressionException"
_RECORDED = frozenset(("AWS::EC2::Instance", "AWS::EC2::SecurityGroup", "AWS::S3::Bucket"))
_evaluated: dict[tuple[str, str, str], float] = {}
"""The last evaluation of a rule, by account, region and name, in seconds since the epoch."""


class _Refused(Exception):
    """An error of the service with its code."""


def install() -> None:
    """Implement calls that moto lacks or answers wrongly. Each function below describes one."""
    from ministack import app as gateway

    gateway.SERVICE_HANDLERS["config"] = _handler(gateway.SERVICE_HANDLERS["config"])


def _handler(moto: Handler) -> Handler:
    async def handle(*request: Any) -> Response:
        from ministack.core.responses import get_account_id, get_region

        asked = mount.Request(*request)
        answering = _ANSWERED.get(mount.target(asked.headers).rpartition(".")[2])
        wanted = json.loads(asked.body or b"{}")
        if answering is None or wanted.get("resourceType", "") not in {"", *_RECORDED}:
            return await moto(*request)
        try:
            answer = answering(wanted, get_account_id(), get_region())
        except (_Refused, config_results.UnknownRuleError, config_items.RefusedQueryError) as refused:
            code = _code(refused)
            error = {"__type": code, "message": "the local AWS Config says so"}
            return 400, dict(_JSON), json.dumps(error).encode()
        return 200, dict(_JSON), json.dumps(answer).encode()

    return handle


def _code(refused: Exception) -> str:
    if isinstance(refused, config_results.UnknownRuleError):
        return _NO_RULE
    return _NO_QUERY if isinstance(refused, config_items.RefusedQueryError) else str(refused)


def _start_evaluation(wanted: Mapping[str, Any], account: str, region: str) -> dict[str, Any]:
    """StartConfigRulesEvaluation, which moto does not know: it ends at once."""
    for rule in _rules(wanted, account, region):
        _evaluated[account, region, rule] = time.time()
    return {}


def _evaluation_status(wanted: Mapping[str, Any], account: str, region: str) -> dict[str, Any]:
    """DescribeConfigRuleEvaluationStatus, which moto does not know."""
    found = []
    for rule in _rules(wanted, account, region):
        at = _evaluated.get((account, region, rule))
        times = {} if at is None else {"LastSuccessfulInvocationTime": at, "LastSuccessfulEvaluationTime": at}
        found.append({"ConfigRuleName": rule, "FirstEvaluationStarted": at is not None, **times})
    return {"ConfigRulesEvaluationStatus": found}


def _history(wanted: Mapping[str, Any], account: str, region: str) -> dict[str, Any]:
    """GetResourceConfigHistory: moto says that everything was recorded just now.

    Here a running recorder has an item from the last change in CloudTrail, and none from before it.
    """
    if not any(_recording(account, region)):
        raise _Refused("NoAvailableConfigurationRecorderException")
    kind, id_ = wanted["resourceType"], wanted["resourceId"]
    at = _last_changed(id_)
    if at is None or at > wanted.get("laterTime", at):
        raise _Refused("ResourceNotDiscoveredException")
    item = {
        "accountId": account,
        "awsRegion": region,
        "configurationItemCaptureTime": at,
        "configurationItemStatus": "OK",
        "resourceType": kind,
        "resourceId": id_,
    }
    return {"configurationItems": [item]}


def _rules(wanted: Mapping[str, Any], account: str, region: str) -> tuple[str, ...]:
    from moto.config.models import config_backends

    known = config_backends[account][region].config_rules
    names = tuple(wanted.get("ConfigRuleNames") or known)
    if not known.keys() >= set(names):
        raise _Refused(_NO_RULE)
    return names


def _recording(account: str, region: str) -> Iterator[bool]:
    from moto.config.models import config_backends

    return (one.status.recording for one in config_backends[account][region].recorders.values())


def _last_changed(id_: str) -> float | None:
    from ministack.services import cloudtrail

    changes = (
        event["EventTime"]
        for event in reversed(list(cloudtrail._get_event_queue()))
        if event["ReadOnly"] == "false" and json.dumps(id_) in event["CloudTrailEvent"]
    )
    return next(changes, None)


_ANSWERED: Mapping[str, Answering] = {
    "DescribeComplianceByConfigRule": config_results.of_rules,
    "DescribeConfigRuleEvaluationStatus": _evaluation_status,
    "GetComplianceDetailsByConfigRule": config_results.of_rule,
    "GetResourceConfigHistory": _history,
    "PutEvaluations": config_results.put,
    "SelectResourceConfig": config_items.select,
    "StartConfigRulesEvaluation": _start_evaluation,
}
