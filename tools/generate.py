"""Write what is generated: `make docs`."""

from __future__ import annotations

from pathlib import Path

from ringfence.runbooks import CATALOGUE
from tools.catalogue import document, with_table

ROOT = Path(__file__).resolve().parent.parent
README, RUNBOOKS = ROOT / "README.md", ROOT / "docs" / "runbooks.md"


def main() -> None:
    """Write the README's table and docs/runbooks.md."""
    runbooks = tuple(CATALOGUE.values())
    README.write_text(with_table(README.read_text("utf-8"), runbooks), "utf-8")
    RUNBOOKS.write_text(document(runbooks), "utf-8")


if __name__ == "__main__":
    main()
