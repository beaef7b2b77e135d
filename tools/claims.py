"""docs/claims.md: how the claim of each event is checked at its source, from declarations in `events/`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.engine.claims import ABSENT_FOR
from ringfence.engine.unconfirmed import ASKED_FOR
from ringfence.events.rereading import rereadings

if TYPE_CHECKING:
    from collections.abc import Iterable

_HEAD = """# Claims and their sources

`make docs` generates this file from `functions/ringfence/events/*/rereading.py`. Do not edit it.

An event can be made up by somebody who can write to a queue of Ringfence, change a target of its rules, or
invoke its functions. So Ringfence checks what an event says at its source before the first change. The
source is asked in the same round trip that reads the resource and the audit log.

A manual run and a release have a person as their source. A scheduled review lists the resources itself.

## Answers

{answers}
- An unknown answer does not stop a containment, because an intruder can cause it, for example with many
  calls.
- Changes are not undone when a finding is refuted later. An intruder can be the reason for that answer.
- AWS does not document that `GetFindings` returns a finding from the moment of its event. That is why a
  finding that GuardDuty does not have is asked for again before it is given up.
- If the finding is in another account than the resource, an unknown answer counts as blinded. Otherwise
  somebody could make up an event with an account that nobody can ask.
- A call to the source has no retries. It delays a containment by up to 10 seconds if the source does not
  answer at all.

## Sources

"""
_ANSWERS = (
    ("Answer", "Before the first change", "After changes without an answer"),
    ("---", "---", "---"),
    (
        "confirmed",
        "the policy's decision stands; what is planned follows the source, not the event",
        "recorded",
    ),
    (
        "refuted",
        "nothing is changed; a person is notified at once",
        (
            "changes stay, and later stages do not begin; a person is notified at once, with the command "
            "that undoes the changes"
        ),
    ),
    (
        "absent: the source does not have it",
        "as refuted, and the source is asked again for {absent} minutes",
        "asked again; refuted if it stays absent",
    ),
    (
        "unknown: throttled, denied, no answer, an unusable answer",
        (
            "a containment continues; the record, the notices and `ringfence incidents show` say that it is "
            "unconfirmed"
        ),
        "asked again at the second read, and every 15 minutes for {asked} hour; then a person is notified",
    ),
    (
        "blinded: the source can no longer answer",
        (
            "`findings.unconfirmable` in the policy decides: `dry-run` (default), `notify` or `auto`; a "
            "person is notified at once"
        ),
        "a person is notified at once",
    ),
)
_COLUMNS = ("Source", "Events", "Read before the first change", "Confirmed", "Refuted", "Unknown", "Blinded")


def document() -> str:
    """Return the whole document."""
    answers = _table(_ANSWERS).format(absent=ABSENT_FOR.seconds // 60, asked=ASKED_FOR.seconds // 3600)
    rows = [
        (one.source, one.events, one.read, one.confirmed, one.refuted, one.unknown, one.blinded)
        for one in rereadings()
    ]
    return _HEAD.format(answers=answers) + _table((_COLUMNS, ("---",) * len(_COLUMNS), *rows))


def _table(rows: Iterable[tuple[str, ...]]) -> str:
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)
