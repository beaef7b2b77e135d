"""`ringfence insights network`: rows on a terminal, in a pipe and as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from ringfence.cli.main import main
from ringfence.insights.network import PACK
from tests.support.json_forms import check

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

HEADER = "srcaddr dstaddr dstport packets bytes start end action"
OUTSIDE = "203.0.113.9"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "flow.log"
    path.write_text(
        f"{HEADER}\n10.0.0.7 {OUTSIDE} 443 9 2000000000 1800000000 1800000005 ACCEPT\nx\n", "utf-8"
    )
    return path


def network(*words: str, env: dict[str, str] | None = None) -> Result:
    done = CliRunner(env=env).invoke(main, ["insights", "network", *words])
    if "--json" in words and done.exit_code != 2:
        check(("insights", "network", *words), done.stdout)
    return done


def test_what_is_found_is_a_row_and_an_exit_code(file: Path) -> None:
    done = network(str(file))
    assert done.exit_code == 3
    assert done.stdout == f"exfiltration\thigh\t10.0.0.7\t{OUTSIDE}\t1799971200\t2000.0\t1\n"
    assert "1 record, 1 line cannot be read" in done.stderr
    told = json.loads(network(str(file), "--json").stdout)
    assert (told["query"], told["technique"], told["row"]["megabytes"]) == ("exfiltration", "T1048", 2000.0)


def test_a_person_sees_times_and_what_to_do(file: Path) -> None:
    shown = network(str(file), env={"FORCE_COLOR": "1", "COLUMNS": "100"}).stdout
    assert "2027-01-15 00:00" in shown
    assert "find out what was sent" in shown


def test_nothing_found_is_exit_code_0(file: Path) -> None:
    file.write_text(file.read_text("utf-8").removesuffix("x\n"), "utf-8")
    done = network(str(file), "--set", "megabytes=3000")
    assert (done.exit_code, done.stdout) == (0, "")


def test_nothing_found_is_exit_code_1_if_a_line_cannot_be_read(file: Path) -> None:
    done = network(str(file), "--set", "megabytes=3000")
    assert (done.exit_code, done.stdout) == (1, "")
    assert f"{file}, line 3: has too few columns\n1 record, 1 line cannot be read" in done.stderr


def test_flows_that_were_not_recorded_are_told(tmp_path: Path) -> None:
    path = tmp_path / "flow.log"
    path.write_text(f"{HEADER} log-status\n- - - - - 1800000000 1800000060 - SKIPDATA\n", "utf-8")
    done = network(str(path))
    assert (done.exit_code, done.stdout) == (0, "")
    assert "1 record with the status SKIPDATA: AWS did not record these flows" in done.stderr


def test_a_contained_address_that_talks_is_found(file: Path) -> None:
    done = network(str(file), "--contained", "10.0.0.7=2027-01-01", "--query", "contained-but-talking")
    assert done.stdout.startswith("contained-but-talking\tcritical\t10.0.0.7\t203.0.113.9")


def test_addresses_of_a_file_are_looked_for(file: Path, tmp_path: Path) -> None:
    listed = tmp_path / "listed.txt"
    listed.write_text(f"# bad\n{OUTSIDE}  # again\n\n", "utf-8")
    done = network(str(file), "--addresses", str(listed), "--query", "listed-addresses")
    assert done.exit_code == 3


def test_a_folder_is_read(file: Path) -> None:
    assert network(str(file.parent)).exit_code == 3


def test_the_queries_for_athena_are_printed_without_files() -> None:
    done = network("--athena")
    assert done.exit_code == 0
    alone = [one.id for one in PACK if not one.tables]
    assert [
        line.split()[1].rstrip(":") for line in done.stdout.splitlines() if line.startswith("-- ")
    ] == alone


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("FILE", "--query", "beaconin"),
        ("FILE", "--query", "listed-addresses"),
        ("FILE", "--set", "megabyte=3"),
        ("FILE", "--set", "megabytes=many"),
        ("FILE", "--set", "megabytes=-1"),
        ("FILE", "--set", "megabytes=nan"),
        ("FILE", "--contained", "10.0.0.7"),
        ("FILE", "--contained", "10.0.0=2027-01-01"),
        ("FILE", "--addresses", "/nowhere"),
        ("/nowhere",),
    ],
)
def test_what_cannot_be_meant_is_bad_input(file: Path, words: tuple[str, ...]) -> None:
    done = network(*(str(file) if one == "FILE" else one for one in words))
    assert done.exit_code == 2
    assert "Error" in done.stderr
