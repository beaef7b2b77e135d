"""Notices about Ringfence itself: its heartbeats, its resources, its input and its records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.step import counted
from ringfence.record.notices.commands import verification
from ringfence.record.notices.kinds import NoticeKind
from ringfence.record.notices.notice import About, Command, Notice
from ringfence.record.notices.tampering import PAUSES, WHO_WROTE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from ringfence.record.notices.rendering import Parts

DOCTOR = Command("see what differs, and what to do", "ringfence doctor")
_RECHECK = Command("verify every open contained incident", "ringfence incidents recheck")


def silence(places: Sequence[tuple[str, str]]) -> Notice:
    """Return the notice about places, account and region, whose heartbeats do not arrive any more."""
    shown = tuple(f"account {account}, {region}" for account, region in places)
    parts = (
        ("Places whose heartbeats do not arrive, and whose events may not arrive either", shown),
        ("What to do", ("CloudTrail shows who changed the rule, role or schedule there",)),
    )
    what = f"no heartbeat from {counted(len(shown), 'place')}"
    about = About(account=places[0][0], region=places[0][1]) if len(places) == 1 else About()
    return _notice(NoticeKind.NO_HEARTBEAT, what, parts, (DOCTOR,), about=about)


def problems(found: tuple[str, ...]) -> Notice:
    """Return the notice about what a self-check found, in words."""
    what = f"the self-check found {counted(len(found), 'problem')}"
    parts = (("What differs from what the stacks declare", found),)
    return _notice(NoticeKind.SELF_CHECK, what, parts, (DOCTOR,))


def forged(function: str, why: str, details: Mapping[str, str], at: datetime) -> Notice:
    """Return the notice about an input that somebody made up for a function."""
    parts = (
        ("What was refused", (why,)),
        ("The input", tuple(f"{name}: {value}" for name, value in details.items())),
        ("What Ringfence does", ("it changed nothing because of it",)),
        ("What to do", ("find out who may invoke the function or send to its queue",)),
    )
    commands = (Command("compare who may do so with what is declared", DOCTOR.line),)
    return _notice(NoticeKind.FORGED_INPUT, f"forged input of {function}", parts, commands, at=at)


def pauses_wrong(fault: str) -> Notice:
    """Return the notice that the item with the pauses is wrong, and why."""
    follows = "if it cannot be read, Ringfence changes nothing. If it is too old, a pause may not hold"
    parts = (
        ("What was found", (f"the item of the control table that says what is paused is wrong: {fault}",)),
        ("What follows", (follows,)),
        ("What to do", (WHO_WROTE, "`ringfence pause` and `ringfence resume` write the item again")),
    )
    return _notice(NoticeKind.PAUSES_WRONG, "the item with the pauses is wrong", parts, (PAUSES,))


def control_tampering(words: str, item: str, at: datetime) -> Notice:
    """Return the notice about a change of the control table that Ringfence never makes."""
    parts = (
        ("What was found", (f"{words}. Ringfence never does that", item)),
        ("What to do", (WHO_WROTE,)),
    )
    what = f"TAMPERING with the control table: {words}"
    return _notice(NoticeKind.TAMPERING, what, parts, (_RECHECK,), at=at)


def unproved_ids(item: str, at: datetime) -> Notice:
    """Return the notice about ids of what Ringfence created, if nobody can prove who wrote them."""
    ours = (
        "either Ringfence could not derive the key of the seals, or a command with `--direct` wrote them: "
        "entries of the audit log then have no MAC either"
    )
    theirs = (
        "or somebody else wrote the ids. Ringfence uses the security groups that these ids name only while "
        "it cannot derive that key"
    )
    todo = "find out who created what the ids name. Ringfence's own roles create its security groups"
    parts = (
        ("What was found", ("ids without a MAC in the list of what Ringfence created", item)),
        ("What it means", (ours, theirs)),
        ("What to do", (todo, WHO_WROTE)),
    )
    what = "POSSIBLE TAMPERING with the control table: ids without a MAC"
    return _notice(NoticeKind.TAMPERING, what, parts, (_RECHECK,), at=at)


def log_tampering(words: str, details: Sequence[str] = (), chain: str = "", incident: str = "") -> Notice:
    """Return the notice about a change of the audit log or its archive. `chain` and `incident`: of which."""
    parts = (("What was found", (f"the audit log was tampered with: {words}", *details)),)
    about = About.of_key(chain.partition("#")[2])
    commands = (verification(incident),)
    return _notice(
        NoticeKind.TAMPERING, f"TAMPERING: {words}", parts, commands, about=about, incident=incident
    )


def _notice(  # noqa: PLR0913 - the parts of a notice
    kind: NoticeKind,
    what: str,
    parts: Parts,
    commands: Iterable[Command],
    *,
    about: About = About(),  # noqa: B008 - immutable
    at: datetime | None = None,
    incident: str = "",
) -> Notice:
    return Notice(kind, what, about, kind.urgency, at, incident, parts=tuple(parts), commands=tuple(commands))
