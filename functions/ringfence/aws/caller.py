"""Who the operator at the terminal is, by their own credentials."""

from __future__ import annotations

import os
from dataclasses import dataclass

import botocore.session
from botocore.exceptions import NoCredentialsError

from ringfence.aws.failures import raised
from ringfence.aws.sessions import own_client
from ringfence.core.errors import BadInput


@dataclass(frozen=True)
class Caller:
    """An IAM principal."""

    account: str
    arn: str


def caller() -> Caller:
    """Ask STS who calls; raises BadInput without credentials, Retryable where STS fails.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
    """
    client = own_client("sts", default_region() or None)
    with raised("sts:GetCallerIdentity"):
        try:
            answer = client.get_caller_identity()  # type: ignore[attr-defined]  # made at run time
        except NoCredentialsError as error:
            raise BadInput("AWS credentials", "must be there: set AWS_PROFILE, or log in") from error
    return Caller(answer["Account"], answer["Arn"])


def default_region() -> str:
    """Return the region in force: AWS_REGION, else what botocore finds; empty when there is none."""
    given = os.environ.get("AWS_REGION") or botocore.session.Session().get_config_variable("region")
    return str(given or "")
