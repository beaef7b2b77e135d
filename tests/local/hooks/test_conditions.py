"""Condition keys have the values they have in AWS."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from ringfence.local import LocalAws

if TYPE_CHECKING:
    from collections.abc import Iterator

ACCOUNT = "111122223333"
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}


@pytest.fixture(scope="module")
def enforced() -> Iterator[LocalAws]:
    with LocalAws(enforce_iam=True) as running:
        yield running


def role(aws: LocalAws, name: str, *, path: str = "/", trusted: str | None = None) -> str:
    """Make a role of the account that may do everything; `trusted` is the only principal that gets it."""
    condition = {"Condition": {"ArnEquals": {"aws:PrincipalArn": trusted}}} if trusted else {}
    trust = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
    }
    iam = aws.client("iam")
    made = iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=_policy(trust | condition))
    iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=_policy(EVERYTHING))
    return str(made["Role"]["Arn"])


def assumed(aws: LocalAws, arn: str, **key: str) -> dict[str, str]:
    """Return the credentials of a session of a role."""
    given = aws.client("sts", **key).assume_role(RoleArn=arn, RoleSessionName="session")["Credentials"]
    return {
        "aws_access_key_id": given["AccessKeyId"],
        "aws_secret_access_key": given["SecretAccessKey"],
        "aws_session_token": given["SessionToken"],
    }


@pytest.mark.parametrize("path", ["/", "/somewhere/"])
def test_the_principal_of_a_session_is_its_role(enforced: LocalAws, path: str) -> None:
    own = role(enforced, f"caller{len(path)}", path=path)
    target = role(enforced, f"target{len(path)}", trusted=own)
    assert assumed(enforced, target, **assumed(enforced, own))


def test_another_role_is_another_principal(enforced: LocalAws) -> None:
    target = role(enforced, "guarded", trusted=f"arn:aws:iam::{ACCOUNT}:role/somebody")
    other = assumed(enforced, role(enforced, "other"))
    with pytest.raises(ClientError, match="AccessDenied"):
        assumed(enforced, target, **other)


def test_policies_that_demand_tls_let_loopback_through(enforced: LocalAws) -> None:
    sqs: Any = enforced.client("sqs")
    queue = sqs.create_queue(QueueName="tls-only")["QueueUrl"]
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sqs:*",
        "Resource": "*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": _policy(deny)})
    caller = enforced.client("sqs", **assumed(enforced, role(enforced, "sender")))
    assert caller.send_message(QueueUrl=queue, MessageBody="hello")["MessageId"]


def _policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@pytest.mark.parametrize(("algorithm", "may"), [("ED25519_SHA_512", True), ("ED25519_PH_SHA_512", False)])
def test_a_policy_can_name_the_algorithm_of_a_signature(
    enforced: LocalAws,
    algorithm: str,
    may: bool,  # noqa: FBT001 - what is expected
) -> None:
    owner: Any = enforced.client("kms")
    made = owner.create_key(KeySpec="ECC_NIST_EDWARDS25519", KeyUsage="SIGN_VERIFY")["KeyMetadata"]
    only = {
        "Effect": "Allow",
        "Action": "kms:Sign",
        "Resource": made["Arn"],
        "Condition": {"StringEquals": {"kms:SigningAlgorithm": algorithm}},
    }
    name = f"signer-{algorithm.lower()}".replace("_", "-")
    iam: Any = enforced.client("iam")
    trust = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
    }
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=_policy(trust))["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="sign", PolicyDocument=_policy(only))
    signer: Any = enforced.client("kms", **assumed(enforced, arn))
    asked = {
        "KeyId": made["Arn"],
        "Message": b"m",
        "MessageType": "RAW",
        "SigningAlgorithm": "ED25519_SHA_512",
    }
    if may:
        assert len(signer.sign(**asked)["Signature"]) == 64
    else:
        with pytest.raises(ClientError, match="AccessDenied"):
            signer.sign(**asked)
