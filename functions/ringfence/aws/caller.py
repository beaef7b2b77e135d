"""The operator at the terminal, identified by their credentials."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import botocore.session
from botocore.exceptions import BotoCoreError, NoCredentialsError, NoRegionError

from ringfence.aws.failures import raised
from ringfence.aws.sessions import own_client
from ringfence.model.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Caller:
    """An IAM principal."""

    account: str
    arn: str


@contextmanager
def configured() -> Iterator[None]:
    """Convert errors in the operator's settings, such as the profile, into BadInput."""
    try:
        yield
    except NoRegionError as error:
        raise BadInput("AWS_REGION", "must name the region in which Ringfence is deployed") from error
    except (BotoCoreError, ValueError) as error:  # a ValueError is about AWS_ENDPOINT_URL
        raise BadInput("AWS settings", f"cannot be used: {error}") from error


def caller() -> Caller:
    """Return the caller according to STS. Raises BadInput without usable credentials, Retryable if STS fails.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
    """
    region = default_region()
    with configured():
        client = own_client("sts", region or None)
    with raised("sts:GetCallerIdentity"):
        try:
            answer = client.get_caller_identity()  # type: ignore[attr-defined]  # made at run time
        except NoCredentialsError as error:
            raise BadInput("AWS credentials", "are missing: set AWS_PROFILE or log in") from error
    return Caller(answer["Account"], answer["Arn"])


def default_region() -> str:
    """Return the region: AWS_REGION, or the one that botocore finds. Empty if there is none.

    Raises BadInput if botocore cannot read its configuration.
    """
    with configured():
        given = os.environ.get("AWS_REGION") or botocore.session.Session().get_config_variable("region")
    return str(given or "")
