"""EventBridge in ministack: allowed senders, and deliveries."""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING, Any

from ringfence.events.patterns import ENABLED, WITH_READS
from ringfence.local.hooks.patching import around, replace

if TYPE_CHECKING:
    from collections.abc import Callable

    Original = Callable[..., Any]


def install() -> None:
    """Fix what ministack gets wrong. Each function below describes one error."""
    from ministack.services import eventbridge

    # PutEvents: ministack refuses sources that start with "aws.", as AWS does. Here they are the services.
    replace(eventbridge._put_events, "__defaults__", (True,))
    around(eventbridge, "_dispatch_to_lambda", _invoke_asynchronously)
    around(eventbridge, "_invoke_target", _dead_letter_when_gone)
    around(eventbridge, "_invoke_target", as_scheduled)
    around(eventbridge, "_dispatch_to_event_bus", _forward)
    around(eventbridge, "_dispatch_event", _by_state)


def _by_state(_original: Original, event: Any, view: Any = None) -> None:
    """Rule states: ministack ignores rules in the state that also delivers calls that only read.

    It delivers such calls to all other rules. AWS delivers them to rules in that state alone.
    """
    from ministack.services import eventbridge

    view = view or eventbridge._pattern_event_view(event)
    states = {WITH_READS} if _only_reads(event) else {ENABLED, WITH_READS}
    bus, path = event.get("EventBusName", "default"), set(event.get("_DispatchPath") or [])
    for key, rule in list(eventbridge._rules.items()):
        matching = rule.get("EventBusName", "default") == bus and key not in path
        if not matching or rule.get("State") not in states or not rule.get("EventPattern"):
            continue
        sources = _sources(rule["EventPattern"])
        if sources is not None and event.get("Source", "") not in sources:
            continue
        if eventbridge._matches_pattern_view(rule["EventPattern"], view, f"rule {key}"):
            for target in eventbridge._targets.get(key, []):
                eventbridge._invoke_target(target, event, rule, view)


@functools.lru_cache(4096)
def _sources(pattern: Any) -> frozenset[str] | None:
    """Return the only sources whose events a pattern can match, or None if it does not name them as they are.

    ministack matches all fields of all patterns against each event. Most patterns name another source.
    """
    named = json.loads(pattern).get("source") if isinstance(pattern, str) else None
    plain = isinstance(named, list) and all(isinstance(one, str) for one in named)
    return frozenset(named) if plain and named else None


def _only_reads(event: Any) -> bool:
    """Return whether an event is a management call that only reads, as CloudTrail recorded it."""
    if not str(event.get("DetailType", "")).endswith("via CloudTrail"):
        return False
    detail = json.loads(event.get("Detail") or "{}")
    return detail.get("readOnly") is True and detail.get("managementEvent", True) is True


def _invoke_asynchronously(_original: Original, arn: str, payload: str) -> None:
    """Rule → function: ministack invokes once. AWS invokes asynchronously, with retries."""
    from ministack.services import lambda_svc

    function, configuration, _ = lambda_svc._get_func_record_for_ref(arn)
    if function and configuration:
        record = lambda_svc._execution_record_for_config(function, configuration)
        lambda_svc.invoke_async_with_retry(record, json.loads(payload))


def _dead_letter_when_gone(
    original: Original, target: dict[str, Any], event: Any, rule: Any, view: Any = None
) -> None:
    """Rule → deleted target: ministack drops the event instead of sending it to the target's DLQ."""
    from ministack.core.arn import parse_arn
    from ministack.services import eventbridge

    dead_letters = (target.get("DeadLetterConfig") or {}).get("Arn")
    if not dead_letters or _exists(target.get("Arn", "")):
        original(target, event, rule, view)
        return
    view = view or eventbridge._pattern_event_view(event)
    eventbridge._dispatch_to_sqs(parse_arn(dead_letters), json.dumps(view.event_with_detail()))


def as_scheduled(original: Original, target: dict[str, Any], event: Any, rule: Any, view: Any = None) -> None:
    """Schedule → bus: ministack sends its own event instead of the one that the schedule's target names."""
    if given := target.get("EventBridgeParameters"):
        named = {"Source": given["Source"], "DetailType": given["DetailType"]}
        event, view = {**event, **named, "Detail": target.get("Input") or "{}"}, None
    original(target, event, rule, view)


def _exists(arn: str) -> bool:
    from ministack.services import lambda_svc, sqs

    if ":sqs:" in arn:
        return bool(sqs._queue_by_arn(arn))
    if ":lambda:" in arn:
        return bool(lambda_svc._get_func_record_for_ref(arn)[0])
    return True


def _forward(original: Original, bus: Any, event: Any, rule: Any, path: Any, payload: Any = None) -> None:
    """Rule → bus of another account or region: ministack drops the event.

    The event keeps its account and region. The policy of another account's bus must allow this account.
    """
    from ministack.core.responses import _request_account_id, _request_region, get_account_id, get_region
    from ministack.services import eventbridge

    source = get_account_id()
    if (bus.account_id, bus.region) == (source, get_region()):
        original(bus, event, rule, path, payload)
        return
    account, region = _request_account_id.set(bus.account_id), _request_region.set(bus.region)
    try:
        name = bus.resource.split("/", 1)[1]
        if source == bus.account_id or _allows(eventbridge._event_bus_policies.get(name), source):
            eventbridge._dispatch_event({**event, "EventBusName": name, "_DispatchPath": []})
    finally:
        _request_account_id.reset(account)
        _request_region.reset(region)


def _allows(policy: Any, account: str) -> bool:
    """Return whether a bus policy allows `account` or everybody."""
    for statement in (policy or {}).get("Statement", []):
        principal = statement.get("Principal")
        named = principal.get("AWS", []) if isinstance(principal, dict) else [principal]
        for each in [named] if isinstance(named, str) else named:
            if statement.get("Effect") == "Allow" and (
                each in ("*", account) or f"::{account}:" in str(each)
            ):
                return True
    return False
