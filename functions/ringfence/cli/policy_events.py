"""Read the findings of a file, in each form that a replay reads. An invalid event ends it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.cli.event_stream import read_file
from ringfence.engine.decisions import told_in
from ringfence.events.envelope import NotForUs
from ringfence.events.recorded import recorded_events
from ringfence.model.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ringfence.engine.decisions import Told
    from ringfence.policy.policy import Policy


def findings_in(path: Path, policy: Policy) -> Iterator[Told]:
    """Yield the findings of a file, which can be compressed with gzip.

    Raises BadInput that names the file and the event.
    """
    for read in read_file(str(path), lambda _: None):
        try:
            if read.error:
                raise read.error
            for event in recorded_events(read.document):
                if not isinstance(event, NotForUs):
                    yield from told_in(event, policy)
        except BadInput as error:
            raise BadInput(read.place, str(error)) from error
