"""Whether `cdk bootstrap` has prepared a region, read with the credentials of the person who deploys.

https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html
"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from ringfence.aws.failures import code_of
from ringfence.aws.sessions import own_client
from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.client import BaseClient

_MISSING = "ParameterNotFound"
"""https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html"""

_ONE_AT_A_TIME = Lock()
"""Sessions of botocore create no two clients at the same time."""


@frozen
class Bootstrap:
    """What was read of one region. `unknown`: why it is not known. Empty if it is known."""

    exists: bool
    unknown: str = ""


def read_bootstrap(
    region: str, qualifier: str, client: Callable[[str, str], BaseClient] = own_client
) -> Bootstrap:
    """Read the parameter with the version of the bootstrap stack, which the CDK requires as well."""
    name = f"/cdk-bootstrap/{qualifier}/version"
    try:
        with _ONE_AT_A_TIME:
            ssm = client("ssm", region)
        ssm.get_parameter(Name=name)  # type: ignore[attr-defined]  # made at run time
    except ClientError as error:
        return Bootstrap(exists=False, unknown="" if code_of(error) == _MISSING else str(error))
    except (BotoCoreError, ValueError) as error:  # a ValueError is about AWS_ENDPOINT_URL
        return Bootstrap(exists=False, unknown=str(error))
    return Bootstrap(exists=True)
