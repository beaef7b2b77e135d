"""The services' failures as Ringfence's errors."""

from __future__ import annotations

from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from ringfence.model.errors import AccessDenied, InternalError, OutcomeUnknown, Retryable

if TYPE_CHECKING:
    from collections.abc import Iterator


DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})
"""What the services answer where IAM, or an organization's policy, does not allow a call."""


@contextmanager
def raised(what: str) -> Iterator[None]:
    """Turn botocore's errors into Retryable, and a call that cannot be built into InternalError."""
    try:
        yield
    except ParamValidationError as error:
        raise InternalError(f"{what}: {error}") from error
    except ClientError as error:
        kind = (
            AccessDenied if code_of(error) in DENIED else OutcomeUnknown if _is_its_own(error) else Retryable
        )
        raise kind(f"{what}: {code_of(error)}: {message_of(error)}") from error
    except BotoCoreError as error:
        raise OutcomeUnknown(f"{what}: {error}") from error


def code_of(error: ClientError) -> str:
    """Return the service's error code."""
    return str(error.response.get("Error", {}).get("Code", "Unknown"))


def _is_its_own(error: ClientError) -> bool:
    """Say whether the service failed: it may have done what it was asked for."""
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return int(status) >= HTTPStatus.INTERNAL_SERVER_ERROR


def message_of(error: ClientError) -> str:
    """Return the service's message."""
    return str(error.response.get("Error", {}).get("Message", ""))
