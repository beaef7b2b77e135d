"""The bundle's bytecode: Lambda reads it in place of compiling, wherever an interpreter of its version is."""

from __future__ import annotations

import marshal
import sys
from typing import TYPE_CHECKING

import pytest

from stacks import bytecode

if TYPE_CHECKING:
    from pathlib import Path

HERE = "{}.{}".format(*sys.version_info)


@pytest.fixture
def cached(tmp_path: Path) -> Path:
    """The bytecode of a module."""
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "place.py").write_text("PLACE = 1\n")
    bytecode.compile_all(tmp_path, sys.executable)
    (found,) = tmp_path.glob("package/__pycache__/*.pyc")
    return found


def test_the_interpreter_that_is_running_is_taken_where_it_is_of_that_version() -> None:
    assert bytecode.interpreter(HERE) == sys.executable


def test_where_there_is_no_such_interpreter_there_is_no_bytecode() -> None:
    assert bytecode.interpreter("3.99") == ""
    assert bytecode.version("") == ""


def test_another_interpreter_is_another_version() -> None:
    assert bytecode.version(sys.executable) == sys.version


def test_a_module_names_the_file_where_lambda_has_it(cached: Path) -> None:
    """The code follows a header of four words."""
    code = marshal.loads(cached.read_bytes()[16:])  # noqa: S302 - bytecode that was made here
    assert code.co_filename == "/var/task/package/place.py"


def test_it_is_used_without_a_look_at_the_source(cached: Path) -> None:
    """The flags of PEP 552: bit 0 for a hash in place of a time, bit 1 for one that is checked."""
    assert int.from_bytes(cached.read_bytes()[4:8], "little") == 0b01


def test_the_same_source_gives_the_same_bytes(cached: Path, tmp_path: Path) -> None:
    first = cached.read_bytes()
    cached.unlink()
    bytecode.compile_all(tmp_path, sys.executable)
    assert cached.read_bytes() == first
