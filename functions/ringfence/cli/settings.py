"""Where the audit log is: from an option, the environment, or the outputs of the deployed stack."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec

import click

from ringfence.model.errors import AccessDenied, BadInput

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

P = ParamSpec("P")
AUDIT_STACK = "Ringfence-Audit"


@dataclass(frozen=True)
class Place:
    """One setting: its option, its environment variable and its stack output."""

    option: str
    output: str
    help: str

    @property
    def variable(self) -> str:
        """The environment variable."""
        return f"RINGFENCE_{self.parameter.upper()}"

    @property
    def parameter(self) -> str:
        """The name of the command's parameter."""
        return self.option.removeprefix("--").replace("-", "_")


AUDIT_TABLE = Place("--audit-table", "AuditTable", "The DynamoDB table of the audit log.")
CONTROL_TABLE = Place("--control-table", "ControlTable", "The DynamoDB table of leases.")
ARCHIVE_BUCKET = Place("--archive-bucket", "ArchiveBucket", "The S3 bucket of the archive.")
LOG_KEY = Place("--log-key", "LogKey", "The transparency log's key: its verifier key, or its ARN in KMS.")


@dataclass(frozen=True)
class Home:
    """Finds each setting on demand. Queries AWS only if the option and the variable are missing."""

    given: Mapping[Place, str | None]

    @property
    def audit_table(self) -> str:
        """The name of the audit table. Each of these properties raises BadInput if it finds nothing."""
        return self._find(AUDIT_TABLE)

    @property
    def control_table(self) -> str:
        """The control table's name."""
        return self._find(CONTROL_TABLE)

    @property
    def archive_bucket(self) -> str:
        """The archive's bucket."""
        return self._find(ARCHIVE_BUCKET)

    @property
    def log_key(self) -> str:
        """The transparency log's key."""
        return self._find(LOG_KEY)

    @cached_property
    def _outputs(self) -> Mapping[str, str]:
        from ringfence.aws.outputs import stack_outputs

        return stack_outputs(AUDIT_STACK)

    def _find(self, place: Place) -> str:
        if given := self.given.get(place):
            return given
        return output(lambda: self._outputs, AUDIT_STACK, place.output, place.option, place.variable)


def output(
    outputs: Callable[[], Mapping[str, str]], stack: str, name: str, option: str, variable: str
) -> str:
    """Return an output of a stack. Raises BadInput that names the option and the variable to use."""
    lacking = f"is missing, {variable} is not set, and stack {stack}"
    try:
        found = outputs()
    except AccessDenied as error:
        raise BadInput(option, f"{lacking} cannot be read: {error}") from error
    if name not in found:
        raise BadInput(option, f"{lacking} has no output {name} in this account and region")
    return found[name]


def home_options(*places: Place) -> Callable[[Callable[Concatenate[Home, P], None]], Callable[P, None]]:
    """Add the options of these settings to a command, and pass a `Home` as its first argument."""

    def decorate(command: Callable[Concatenate[Home, P], None]) -> Callable[P, None]:
        @wraps(command)
        def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
            given = {place: kwargs.pop(place.parameter) for place in places}
            command(
                Home({place: str(text) if text else None for place, text in given.items()}), *args, **kwargs
            )

        for place in reversed(places):
            help_text = f"{place.help} Default: output {place.output} of stack {AUDIT_STACK}."
            click.option(place.option, envvar=place.variable, show_envvar=True, help=help_text)(wrapped)
        return wrapped

    return decorate
