"""Options that take one of a few names. A misspelled one is answered with the most similar ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ringfence.model.suggestions import unknown

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class OneOf(click.ParamType[str]):
    """One of a few names, all of which the help shows."""

    name = "choice"

    def __init__(self, *names: str) -> None:
        self.names = names

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name. Raises BadInput that suggests similar ones."""
        del ctx
        if value not in self.names:
            raise unknown(param.opts[0] if param else self.name, value, self.names)
        return value

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """Return the names for the help."""
        del param, ctx
        return f"[{'|'.join(self.names)}]"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the names that begin like this."""
        from click.shell_completion import CompletionItem

        del ctx, param
        return [CompletionItem(one) for one in self.names if one.startswith(incomplete)]
