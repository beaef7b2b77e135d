"""Lambda functions: configuration, concurrency, and who may invoke them; and their event source mappings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.call import Call, Failed, Permission
from ringfence.self_check.compare import statements
from ringfence.self_check.kind import Kind, Settings
from ringfence.self_check.template import UNRESOLVED

if TYPE_CHECKING:
    from ringfence.model.call import SansIO
    from ringfence.self_check.template import Resource

CODE = "code"
"""The setting with the hash of a function's code. Most functions of a deployment have the same code."""
_MISSING = "ResourceNotFoundException"
_FUNCTIONS = ("arn:aws:lambda:*:{account}:function:ringfence-*",)
_NO_TYPES = "the action has no resource types that name a queue or a function in advance"


def bundle_of(function: Resource) -> str:
    """Return which bundle a function has, as its template declares it. Empty if it says nothing."""
    code = function.properties.get("Code")
    return str(code.get("S3Key", "")) if isinstance(code, dict) else ""


def _declared(function: Resource) -> Settings:
    given = function.properties
    policies = function.attachments("AWS::Lambda::ResourcePolicy")
    environment = given.get("Environment")
    variables = environment.get("Variables") if isinstance(environment, dict) else None
    return {
        "state": "Active",
        "handler": given.get("Handler"),
        "runtime": given.get("Runtime"),
        "role": given.get("Role"),
        "timeout": given.get("Timeout"),
        "memory": given.get("MemorySize"),
        "environment": variables or {},
        "layers": _layers(given.get("Layers")),
        "reserved concurrency": _whole(given.get("ReservedConcurrentExecutions")),
        "policy": tuple(text for one in policies for text in statements(one.get("PolicyDocument"))),
        CODE: UNRESOLVED,
    }


def _read(function: Resource) -> SansIO[Settings | None]:
    name = {"FunctionName": function.id}
    answer, policy = yield (
        Call("lambda", "GetFunction", name, expected=(_MISSING,)),
        Call("lambda", "GetPolicy", name, expected=(_MISSING,)),
    )
    if isinstance(answer, Failed):
        return None
    found, concurrency = answer.child("Configuration"), answer.optional_child("Concurrency")
    return {
        "state": found.optional_text("State") or "Active",
        "handler": found.text("Handler"),
        "runtime": found.optional_text("Runtime"),
        "role": found.text("Role"),
        "timeout": found.integer("Timeout"),
        "memory": found.integer("MemorySize"),
        "environment": found.optional_child("Environment").optional_child("Variables").value,
        "layers": tuple(one.text("Arn") for one in found.children("Layers")),
        "reserved concurrency": _whole(concurrency.value.get("ReservedConcurrentExecutions")),
        "policy": () if isinstance(policy, Failed) else statements(policy.optional_text("Policy") or ""),
        CODE: found.optional_text("CodeSha256") or "",
    }


def _layers(given: object) -> tuple[str, ...]:
    return tuple(map(str, given)) if isinstance(given, list) else ()


def _whole(given: object) -> int | None:
    return None if given is None else int(str(given))


def _mapping_declared(mapping: Resource) -> Settings:
    given = mapping.properties
    scaling = given.get("ScalingConfig")
    return {
        "state": "Enabled" if given.get("Enabled", True) in (True, "true") else "Disabled",
        "function": _function_name(str(given.get("FunctionName"))),
        "source": given.get("EventSourceArn"),
        "batch size": given.get("BatchSize"),
        "concurrency": scaling.get("MaximumConcurrency") if isinstance(scaling, dict) else None,
        "filters": (),
        "other mappings of its source": (),
    }


def _read_mapping(mapping: Resource) -> SansIO[Settings | None]:
    source = mapping.properties.get("EventSourceArn")
    answer, listed = yield (
        Call("lambda", "GetEventSourceMapping", {"UUID": mapping.id}, expected=(_MISSING,)),
        Call("lambda", "ListEventSourceMappings", {"EventSourceArn": source}, pages=True),
    )
    if isinstance(answer, Failed) or isinstance(listed, Failed):
        return None
    others = (one.text("UUID") for one in listed.children("EventSourceMappings"))
    filters = answer.optional_child("FilterCriteria").children("Filters")
    return {
        "state": answer.text("State"),
        "function": _function_name(answer.text("FunctionArn")),
        "source": answer.text("EventSourceArn"),
        "batch size": answer.integer("BatchSize"),
        "concurrency": answer.optional_child("ScalingConfig").value.get("MaximumConcurrency"),
        "filters": tuple(one.optional_text("Pattern") or "{}" for one in filters),
        "other mappings of its source": tuple(one for one in others if one not in mapping.siblings),
    }


def _function_name(given: str) -> str:
    """Return a function's name, with its alias if there is one, from a name or an ARN."""
    return given.rpartition(":function:")[2]


_ENABLE = "aws lambda update-event-source-mapping --uuid {id} --enabled --region {region}"
_RESERVED = (
    "aws lambda delete-function-concurrency --function-name {id} --region {region} "
    "(or put-function-concurrency with the declared number)"
)
KINDS = (
    Kind(
        "AWS::Lambda::Function",
        "function",
        tuple(Permission(f"lambda:{name}", _FUNCTIONS) for name in ("GetFunction", "GetPolicy")),
        _declared,
        _read,
        {"reserved concurrency": _RESERVED, CODE: "npx cdk deploy {stack} --force"},
    ),
    Kind(
        "AWS::Lambda::EventSourceMapping",
        "event source mapping",
        (
            Permission(
                "lambda:GetEventSourceMapping", ("arn:aws:lambda:*:{account}:event-source-mapping:*",)
            ),
            Permission("lambda:ListEventSourceMappings", ("*",), reason=_NO_TYPES),
        ),
        _mapping_declared,
        _read_mapping,
        {
            "state": _ENABLE,
            "other mappings of its source": (
                "aws lambda delete-event-source-mapping --uuid UUID --region {region}, and find who made it"
            ),
        },
    ),
)
