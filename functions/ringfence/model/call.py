"""AWS calls and permissions as values: what a step or observation needs, not how it is sent."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import field
from datetime import datetime, timedelta
from typing import TypeVar

from ringfence.model.document import Document
from ringfence.model.frozen import frozen

Parameters = Mapping[str, object]
CLOSED = ("UnrecognizedClientException", "InvalidClientTokenId", "OptInRequired")
"""The answers of a region that the account has not enabled. No service of it can report anything."""


@frozen
class Ago:
    """A time in the parameters, this span before the call. Only the driver has the clock."""

    span: timedelta = timedelta(0)


def at(parameters: Parameters, now: datetime) -> dict[str, object]:
    """Return parameters with a time instead of each `Ago`."""
    return {name: now - one.span if isinstance(one, Ago) else one for name, one in parameters.items()}


@frozen
class Call:
    """One API call: boto3's service name, the API's operation name and its parameters.

    `pages`: read every page of a list operation into one response. `most`: read no more than this number of
    items; the response then has the service's token for more. `single_attempt`: forbid the retry of
    the transport, for an operation without a client token that a retry would do twice. `expected`: the
    error codes that the caller handles; any other failure is raised as Retryable. `region`: the region of
    the call, if it is not the subject's. `hidden`: some services deny access to a resource that does not
    exist. A denial with these words counts as the first expected error code.
    """

    service: str
    operation: str
    parameters: Parameters = field(default_factory=dict)
    pages: bool = False
    single_attempt: bool = False
    expected: tuple[str, ...] = ()
    region: str = ""
    hidden: str = ""
    most: int = 0

    def failed(self, code: str, message: str) -> Failed | None:
        """Return a failure that the caller handles. None for any other failure."""
        if code in self.expected:
            return Failed(code, message)
        if self.hidden and self.hidden in message:
            return Failed(self.expected[0], f"{code}: {message}")
        return None


@frozen
class Permission:
    """One IAM action on the resources it needs, as ARN patterns.

    `{account}` and `{region}` are replaced by the subject's. `conditions` are IAM condition blocks. The
    resource `*` needs a `reason` why the action cannot be limited to a resource. `implied`: no call has
    this name, but the parameters of a call require the action (tags on create, passing a role).
    """

    action: str
    resources: tuple[str, ...]
    conditions: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    reason: str = ""
    implied: bool = False


@frozen
class Failed:
    """The response to a refused call: its error code and message."""

    code: str
    message: str


Answer = Document | Failed

T = TypeVar("T")
SansIO = Generator[tuple[Call, ...], tuple[Answer, ...], T]
"""A read or a write without I/O.

It yields calls, which the driver makes in parallel, receives their responses in the same order, and returns
a `T`.
"""
