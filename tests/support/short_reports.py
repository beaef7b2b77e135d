"""Counterexamples that show the fields of values, and not what their classes declare.

Hypothesis prints what `dataclasses` keeps of a class, and that includes each `ClassVar`: the permissions, the
operations and the texts of every observation and step in a state. A report was thousands of characters long.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis.vendor.pretty import for_type_by_name, pprint_fields

from ringfence.model import codec
from ringfence.model.frozen import field_names

if TYPE_CHECKING:
    from hypothesis.vendor.pretty import RepresentationPrinter


def shorten() -> None:
    """Let Hypothesis print each value that is known by now with its fields alone."""
    for kind in codec._VALUES.values():
        for_type_by_name(kind.__module__, kind.__name__, _print)


def _print(one: object, printer: RepresentationPrinter, cycle: bool) -> None:  # noqa: FBT001 - Hypothesis calls it so
    pprint_fields(one, printer, cycle, field_names(type(one)))
