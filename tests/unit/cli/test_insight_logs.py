"""`ringfence insights PATH`: the logs decide which command searches them."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from ringfence.cli import insight_logs
from ringfence.cli.insight_logs import ACTIVITY, NETWORK, log_of
from ringfence.cli.main import main
from ringfence.insights.flow_files import SUFFIXES
from tests.support.transcripts.offline import FLOWS, suspicious

if TYPE_CHECKING:
    from pathlib import Path


def insights(*words: str) -> Result:
    return CliRunner().invoke(main, ["insights", *words])


@pytest.mark.parametrize(
    ("name", "text", "command"), [("t.json", suspicious(), ACTIVITY), ("f.log", FLOWS, NETWORK)]
)
def test_a_path_is_searched_as_by_the_command_for_its_logs(
    tmp_path: Path, name: str, text: str, command: str
) -> None:
    path = tmp_path / "logs" / name
    path.parent.mkdir()
    path.write_text(text, "utf-8")
    named = insights(command, str(path), "--json")
    assert named.exit_code == 3
    for given in (path, path.parent):
        found = insights(str(given), "--json")
        assert (found.exit_code, found.stdout) == (named.exit_code, named.stdout)


@pytest.mark.parametrize(
    ("content", "command"),
    [
        (b"\xef\xbb\xbf \n [{}]", ACTIVITY),
        (gzip.compress(b'{"Records": []}', mtime=0), ACTIVITY),
        (gzip.compress(FLOWS.encode(), mtime=0), NETWORK),
        (b"PAR1", NETWORK),
        (gzip.compress(b"x" * 99, mtime=0)[:12], ACTIVITY),
    ],
)
def test_the_first_bytes_decide(tmp_path: Path, content: bytes, command: str) -> None:
    path = tmp_path / "log.gz"
    path.write_bytes(content)
    assert log_of(path) == command


def test_of_a_folder_the_first_log_decides(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("notes", "utf-8")
    (tmp_path / "b.log").write_text(FLOWS, "utf-8")
    (tmp_path / "c.json").write_text(json.dumps({"Records": []}), "utf-8")
    assert log_of(tmp_path) == NETWORK
    assert log_of(tmp_path / "nowhere") == ACTIVITY


def test_what_is_neither_a_command_nor_a_path_is_bad_input() -> None:
    done = insights("activty")
    assert done.exit_code == 2
    assert "No such command 'activty'" in done.stderr


def test_the_names_of_flow_logs_end_as_their_reader_says() -> None:
    assert insight_logs._FLOWS == SUFFIXES
