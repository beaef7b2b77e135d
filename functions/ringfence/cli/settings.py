"""Where the audit log is: from an option, the environment, or the outputs of the deployed stack."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec

import click

from ringfence.cli.denials import attach, policies_of_command
from ringfence.model.errors import AccessDenied, BadInput

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ringfence.aws.home import HomePlace
    from ringfence.cli.config import Configuration

P = ParamSpec("P")
AUDIT_STACK, SCANS_STACK = "Ringfence-Audit", "Ringfence-Scans"


@dataclass(frozen=True)
class Place:
    """One setting: its option, its environment variable, and its output of a stack."""

    option: str
    output: str
    help: str
    stack: str = AUDIT_STACK

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
SCAN_BUCKET = Place("--scan-bucket", "ScanResults", "The S3 bucket of scheduled scans.", SCANS_STACK)

HOME_OPTIONS = {
    "account": "The home account: the account in which Ringfence is deployed.",
    "region": "The home region: the region in which Ringfence is deployed.",
    "profile": "The profile in ~/.aws/config with credentials of the home account. Default: your login.",
}
"""Where Ringfence is deployed. Each is an option, a variable, and a field of the configuration file."""


@dataclass(frozen=True)
class Home:
    """Finds each setting on demand. Queries AWS only if the option and the variable are missing.

    `home` are the values of the options about the home account.
    """

    given: Mapping[Place, str | None]
    home: Mapping[str, str | None] = field(default_factory=dict)

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

    @property
    def scan_bucket(self) -> str:
        """The bucket of scheduled scans, which only some deployments have."""
        return self._find(SCAN_BUCKET)

    @cached_property
    def place(self) -> HomePlace:
        """Where Ringfence is deployed, if that is configured."""
        from ringfence.aws.home import HomePlace
        from ringfence.cli.config import check_home

        file = self._configuration
        given = {name: one for name, one in self.home.items() if one}
        checked = {name: check_home(f"--home-{name}", name, one) for name, one in given.items()}
        source = " and ".join(
            filter(
                None, (str(file.path or "") if file.home else "", "options and variables" if given else "")
            )
        )
        return HomePlace(**{**file.home, **checked}, source=source)

    @property
    def accounts(self) -> Mapping[str, str]:
        """The names of accounts: of the policy file in this folder, and of the configuration file."""
        from ringfence.cli.account_names import in_policy

        return {**in_policy(), **self._configuration.accounts}

    @cached_property
    def _configuration(self) -> Configuration:
        from ringfence.cli.config import configuration

        return configuration()

    @cached_property
    def _outputs(self) -> Mapping[str, str]:
        from ringfence.aws.outputs import stack_outputs

        return stack_outputs(AUDIT_STACK, self.place)

    def _find(self, place: Place) -> str:
        from ringfence.aws.outputs import stack_outputs

        if given := self.given.get(place):
            return given
        # Most settings are outputs of one stack, which is read once.
        known = place.stack == AUDIT_STACK
        outputs = lambda: self._outputs if known else stack_outputs(place.stack, self.place)  # noqa: E731
        return self.output(outputs, place.stack, place.output, place.option, place.variable)

    def output(
        self, outputs: Callable[[], Mapping[str, str]], stack: str, name: str, option: str, variable: str
    ) -> str:
        """Return an output of a stack.

        Raises BadInput if the stack is not there or has no such output. Raises AccessDenied if IAM denies it.
        """
        try:
            found = outputs()
        except AccessDenied as error:
            advice = attach(policies_of(stack))
            words = (
                f"stack {stack} cannot be read in {self.place.searched()}{advice}, or set {option} ({error})"
            )
            raise AccessDenied(words) from error
        if not found:
            raise NotDeployed(option, self.place.not_deployed(stack))
        if name not in found:
            words = f"is missing, {variable} is not set, and stack {stack} has no output {name}"
            raise BadInput(option, f"{words}: {self.place.searched()} was searched")
        return found[name]


class NotDeployed(BadInput):
    """A setting is not given, and its stack is not there. The message begins with that."""

    def __init__(self, option: str, problem: str) -> None:
        super().__init__(option, problem)
        self.args = (problem,)


def home_options(*places: Place) -> Callable[[Callable[Concatenate[Home, P], None]], Callable[P, None]]:
    """Add the options of these settings to a command, and pass a `Home` as its first argument."""

    def decorate(command: Callable[Concatenate[Home, P], None]) -> Callable[P, None]:
        @wraps(command)
        def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
            given = {place: _text(kwargs.pop(place.parameter)) for place in places}
            home = {name: _text(kwargs.pop(f"home_{name}")) for name in HOME_OPTIONS}
            command(Home(given, home), *args, **kwargs)

        for name, words in reversed(HOME_OPTIONS.items()):
            variable = f"RINGFENCE_HOME_{name.upper()}"
            click.option(f"--home-{name}", envvar=variable, show_envvar=True, help=words)(wrapped)
        for place in reversed(places):
            help_text = f"{place.help} Default: output {place.output} of stack {place.stack}."
            click.option(place.option, envvar=place.variable, show_envvar=True, help=help_text)(wrapped)
        return wrapped

    return decorate


def _text(given: object) -> str | None:
    return str(given) if given else None


def policies_of(stack: str) -> tuple[str, ...]:
    """Return the managed policies that allow the present command to find its stack."""
    from ringfence.handlers.managed_policies import AUDITOR, CALLERS

    if stack in {AUDIT_STACK, SCANS_STACK}:
        return (AUDITOR.name,)
    return policies_of_command() or tuple(one.name for one in CALLERS)
