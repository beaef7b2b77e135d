"""Name tags on moto: compared exactly, although filters of EC2 have wildcards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from moto import mock_aws

from ringfence.aws.names import tagged
from ringfence.aws.sessions import own_client
from ringfence.aws.sessions import session as own_session
from tests.support.fakes.audit_home import REGION, session

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def account() -> Iterator[None]:
    own_client.cache_clear()
    own_session.cache_clear()
    with mock_aws():
        yield


def vpc(name: str) -> str:
    ec2 = session().client("ec2")
    made = str(ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"])
    ec2.create_tags(
        Resources=[made], Tags=[{"Key": "Name", "Value": name}, {"Key": "Owner", "Value": "shop"}]
    )
    return made


def test_a_resource_is_found_by_its_name_tag_alone() -> None:
    shop, _ = vpc("shop"), vpc("shop-2")
    assert tagged("shop", REGION) == (shop,)
    assert tagged("nothing", REGION) == ()


@pytest.mark.parametrize("pattern", ["sho*", "sho?", "*"])
def test_a_wildcard_means_itself(pattern: str) -> None:
    vpc("shop")
    assert tagged(pattern, REGION) == ()
