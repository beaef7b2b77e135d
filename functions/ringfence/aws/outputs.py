"""Clients for a person at a terminal, and the outputs of a deployment's stacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from ringfence.aws.caller import configured
from ringfence.aws.failures import code_of, raised
from ringfence.aws.sessions import has_credentials, own_client
from ringfence.model.call import Permission
from ringfence.model.errors import BadInput

if TYPE_CHECKING:
    from botocore.client import BaseClient

PERMISSIONS = (
    Permission(
        "cloudformation:DescribeStacks",
        ("{stack}",),
        reason="CloudFormation adds a random suffix to a stack's ARN",
    ),
)
"""The permission to find the audit log or the API. `{stack}` is the ARN of their stack."""
_NO_STACK = "ValidationError"
"""https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html"""


def operator_client(service: str) -> BaseClient:
    """Return a client with the operator's own credentials. Raises BadInput if it cannot be created."""
    with configured():
        client = own_client(service)
        if not has_credentials():
            raise BadInput("AWS credentials", "are missing: set AWS_PROFILE or log in")
        return client


def stack_outputs(stack: str) -> dict[str, str]:
    """Return the outputs of a stack. Empty if the stack does not exist.

    Raises BadInput without credentials, AccessDenied if they do not allow it, and Retryable otherwise.
    """
    client = operator_client("cloudformation")
    with raised("cloudformation:DescribeStacks"):
        try:
            found = client.describe_stacks(StackName=stack)  # type: ignore[attr-defined]  # made at run time
        except ClientError as error:
            if code_of(error) != _NO_STACK:
                raise
            return {}
    return {one["OutputKey"]: one["OutputValue"] for one in found["Stacks"][0].get("Outputs", ())}
