"""The outputs of a deployment's stacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from ringfence.aws.failures import code_of, raised
from ringfence.model.call import Permission

if TYPE_CHECKING:
    from ringfence.aws.home import HomePlace

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


def stack_outputs(stack: str, place: HomePlace) -> dict[str, str]:
    """Return the outputs of a stack. Empty if the stack does not exist.

    Raises BadInput without credentials, AccessDenied if they do not allow it, and Retryable otherwise.
    """
    client = place.client("cloudformation")
    with raised("cloudformation:DescribeStacks"):
        try:
            found = client.describe_stacks(StackName=stack)  # type: ignore[attr-defined]  # made at run time
        except ClientError as error:
            if code_of(error) != _NO_STACK:
                raise
            return {}
    return {one["OutputKey"]: one["OutputValue"] for one in found["Stacks"][0].get("Outputs", ())}
