"""What the deployed templates declare of a resource of Ringfence. A generator without I/O.

A resource that no stack of Ringfence contains is not Ringfence's, whatever its name is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ringfence.model.call import Call, Failed, Permission
from ringfence.self_check.places import HOME_STACKS, forward_stack
from ringfence.self_check.stacks import template_body

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ringfence.model.call import Answer
    from ringfence.model.subject import Ref

NEVER_OFF = "Ringfence never switches off its own resources"
"""Why a release undoes no such step."""
_MISSING = "ValidationError"
_STACKS = ("arn:aws:cloudformation:{region}:{account}:stack/Ringfence-*/*",)
_SUFFIX = "CloudFormation adds a random suffix to a stack's ARN"
PERMISSIONS = tuple(
    Permission(f"cloudformation:{name}", _STACKS, reason=_SUFFIX)
    for name in ("GetTemplate", "ListStackResources")
)


def stack_of_rule(ref: Ref) -> tuple[str, ...]:
    """Return the stack that can contain a rule: CloudFormation begins a name with that of its stack."""
    stacks = (*HOME_STACKS, forward_stack(ref.region))
    return tuple(one for one in stacks if ref.id.startswith(f"{one}-"))


def reads(stacks: Iterable[str]) -> tuple[Call, ...]:
    """Return the calls that read stacks, for one round trip. `declared` takes their answers.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_GetTemplate.html
    """
    return tuple(
        call
        for name in stacks
        for call in (
            Call("cloudformation", "GetTemplate", {"StackName": name}, expected=(_MISSING,)),
            Call(
                "cloudformation", "ListStackResources", {"StackName": name}, pages=True, expected=(_MISSING,)
            ),
        )
    )


def declared(answers: tuple[Answer, ...], type_: str, id_: str) -> Mapping[str, object] | None:
    """Return the properties that a template declares of a resource. None if no stack contains it.

    Parameters
    ----------
    answers
        The answers to `reads`.
    type_
        The CloudFormation type of the resource.
    id_
        Its physical id. The id of a rule can have the name of its bus before it.
    """
    for template, listed in zip(answers[::2], answers[1::2], strict=True):
        if isinstance(template, Failed) or isinstance(listed, Failed):
            continue
        for one in listed.children("StackResourceSummaries"):
            physical = (one.optional_text("PhysicalResourceId") or "").rpartition("|")[2]
            if (one.optional_text("ResourceType"), physical) == (type_, id_):
                return _properties(template.value.get("TemplateBody"), one.text("LogicalResourceId"))
    return None


def _properties(body: object, logical: str) -> Mapping[str, object] | None:
    found: object = template_body(body)
    for key in ("Resources", logical):
        found = found.get(key) if isinstance(found, Mapping) else None
    if not isinstance(found, Mapping):
        return None
    properties = found.get("Properties", {})
    return properties if isinstance(properties, Mapping) else {}
