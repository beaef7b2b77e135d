"""The managed policies for people: operators, auditors, who only find, read and verify, and others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_iam as iam

from ringfence.handlers.managed_policies import AUDITOR, DOCTOR, SCANNER
from ringfence.model.resource_names import DOCTOR_ROLE, SCAN_ROLE
from stacks import needs
from stacks.acknowledgements import acknowledge_wildcards
from stacks.names import SCANS_STACK, role_arn, stack_arns
from stacks.permissions import document, resolved

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from constructs import Construct

    from ringfence.handlers.managed_policies import ManagedPolicy
    from stacks.permissions import Need, Resources


def callers(scope: Construct, who: ManagedPolicy, routes: Iterable[str], *, mfa: bool) -> None:
    """Create a policy to call these routes of the API and read its address.

    `mfa`: only in sessions with multi-factor authentication.
    """
    places = {"routes": tuple(routes), **_here(scope)}
    _policy(scope, who, resolved(needs.OPERATOR_WITH_MFA if mfa else needs.OPERATOR, places))


def auditors(stack: Stack, places: Mapping[str, str]) -> None:
    """Create the policy to verify the log, and to read what scheduled scans keep.

    `places` are those of the audit stack. Only some deployments have the stack of scheduled scans.
    """
    read = tuple(stack_arns(stack.account, stack.region, one) for one in (stack.stack_name, SCANS_STACK))
    results = f"arn:aws:s3:::{SCANS_STACK.lower()}-*"
    home: dict[str, str | Resources] = {
        **places,
        "home_region": stack.region,
        "stack": read,
        "scan_results": results,
    }
    _policy(stack, AUDITOR, resolved(needs.AUDIT, home))


def doctors(stack: Stack, accounts: Iterable[str]) -> None:
    """Create the policy to run the self-check: to assume its role in these accounts."""
    roles = tuple(role_arn(one, DOCTOR_ROLE) for one in accounts)
    _policy(stack, DOCTOR, resolved(needs.DOCTOR, {"doctors": roles}))


def scanners(stack: Stack, accounts: Iterable[str]) -> None:
    """Create the policy to scan: to assume the role of scans in these accounts."""
    roles = tuple(role_arn(one, SCAN_ROLE) for one in accounts)
    _policy(stack, SCANNER, resolved(needs.SCANNER, {"scanners": roles}))


def _policy(scope: Construct, who: ManagedPolicy, needed: tuple[Need, ...]) -> None:
    """Create a managed policy, attached to nobody."""
    policy = iam.ManagedPolicy(
        scope,
        f"{_id(who)}s",
        managed_policy_name=who.name,
        description=who.does,
        document=document(needed),
    )
    acknowledge_wildcards(policy, needed)
    CfnOutput(Stack.of(scope), f"{_id(who)}Policy", value=policy.managed_policy_arn)


def _id(who: ManagedPolicy) -> str:
    return "".join(one.capitalize() for one in who.who.split("-"))


def _here(scope: Construct) -> dict[str, str | Resources]:
    stack = Stack.of(scope)
    return {"stack": stack_arns(stack.account, stack.region, stack.stack_name)}
