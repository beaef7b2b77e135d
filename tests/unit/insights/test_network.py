"""The pack over flow logs: known answers on generated logs, and the same queries for Athena."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import duckdb
import pytest
import sqlglot
from sqlglot.optimizer.qualify import qualify

from ringfence.insights.athena import athena_sql
from ringfence.insights.flow_files import FlowFiles
from ringfence.insights.network import PACK
from ringfence.insights.query import COLUMNS, EXTRA, FLOW_LOGS, Query
from ringfence.model.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

HEADER = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action "
    "log-status"
)
BY_ID = {one.id: one for one in PACK}
OUTSIDE, PEER = "203.0.113.9", "198.51.100.7"
NOON = 1_800_000_000


def flow(
    src: str,
    dst: str,
    at: int,
    *,
    port: int = 443,
    packets: int = 4,
    size: int = 500,
    action: str = "ACCEPT",
    lasts: int = 5,
    interface: str = "eni-1",
) -> str:
    ends = at + lasts
    return f"2 111122223333 {interface} {src} {dst} 40000 {port} 6 {packets} {size} {at} {ends} {action} OK"


def found(
    folder: Path,
    id_: str,
    lines: Iterable[str],
    *,
    addresses: Iterable[str] = (),
    contained: Mapping[str, int] | None = None,
    **values: float,
) -> list[dict[str, object]]:
    path = folder / "flow.log"
    path.write_text("\n".join((HEADER, *lines)), "utf-8")
    files = FlowFiles([path], addresses, contained or {})
    return list(files.answers(BY_ID[id_], values))


def test_calls_at_regular_intervals_are_a_beacon(tmp_path: Path) -> None:
    calls = [flow("10.0.0.5", OUTSIDE, NOON + 300 * index + index % 3) for index in range(30)]
    rows = found(tmp_path, "beaconing", calls)
    assert [(one["srcaddr"], one["dstaddr"], one["calls"], one["seconds"]) for one in rows] == [
        ("10.0.0.5", OUTSIDE, 30, 300.1)
    ]


@pytest.mark.parametrize(
    "lines",
    [
        [flow("10.0.0.5", OUTSIDE, NOON + 300 * index) for index in range(10)],  # too few
        [flow("10.0.0.5", OUTSIDE, NOON + 60 * index, lasts=60) for index in range(60)],  # one connection
        [flow("10.0.0.5", OUTSIDE, NOON + index * index * 7) for index in range(60)],  # irregular
        [flow("10.0.0.5", "10.0.0.6", NOON + 300 * index) for index in range(60)],  # inside
        [flow(OUTSIDE, "10.0.0.5", NOON + 300 * index) for index in range(60)],  # from outside
        [flow("10.0.0.5", OUTSIDE, NOON + 300 * index, action="REJECT") for index in range(60)],
    ],
)
def test_other_calls_are_no_beacon(tmp_path: Path, lines: list[str]) -> None:
    assert found(tmp_path, "beaconing", lines) == []


def test_an_internal_address_that_tries_many_targets_scans(tmp_path: Path) -> None:
    tries = [flow("172.16.3.4", f"10.0.1.{index}", NOON + index, port=22, packets=1) for index in range(150)]
    talks = [flow("10.0.0.9", f"10.0.2.{index}", NOON, packets=40) for index in range(150)]
    answers = [flow("10.0.0.8", OUTSIDE, NOON, port=40000 + index, packets=1) for index in range(150)]
    rows = found(tmp_path, "scan-out", [*tries, *talks, *answers])
    assert [(one["srcaddr"], one["targets"], one["ports"]) for one in rows] == [("172.16.3.4", 150, 1)]
    assert found(tmp_path, "scan-out", tries, least_targets=151) == []


def test_an_external_address_that_is_rejected_at_many_ports_scans(tmp_path: Path) -> None:
    tries = [flow(OUTSIDE, "10.0.0.5", NOON + index, port=index + 1, action="REJECT") for index in range(60)]
    served = [flow(PEER, "10.0.0.5", NOON + index, port=index + 1) for index in range(60)]
    rows = found(tmp_path, "scan-in", [*tries, *served])
    assert [(one["srcaddr"], one["targets"]) for one in rows] == [(OUTSIDE, 60)]


def test_much_that_is_sent_to_one_address_in_a_day_is_found(tmp_path: Path) -> None:
    sent = [flow("192.168.1.2", OUTSIDE, NOON + 600 * index, size=300_000_000) for index in range(4)]
    inside = [flow("192.168.1.2", "10.0.0.1", NOON, size=5_000_000_000)]
    rows = found(tmp_path, "exfiltration", [*sent, *inside])
    assert [(one["dstaddr"], one["megabytes"], one["flows"]) for one in rows] == [(OUTSIDE, 1200.0, 4)]


def test_an_address_of_the_list_is_found_in_both_directions(tmp_path: Path) -> None:
    lines = [
        flow("10.0.0.5", OUTSIDE, NOON),
        flow(OUTSIDE, "10.0.0.5", NOON),
        flow("10.0.0.5", PEER, NOON),
        flow(OUTSIDE, "10.0.0.6", NOON, action="REJECT"),
    ]
    rows = found(tmp_path, "listed-addresses", lines, addresses=[OUTSIDE])
    assert {(one["srcaddr"], one["dstaddr"]) for one in rows} == {
        ("10.0.0.5", OUTSIDE),
        (OUTSIDE, "10.0.0.5"),
    }


def test_many_refusals_in_five_minutes_are_a_burst(tmp_path: Path) -> None:
    lines = [
        flow(f"203.0.113.{index % 9}", "10.0.0.5", NOON + index % 300, action="REJECT")
        for index in range(200)
    ]
    rows = found(tmp_path, "denied-bursts", lines)
    assert [(one["interface_id"], one["rejected"], one["sources"]) for one in rows] == [("eni-1", 200, 9)]


def test_a_contained_address_that_still_talks_refutes_its_containment(tmp_path: Path) -> None:
    lines = [
        flow("10.0.0.5", OUTSIDE, NOON + 30),  # covers some of the time before
        flow("10.0.0.5", OUTSIDE, NOON + 900),
        flow(OUTSIDE, "10.0.0.5", NOON + 900),
        flow("10.0.0.5", PEER, NOON + 900, action="REJECT"),
        flow("10.0.0.6", PEER, NOON + 900),
    ]
    rows = found(tmp_path, "contained-but-talking", lines, contained={"10.0.0.5": NOON})
    assert [(one["peer"], one["flows"]) for one in rows] == [(OUTSIDE, 1), (OUTSIDE, 1)]
    assert {one["seconds_after"] for one in rows} == {905}
    assert found(tmp_path, "contained-but-talking", lines[:1], contained={"10.0.0.5": NOON}) == []


@pytest.mark.parametrize("query", PACK, ids=lambda one: one.id)
def test_athena_takes_each_query_over_its_table_of_flow_logs(query: Query) -> None:
    """Nothing runs in Athena here: the text is parsed, and its columns are those of the table."""
    schema: dict[str, object] = {FLOW_LOGS: dict(COLUMNS)}
    schema |= {name: dict(columns) for name, columns in EXTRA.items()}
    parsed = sqlglot.parse_one(athena_sql(query), read="athena")
    bound = qualify(parsed, schema=schema, dialect="athena", validate_qualify_columns=True)
    assert isinstance(bound, sqlglot.exp.Query)
    assert tuple(one.alias_or_name for one in bound.selects) == query.columns
    assert "REGEXP_MATCHES" not in athena_sql(query)


@pytest.mark.parametrize("query", PACK, ids=lambda one: one.id)
def test_both_dialects_are_one_query(query: Query) -> None:
    back = sqlglot.transpile(athena_sql(query), read="athena", write="duckdb")[0]
    database = duckdb.connect()
    for table, columns in {FLOW_LOGS: COLUMNS, **EXTRA}.items():
        declared = ", ".join(f'"{name}" {type_}' for name, type_ in columns)
        database.execute(f"CREATE TABLE {table} ({declared})")
    assert database.execute(back).fetchall() == database.execute(query.text()).fetchall() == []


@pytest.mark.parametrize("form", ["plain", "gzip", "no header", "parquet"])
def test_files_are_read_in_every_form(tmp_path: Path, form: str) -> None:
    lines = [flow("10.0.0.7", OUTSIDE, NOON, size=2_000_000_000)]
    path = tmp_path / "flow.log"
    if form == "parquet":
        path = tmp_path / "flow.parquet"
        text = tmp_path / "text.log"
        text.write_text("\n".join(lines), "utf-8")
        names = {name: "VARCHAR" for name, _ in COLUMNS}
        duckdb.read_csv(str(text), sep=" ", header=False, columns=names).write_parquet(str(path))
    else:
        content = "\n".join(lines if form == "no header" else [HEADER, *lines]).encode()
        path.write_bytes(gzip.compress(content) if form == "gzip" else content)
    files = FlowFiles([path])
    assert [one["megabytes"] for one in files.answers(BY_ID["exfiltration"])] == [2000.0]


def test_columns_of_a_format_of_ones_own_can_be_in_any_order(tmp_path: Path) -> None:
    path = tmp_path / "flow.log"
    path.write_text(
        "vpc-id action end start bytes packets dstport dstaddr srcaddr\n"
        f"vpc-1 ACCEPT {NOON + 1} {NOON} 3000000000 9 443 {OUTSIDE} 10.0.0.7\n",
        "utf-8",
    )
    assert [one["megabytes"] for one in FlowFiles([path]).answers(BY_ID["exfiltration"])] == [3000.0]


def test_lines_that_cannot_be_read_are_counted_and_the_others_are_read(tmp_path: Path) -> None:
    path = tmp_path / "flow.log"
    nodata = f"2 111122223333 eni-1 - - - - - - - {NOON} {NOON + 60} - NODATA"
    path.write_text("\n".join((HEADER, "what is this", flow("10.0.0.5", OUTSIDE, NOON), nodata)), "utf-8")
    files = FlowFiles([path])
    assert (files.lines, files.rejected) == (2, 1)


def test_lines_that_cannot_be_read_are_counted_in_each_file_and_named(tmp_path: Path) -> None:
    good = flow("10.0.0.7", OUTSIDE, NOON)
    few, many, odd = tmp_path / "few.log", tmp_path / "many.log", tmp_path / "odd.log"
    few.write_text(f"{HEADER}\n{good}\nfoo bar\n", "utf-8")
    many.write_text(f"{HEADER}\n{good}\n{good} more and more\n{good} more\n", "utf-8")
    odd.write_text(f"{HEADER}\n{good.replace(' 443 ', ' https ')}\n{good}\n", "utf-8")
    files = FlowFiles([few, many, odd])
    assert (files.lines, files.rejected) == (3, 4)
    assert files.named == (
        f"{few}, line 3: has too few columns",
        f"{many}, line 3: has too many columns",
        f"{many}, line 4: has too many columns",
        f"{odd}, line 2: has a value that is no number",
    )


def test_of_many_lines_that_cannot_be_read_the_first_ones_are_named(tmp_path: Path) -> None:
    path = tmp_path / "flow.log"
    path.write_text("\n".join((HEADER, *["foo bar"] * 5000)), "utf-8")
    files = FlowFiles([path])
    assert (files.rejected, len(files.named)) == (5000, 10)
    assert files.named[0] == f"{path}, line 2: has too few columns"


def test_records_of_intervals_that_were_not_recorded_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "flow.log"
    skipped = f"2 111122223333 eni-1 - - - - - - - {NOON} {NOON + 60} - SKIPDATA"
    path.write_text("\n".join((HEADER, skipped, skipped.replace("SKIPDATA", "NODATA"))), "utf-8")
    assert FlowFiles([path]).skipped == 1


@pytest.mark.parametrize("content", [b"", b"a b c\n", b"srcaddr dstaddr\n1 2\n", b"\xff\xfe\x00", b"PAR1"])
def test_a_file_without_flow_logs_is_bad_input(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "flow.log"
    path.write_bytes(content)
    with pytest.raises(BadInput):
        FlowFiles([path])


def test_a_file_that_does_not_exist_is_named_once(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as found:
        FlowFiles([tmp_path / "no.log"])
    assert str(found.value) == f"{tmp_path / 'no.log'}: cannot be read: No such file or directory"


def test_a_file_cannot_name_other_files(tmp_path: Path) -> None:
    """After the files are read, a query reads nothing outside of the database."""
    path = tmp_path / "flow.log"
    path.write_text(f"{HEADER}\n{flow('10.0.0.5', OUTSIDE, NOON)}", "utf-8")
    spy = Query("spy", "", "", "low", ("content",), "SELECT content FROM read_text('/etc/hostname')", (), "")
    with pytest.raises(duckdb.Error):
        list(FlowFiles([path]).answers(spy))


def test_an_unknown_parameter_is_bad_input() -> None:
    with pytest.raises(BadInput, match="must be a parameter of exfiltration: megabytes"):
        BY_ID["exfiltration"].text({"gigabytes": 1})
