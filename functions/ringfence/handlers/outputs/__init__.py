"""The outputs: one module for each. No list names them; the policy file switches them on."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from ringfence.handlers.output import Output, checked
from ringfence.model.discovery import ids_in, module_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ringfence.model.remediation import Option

__all__ = ["Output", "every_output", "options", "output", "output_ids"]


@cache
def output_ids() -> tuple[str, ...]:
    """Return the ids of the outputs in order, one for each module of this package."""
    return ids_in(__name__)


@cache
def output(id_: str) -> Output:
    """Import an output. The name of its module is its id. Raises InternalError for an unknown one."""
    return checked(id_, getattr(module_of(__name__, id_), "OUTPUT", None))


def every_output() -> tuple[Output, ...]:
    """Return every output."""
    return tuple(map(output, output_ids()))


def options() -> Mapping[str, Sequence[Option]]:
    """Return the options of each output, by its id, to check a policy file."""
    return {one.id: one.options for one in every_output()}
