"""IAM enforcement of the local AWS knows which policies IAM's own calls name."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.local import LocalAws

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DENY_ALL, READ_ONLY = (f"arn:aws:iam::aws:policy/{name}" for name in ("AWSDenyAll", "ReadOnlyAccess"))


@pytest.fixture(scope="module")
def enforced() -> Iterator[LocalAws]:
    with LocalAws(enforce_iam=True) as running:
        yield running


@pytest.fixture
def iam(enforced: LocalAws, unique: str) -> Callable[[str, str], Any]:
    """Give a function: IAM's client of a user who may do one action while a key has the value AWSDenyAll."""
    root = enforced.client("iam")
    root.create_user(UserName=unique)
    key = root.create_access_key(UserName=unique)["AccessKey"]

    def allowed(action: str, condition: str) -> Any:
        allow = {"Effect": "Allow", "Action": f"iam:{action}", "Resource": "*"}
        statement = {**allow, "Condition": {"ArnLike": {condition: DENY_ALL}}}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        root.put_user_policy(UserName=unique, PolicyName="only", PolicyDocument=document)
        return enforced.client(
            "iam", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"]
        )

    return allowed


def test_which_policy_is_attached_and_detached_is_known(
    iam: Any, unique: str, refusal: Callable[..., str]
) -> None:
    attaching = iam("AttachUserPolicy", "iam:PolicyARN")
    assert refusal(attaching.attach_user_policy, UserName=unique, PolicyArn=READ_ONLY) == "AccessDenied"
    attaching.attach_user_policy(UserName=unique, PolicyArn=DENY_ALL)


def test_which_policy_becomes_the_boundary_is_known(
    iam: Any, unique: str, refusal: Callable[..., str]
) -> None:
    change = iam("PutUserPermissionsBoundary", "iam:PermissionsBoundary").put_user_permissions_boundary
    assert refusal(change, UserName=unique, PermissionsBoundary=READ_ONLY) == "AccessDenied"
    change(UserName=unique, PermissionsBoundary=DENY_ALL)
