"""docs/kinds.md: the kinds of resource, from their declarations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.kinds import every_kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.subject import Ref

_HEAD = """# Kinds of resource

`make docs` generates this file from `functions/ringfence/model/kinds`. Do not edit it.

The key of a resource is `KIND/ACCOUNT/REGION/ID`, in the audit log, in exemptions and on the command line.
Global resources have the region `us-east-1`.

"""
_COLUMNS = ("Kind", "Id", "Example", "Where", "ARN", "Type in AWS Config", "Belongs to")
_CALLS = """
## Recorded calls

The CloudTrail records of these calls name a resource, at one of these paths. Ringfence uses the first path
that the record contains.

"""
_CALL_COLUMNS = ("Kind", "Service", "Calls", "Named at")


def document() -> str:
    """Return the whole document."""
    kinds = sorted(every_kind().values(), key=lambda one: one.kind)
    calls = [row for one in kinds for row in _calls(one)]
    return f"{_HEAD}{_table(_COLUMNS, [_row(one) for one in kinds])}{_CALLS}{_table(_CALL_COLUMNS, calls)}"


def _row(kind: type[Ref]) -> tuple[str, ...]:
    where = "regional" if kind.regional else "global"
    return (
        _code(kind.kind),
        kind.form,
        _code(kind.example),
        where,
        _code(kind.arn_form),
        _code(kind.config_type),
        _code(kind.holder),
    )


def _calls(kind: type[Ref]) -> Iterator[tuple[str, ...]]:
    for one in kind.calls:
        named = "any call" if one.names == ("*",) else ", ".join(map(_code, one.names))
        paths = ", ".join(map(_code, one.paths)) or "the account of the record"
        yield _code(kind.kind), _code(one.service), named, paths


def _table(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = (columns, ("---",) * len(columns), *rows)
    return "".join(f"| {' | '.join(one)} |\n" for one in lines)


def _code(text: str) -> str:
    return f"`{text}`" if text else ""
