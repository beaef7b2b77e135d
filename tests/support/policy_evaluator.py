"""Evaluate policies with the evaluator of the local AWS. It shows what a policy says, not what AWS does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ministack.core.iam_evaluator import (
    EvalContext,
    evaluate,
    evaluate_resource_policy,
    parse_policy_document,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def is_denied(
    policy: object, who: str, action: str, resource: str, keys: Mapping[str, object] | None = None
) -> bool:
    """Return whether a service control policy denies an administrator a call."""
    decision = evaluate(
        _context(who, action, resource, keys),
        [parse_policy_document(EVERYTHING), parse_policy_document(policy)],
    )
    return bool(decision.decision == "Deny")


def is_denied_by_resource(
    policy: object, who: str, action: str, resource: str, keys: Mapping[str, object] | None = None
) -> bool:
    """Return whether a resource's policy denies a call."""
    return bool(evaluate_resource_policy(policy, _context(who, action, resource, keys)).decision == "Deny")


def _context(who: str, action: str, resource: str, keys: Mapping[str, object] | None) -> EvalContext:
    given = {name.lower(): value for name, value in (keys or {}).items()}
    return EvalContext(
        who, "AssumedRole", who.split(":")[4], action, resource, "eu-west-1", service_context=given
    )


def is_allowed(
    policy: object, who: str, action: str, resource: str, keys: Mapping[str, object] | None = None
) -> bool:
    """Return whether a policy that is attached to a role allows it a call."""
    decision = evaluate(_context(who, action, resource, keys), [parse_policy_document(policy)])
    return bool(decision.decision == "Allow")
