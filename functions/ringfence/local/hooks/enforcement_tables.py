"""Resource policies of DynamoDB tables in ministack: it stores them and evaluates none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_TABLE = ":table/"


def policy(original: Callable[..., Any], service: str, resource_arn: str) -> Any:
    """Return the policy and the owner of a table, or of the table of an index.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/rbac-examples.html
    """
    if service != "dynamodb" or _TABLE not in resource_arn:
        return original(service, resource_arn)
    from ministack.services import dynamodb

    arn = "/".join(resource_arn.split("/")[:2])
    _, _, _, region, account, _ = arn.split(":", 5)
    found = dynamodb._resource_policies.get_scoped(account, region, arn)
    return (found["Policy"], account) if found else None
