"""Convert errors of AWS services into errors of Ringfence."""

from __future__ import annotations

from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from ringfence.model.errors import AccessDenied, InternalError, OutcomeUnknown, Retryable

if TYPE_CHECKING:
    from collections.abc import Iterator


DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})
"""Error codes for calls that IAM or an organization's policy denies."""
THROTTLED = frozenset(
    {
        "EC2ThrottledException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
"""Error codes for calls that a service refuses because of their rate. It has done nothing.

EC2 and S3 send them with status 503. https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
"""


@contextmanager
def raised(what: str) -> Iterator[None]:
    """Convert botocore's errors into Retryable, and an invalid call into InternalError.

    If a response is cut off, or a time in it is no time, botocore raises errors without its own base class.
    """
    try:
        yield
    except ParamValidationError as error:
        raise InternalError(f"{what}: {error}") from error
    except ClientError as error:
        message = f"{what}: {code_of(error)}: {message_of(error)}"
        if code_of(error) in DENIED:
            raise AccessDenied(message, what) from error
        raise (OutcomeUnknown if _is_its_own(error) else Retryable)(message) from error
    except BotoCoreError as error:
        raise OutcomeUnknown(f"{what}: {error}") from error
    except (_parser_error(), ValueError) as error:  # its text can be the response, with credentials in it
        raise OutcomeUnknown(f"{what}: the response cannot be parsed ({type(error).__name__})") from None


def _parser_error() -> type[Exception]:
    """Import botocore's parsers only after a failure: they would delay every cold start."""
    from botocore.parsers import ResponseParserError

    return ResponseParserError


def code_of(error: ClientError) -> str:
    """Return the service's error code."""
    return str(error.response.get("Error", {}).get("Code", "Unknown"))


def _is_its_own(error: ClientError) -> bool:
    """Return whether the service failed. It may have made the change."""
    if code_of(error) in THROTTLED:
        return False
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return int(status) >= HTTPStatus.INTERNAL_SERVER_ERROR


def message_of(error: ClientError) -> str:
    """Return the service's message."""
    return str(error.response.get("Error", {}).get("Message", ""))
