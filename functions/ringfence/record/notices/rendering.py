"""How a notice is shown: the subject line and the text. What is untrusted is shortened and escaped here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.record.untrusted import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ringfence.record.notices.notice import About, Notice
    from ringfence.record.summary import Reported

    Parts = Iterable[tuple[str, tuple[str, ...]]]

LONGEST_SUBJECT = 99
"""SNS takes subjects of fewer than 100 ASCII characters."""
LONGEST_COMMAND, LONGEST_LINE, LONGEST_NAME = 1000, 600, 40
MOST_LINES = 20
"""The lines of one part of a notice."""
MOST_BYTES = 32_000
"""The bytes of all parts of a notice. SNS takes 262,144 bytes for the text and its machine-readable form."""


def subject_of(notice: Notice) -> str:
    """Return the subject of the SNS message: urgency, severity, what and where."""
    tags = ", ".join(filter(None, (notice.urgency.tag, notice.severity_word)))
    place = " ".join(filter(None, (notice.about.account, notice.about.region)))
    where = f"({place})" if place else ""
    with_name, without = (
        _ascii(f"[{tags}] {': '.join(filter(None, (notice.what, ' '.join(filter(None, named)))))}")
        for named in ((notice.about.id, quoted(notice.about.name), where), (notice.about.id, where))
    )
    return (with_name if len(with_name) <= LONGEST_SUBJECT else without)[:LONGEST_SUBJECT]


def text_of(notice: Notice) -> str:
    """Return the message in plain text. The commands are at its end."""
    return "\n".join(_lines(notice))


def quoted(name: str) -> str:
    """Return a name tag in quotation marks. Empty without one: anybody who may tag a resource chooses it.

    A quotation mark in it would end the quotation, so that its rest could pass for a part of the notice.
    """
    inner = plain(name, LONGEST_NAME).replace('"', "'")
    return f'"{inner}"' if name else ""


def _ascii(text: str) -> str:
    return plain(text).encode("ascii", "backslashreplace").decode()


def fitting(parts: Parts) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the parts with as many lines as a message can have, shortened and escaped."""
    left, found = MOST_BYTES, []
    for title, lines in parts:
        kept: list[str] = []
        for text in lines[:MOST_LINES]:
            line = plain(text, LONGEST_LINE)
            left -= len(line.encode("utf-8", "backslashreplace"))
            if left < 0:
                break
            kept.append(line)
        if (unnamed := len(lines) - len(kept)) > 0:
            kept.append(f"and {unnamed} more")
        if kept:
            found.append((plain(title), tuple(kept)))
    return tuple(found)


def is_whole(parts: Parts) -> bool:
    """Return whether a message can have every line of these parts, and each line whole."""
    given = tuple((title, tuple(lines)) for title, lines in parts if lines)
    return fitting(given) == given


def _lines(notice: Notice) -> Iterator[str]:
    yield plain(_first(notice))
    yield from _where(notice.about)
    if notice.incident:
        runbook = f", runbook {notice.runbook}" if notice.runbook else ""
        yield plain(f"Incident {notice.incident}{runbook}")
    yield from (plain(f"Who and why: {one}") for one in notice.who)
    yield from _findings(notice.findings)
    for title, lines in fitting(notice.parts):
        yield f"{title}:"
        yield from (f"- {one}" for one in lines)
    if notice.commands:
        yield "Next:"
        for one in notice.commands:
            yield f"- To {plain(one.purpose)}: {plain(one.line, LONGEST_COMMAND)}"


def _first(notice: Notice) -> str:
    severity = f", severity {notice.severity_word} ({notice.severity:g})" if notice.severity_word else ""
    return f"urgency {notice.urgency.tag}{severity}: {notice.what}"


def _where(about: About) -> Iterator[str]:
    named = " ".join(filter(None, (about.kind, about.id, quoted(about.name))))
    known = f" ({plain(about.account_name, LONGEST_NAME)})" if about.account_name else ""
    account = f"account {about.account}{known}" if about.account else ""
    if found := ", ".join(filter(None, (named, account, about.region))):
        yield plain(f"Where: {found}")
    if about.addresses:
        yield plain(f"Remote address: {', '.join(about.addresses[:MOST_LINES])}")


def _findings(findings: tuple[Reported, ...]) -> Iterator[str]:
    """Yield the newest findings only, because a message has a size limit."""
    if (unnamed := len(findings) - MOST_LINES) > 0:
        yield f"Earlier findings: {unnamed}"
    for one in findings[-MOST_LINES:]:
        yield plain(f"Finding: {one.title} ({one.type}, severity {one.severity:g})")
        if one.reporter:
            yield plain(f"The finding was {one.reporter}")
