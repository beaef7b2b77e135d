"""Results of a scan as Parquet, from their lines of JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.cli.scan_outputs import COLUMNS
from ringfence.model.errors import BadInput

if TYPE_CHECKING:
    from pathlib import Path

LISTS = frozenset({"reasons"})
"""The columns with a list of texts. The others are texts."""
MEMORY = "256MB"


def write_parquet(lines: Path, out: Path) -> None:
    """Write the results that are in a file of JSON Lines. Raises BadInput if that is impossible."""
    import duckdb

    columns = {name: "VARCHAR[]" if name in LISTS else "VARCHAR" for name in COLUMNS}
    with duckdb.connect(config={"memory_limit": MEMORY, "threads": "1"}) as database:
        found = database.read_json(str(lines), columns=columns, format="newline_delimited")
        try:
            found.write_parquet(str(out), compression="zstd")
        except duckdb.IOException as error:
            raise BadInput("--out", f"cannot be written: {str(error).splitlines()[0]}", str(out)) from error
