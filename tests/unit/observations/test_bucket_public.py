"""What S3 takes for public: "The meaning of public" in its user guide, statement by statement."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.observations.s3.acl import ALL_USERS, AUTHENTICATED_USERS, BucketAcl, Grant
from ringfence.observations.s3.block import ALL_ON, BlockSettings, PublicAccessBlock
from ringfence.observations.s3.conditions import limits
from ringfence.observations.s3.exposure import ways_in
from ringfence.observations.s3.policy import BucketPolicy
from ringfence.observations.s3.public import is_public, openings, others
from tests.support.strategies.buckets import (
    anything,
    blocks,
    bucket,
    grants,
    names,
    policies,
    principals,
    statements,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

ORG = {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}
POINT = "arn:aws:s3:us-west-2:123456789012:accesspoint/"


def allow(**parts: object) -> dict[str, object]:
    """A statement like those of the user guide."""
    return {"Effect": "Allow", "Principal": "*", "Action": "s3:PutObject", "Resource": "*", **parts}


def policy(*found: object, **more: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": found, **more})


@pytest.mark.parametrize(
    "statement",
    [
        allow(),
        allow(Condition={"StringLike": {"aws:SourceVpc": "vpc-*"}}),
        allow(Principal={"AWS": "*"}),
        allow(Principal={"AWS": ["arn:aws:iam::111122223333:role/web", "*"]}),
        allow(Principal={"AWS": "arn:aws:iam::111122223333:user/*"}),
        allow(Principal={"AWS": "arn:aws:iam::111122223333:user/${aws:username}"}),
        allow(Principal={"Service": "*"}),
        allow(Principal={"Federated": "accounts.google.com"}),
        allow(Principal={"Somebody": "111122223333"}),
        allow(Principal={"AWS": []}),
        allow(Principal={"AWS": ""}),
        allow(Principal={}),
        allow(Principal=None),
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},
        {"Effect": "Allow", "NotPrincipal": {"AWS": "111122223333"}, "Action": "s3:*", "Resource": "*"},
        {**allow(), "NotPrincipal": {"AWS": "111122223333"}, "Condition": ORG},
    ],
    ids=lambda one: json.dumps(one)[:60],
)
def test_such_statements_are_public(statement: Mapping[str, object]) -> None:
    assert is_public(statement)


@pytest.mark.parametrize(
    "statement",
    [
        allow(Condition={"StringEquals": {"aws:SourceVpc": "vpc-91237329"}}),
        allow(Principal={"AWS": "111122223333"}),
        allow(Principal={"AWS": ["arn:aws:iam::111122223333:root", "AIDAIOSFODNN7EXAMPLE"]}),
        allow(Principal={"Service": "cloudtrail.amazonaws.com"}),
        allow(Principal={"CanonicalUser": "75aa57f09aa0c8caeab4f8c24e99d10f"}),
        allow(Principal={"Federated": "arn:aws:iam::111122223333:saml-provider/office"}),
        allow(Condition=ORG),
    ],
    ids=lambda one: json.dumps(one)[:60],
)
def test_such_statements_are_not(statement: Mapping[str, object]) -> None:
    assert not is_public(statement)


@pytest.mark.parametrize(
    "condition",
    [
        ORG,
        {"stringequals": {"AWS:PRINCIPALORGID": ["o-a1b2c3d4e5", "o-b1b2c3d4e5"]}},
        {"StringEquals": {"aws:PrincipalAccount": "111122223333"}},
        {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/web"}},
        {"ArnEquals": {"aws:SourceArn": "arn:aws:sns:eu-west-1:111122223333:topic"}},
        {"StringEquals": {"aws:SourceAccount": "111122223333"}},
        {"StringEquals": {"aws:SourceOwner": "111122223333"}},
        {"StringEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}},
        {"StringEquals": {"aws:userid": "AIDAIOSFODNN7EXAMPLE"}},
        {"ForAnyValue:StringEquals": {"aws:SourceVpc": ["vpc-1", "vpc-2"]}},
        {"StringLike": {"s3:DataAccessPointArn": f"{POINT}*"}},
        {"StringEquals": {"s3:DataAccessPointAccount": "123456789012"}},
        {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}},
        {"IpAddress": {"aws:SourceIp": ["12.0.0.0/8", "2001:db8::/32", "198.51.100.7"]}},
        {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"]}},
        {**ORG, "Bool": {"aws:SecureTransport": "true"}},
        {"StringEquals": {"aws:Referer": "x", "aws:SourceVpc": "vpc-1"}},
    ],
    ids=json.dumps,
)
def test_such_conditions_keep_the_public_out(condition: object) -> None:
    assert limits(condition)


@pytest.mark.parametrize(
    "condition",
    [
        None,
        {},
        [],
        "aws:PrincipalOrgID",
        {"StringEquals": "o-a1b2c3d4e5"},
        {"StringEquals": {"aws:PrincipalOrgID": []}},
        {"StringEquals": {"aws:PrincipalOrgID": ""}},
        {"StringEquals": {"aws:PrincipalOrgID": ["o-a1b2c3d4e5", "*"]}},
        {"StringLike": {"aws:PrincipalOrgID": "o-?1b2c3d4e5"}},
        {"StringEquals": {"aws:SourceVpc": "${aws:PrincipalTag/vpc}"}},
        {"StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}},
        {"StringEqualsIfExists": {"aws:SourceVpc": "vpc-1"}},
        {"ForAllValues:StringEquals": {"aws:SourceVpc": "vpc-1"}},
        {"StringLike": {"aws:userid": "AROAIOSFODNN7EXAMPLE:*"}},
        {"StringLike": {"s3:DataAccessPointArn": "arn:aws:s3:us-west-2:*:accesspoint/*"}},
        {"StringEquals": {"aws:PrincipalAccount": "anonymous"}},
        {"StringEqualsIgnoreCase": {"aws:userid": ["AIDAIOSFODNN7EXAMPLE", "Anonymous"]}},
        {"StringEquals": {"aws:Referer": "https://example.com/"}},
        {"StringEquals": {"aws:PrincipalTag/team": "shop"}},
        {"StringEquals": {"s3:ExistingObjectTag/public": "yes"}},
        {"Bool": {"aws:SecureTransport": "true"}},
        {"Null": {"aws:PrincipalOrgID": "false"}},
        {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}},
        {"IpAddress": {"aws:SourceIp": "0.0.0.0/1"}},
        {"IpAddress": {"aws:SourceIp": "12.0.0.0/7"}},
        {"IpAddress": {"aws:SourceIp": "::/0"}},
        {"IpAddress": {"aws:SourceIp": "2001::/31"}},
        {"IpAddress": {"aws:SourceIp": ["192.0.2.0/24", "0.0.0.0/0"]}},
        {"IpAddress": {"aws:SourceIp": [f"{first}.0.0.0/8" for first in range(256)]}},
        {"IpAddress": {"aws:SourceIp": "anywhere"}},
        {"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}},
        {"IpAddressIfExists": {"aws:SourceIp": "192.0.2.0/24"}},
        {"StringEquals": {"aws:SourceIp": "192.0.2.7"}},
        {"IpAddress": {"aws:SourceVpc": "vpc-1"}},
    ],
    ids=lambda one: json.dumps(one)[:60],
)
def test_such_conditions_do_not(condition: object) -> None:
    assert not limits(condition)


def test_one_public_statement_makes_the_policy_public_and_is_named() -> None:
    text = policy(
        allow(Principal={"Service": "cloudtrail.amazonaws.com"}),
        allow(Principal={"AWS": "444455556666"}),
        allow(Sid="Everybody", Action=["s3:GetObject", "s3:ListBucket"]),
    )
    (opening,) = openings(text)
    words = "statement 3 (Everybody) of the bucket policy allows anyone s3:GetObject, s3:ListBucket"
    assert opening.words() == words


def test_a_single_statement_may_stand_alone() -> None:
    assert len(openings(json.dumps({"Version": "2008-10-17", "Statement": allow()}))) == 1


def test_a_denial_opens_nothing_and_takes_nothing_back() -> None:
    deny = allow(Effect="Deny", Condition={"Bool": {"aws:SecureTransport": "false"}})
    assert openings(policy(deny)) == ()
    assert len(openings(policy(deny, allow()))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "[]",
        "no JSON",
        '{"Statement": "*"}',
        policy("a text"),
        policy({}),
        policy(allow(Effect="allow")),
        '{"Statement": [], "Statement": []}',
        '{"Statement": [{"Effect": "Deny", "Effect": "Allow"}]}',
        "[" * 100_000,
    ],
    ids=lambda one: one[:40],
)
def test_what_is_not_understood_is_public(text: str) -> None:
    assert openings(text)
    assert all(one.words() for one in openings(text))


def test_no_policy_is_not() -> None:
    assert openings("") == ()


def test_hostile_words_are_shortened_and_escaped() -> None:
    statement = allow(Sid="\x1b[2J" * 100, Action=["s3:\N{RIGHT-TO-LEFT OVERRIDE}"] * 90)
    (opening,) = openings(policy(statement))
    assert opening.words().isascii()
    assert opening.words().isprintable()
    assert len(opening.words()) < 600


@given(text=names | anything.map(json.dumps) | policies().map(json.dumps))
def test_every_text_is_judged(text: str) -> None:
    assert all(one.words() for one in openings(text))


@given(found=policies(), statement=statements().map(lambda one: {**one, "Effect": "Allow", "Principal": "*"}))
def test_nothing_beside_it_closes_an_opening(found: dict[str, object], statement: dict[str, object]) -> None:
    public = {name: one for name, one in statement.items() if name != "Condition"}
    given = found["Statement"]
    together = [*(given if isinstance(given, list) else [given]), public]
    assert len(openings(json.dumps({**found, "Statement": together}))) > len(openings(json.dumps(found)))


@given(principal=principals, condition=anything)
def test_a_condition_never_makes_more_public(principal: object, condition: object) -> None:
    with_it = allow(Principal=principal, Condition=condition)
    assert not is_public(with_it) or is_public(allow(Principal=principal))


@given(values=st.lists(st.text(max_size=8) | st.sampled_from(("*", "o-*", "${x}")), min_size=1, max_size=3))
def test_a_value_that_is_not_fixed_is_none(values: list[str]) -> None:
    fixed = all(values) and not any(mark in one for one in values for mark in ("*", "?", "${"))
    assert limits({"StringLike": {"aws:PrincipalOrgID": values}}) == fixed


def test_other_accounts_that_are_let_in_are_named() -> None:
    text = policy(
        allow(Principal={"AWS": ["444455556666", "arn:aws:iam::777788889999:role/x", "111122223333", "*"]}),
        allow(Effect="Deny", Principal={"AWS": "222233334444"}),
    )
    assert others(text, "111122223333") == ("444455556666", "arn:aws:iam::777788889999:role/x")


# All of it taken together

ANYONE = BucketPolicy(policy(allow()))
READ = BucketAcl(frozenset({Grant(ALL_USERS, "READ"), Grant(AUTHENTICATED_USERS, "WRITE")}))


@pytest.mark.parametrize(
    ("facets", "ways"),
    [
        ((), 0),
        ((ANYONE,), 1),
        ((ANYONE, PublicAccessBlock(ALL_ON)), 0),
        ((ANYONE, PublicAccessBlock(BlockSettings(restrict=True))), 0),
        ((ANYONE, PublicAccessBlock(BlockSettings(block_policy=True))), 1),
        ((READ,), 1),
        ((READ, PublicAccessBlock(BlockSettings(ignore_acls=True))), 0),
        ((READ, PublicAccessBlock(BlockSettings(block_acls=True))), 1),
        ((BucketAcl(READ.grants, enforced=True),), 0),
        ((ANYONE, READ), 2),
        ((BucketPolicy(readable=False),), 1),
        ((BucketAcl(readable=False),), 1),
        ((BucketAcl(readable=False, enforced=True),), 0),
        ((BucketPolicy(readable=False), PublicAccessBlock(ALL_ON)), 0),
        ((ANYONE, PublicAccessBlock(readable=False)), 1),
    ],
)
def test_a_bucket_is_public_through_its_policy_or_its_acl_where_nothing_takes_their_force(
    facets: tuple[PublicAccessBlock | BucketPolicy | BucketAcl, ...], ways: int
) -> None:
    assert len(tuple(ways_in(bucket(*facets)))) == ways


@given(text=policies().map(json.dumps), granted=grants, settings=blocks)
def test_all_four_settings_close_everything_and_each_only_closes(
    text: str, granted: frozenset[Grant], settings: BlockSettings
) -> None:
    facets = BucketPolicy(text), BucketAcl(granted)
    opened = set(ways_in(bucket(*facets)))
    assert set(ways_in(bucket(*facets, PublicAccessBlock(settings)))) <= opened
    assert not tuple(ways_in(bucket(*facets, PublicAccessBlock(ALL_ON))))
