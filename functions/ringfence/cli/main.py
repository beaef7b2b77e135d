"""The command `ringfence`. Each sub-command is imported when it is asked for, and not before."""

from __future__ import annotations

from errno import EDQUOT, EFBIG, ENOSPC
from importlib import import_module
from importlib.util import find_spec
from types import MappingProxyType

import click

from ringfence.cli.text import discard, safe
from ringfence.model.errors import BadInput, RingfenceError

COMMANDS = MappingProxyType(
    {
        "explain": "ringfence.cli.explain:explain",
        "local": "ringfence.cli.local:local",
        "demo": "ringfence.cli.demo:demo",
        "run": "ringfence.cli.run:run",
        "release": "ringfence.cli.release:release",
        "incidents": "ringfence.cli.incidents:incidents",
        "audit": "ringfence.cli.audit:audit",
        "controls": "ringfence.cli.controls:controls",
    }
)
"""Where each sub-command stands, as `module:attribute`."""

FAILED, BAD_INPUT = 1, 2
_FULL = frozenset({ENOSPC, EDQUOT, EFBIG})
"""The errors of a disk that is full, or of a file that may not grow."""


class CommandError(click.ClickException):
    """An error that the person at the terminal can do something about: one clear message."""

    def __init__(self, error: RingfenceError) -> None:
        super().__init__(safe(str(error), lines=True))
        self.exit_code = BAD_INPUT if isinstance(error, BadInput) else FAILED


class LazyGroup(click.Group):
    """A group whose sub-commands are imported on demand; one that is not installed is not offered."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the sub-commands that are there."""
        del ctx
        return [name for name, target in COMMANDS.items() if find_spec(target.partition(":")[0])]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a sub-command."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module, _, attribute = COMMANDS[cmd_name].partition(":")
        command = getattr(import_module(module), attribute)
        return command if isinstance(command, click.Command) else None

    def invoke(self, ctx: click.Context) -> object:
        """Run a sub-command; what Ringfence raises on purpose becomes a message and an exit code."""
        try:
            return super().invoke(ctx)
        except RingfenceError as error:
            raise CommandError(error) from error
        except OSError as error:
            if error.errno not in _FULL:
                raise
            discard()
            raise click.ClickException(f"nothing more can be written: {error.strerror}") from error


@click.group(cls=LazyGroup)
@click.version_option(package_name="ringfence")
def main() -> None:
    """Answer AWS security findings: contain, keep the evidence, write down every step."""


if __name__ == "__main__":
    main()
