"""A query of a pack: one source for DuckDB on a laptop and for Athena. Pure."""

from __future__ import annotations

from typing import Final

from ringfence.model.errors import BadInput
from ringfence.model.frozen import frozen

FLOW_LOGS: Final = "flow_logs"
COLUMNS: Final = (
    ("version", "INTEGER"),
    ("account_id", "VARCHAR"),
    ("interface_id", "VARCHAR"),
    ("srcaddr", "VARCHAR"),
    ("dstaddr", "VARCHAR"),
    ("srcport", "INTEGER"),
    ("dstport", "INTEGER"),
    ("protocol", "INTEGER"),
    ("packets", "BIGINT"),
    ("bytes", "BIGINT"),
    ("start", "BIGINT"),
    ("end", "BIGINT"),
    ("action", "VARCHAR"),
    ("log_status", "VARCHAR"),
)
"""The columns of the default format, version 2.

https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html
"""
TIMES: Final = frozenset({"hour", "day", "since", "first", "last"})
"""Columns of results that are times, in seconds since 1970."""
LISTED: Final = "listed"
CONTAINED: Final = "contained"
EXTRA: Final = {LISTED: (("address", "VARCHAR"),), CONTAINED: (("address", "VARCHAR"), ("since", "BIGINT"))}
"""The other tables that queries read: addresses to look for, and what was contained since when."""


def _internal(column: str) -> str:
    return (
        f"({column} LIKE '10.%' OR {column} LIKE '192.168.%' "
        f"OR REGEXP_MATCHES({column}, '^172[.](1[6-9]|2[0-9]|3[01])[.]'))"
    )


_PARTS: Final = {
    "from_inside": _internal("srcaddr"),
    "outward": f"{_internal('srcaddr')} AND NOT {_internal('dstaddr')}",
    "inward": f"NOT {_internal('srcaddr')} AND {_internal('dstaddr')}",
}
"""Conditions that several queries share."""


@frozen
class Parameter:
    """A number that a query compares with.

    Parameters
    ----------
    name
        As in the text of the query, between braces.
    default
        The value if nobody sets another one.
    words
        What it means, with its unit.

    """

    name: str
    default: float
    words: str


@frozen
class Query:
    """A query over flow logs.

    Parameters
    ----------
    id
        Lower case with hyphens.
    title
        What a row shows, in one line.
    technique
        The ATT&CK technique.
    severity
        `low`, `medium`, `high` or `critical`.
    columns
        The columns of its result.
    sql
        The query in DuckDB's dialect. Between braces are its parameters, and the conditions `from_inside`,
        `outward` and `inward`.
    parameters
        Its parameters.
    answer
        What to do about a row.
    tables
        The tables that it needs besides the flow logs.

    """

    id: str
    title: str
    technique: str
    severity: str
    columns: tuple[str, ...]
    sql: str
    parameters: tuple[Parameter, ...]
    answer: str
    tables: tuple[str, ...] = ()

    def text(self, values: dict[str, float] | None = None) -> str:
        """Return the query with its numbers filled in. Raises BadInput for an unknown parameter."""
        known = {one.name: one.default for one in self.parameters}
        for name in values or {}:
            if name not in known:
                raise BadInput(name, f"must be a parameter of {self.id}: {', '.join(known) or 'it has none'}")
        filled = {name: _number(value) for name, value in {**known, **(values or {})}.items()}
        return self.sql.format(**filled, **_PARTS).strip()


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))
