"""Fuzz an API from its OpenAPI document, in process: each answer is one that the document names."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schemathesis.schemas import BaseSchema

    from tests.support.fakes.wsgi_gateway import WsgiGateway

Json = dict[str, Any]
Case = schemathesis.Case[Any]
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
FUZZED = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


def api(document: Mapping[str, object], gateway: WsgiGateway) -> BaseSchema:
    """Return an API that is served in this process.

    The gateway signs each request, and ignores the headers of the fuzzer. So these are not part of the API: a
    request with another form has another body.
    """
    made = schemathesis.openapi.from_dict(_unsigned(dict(document)))
    made.app = gateway
    return made


def _unsigned(document: Json) -> Json:
    """Return the document without what signs a request."""
    copy: Json = json.loads(json.dumps(document))
    del copy["components"]["securitySchemes"]
    for path in copy["paths"].values():
        for operation in path.values():
            del operation["security"]
    return copy


def answered(case: Case) -> tuple[int, Json]:
    """Send a request. The answer is one of the document."""
    answer = case.call()
    case.validate_response(answer, checks=CHECKS)
    return answer.status_code, json.loads(answer.content)
