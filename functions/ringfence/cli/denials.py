"""What would help after a denial: the managed policy that allows the call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.cli.text import safe
from ringfence.model.errors import AccessDenied

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ringfence.model.errors import RingfenceError


def explained(error: RingfenceError) -> str:
    """Return an error in words. After a denial, they name the managed policy that allows the call."""
    words = safe(str(error), lines=True)
    return f"{words}{remedy(error.action)}" if isinstance(error, AccessDenied) else words


def remedy(action: str = "", route: str = "") -> str:
    """Return which managed policy allows an IAM action or a path of the API. Empty if none does."""
    from ringfence.handlers.managed_policies import allowing

    return attach(allowing(action, route))


def route_of_command() -> str:
    """Return the path of the API that the present command needs. Empty without one."""
    import click

    from ringfence.cli.routes import ROUTES

    context, names = click.get_current_context(silent=True), list[str]()
    while context and context.parent:  # the outermost name is that of the program
        names.insert(0, context.info_name or "")
        context = context.parent
    return ROUTES.get(" ".join(names), "")


def policies_of_command() -> tuple[str, ...]:
    """Return the managed policies that allow what the present command asks of the API. Empty without one."""
    from ringfence.handlers.managed_policies import allowing

    route = route_of_command()
    return allowing(route=route) if route else ()


def attach(policies: Sequence[str]) -> str:
    """Return the advice to attach one of some policies. Empty without policies."""
    if not policies:
        return ""
    *others, last = policies
    names = f"{', '.join(others)} or {last}" if others else last
    return f". The managed policy {names} of the home account allows it"
