"""The command `ringfence`. Each subcommand is imported only when it is used."""

from __future__ import annotations

import sys
from errno import EDQUOT, EFBIG, ENOSPC
from importlib import import_module
from importlib.util import find_spec
from types import MappingProxyType
from typing import IO, Any

import click
from click.exceptions import NoSuchCommand, NoSuchOption

from ringfence.cli.denials import explained
from ringfence.cli.text import discard, wrapped
from ringfence.model.errors import BadInput, RingfenceError

COMMANDS = MappingProxyType(
    {
        "explain": "ringfence.cli.explain:explain",
        "policy": "ringfence.cli.policy:policy",
        "replay": "ringfence.cli.replay:replay",
        "samples": "ringfence.cli.samples:samples",
        "local": "ringfence.cli.local:local",
        "demo": "ringfence.cli.demo:demo",
        "run": "ringfence.cli.run:run",
        "release": "ringfence.cli.release:release",
        "approvals": "ringfence.cli.approvals:approvals",
        "approve": "ringfence.cli.approvals:approve",
        "reject": "ringfence.cli.approvals:reject",
        "pause": "ringfence.cli.pauses:pause",
        "resume": "ringfence.cli.pauses:resume",
        "pauses": "ringfence.cli.pauses:pauses",
        "limits": "ringfence.cli.limits:limits",
        "findings": "ringfence.cli.findings:findings",
        "incidents": "ringfence.cli.incidents:incidents",
        "audit": "ringfence.cli.audit:audit",
        "doctor": "ringfence.cli.doctor:doctor",
        "uninstall-plan": "ringfence.cli.uninstall_plan:uninstall_plan",
        "dead-letters": "ringfence.cli.dead_letters:dead_letters",
        "controls": "ringfence.cli.controls:controls",
        "rules": "ringfence.cli.rules:rules",
        "scan": "ringfence.cli.scan:scan",
        "scans": "ringfence.cli.scan_history:scans",
        "report": "ringfence.cli.report:report",
        "iam": "ringfence.cli.iam:iam",
        "insights": "ringfence.cli.insights:insights",
    }
)
"""The module and attribute of each subcommand."""

FAILED, BAD_INPUT = 1, 2
_FULL = frozenset({ENOSPC, EDQUOT, EFBIG})
"""The error numbers of a full disk, an exhausted quota and a file at its maximum size."""


class CommandError(click.ClickException):
    """An error that the user can fix: one clear message and an exit code."""

    def __init__(self, error: RingfenceError) -> None:
        super().__init__(explained(error))
        self.error = error
        self.exit_code = BAD_INPUT if isinstance(error, BadInput) else FAILED

    def show(self, file: IO[str] | None = None) -> None:
        """Print the message. A terminal breaks no word of it."""
        for line in f"Error: {self.message}".splitlines():
            for part in wrapped(line):
                click.echo(part, file=file, err=file is None)


class LazyGroup(click.Group):
    """A group that imports its subcommands on demand and lists only installed ones."""

    def main(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as click declares it
        """Run a command line. With `--json`, errors are JSON too."""
        given = kwargs.get("args", args[0] if args else None)
        words = list(sys.argv[1:] if given is None else given)
        if "--json" not in words or not kwargs.get("standalone_mode", True):
            return super().main(*args, **kwargs)
        try:
            code = super().main(*args, **{**kwargs, "standalone_mode": False})
        except (click.ClickException, click.Abort) as error:
            from ringfence.cli.json_errors import as_json

            click.echo(as_json(error))
            code = getattr(error, "exit_code", FAILED)
        sys.exit(code if isinstance(code, int) else 0)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the installed subcommands."""
        del ctx
        return [name for name, target in COMMANDS.items() if find_spec(target.partition(":")[0])]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a subcommand. For an unknown one, suggest that of a group, or the most similar ones."""
        try:
            return super().resolve_command(ctx, args)
        except NoSuchCommand as error:
            if inside := self._inside_groups(ctx, error.command_name):
                words = f"No such command '{error.command_name}'. Did you mean {' or '.join(inside)}?"
                raise click.UsageError(words, ctx) from error
            raise NoSuchCommand(error.command_name, possibilities=self.list_commands(ctx), ctx=ctx) from error

    def _inside_groups(self, ctx: click.Context, name: str) -> tuple[str, ...]:
        """Return the commands of this name in groups, such as `incidents list`."""
        groups = ((group, self.get_command(ctx, group)) for group in self.list_commands(ctx))
        return tuple(f"'{group} {name}'" for group, one in groups if name in getattr(one, "commands", ()))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a subcommand."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module, _, attribute = COMMANDS[cmd_name].partition(":")
        command = getattr(import_module(module), attribute)
        return command if isinstance(command, click.Command) else None

    def invoke(self, ctx: click.Context) -> object:
        """Run a subcommand. Turn errors of Ringfence into a message and an exit code."""
        try:
            return super().invoke(ctx)
        except (KeyboardInterrupt, click.Abort) as stop:
            from ringfence.cli.waiting import Interrupted

            raise Interrupted("Stopped.") from stop
        except click.MissingParameter as error:
            error.message = error.message or _how_to_find(error.param)
            raise
        except NoSuchCommand as error:
            raise _outside(error, self.list_commands(ctx)) from error
        except NoSuchOption as error:
            raise _plainer(error) from error
        except RingfenceError as error:
            raise CommandError(error) from error
        except OSError as error:
            if error.errno not in _FULL:
                raise
            discard()
            raise click.ClickException(f"the output cannot be written: {error.strerror}") from error


def _outside(error: NoSuchCommand, commands: list[str]) -> click.UsageError:
    """Return the error about a command of a group. It suggests the one of this name outside of the group."""
    group, name = error.ctx, error.command_name
    if name not in commands or group is None or group.parent is None:
        return error
    words = f"No such command '{name}' in '{group.info_name}'. Did you mean 'ringfence {name}'?"
    return click.UsageError(words, group)


def _how_to_find(missing: click.Parameter | None) -> str:
    """Return how to find what is missing on a command line. Empty if its name says that."""
    name = missing.name if isinstance(missing, click.Argument) else ""
    if name == "incident":
        return "To find it: ringfence incidents list"
    if name == "runbook":
        from ringfence.model.resource_names import runbook_ids

        return f"It is one of {', '.join(sorted(runbook_ids()))}"
    return "It is the id or the ARN of a resource" if name == "id_" else ""


def _plainer(error: NoSuchOption) -> NoSuchOption:
    """Return the error with the options that are similar in their letters, not only in their hyphens.

    An option that confirms is often typed out of habit. So the error says if a command asks nothing.
    """
    from difflib import get_close_matches  # only now: it takes longer than most of this module

    letters = {one.removeprefix("--"): one for one in error.possibilities or ()}
    found = get_close_matches(error.option_name.removeprefix("--"), letters)
    asks = " This command asks for no confirmation." if error.option_name == "--yes" and not found else ""
    return NoSuchOption(
        error.option_name, f"{error.message}{asks}", [letters[one] for one in found], error.ctx
    )


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="ringfence")
def main() -> None:
    """Respond to AWS security findings: contain, keep the evidence, record every change."""


if __name__ == "__main__":
    main()
