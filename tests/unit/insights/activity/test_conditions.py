"""Conditions on policies in requests: who writes a policy tries to look harmless."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ringfence.insights.activity.conditions import allows_everything, lets_everybody_in, lets_others_in
from ringfence.insights.activity.stories import OTHER, OWN, call

ANYBODY = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}


def put(**statement: object) -> dict[str, Any]:
    """Return the record of a call that puts a policy with one statement."""
    text = json.dumps({"Version": "2012-10-17", "Statement": [{**ANYBODY, **statement}]})
    return dict(call("s3:PutBucketPolicy", {"bucketName": "b", "policy": text}))


@pytest.mark.parametrize(
    "condition",
    [
        {},
        {"Bool": {"aws:SecureTransport": "true"}},
        {"StringLike": {"aws:UserAgent": "*"}},
        {"IpAddress": {"aws:SourceIp": "203.0.113.5/32"}},
        {"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}},
        {"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}},
        {"ForAllValues:StringEquals": {"aws:PrincipalOrgID": "o-1"}},
        {"StringLike": {"aws:PrincipalOrgID": "*"}},
        {"StringEquals": {"aws:PrincipalAccount": OTHER}},
        {"StringEquals": {"aws:PrincipalAccount": [OWN, OTHER]}},
        {"StringEquals": {"aws:PrincipalAccount": []}},
        {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/x"}},
        {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{OTHER}:role/x"}},
        {"StringEquals": "aws:PrincipalOrgID"},
    ],
)
def test_a_condition_that_limits_nobody_hides_no_public_policy(condition: object) -> None:
    assert lets_everybody_in(put(Condition=condition))
    assert lets_others_in(put(Condition=condition))


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"aws:PrincipalOrgID": "o-1"}},
        {"stringequals": {"AWS:principalorgid": ["o-1", "o-2"]}},
        {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": ["o-1/r-1/*"]}},
        {"StringEquals": {"aws:PrincipalAccount": OWN}},
        {"StringEquals": {"kms:CallerAccount": OWN, "kms:ViaService": "s3.eu-west-1.amazonaws.com"}},
        {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::mine"}, "Bool": {"aws:SecureTransport": "true"}},
        {"ArnEquals": {"aws:PrincipalArn": f"arn:aws:iam::{OWN}:role/x"}},
        {"StringEquals": {"aws:SourceVpce": "vpce-1"}},
    ],
)
def test_a_condition_on_an_account_an_organization_or_a_network_limits_a_policy(condition: object) -> None:
    assert not lets_everybody_in(put(Condition=condition))
    assert not lets_others_in(put(Condition=condition))


def test_everybody_but_some_is_everybody_and_a_canonical_user_is_somebody_else() -> None:
    record = put(NotPrincipal={"AWS": f"arn:aws:iam::{OWN}:root"}, Principal=None)
    assert lets_everybody_in(record)
    assert lets_others_in(put(Principal={"CanonicalUser": "79a59df900b949e55d96a1e698fbaced"}))
    assert not lets_others_in(put(Principal={"Service": "ec2.amazonaws.com"}))


@pytest.mark.parametrize(("action", "resource"), [("*", "*"), ("*:*", "*"), (["s3:*", "*"], ["*"])])
def test_all_actions_are_all_actions_in_each_form(action: object, resource: object) -> None:
    assert allows_everything(put(Action=action, Resource=resource))


@pytest.mark.parametrize("action", ["s3:*", ["s3:*"], None])
def test_some_actions_are_not_all(action: object) -> None:
    assert not allows_everything(put(Action=action))
