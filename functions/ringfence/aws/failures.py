"""The services' failures as Ringfence's errors."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from ringfence.core.errors import Bug, Denied, Retryable

if TYPE_CHECKING:
    from collections.abc import Iterator


DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})
"""What the services answer where IAM, or an organization's policy, does not allow a call."""


@contextmanager
def raised(what: str) -> Iterator[None]:
    """Turn botocore's errors into Retryable, and a call that cannot be built into Bug."""
    try:
        yield
    except ParamValidationError as error:
        raise Bug(f"{what}: {error}") from error
    except ClientError as error:
        kind = Denied if code_of(error) in DENIED else Retryable
        raise kind(f"{what}: {code_of(error)}: {message_of(error)}") from error
    except BotoCoreError as error:
        raise Retryable(f"{what}: {error}") from error


def code_of(error: ClientError) -> str:
    """Return the service's error code."""
    return str(error.response.get("Error", {}).get("Code", "Unknown"))


def message_of(error: ClientError) -> str:
    """Return the service's message."""
    return str(error.response.get("Error", {}).get("Message", ""))
