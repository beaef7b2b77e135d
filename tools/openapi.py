"""The OpenAPI documents of both APIs, from the declarations of their routes, and the parts of their pages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from ringfence.events.sent.form import FINDING
from ringfence.handlers import operator_forms
from ringfence.handlers.operator_routes import PAUSE, ROUTES
from ringfence.handlers.routes import FAILED
from ringfence.handlers.sent_routes import FINDINGS
from ringfence.model.resource_names import PREFIX
from ringfence.model.signed_identity import HEADER

if TYPE_CHECKING:
    from ringfence.handlers.routes import Route

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_IAM, _PROOF = "iam", "proof"


@dataclass(frozen=True)
class Api:
    """An API, and where its document and its page are.

    Attributes
    ----------
    title, about : str
        What it is, in a few words and in a sentence.
    output : str
        The output of a stack that has its URL.
    page : str
        The page of docs/ that describes it.
    routes : tuple of Route
        Its routes.
    named : mapping of str to mapping
        Schemas that the document contains once, by their names in it.
    """

    title: str
    about: str
    output: str
    page: str
    routes: tuple[Route, ...]
    named: Mapping[str, Mapping[str, object]]


FINDINGS_API = Api(
    "Ringfence: findings API",
    "Send findings of your own systems to Ringfence.",
    "FindingsUrl of the stack Ringfence-Intake",
    "findings-api.md",
    (FINDINGS,),
    MappingProxyType({"Failed": FAILED}),
)
OPERATORS_API = Api(
    "Ringfence: operator API",
    "Run runbooks, release incidents, answer approvals, pause changes and reset limits.",
    "OperateUrl of the stack Ringfence-Response",
    "operator-api.md",
    ROUTES,
    MappingProxyType(
        {
            "Failed": FAILED,
            "Subject": operator_forms.SUBJECT,
            "Plan": operator_forms.PLAN,
            "Result": operator_forms.RESULT,
            "Released": operator_forms.RELEASED,
            "Approval": operator_forms.APPROVAL,
            "Pause": PAUSE,
            "Limit": operator_forms.LIMIT,
            "Letter": operator_forms.LETTER,
        }
    ),
)


def document(api: Api) -> dict[str, object]:
    """Return the OpenAPI document of an API."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": api.title,
            "version": "1",
            "description": api.about,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "jsonSchemaDialect": DIALECT,
        "servers": [
            {
                "url": "https://{api}.execute-api.{region}.amazonaws.com",
                "description": f"The output {api.output}.",
                "variables": {
                    "api": {"default": "abcdef1234", "description": "The id of the API."},
                    "region": {"default": "eu-west-1", "description": "The home region."},
                },
            }
        ],
        "paths": {one.path: {"post": _referring(_operation(one), api.named)} for one in api.routes},
        "components": {
            "securitySchemes": _schemes(api.page),
            "schemas": {name: _parts(one, api.named) for name, one in api.named.items()},
        },
    }


def _referring(value: object, named: Mapping[str, Mapping[str, object]]) -> object:
    """Return a part of the document with references in the places of the schemas that have names."""
    name = next((name for name, one in named.items() if one == value), "")
    return {"$ref": f"#/components/schemas/{name}"} if name else _parts(value, named)


def _parts(value: object, named: Mapping[str, Mapping[str, object]]) -> object:
    """Return the same with references in its parts."""
    if isinstance(value, Mapping):
        return {key: _referring(one, named) for key, one in value.items()}
    return [_referring(one, named) for one in value] if isinstance(value, list | tuple) else value


def _schemes(page: str) -> dict[str, object]:
    return {
        _IAM: {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "Signature Version 4 of AWS, for the service execute-api.",
            "x-amazon-apigateway-authtype": "awsSigv4",
        },
        _PROOF: {
            "type": "apiKey",
            "in": "header",
            "name": HEADER,
            "description": "The proof of the caller's identity: the parts of a presigned "
            f"sts:GetCallerIdentity for this request, as docs/{page} describes.",
        },
    }


def _operation(route: Route) -> dict[str, object]:
    return {
        "operationId": route.path.strip("/"),
        "summary": route.summary,
        "description": route.about,
        "security": [{_IAM: [], _PROOF: []}],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": route.request, "example": route.example}},
        },
        "responses": {str(code): _answer(*answer) for code, answer in route.answers.items()},
    }


def _answer(meaning: str, schema: Mapping[str, object]) -> dict[str, object]:
    return {"description": meaning, "content": {"application/json": {"schema": schema}}}


def text(api: Api) -> str:
    """Return the OpenAPI document as text."""
    return json.dumps(document(api), indent=2) + "\n"


def finding_schema() -> str:
    """Return the JSON Schema of a finding as text."""
    return json.dumps({"$schema": DIALECT, **FINDING.schema()}, indent=2) + "\n"


_BEGIN = "<!-- fields: generated by make docs -->"
_END = "<!-- end of fields -->"


def with_fields(page: str) -> str:
    """Return docs/findings-api.md with the table of fields."""
    before, rest = page.split(_BEGIN)
    _, after = rest.split(_END)
    rows = (
        f"| `{one.name}`{'' if one.required else ' (optional)'} | {one.form.words} | {one.about} |"
        for one in FINDING.fields
    )
    table = "\n".join(("| Field | Must be | Meaning |", "| --- | --- | --- |", *rows))
    return f"{before}{_BEGIN}\n{table}\n{_END}{after}"


_ROUTES_BEGIN = "<!-- routes: generated by make docs -->"
_ROUTES_END = "<!-- end of routes -->"


def with_routes(page: str) -> str:
    """Return docs/operator-api.md with the table of routes."""
    before, rest = page.split(_ROUTES_BEGIN)
    _, after = rest.split(_ROUTES_END)
    rows = (
        f"| `POST {one.path}` | {one.about} | {', '.join(f'`{PREFIX}{who}`' for who in one.policies)} | "
        f"{'once' if one.once else 'for a minute'} |"
        for one in ROUTES
    )
    head = (
        "| Route | What it does | Policies that allow it | Use of a proof |",
        "| --- | --- | --- | --- |",
    )
    table = "\n".join((*head, *rows))
    return f"{before}{_ROUTES_BEGIN}\n{table}\n{_ROUTES_END}{after}"
