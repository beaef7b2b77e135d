"""Whether a region is bootstrapped is read from the parameter that the CDK requires."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber

from ringfence.aws.bootstrap import Bootstrap, read_bootstrap

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = {"Name": "/cdk-bootstrap/mine/version"}


@pytest.fixture
def ssm() -> Any:  # noqa: ANN401 - boto3's clients are made at run time
    session = botocore.session.Session()
    return session.create_client("ssm", "eu-west-3", aws_access_key_id="x", aws_secret_access_key="x")


@pytest.fixture
def answers(ssm: Any) -> Iterator[Stubber]:  # noqa: ANN401 - likewise
    with Stubber(ssm) as stubber:
        yield stubber


def test_the_parameter_of_the_qualifier_is_read(ssm: Any, answers: Stubber) -> None:  # noqa: ANN401 - likewise
    answers.add_response("get_parameter", {"Parameter": {"Value": "30"}}, NAME)
    assert read_bootstrap("eu-west-3", "mine", lambda *_: ssm) == Bootstrap(exists=True)


def test_without_the_parameter_it_is_not(ssm: Any, answers: Stubber) -> None:  # noqa: ANN401 - likewise
    answers.add_client_error("get_parameter", "ParameterNotFound", expected_params=NAME)
    assert read_bootstrap("eu-west-3", "mine", lambda *_: ssm) == Bootstrap(exists=False)


def test_a_denial_leaves_it_unknown(ssm: Any, answers: Stubber) -> None:  # noqa: ANN401 - likewise
    answers.add_client_error("get_parameter", "AccessDeniedException", "not yours")
    found = read_bootstrap("eu-west-3", "mine", lambda *_: ssm)
    assert not found.exists
    assert "not yours" in found.unknown


def test_without_a_connection_it_is_unknown() -> None:
    def unreachable(service: str, region: str) -> Any:  # noqa: ANN401 - likewise
        raise EndpointConnectionError(endpoint_url=f"https://{service}.{region}")

    assert "ssm.eu-west-3" in read_bootstrap("eu-west-3", "mine", unreachable).unknown
