"""The API for sent findings, fuzzed from its OpenAPI document: each answer is one that the document names."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import given
from openapi_spec_validator import validate
from schemathesis import GenerationMode

from ringfence.handlers.sent_routes import FINDINGS
from tests.support.fakes.sending import Sending
from tests.support.fakes.wsgi_gateway import WsgiGateway
from tests.support.fuzzing import FUZZED, Case, answered, api
from tools import openapi

Json = dict[str, Any]
DOCS = Path(__file__).parents[3] / "docs"
API = api(openapi.document(openapi.FINDINGS_API), WsgiGateway((FINDINGS.path,), Sending().serve))
OPERATION = API[FINDINGS.path]["POST"]
INSTANCE = "i-0123456789abcdef0"


def allowed(given: Json) -> Json:
    """Return a finding about a resource that the policy lets Kim name, of now."""
    now = datetime.now(UTC)
    if "class_uid" not in given:
        subjects = [f"instance/111122223333/eu-west-1/{INSTANCE}"]
        return {**given, "updated_at": f"{now:%Y-%m-%dT%H:%M:%SZ}", "subjects": subjects}
    arn = f"arn:aws:ec2:eu-west-1:111122223333:instance/{INSTANCE}"
    info = {**given["finding_info"], "modified_time": int(now.timestamp()) * 1000}
    product = {"product": {"name": "office-ids"}}
    return {**given, "resources": [{"uid": arn}], "finding_info": info, "metadata": product}


def test_the_document_is_valid_and_generated_from_the_declarations() -> None:
    document = openapi.document(openapi.FINDINGS_API)
    validate(document)
    assert (DOCS / "openapi.json").read_text("utf-8") == openapi.text(openapi.FINDINGS_API)
    assert (DOCS / "finding-schema.json").read_text("utf-8") == openapi.finding_schema()


@given(case=OPERATION.as_strategy(generation_mode=GenerationMode.POSITIVE))
@FUZZED
def test_whatever_has_the_documented_form_is_accepted_or_answered_as_documented(
    case: Case,
) -> None:
    assert answered(case)[0] in {202, 207, 400, 403}
    body: Json = case.body  # type: ignore[assignment]  # it has the documented form
    case.body = {"findings": [allowed(one) for one in body["findings"]]}
    code, answer = answered(case)
    assert code == 202, answer


@given(case=OPERATION.as_strategy(generation_mode=GenerationMode.NEGATIVE))
@FUZZED
def test_whatever_has_another_form_is_refused_with_the_field(case: Case) -> None:
    code, answer = answered(case)
    assert code in {207, 400, 403}
    errors = [answer["error"]] if "error" in answer else [one.get("error") for one in answer["results"]]
    assert any(one and one.get("field") for one in errors)
