"""Write every transcript, or those with the given names."""

from __future__ import annotations

import sys

from tests.support.transcripts import FOLDER, VIEWS, document
from tests.support.transcripts.log import audit_log


def main(names: list[str]) -> None:
    """Write the transcripts. Without names, remove those of views that are gone."""
    FOLDER.mkdir(exist_ok=True)
    with audit_log():
        for name in names or VIEWS:
            (FOLDER / f"{name}.txt").write_text(document(VIEWS[name]), "utf-8")
    for path in () if names else FOLDER.glob("*.txt"):
        if path.stem not in VIEWS:
            path.unlink()


if __name__ == "__main__":
    main(sys.argv[1:])
