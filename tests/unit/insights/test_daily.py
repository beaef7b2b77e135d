"""The queries of each day: their form in Athena, with known answers on generated logs, and their findings."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import duckdb
import pytest
import sqlglot
from sqlglot.optimizer.qualify import qualify

from ringfence.events.sent.form import finding_of
from ringfence.insights.daily import ACCOUNT, DATABASE, DAY, MOST_ROWS, REGION, TRIES, Look, deployed
from ringfence.insights.daily_sql import daily_sql
from ringfence.insights.query import COLUMNS, FLOW_LOGS
from ringfence.model.document import Document
from ringfence.model.errors import BadInput
from stacks.network_settings import MOST_ADDRESSES

if TYPE_CHECKING:
    from ringfence.insights.query import Query

PEER = "203.0.113.9"
LIST = ("198.51.100.1", PEER, "2001:db8::1")
OWN, OTHER = "111122223333", "444455556666"
EACH = pytest.mark.parametrize("query", deployed(), ids=lambda one: one.id)
PARTITIONS = dict.fromkeys((ACCOUNT, REGION, DAY), "VARCHAR")
LOOK = Look(deployed()[0], OWN, date(2027, 1, 31), "0" * 32)


@EACH
def test_a_query_reads_the_columns_and_partitions_of_the_table(query: Query) -> None:
    """Nothing runs in Athena here: the text is parsed and bound to the schema of the table."""
    schema: dict[str, object] = {DATABASE: {FLOW_LOGS: {**dict(COLUMNS), **PARTITIONS}}}
    parsed = sqlglot.parse_one(daily_sql(query, LIST), read="athena")
    bound = qualify(parsed, schema=schema, dialect="athena", validate_qualify_columns=True)
    assert isinstance(bound, sqlglot.exp.Query)
    assert tuple(one.alias_or_name for one in bound.selects) == query.columns
    (logs,) = (one for one in parsed.find_all(sqlglot.exp.Table) if one.db)
    assert (logs.db, logs.name) == (DATABASE, FLOW_LOGS)
    assert len(list(parsed.find_all(sqlglot.exp.Placeholder))) == 2


def filled(query: Query) -> duckdb.DuckDBPyConnection:
    """Return a table with flows of two accounts and two days."""
    database = duckdb.connect()
    columns = ", ".join(f'"{name}" {type_}' for name, type_ in (*COLUMNS, *PARTITIONS.items()))
    database.execute(f"CREATE SCHEMA {DATABASE}; CREATE TABLE {DATABASE}.{FLOW_LOGS} ({columns})")
    start = 1_801_353_600
    inward = query.id == "scan-in"
    for account, day in ((OWN, "2027/01/31"), (OWN, "2027/02/01"), (OTHER, "2027/01/31")):
        ends = f"'{PEER}', '10.0.1.' || n % 250" if inward else f"'10.0.0.7', '{PEER}'"
        for number, flow in (
            (400, f"n, 6, 1, 10, {start} + n % 200, {start} + n % 200 + 5, 'REJECT'"),
            (30, f"443, 6, 4, 60000000, {start} + 300 * n, {start} + 300 * n + 5, 'ACCEPT'"),
        ):
            database.execute(
                f"INSERT INTO {DATABASE}.{FLOW_LOGS} SELECT 2, '{account}', 'eni-1', {ends}, 40000, {flow}, "  # noqa: S608
                f"'OK', '{account}', 'eu-west-1', '{day}' FROM range(1, {number}) AS r(n)"
            )
    return database


def found_in(database: duckdb.DuckDBPyConnection, query: Query) -> list[tuple[object, ...]]:
    """Run the query of a day in DuckDB."""
    back = sqlglot.transpile(daily_sql(query, LIST), read="athena", write="duckdb")[0]
    return database.execute(back, [one.strip("'") for one in LOOK.parameters]).fetchall()


@EACH
def test_a_query_finds_the_same_as_over_the_logs_of_that_account_and_day_alone(query: Query) -> None:
    database = filled(query)
    found = found_in(database, query)
    database.execute(
        f"CREATE VIEW {FLOW_LOGS} AS SELECT * FROM {DATABASE}.{FLOW_LOGS} "  # noqa: S608
        f"WHERE {ACCOUNT} = '{OWN}' AND {DAY} = '2027/01/31'"
    )
    database.execute("CREATE TABLE listed (address VARCHAR)")
    database.executemany("INSERT INTO listed VALUES (?)", [(one,) for one in LIST])
    assert found == database.execute(query.text()).fetchall()[: MOST_ROWS + 1]
    assert found


@EACH
def test_records_of_another_format_in_the_same_folder_change_nothing(query: Query) -> None:
    """Who may create flow logs in an account chooses the order of the fields."""
    database = filled(query)
    found = found_in(database, query)
    database.execute(f"CREATE TABLE flows AS SELECT * FROM {DATABASE}.{FLOW_LOGS}")  # noqa: S608
    for changed in (
        f"{OWN} AS start",
        f'{OWN} AS "end"',
        f'{2**63 - 1} AS start, {2**63 - 1} AS "end"',
        'start - 864000 AS start, "end" - 864000 AS "end"',
        'start + 864000 AS start, "end" + 864000 AS "end"',
        "5 AS version",
        "NULL AS version",
        "'eni-1' AS account_id",
    ):
        database.execute(f"INSERT INTO {DATABASE}.{FLOW_LOGS} SELECT * REPLACE ({changed}) FROM flows")  # noqa: S608
    assert found_in(database, query) == found


def test_the_list_contains_only_addresses_and_all_of_them_fit_into_a_query() -> None:
    (query,) = (one for one in deployed() if one.id == "listed-addresses")
    with pytest.raises(ValueError, match="does not appear"):
        daily_sql(query, ("1.1.1.1') UNION SELECT 1 --",))
    longest = (f"2001:db8:{'ffff:' * 5}{number:04x}" for number in range(1, MOST_ADDRESSES + 1))
    assert len(daily_sql(query, tuple(longest)).encode()) < 262_144
    assert query not in deployed(listed=False)


def test_flows_that_were_written_after_midnight_count() -> None:
    (query,) = (one for one in deployed() if one.id == "exfiltration")
    database = filled(query)
    database.execute(f'UPDATE {DATABASE}.{FLOW_LOGS} SET start = start - 9900, "end" = "end" - 9900')  # noqa: S608
    assert len(found_in(database, query)) == 1


@pytest.mark.parametrize("value", ["999999999999", "9" * 30, "9" * 5000])
def test_a_number_that_is_no_time_is_shown_unchanged(value: str) -> None:
    finding = LOOK.finding({"srcaddr": "10.0.0.7", "hour": value})
    assert finding_of(finding)
    assert value[:12] in str(finding["title"])


def test_a_row_is_a_finding_about_its_account() -> None:
    row = {"srcaddr": "10.0.0.7", "dstaddr": "203.0.113.9", "calls": "40", "hour": "1801353600"}
    finding = LOOK.finding(row)
    assert finding_of(finding)
    assert finding["subjects"] == [f"account/{OWN}/us-east-1/{OWN}"]
    assert finding["updated_at"] == "2027-02-01T00:00:00Z"
    assert "srcaddr 10.0.0.7, dstaddr 203.0.113.9, calls 40, hour 2027-01-31T" in str(finding["title"])


def test_the_id_of_a_finding_follows_from_what_it_is_about_and_not_from_its_numbers() -> None:
    row = {"srcaddr": "10.0.0.7", "dstaddr": "203.0.113.9", "calls": "40"}
    assert LOOK.finding(row)["id"] == LOOK.finding({**row, "calls": "41"})["id"]
    assert LOOK.finding(row)["id"] != LOOK.finding({**row, "srcaddr": "10.0.0.8"})["id"]
    assert LOOK.finding(row)["id"] != Look(LOOK.query, OTHER, LOOK.day, LOOK.nonce).finding(row)["id"]


def test_what_a_log_contains_cannot_break_a_finding() -> None:
    assert finding_of(LOOK.finding({"srcaddr": "\x1b[2J\u2028" * 300}))


def test_a_look_is_read_from_its_message() -> None:
    assert Look.of(Document.of(LOOK.message)) == LOOK
    assert LOOK.parameters == (f"'{OWN}'", "'2027/01/31'")
    assert all(32 <= len(one) <= 128 for one in LOOK.tokens)


def test_who_knows_the_query_the_account_and_the_day_cannot_compute_a_token() -> None:
    other = Look(LOOK.query, LOOK.account, LOOK.day, "1" * 32)
    assert len({*LOOK.tokens, *other.tokens}) == 2 * TRIES
    assert LOOK.nonce not in LOOK.about.values()


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"query": "x"}, "query"),
        ({"account": "' OR 1=1"}, "account"),
        ({"day": "31.1.2027"}, "day"),
        ({"nonce": "1"}, "nonce"),
    ],
)
def test_a_message_that_is_no_look_is_bad_input(changed: dict[str, str], field: str) -> None:
    with pytest.raises(BadInput) as raised:
        Look.of(Document.of({**LOOK.message, **changed}))
    assert raised.value.field == field
