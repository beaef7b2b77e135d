"""A release whose execution died: what was done, and whether it must be repeated. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ringfence.model.codec import canonical
from ringfence.model.document import Document
from ringfence.model.errors import BadInput
from ringfence.model.frozen import frozen
from ringfence.model.kinds import parse_key
from ringfence.record.facts import RELEASE, Closed, Intended, Released, RunRequested, Verified

if TYPE_CHECKING:
    from ringfence.engine.release import ResponseRelease
    from ringfence.engine.undo import Undo
    from ringfence.model.subject import Ref
    from ringfence.record.facts import Fact
    from ringfence.record.history import History

VERSION = 1
"""The version of the message."""


@frozen
class ReleaseCheck:
    """Check whether a release of `incident` has ended."""

    runbook: str
    ref: Ref
    incident: str


def release_watchdog(release: ResponseRelease) -> str:
    """Return the message that checks a release if its execution dies."""
    return canonical(
        {
            "version": VERSION,
            "runbook": release.runbook,
            "subject": release.ref.key,
            "incident": release.incident,
            "release": release.attempt,
        }
    )


def release_check(body: str, runbook: str) -> ReleaseCheck | None:
    """Return the check that a message of the second queue asks for. None for any other message."""
    try:
        message = Document.of(json.loads(body))
    except ValueError as error:
        raise BadInput("(document)", f"is not JSON: {error}") from error
    if not message.optional_text("release"):
        return None
    if message.integer("version") != VERSION or message.text("runbook") != runbook:
        raise BadInput("runbook", f"must be {runbook} in version {VERSION}", message.value.get("runbook"))
    return ReleaseCheck(runbook, parse_key(message.text("subject")), message.text("incident"))


def has_stopped(check: ReleaseCheck, history: History) -> bool:
    """Return whether a release began and was not finished, and nobody has acted or checked it since.

    It need not be the release that sent the message: the message of the newest one can be lost.
    """
    if history.incident != check.incident:
        return False
    newest = ""
    for entry, fact in history.facts:
        asked = isinstance(fact, RunRequested) and fact.what.startswith(RELEASE) and not fact.dry_run
        if asked or (isinstance(fact, Intended) and fact.stage == RELEASE):
            newest = entry.attempt
        elif isinstance(fact, Intended | Released | Closed) or (
            isinstance(fact, Verified) and entry.attempt != newest
        ):
            newest = ""
    return bool(newest)


def conclusion_of(check: ReleaseCheck, way: Undo) -> Fact:
    """Return what to record: the release is done, or a person must repeat it."""
    if not way.steps and not way.drifted:
        return Released(way.kept)
    words = f"the release stopped before its end: run `ringfence release {check.incident}` again"
    remaining = tuple(step.describe() for step in way.steps)
    return Verified(contained=False, complete=False, remaining=remaining, judged=False, review=(words,))
