"""What AwsSolutions asks for and is not done, each with its reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Acknowledgment, Stack, Validations

if TYPE_CHECKING:
    from collections.abc import Iterable

    from constructs import IConstruct

    from stacks.permissions import Need

_FROM_A_FINDING = "which one is known only when a finding or a person names it"


def acknowledge(construct: IConstruct, rule: str, reason: str) -> None:
    """Leave one rule of AwsSolutions unheeded here."""
    Validations.of(construct).acknowledge(
        Acknowledgment(id=f"AwsSolutions::AwsSolutions-{rule}", reason=reason)
    )


def acknowledge_wildcards(construct: IConstruct, needs: Iterable[Need]) -> None:
    """Leave resources that are patterns unheeded: each for the reason declared with its permission."""
    reasons: dict[str, dict[str, set[str]]] = {}
    for need in needs:
        if "*" in need.resource:
            why = reasons.setdefault(need.resource, {}).setdefault(need.reason or _FROM_A_FINDING, set())
            why.add(need.action)
    for resource, given in reasons.items():
        words = "; ".join(f"{', '.join(sorted(actions))}: {why}" for why, actions in sorted(given.items()))
        shown = _shown(Stack.of(construct).resolve(resource))
        acknowledge(construct, f"IAM5[Resource::{shown}]", words)


def _shown(resolved: object) -> str:
    """Write an ARN as cdk-nag does: a reference as `<LogicalId.Attribute>`."""
    match resolved:
        case {"Fn::GetAtt": [logical_id, attribute]}:
            return f"<{logical_id}.{attribute}>"
        case {"Fn::Join": [separator, [*parts]]}:
            return str(separator).join(_shown(part) for part in parts)
    return str(resolved)
