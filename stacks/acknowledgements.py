"""Suppressed AwsSolutions rules, each with its reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Acknowledgment, Stack, Validations

if TYPE_CHECKING:
    from collections.abc import Iterable

    from constructs import IConstruct

    from stacks.permissions import Need

_FROM_A_FINDING = "only a finding or a person names the resource"


def acknowledge(construct: IConstruct, rule: str, reason: str) -> None:
    """Suppress one AwsSolutions rule here."""
    Validations.of(construct).acknowledge(
        Acknowledgment(id=f"AwsSolutions::AwsSolutions-{rule}", reason=reason)
    )


def acknowledge_wildcards(construct: IConstruct, needs: Iterable[Need]) -> None:
    """Suppress findings about resource patterns, each with the reason of its permission."""
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
    """Return an ARN as cdk-nag prints it: a reference as `<LogicalId.Attribute>`."""
    match resolved:
        case {"Fn::GetAtt": [logical_id, attribute]}:
            return f"<{logical_id}.{attribute}>"
        case {"Fn::Join": [separator, [*parts]]}:
            return str(separator).join(_shown(part) for part in parts)
    return str(resolved)
