"""Which of Ringfence's resources are switched off: for the scheduled review. A generator without I/O.

A rule that is disabled cannot deliver the call that disabled it. The review finds it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.answers import accept
from ringfence.model.call import Call, Failed, Permission
from ringfence.model.errors import BadInput
from ringfence.model.kinds.event_rule import EventRuleRef
from ringfence.model.kinds.event_source_mapping import EventSourceMappingRef
from ringfence.model.kinds.function import FunctionRef
from ringfence.model.resource_names import PREFIX
from ringfence.model.reviews import Listed
from ringfence.self_check.places import INTAKE_STACK, RESPONSE_STACK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.call import SansIO
    from ringfence.model.document import Document
    from ringfence.model.subject import DeliveryRef

REVIEW = "delivery"
_STACKS = "Ringfence-"
_WITH_LIMITS = (RESPONSE_STACK, INTAKE_STACK)
"""The stacks with functions through which findings come."""
_MISSING = "ValidationError"
_NO_TYPES = "the action has no resource types"
PERMISSIONS = (
    Permission("events:ListRules", ("*",), reason=_NO_TYPES),
    Permission("lambda:ListEventSourceMappings", ("*",), reason=_NO_TYPES),
    Permission(
        "cloudformation:ListStackResources",
        ("arn:aws:cloudformation:{region}:{account}:stack/Ringfence-*/*",),
        reason="CloudFormation adds a random suffix to a stack's ARN",
    ),
    Permission("lambda:GetFunctionConcurrency", ("arn:aws:lambda:{region}:{account}:function:ringfence-*",)),
)


def switched_off_subjects(account: str, region: str) -> SansIO[Listed]:
    """List rules and event source mappings that are disabled, and functions with reserved concurrency."""
    rules, mappings, *resources = yield (
        Call("events", "ListRules", {"NamePrefix": _STACKS}, pages=True),
        Call("lambda", "ListEventSourceMappings", pages=True),
        *(
            Call("cloudformation", "ListStackResources", {"StackName": one}, pages=True, expected=(_MISSING,))
            for one in _WITH_LIMITS
        ),
    )
    functions = tuple(name for one in resources if not isinstance(one, Failed) for name in _functions(one))
    answers = yield tuple(
        Call(
            "lambda",
            "GetFunctionConcurrency",
            {"FunctionName": name},
            expected=("ResourceNotFoundException",),
        )
        for name in functions
    )
    disabled = (one for one in accept(rules).children("Rules") if one.optional_text("State") == "DISABLED")
    limited = (
        name
        for name, answer in zip(functions, answers, strict=True)
        if not isinstance(answer, Failed) and answer.has("ReservedConcurrentExecutions")
    )
    return Listed(
        (
            *_refs(EventRuleRef, account, region, (one.text("Name") for one in disabled)),
            *_refs(EventSourceMappingRef, account, region, _mappings(accept(mappings))),
            *_refs(FunctionRef, account, region, limited),
        )
    )


def _functions(resources: Document) -> Iterator[str]:
    for one in resources.children("StackResourceSummaries"):
        if one.optional_text("ResourceType") == "AWS::Lambda::Function":
            yield one.optional_text("PhysicalResourceId") or ""


def _mappings(listed: Document) -> Iterator[str]:
    """Yield the mappings of Ringfence's functions that are not enabled."""
    for one in listed.children("EventSourceMappings"):
        ours = f":function:{PREFIX}" in (one.optional_text("FunctionArn") or "")
        if ours and one.optional_text("State") in {"Disabled", "Disabling"}:
            yield one.text("UUID")


def _refs(kind: type[DeliveryRef], account: str, region: str, ids: Iterator[str]) -> Iterator[DeliveryRef]:
    """Yield references. A name that is none of Ringfence's is left out."""
    for id_ in ids:
        try:
            yield kind(account, region, id_)
        except BadInput:
            continue
