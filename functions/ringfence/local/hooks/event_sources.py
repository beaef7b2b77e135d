"""Event source mappings in ministack: DynamoDB streams to functions, and polling intervals."""

from __future__ import annotations

import contextvars
import json
import threading
from typing import TYPE_CHECKING, Any

from ringfence.local.hooks.patching import around, replace

if TYPE_CHECKING:
    from collections.abc import Callable

    Original = Callable[..., Any]
    Record = dict[str, Any]
    Result = dict[str, Any]

_PAUSE_AFTER_FAILURE = 0.2  # seconds, where ministack waits 1


def install() -> None:
    """Fix what ministack gets wrong. Each function below describes one error."""
    from ministack.services import lambda_svc

    replace(lambda_svc, "_ESM_BACKOFF_SECONDS", _PAUSE_AFTER_FAILURE)
    around(lambda_svc, "_execute_function", _deliver)
    around(lambda_svc, "_iter_all_esms", _one_or_all)
    around(lambda_svc, "_poll_dynamodb_streams", _EachOnItsOwn())


_only: contextvars.ContextVar[str | None] = contextvars.ContextVar("only_mapping", default=None)


class _EachOnItsOwn:
    """Polling: one thread serves all queues and streams, so a slow stream reader delays the others.

    Here each stream's mapping has its own thread, as in Lambda.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked_again: dict[str, bool] = {}  # mappings being polled → were they to be polled meanwhile?

    def __call__(self, original: Original) -> bool:
        from ministack.services import lambda_svc

        for account, region, mapping in lambda_svc._iter_all_esms():
            if ":dynamodb:" in mapping.get("EventSourceArn", "") and _has_more(account, region, mapping):
                self._start(original, mapping["UUID"])
        return False

    def _start(self, original: Original, mapping: str) -> None:
        with self._lock:
            busy = mapping in self._asked_again
            self._asked_again[mapping] = busy
        if not busy:
            threading.Thread(target=self._poll, args=(original, mapping), daemon=True).start()

    def _poll(self, original: Original, mapping: str) -> None:
        _only.set(mapping)
        try:
            while original() or self._take_request(mapping):
                pass
        finally:
            with self._lock:
                self._asked_again.pop(mapping, None)

    def _take_request(self, mapping: str) -> bool:
        with self._lock:
            asked, self._asked_again[mapping] = self._asked_again[mapping], False
            return asked


def _has_more(account: str, region: str, mapping: Any) -> bool:
    """Return whether a stream has records that its mapping has not read.

    ministack looks at all streams whenever a message or a record arrives anywhere.
    """
    from ministack.services import dynamodb, lambda_svc

    read = lambda_svc._dynamodb_stream_positions.get_scoped(account, region, mapping["UUID"])
    end = dynamodb.stream_end_position(_table(mapping), account_id=account, region=region)
    return read is None or bool(read < end)


def _one_or_all(original: Original) -> list[Any]:
    """Return the mapping of this thread, or all."""
    only = _only.get()
    return [each for each in original() if only is None or each[2]["UUID"] == only]


def _deliver(original: Original, function: Any, event: Any, *args: Any, **kw: Any) -> Result:
    """Streams: ministack ignores partial failures and retries a failed batch forever.

    Here it works as in Lambda: ReportBatchItemFailures, BisectBatchOnFunctionError, MaximumRetryAttempts
    and the on-failure destination.
    """
    mapping = _mapping(function, event)
    if mapping is None:
        return original(function, event, *args, **kw)  # type: ignore[no-any-return]
    delivery = _Delivery(mapping, function, lambda batch: original(function, {"Records": batch}, *args, **kw))
    left = delivery.process(event["Records"])
    if not left:
        return {**delivery.last, "error": None}
    _rewind(mapping, left[0])
    return {**delivery.last, "error": True}


def _mapping(function: Any, event: Any) -> Any | None:
    from ministack.services import lambda_svc

    records = event.get("Records") if isinstance(event, dict) else None
    if not records or not isinstance(records[0], dict) or records[0].get("eventSource") != "aws:dynamodb":
        return None
    name, stream = (function.get("config") or function)["FunctionName"], records[0].get("eventSourceARN")
    for _, _, mapping in lambda_svc._iter_all_esms():
        if mapping.get("EventSourceArn") == stream and mapping["FunctionName"].rsplit(":", 1)[-1] == name:
            return mapping
    return None


_attempts: dict[tuple[str, str], int] = {}  # (mapping, first record not done) → failed deliveries


class _Delivery:
    """One batch of a stream for a function."""

    def __init__(self, mapping: Any, function: Any, invoke: Callable[[list[Record]], Result]) -> None:
        self.last: Result = {}
        self._mapping = mapping
        self._function = function
        self._invoke = invoke

    def process(self, batch: list[Record]) -> list[Record]:
        """Deliver in order. Return the rest to retry, from the first failed record."""
        while batch:
            self.last = self._invoke(batch)
            crashed = bool(self.last.get("error"))
            batch = batch if crashed else batch[self._done(batch) :]
            if not batch:
                break
            if crashed and self._mapping.get("BisectBatchOnFunctionError") and len(batch) > 1:
                half = len(batch) // 2
                left = self.process(batch[:half])
                if left:
                    return left + batch[half:]
                batch = batch[half:]
                continue
            if not self._given_up(batch[0]):
                return batch
            dropped = batch if crashed else batch[:1]
            self._report(dropped)
            batch = batch[len(dropped) :]
        return []

    def _done(self, batch: list[Record]) -> int:
        """Return the number of leading records that the function handled."""
        if "ReportBatchItemFailures" not in self._mapping.get("FunctionResponseTypes", []):
            return len(batch)
        body = self.last.get("body")
        answer = json.loads(body) if isinstance(body, str) and body.startswith("{") else body
        failures = answer.get("batchItemFailures", []) if isinstance(answer, dict) else []
        failed = {failure.get("itemIdentifier") for failure in failures}
        if not failed:
            return len(batch)
        # An identifier that is not in the batch fails the whole batch, as in Lambda.
        return next((n for n, record in enumerate(batch) if _sequence(record) in failed), 0)

    def _given_up(self, record: Record) -> bool:
        key = (self._mapping["UUID"], _sequence(record))
        _attempts[key] = _attempts.get(key, 0) + 1
        limit = self._mapping.get("MaximumRetryAttempts")
        return limit is not None and 0 <= int(limit) < _attempts[key]

    def _report(self, dropped: list[Record]) -> None:
        from ministack.services import lambda_svc

        stream = self._mapping["EventSourceArn"]
        lambda_svc._send_ddb_stream_failure_record(
            self._mapping, self._function, dropped, stream, self.last, "RetryAttemptsExhausted"
        )


def _rewind(mapping: Any, record: Record) -> None:
    """Move the mapping's read position to `record`, where the poller retries."""
    from ministack.services import dynamodb, lambda_svc

    table = _table(mapping)
    with lambda_svc._dynamodb_stream_positions_lock:
        position = lambda_svc._dynamodb_stream_positions[mapping["UUID"]]
        for offset, each in enumerate(dynamodb.stream_records_since(table, position, 1000)):
            if _sequence(each) == _sequence(record):
                lambda_svc._dynamodb_stream_positions[mapping["UUID"]] = position + offset
                return


def _table(mapping: Any) -> str:
    """Return the name of the table whose stream a mapping reads."""
    return str(mapping["EventSourceArn"].split("/stream/")[0].rsplit("/", 1)[-1])


def _sequence(record: Record) -> str:
    return str(record["dynamodb"]["SequenceNumber"])
