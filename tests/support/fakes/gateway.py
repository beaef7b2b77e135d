"""API Gateway before the operators' Lambda: events of payload format 2.0, and a client without a wire."""

from __future__ import annotations

import base64
import itertools
import json
from functools import cache
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from ringfence.handlers import operator_http
from ringfence.handlers.logs import logger
from ringfence.handlers.operator_routes import PATHS, ROUTES
from ringfence.model.signed_identity import HEADER
from tests.support.fakes.site import KIM
from tests.support.fakes.sts import callers, proof

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ringfence.handlers.operator_callers import CallerCheck
    from tests.support.fakes.site import Site

Json = dict[str, Any]
IAM = {
    "accessKey": "ASIAIOSFODNN7EXAMPLE",
    "accountId": "111122223333",
    "callerId": "AROAIOSFODNN7EXAMPLE:kim",
    "cognitoIdentity": None,
    "principalOrgId": None,
    "userArn": KIM,
    "userId": "AROAIOSFODNN7EXAMPLE:kim",
}


_requests = itertools.count(1)


class Context:
    """What Lambda tells a function of one execution."""

    function_name = "ringfence-operate"
    invoked_function_arn = "arn:aws:lambda:eu-west-1:111122223333:function:ringfence-operate"

    def __init__(self) -> None:
        self.aws_request_id = f"5f6f7f8f-1111-2222-3333-{next(_requests):012d}"

    def get_remaining_time_in_millis(self) -> int:
        return 29_000


def event(path: str, body: object, authorizer: Json | None) -> Json:
    """Shape: "Working with AWS Lambda proxy integrations for HTTP APIs" in the API Gateway guide."""
    asked: Json = {
        "version": "2.0",
        "routeKey": f"POST {path}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {
            "content-type": "application/json",
            "host": "abcdef1234.execute-api.eu-west-1.amazonaws.com",
        },
        "requestContext": {
            "accountId": "111122223333",
            "apiId": "abcdef1234",
            "authorizer": authorizer,
            "domainName": "abcdef1234.execute-api.eu-west-1.amazonaws.com",
            "domainPrefix": "abcdef1234",
            "http": {
                "method": "POST",
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "203.0.113.9",
                "userAgent": "ringfence",
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": f"POST {path}",
            "stage": "$default",
            "time": "01/Mar/2026:12:00:00 +0000",
            "timeEpoch": 1772366400000,
        },
        "body": body if isinstance(body, str) else json.dumps(body),
        "isBase64Encoded": False,
    }
    if authorizer is None:
        del asked["requestContext"]["authorizer"]
    return asked


def serve(site: Site, asked: Json, check: CallerCheck | None = None) -> Json:
    """Have the function answer an event at a site's desk. Kim signs it, unless it contains a proof.

    The answer is one that the declaration of the route names.
    """
    context: Any = Context()
    if HEADER not in asked["headers"]:
        signed = proof(asked["rawPath"], sent(asked)).header
        asked = {**asked, "headers": {**asked["headers"], HEADER: signed}}
    answer = operator_http.serve(site.desk, check or callers(), asked, context)
    if asked["rawPath"] in PATHS:
        check_answer(asked["rawPath"], answer["statusCode"], json.loads(answer["body"]))
    return answer


def check_answer(path: str, code: int, body: object) -> None:
    """Fail if the declaration of a route does not name such an answer."""
    validator = _answers(path).get(code)
    assert validator, f"{path} answers {code}, which its declaration does not name"
    error = best_match(validator.iter_errors(body))
    assert error is None, f"{path} answers {code} with {body}: {error}"


@cache
def _answers(path: str) -> dict[int, Draft202012Validator]:
    (route,) = (one for one in ROUTES if one.path == path)
    return {code: Draft202012Validator(schema) for code, (_, schema) in route.answers.items()}


def sent(asked: Json) -> bytes:
    """Return the body of an event."""
    body: str = asked["body"]
    return base64.b64decode(body) if asked["isBase64Encoded"] else body.encode()


class Gateway:
    """Carries requests of Kim's to a site. `asked` are the paths.

    `lose` names answers that are lost on the way back, by path and number of the request on it.
    """

    def __init__(self, site: Site) -> None:
        self.site = site
        self.asked: list[str] = []
        self.lose: set[tuple[str, int]] = set()
        logger()  # before a test runner takes standard output away

    def post(self, path: str, document: Mapping[str, object]) -> tuple[int, object]:
        """Serve a request."""
        self.asked.append(path)
        answer = serve(self.site, event(path, dict(document), {"iam": IAM}))
        if (path, self.asked.count(path)) in self.lose:
            return 503, {"message": "Service Unavailable"}
        return answer["statusCode"], json.loads(answer["body"])


class Meanwhile:
    """Carries requests on, and lets something happen before the first that is no dry run."""

    def __init__(self, gateway: Gateway, happens: Callable[[], object]) -> None:
        self._gateway = gateway
        self._happens = [happens]

    def post(self, path: str, document: Mapping[str, object]) -> tuple[int, object]:
        """Serve a request."""
        if document.get("dry_run") is False and self._happens:
            self._happens.pop()()
        return self._gateway.post(path, document)
