"""A notice as a message in a chat channel: a custom notification of Amazon Q Developer. Pure.

It is rendered from the machine-readable form of a notice, which is bounded and printable. An intruder can
choose parts of it. They are shown as inline code, in which chat clients make no links, mentions or formats.
Characters with which code could end, or with which Slack's control sequences begin, are replaced.

https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html
https://docs.slack.dev/messaging/formatting-message-text
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ringfence.model.errors import BadInput
from ringfence.record.notices.kinds import NoticeKind, Urgency
from ringfence.record.untrusted import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ringfence.model.document import Document

LONGEST_TITLE, LONGEST_DESCRIPTION, LONGEST_STEP, LONGEST_KEYWORD = 200, 2800, 400, 60
"""Slack shows at most 3,000 characters of a block of text."""
MOST_STEPS, MOST_FINDINGS = 5, 3
LONGEST_LINE = 300
APPROVE, REJECT, HOLD = "approve", "reject", "hold"
"""The buttons: the keys of the context that the buttons of a channel need, and of the answers to them."""
ANSWERS = (APPROVE, REJECT, HOLD)
HELD = frozenset({NoticeKind.NOT_CONTAINED.code, NoticeKind.REFUSED.code, NoticeKind.CONTAINED.code})
"""The kinds of notices after which Ringfence can change more, so that a person can hold it."""
_REPLACED = str.maketrans({"`": "'", "<": "\u2039", ">": "\u203a", "@": "\uff20", "\\": "\u2216"})
_UNSAFE = re.compile(r"[^A-Za-z0-9 ,:()\[\]'+-]")
_COMMAND = re.compile("[A-Za-z0-9 _./:=,+\"'…-]+")
_MORE = "More is in the full notice."


def literal(text: str, most: int = LONGEST_LINE) -> str:
    r"""Return an untrusted text as inline code. Empty for a text of nothing but spaces.

    Examples
    --------
    >>> literal("see <https://example.com|this>, <!channel> @ada `x`")
    "`see \u2039https:\u2044\u2044example.com|this\u203a, \u2039!channel\u203a \uff20ada 'x'`"
    """
    shown = plain(text.strip(), most).translate(_REPLACED).replace("://", ":\u2044\u2044").strip()
    return f"`{shown}`" if shown else ""


def words(text: str, most: int = LONGEST_TITLE) -> str:
    """Return words without any character of a link, a mention or a format, shortened.

    Examples
    --------
    >>> words("*3* more: <!here> www.example.com")
    '3 more: here wwwexamplecom'
    """
    return _UNSAFE.sub("", text)[:most].strip()


def message(form: Document) -> dict[str, object]:
    """Return the custom notification for a notice in its machine-readable form. Raises BadInput."""
    title = _title(form)
    description, whole = _description(form)
    content: dict[str, object] = {
        "textType": "client-markdown",
        "title": title,
        "description": description,
        "nextSteps": list(_steps(form)),
        "keywords": list(_keywords(form)),
    }
    incident, kind = form.optional_text("incident") or "", words(form.text("kind"))
    metadata: dict[str, object] = {
        "summary": title,
        "eventType": kind,
        "additionalContext": {"kind": kind, **_buttons(form, whole=whole)},
    }
    if incident:
        metadata["threadId"] = words(incident.replace(".", "-"))
    return _custom(content, metadata)


def alarm_message(alarm: Document) -> dict[str, object]:
    """Return the custom notification for a message of a CloudWatch alarm. Raises BadInput.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-actions.html
    """
    state, name = words(alarm.text("NewStateValue")), words(alarm.text("AlarmName"))
    title = f"[{state}] CloudWatch alarm {name}"[:LONGEST_TITLE]
    lines = (
        literal(alarm.optional_text("AlarmDescription") or "", LONGEST_DESCRIPTION // 2),
        literal(alarm.optional_text("NewStateReason") or ""),
    )
    content: dict[str, object] = {
        "textType": "client-markdown",
        "title": title,
        "description": "\n".join(filter(None, lines)) or title,
    }
    return _custom(content, {"summary": title, "eventType": "alarm"})


def _custom(content: dict[str, object], metadata: dict[str, object]) -> dict[str, object]:
    return {"version": "1.0", "source": "custom", "content": content, "metadata": metadata}


def _title(form: Document) -> str:
    """Return urgency, severity, what and where. The resource's id is in the description, as code."""
    urgency = form.text("urgency")
    if urgency not in list(Urgency):
        raise BadInput(form.at("urgency"), f"must be one of {', '.join(Urgency)}", urgency)
    tag = Urgency(urgency).tag
    tags = ", ".join(filter(None, (tag, form.optional_text("severity_word"))))
    place = " ".join(filter(None, (form.optional_text("account"), form.optional_text("region"))))
    where = words(f"({place})") if place else ""
    what = words(f"[{tags}] {form.text('what')}", LONGEST_TITLE - len(where) - 1)
    return f"{what} {where}".strip()


def _description(form: Document) -> tuple[str, bool]:
    """Return the text, and whether it contains everything."""
    kept: list[str] = []
    left = LONGEST_DESCRIPTION - len(_MORE)
    for line in filter(None, _lines(form)):
        left -= len(line) + 1
        if left < 0:
            return "\n".join((*kept, _MORE)), False
        kept.append(line)
    return "\n".join(kept), True


def _lines(form: Document) -> Iterator[str]:
    resource = form.child("resource")
    name = resource.optional_text("name")
    parts = (resource.optional_text("kind"), resource.optional_text("id"), f'"{name}"' if name else "")
    yield _named("Where", " ".join(filter(None, parts)))
    yield _named("Incident", form.optional_text("incident") or "")
    for part in form.children("details"):
        yield f"{words(part.text('title'))}:"
        yield from (f"• {literal(one, 600)}" for one in part.texts("lines") if one.strip())
    yield _named("Remote address", ", ".join(form.texts("remote_addresses")))
    yield from (_named("Who and why", one) for one in form.texts("who_and_why"))
    for one in tuple(form.children("findings"))[-MOST_FINDINGS:]:
        severity = f"severity {one.number('severity'):g}"
        yield _named("Finding", f"{one.text('title')} ({one.optional_text('type') or ''}, {severity})")
        yield _named("Reported by", one.optional_text("reported_by") or "")


def _named(name: str, text: str) -> str:
    shown = literal(text)
    return f"{name}: {shown}" if shown else ""


def _steps(form: Document) -> Iterator[str]:
    """Yield the commands that can be copied as they are. A command with other characters is left out."""
    found = ((one.text("purpose"), one.text("command")) for one in form.children("next"))
    safe = ((what, line) for what, line in found if _COMMAND.fullmatch(line) and "://" not in line)
    shown = (f"To {words(what)}: `{line}`" for what, line in safe)
    for _, step in zip(range(MOST_STEPS), (one for one in shown if len(one) <= LONGEST_STEP), strict=False):
        yield step


def _keywords(form: Document) -> Iterable[str]:
    names = ("urgency", "severity_word", "runbook", "account", "region")
    given = (words(form.optional_text(one) or "", LONGEST_KEYWORD) for one in names)
    return dict.fromkeys(filter(None, ("Ringfence", *given)))


def _buttons(form: Document, *, whole: bool) -> dict[str, str]:
    """Return what the buttons of this message send. What has no entry has no button.

    Nobody can approve a plan here that the message does not show whole. Everybody who may answer can reject.
    """
    incident = form.optional_text("incident") or ""
    asked = form.optional_child("approval")
    found = {}
    if incident and asked.value:
        token = f"{incident}/{asked.text('id')}/{asked.text('plan')}"
        found = {REJECT: token}
        if whole and asked.flag("whole"):
            found[APPROVE] = token
    if incident and (asked.value or form.text("kind") in HELD):
        found[HOLD] = incident
    return found
