"""Keep a checkpoint of the log in a file, and read it again."""

from __future__ import annotations

from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING

from ringfence.model.errors import BadInput
from ringfence.model.times import utc_text
from ringfence.record.tlog import is_note

if TYPE_CHECKING:
    from ringfence.cli.audit_sources import LogReport


def read(path: Path) -> str:
    """Return the checkpoint in a file.

    A copy from a terminal can have spaces around its lines, and no newline at its end. Neither is signed.
    Raises BadInput for another kind of file. Whether a checkpoint fits the log is found out later.
    """
    lines = path.read_text("utf-8", errors="replace").strip().splitlines()
    note = "".join(f"{line.strip()}\n" for line in lines)
    if not is_note(note):
        raise BadInput("--checkpoint", "must be a checkpoint with its signature", str(path))
    return note


def save(path: Path, report: LogReport) -> str:
    """Write the newest checkpoint, and say so. Raises BadInput if the file cannot be written.

    If the log has a fault, the file stays: what was kept earlier is the evidence.
    """
    if not report.newest or report.faults:
        why = "the log has a fault" if report.newest else "the log has no checkpoint yet"
        return f"the checkpoint was not saved, because {why}"
    try:
        with NamedTemporaryFile(
            "w", dir=path.parent, prefix=f".{path.name}.", encoding="utf-8", newline="", delete=False
        ) as new:
            new.write(report.note)
        Path(new.name).replace(path)
    except OSError as error:
        raise BadInput("--save-checkpoint", f"must be writable: {error.strerror}", str(path)) from error
    return f"the checkpoint of {utc_text(report.newest.at)} is in {path}"
