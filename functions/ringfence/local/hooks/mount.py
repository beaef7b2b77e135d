"""Services that ministack lacks completely or partly. moto provides them in the same process.

EC2, Auto Scaling, Elastic Load Balancing, Config, GuardDuty, Security Hub, and Systems Manager's Run
Command and documents go to moto's WSGI application, with the account and region that ministack determined.
"""

from __future__ import annotations

import asyncio
import functools
import json
import logging
import re
import threading
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    Response = tuple[int, dict[str, str], bytes]
    Handler = Callable[..., Awaitable[Response]]  # called with the fields of a Request

_QUERY_PROTOCOL = ("ec2", "autoscaling", "elasticloadbalancing")
_JSON_PROTOCOL = ("config", "guardduty", "securityhub")
MOUNTED = (*_QUERY_PROTOCOL, *_JSON_PROTOCOL)
"""The services that moto answers for entirely."""
_RUN_COMMAND = re.compile(r"AmazonSSM\.(SendCommand|GetCommandInvocation|ListCommand\w*|\w*Document\w*)$")
_NOT_PASSED_ON = frozenset({"content-length", "connection", "accept-encoding", "host"})
_log = logging.getLogger(__name__)


class Request(NamedTuple):
    """The arguments that ministack passes to a service's handler."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    query: dict[str, Any]


def install() -> None:
    """Route the mounted services to moto."""
    from ministack import app as gateway
    from ministack.core import router

    for service in MOUNTED:
        gateway.SERVICE_HANDLERS[service] = handler(service)
    for service in ("guardduty", "securityhub"):  # ministack's router does not know these two
        router.SERVICE_PATTERNS.setdefault(
            service, {"credential_scope": service, "host_patterns": [rf"^{service}\."]}
        )
    gateway.SERVICE_HANDLERS["ssm"] = _run_command(gateway.SERVICE_HANDLERS["ssm"])


def target(headers: Mapping[str, str]) -> str:
    """Return the operation of a JSON-protocol request, '' for other protocols."""
    return next((value for name, value in headers.items() if name.lower() == "x-amz-target"), "")


def handler(service: str) -> Handler:
    """Return a ministack service handler that calls moto for `service`."""
    moto = _moto()

    async def handle(*request: Any) -> Response:
        return await asyncio.to_thread(_ask, moto, service, Request(*request))

    return handle


def ask(service: str, request: Request) -> Response:
    """Return moto's answer to a request of the present account and region."""
    return _ask(_moto(), service, request)


def _run_command(ministack: Handler) -> Handler:
    moto = handler("ssm")

    async def handle(*request: Any) -> Response:
        answers = moto if _RUN_COMMAND.match(target(Request(*request).headers)) else ministack
        return await answers(*request)

    return handle


@functools.cache
def _moto() -> Callable[..., Any]:
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.test import Client

    client = Client(DomainDispatcherApplication(create_backend_app), use_cookies=False)
    one_at_a_time = threading.Lock()  # moto's backends have no locks

    def ask(path: str, **request: Any) -> Any:
        with one_at_a_time:
            return client.open(path, **request)

    return ask


def _ask(moto: Callable[..., Any], service: str, request: Request) -> Response:
    from ministack.core.responses import get_account_id, get_region

    account, region = get_account_id(), get_region()
    headers = {name: value for name, value in request.headers.items() if name.lower() not in _NOT_PASSED_ON}
    headers["X-Moto-Account-Id"] = account
    if not any(name.lower() == "authorization" for name in headers):
        headers["Authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={account}/20260101/{region}/{service}/aws4_request, "
            "SignedHeaders=host, Signature=none"
        )
    try:
        answer = moto(
            request.path,
            method=request.method,
            headers=headers,
            data=request.body or b"",
            query_string=urlencode(request.query or {}, doseq=True),
            base_url=f"http://{service}.{region}.amazonaws.com",
        )
    except Exception:  # noqa: BLE001 - the edge to moto, which crashes on what it cannot do
        _log.exception("moto cannot answer %s", request.body[:200])
        return _not_implemented(service)
    kept = {name: value for name, value in answer.headers.items() if name.lower() not in _NOT_PASSED_ON}
    return answer.status_code, kept, answer.data


def _not_implemented(service: str) -> Response:
    """Return a permanent error in the service's protocol for unknown calls. SDKs do not retry it."""
    message = f"the local AWS does not implement this call of {service}; its log has details"
    if service not in _QUERY_PROTOCOL:
        error = {"__type": "NotImplemented", "message": message}
        return 400, {"Content-Type": "application/json"}, json.dumps(error).encode()
    error_element = f"<Error><Code>NotImplemented</Code><Message>{message}</Message></Error>"
    body = (
        f"<Response><Errors>{error_element}</Errors><RequestID>local</RequestID></Response>"
        if service == "ec2"
        else f"<ErrorResponse>{error_element}<RequestId>local</RequestId></ErrorResponse>"
    )
    return 400, {"Content-Type": "text/xml"}, body.encode()
