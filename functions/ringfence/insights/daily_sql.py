"""The queries over flow logs as they run in Athena each day: for one account. Pure.

Addresses of private networks exist in several accounts, so each query reads the logs of one account.

Who may create flow logs in that account can have records of another format written to the same folders. A
record counts only if its values have the form of the default format.
https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp

from ringfence.insights.daily import ACCOUNT, DATABASE, DAY, MOST_ROWS
from ringfence.insights.query import COLUMNS, FLOW_LOGS, LISTED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ringfence.insights.query import Query

_WITH = "with_"
_BEGINNING = f"CAST(TO_UNIXTIME(DATE_PARSE({DAY}, '%Y/%m/%d')) AS BIGINT)"
_SECONDS = 86400
_LONGEST = 3600
"""The longest interval of a record that counts, in seconds. AWS writes at most ten minutes."""
_DEFAULT_FORMAT = (
    "version = 2",
    "REGEXP_LIKE(account_id, '^([0-9]{12}|unknown)$')",
    # A file is in the folder of the day on which it was written: its first flows can be of the day before.
    f"start BETWEEN {_BEGINNING} - {_SECONDS} AND {_BEGINNING} + {_SECONDS}",
    f'"end" - start BETWEEN 0 AND {_LONGEST}',  # a sum could be too large for a BIGINT
)
"""What a record in the default format fulfills. The account of a record can be another one: that of a
participant of a shared VPC.
"""


def daily_sql(query: Query, addresses: Sequence[str] = ()) -> str:
    """Return a query for Athena with two parameters: the account, and the day such as 2027/01/31.

    The addresses of the list are part of its text. It returns one row more than become findings, which shows
    that there are more.

    Examples
    --------
    >>> from ringfence.insights.daily import deployed
    >>> daily_sql(deployed()[0]).count("?")
    2
    """
    made = sqlglot.parse_one(query.text(), read="duckdb", into=exp.Select)
    columns = ", ".join(f'"{name}"' for name, _ in COLUMNS)
    conditions = " AND ".join((f"{ACCOUNT} = ?", f"{DAY} = ?", *_DEFAULT_FORMAT))
    source = f"SELECT {columns} FROM {DATABASE}.{FLOW_LOGS} WHERE {conditions}"  # noqa: S608 - of declarations only
    logs = exp.CTE(
        this=sqlglot.parse_one(source, read="athena"),
        alias=exp.TableAlias(this=exp.to_identifier(FLOW_LOGS)),
    )
    present = made.args.get(_WITH)
    lists = [_listed(addresses)] if LISTED in query.tables else []
    made.set(_WITH, exp.With(expressions=[logs, *lists, *(present.expressions if present else ())]))
    return made.limit(MOST_ROWS + 1).sql(dialect="athena", pretty=True)


def _listed(addresses: Sequence[str]) -> exp.CTE:
    """Return the list as a table. Its values are addresses that were read as such, and never other text."""
    values = ", ".join(f"('{ip_address(one)}')" for one in addresses)
    source = f"SELECT address FROM (VALUES {values}) AS of_list (address)"  # noqa: S608 - only addresses
    alias = exp.TableAlias(this=exp.to_identifier(LISTED))
    return exp.CTE(this=sqlglot.parse_one(source, read="athena"), alias=alias)
