"""The machine-readable form of a notice: its fields, declared once. JSON Schema and documentation follow.

A notice is published with its text, and with this form in a message attribute. Some fields are also
separate attributes, for the filter policies of subscriptions.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen
from ringfence.record.brief import SEVERITIES
from ringfence.record.notices.kinds import NoticeKind, Urgency
from ringfence.record.notices.rendering import (
    LONGEST_COMMAND,
    LONGEST_LINE,
    LONGEST_NAME,
    MOST_LINES,
    fitting,
    is_whole,
)
from ringfence.record.untrusted import LONGEST, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ringfence.record.notices.notice import Notice

    Json = Mapping[str, object]

VERSION = 1
"""A field that is removed, or gets another meaning, makes a new version. A new field does not."""
ATTRIBUTE = "notice"
"""The message attribute that contains this form as JSON."""


def _text(longest: int = LONGEST + 1) -> Json:
    return {"type": "string", "maxLength": longest * len(r"\U0001f600")}


def _list(items: Json, most: int = MOST_LINES + 1) -> Json:
    return {"type": "array", "items": items, "maxItems": most}


def _object(**properties: Json) -> Json:
    return {"type": "object", "required": list(properties), "properties": properties}


@frozen
class Field:
    """One field: its JSON Schema, its meaning, and how it is read from a notice.

    `filter`: it is also a message attribute by itself.
    """

    name: str
    schema: Json
    meaning: str
    of: Callable[[Notice], object]
    filter: bool = False


FIELDS = (
    Field("version", {"const": VERSION}, "The version of this form.", lambda _: VERSION),
    Field(
        "kind",
        {"enum": [one.code for one in NoticeKind]},
        "What the notice is about.",
        lambda one: one.kind.code,
        filter=True,
    ),
    Field(
        "urgency",
        {"enum": list(Urgency)},
        "How urgent it is for a person.",
        lambda one: one.urgency.value,
        filter=True,
    ),
    Field(
        "severity",
        {"type": ["number", "null"], "minimum": 0, "maximum": 10},
        "The severity of the worst finding, on GuardDuty's scale. null without a finding.",
        lambda one: one.severity,
        filter=True,
    ),
    Field(
        "severity_word",
        {"enum": ["", *(word for word, _ in SEVERITIES)]},
        "The same in a word. Empty without a finding.",
        lambda one: one.severity_word,
    ),
    Field("what", _text(), "What happened, in a few words.", lambda one: plain(one.what)),
    Field(
        "at",
        {"type": ["string", "null"], "format": "date-time"},
        "When it was recorded. null if it is not recorded.",
        lambda one: one.at.isoformat() if one.at else None,
    ),
    Field(
        "account", _text(), "The account of the resource.", lambda one: plain(one.about.account), filter=True
    ),
    Field(
        "account_name",
        _text(LONGEST_NAME + 1),
        "The name of this account in the policy's section `organization`. Empty without one.",
        lambda one: plain(one.about.account_name, LONGEST_NAME),
    ),
    Field("region", _text(), "The region of the resource.", lambda one: plain(one.about.region), filter=True),
    Field(
        "resource",
        _object(kind=_text(), id=_text(), name=_text(LONGEST_NAME + 1)),
        "The resource: its kind, its id, and its name tag if a finding has it.",
        lambda one: {
            "kind": plain(one.about.kind),
            "id": plain(one.about.id),
            "name": plain(one.about.name, LONGEST_NAME),
        },
    ),
    Field(
        "remote_addresses",
        _list(_text()),
        "The remote addresses in the findings.",
        lambda one: [plain(address) for address in one.about.addresses[:MOST_LINES]],
    ),
    Field("runbook", _text(), "The runbook.", lambda one: plain(one.runbook), filter=True),
    Field("incident", _text(), "The id of the incident.", lambda one: plain(one.incident), filter=True),
    Field(
        "approval",
        {
            **_object(id=_text(), plan=_text(), whole={"type": "boolean"}),
            "type": ["object", "null"],
        },
        "The plan that waits for an answer: the id of the approval, the digest of the plan, and whether "
        "`details` contain all of it. null if nothing waits.",
        lambda one: (
            {
                "id": plain(one.asked.approval),
                "plan": plain(one.asked.plan),
                "whole": is_whole(one.parts),
            }
            if one.asked
            else None
        ),
    ),
    Field(
        "who_and_why",
        _list(_text()),
        "Who requested or approved it, and why. Empty if a finding alone caused it.",
        lambda one: [plain(who) for who in one.who[:MOST_LINES]],
    ),
    Field(
        "findings",
        _list(
            _object(id=_text(), type=_text(), severity={"type": "number"}, title=_text(), reported_by=_text())
        ),
        f"The newest findings, at most {MOST_LINES}. `reported_by`: which of your own systems sent it, and "
        "how. Empty for a finding of an AWS service.",
        lambda one: [
            {
                "id": plain(found.id),
                "type": plain(found.type),
                "severity": found.severity,
                "title": plain(found.title),
                "reported_by": plain(found.reported_by),
            }
            for found in one.findings[-MOST_LINES:]
        ],
    ),
    Field(
        "details",
        _list(_object(title=_text(), lines=_list(_text(LONGEST_LINE + 1))), 40),
        "What was done, what is open and why: lists under titles, for people.",
        lambda one: [{"title": title, "lines": list(lines)} for title, lines in fitting(one.parts)],
    ),
    Field(
        "next",
        _list(_object(purpose=_text(), command=_text(LONGEST_COMMAND + 1))),
        "The commands that a person can type next, the most likely one first.",
        lambda one: [
            {"purpose": plain(each.purpose), "command": plain(each.line, LONGEST_COMMAND)}
            for each in one.commands[:MOST_LINES]
        ],
    ),
)


def as_json(notice: Notice) -> dict[str, object]:
    """Return a notice in its machine-readable form. Its texts are shortened and printable."""
    return {one.name: one.of(notice) for one in FIELDS}


def attributes(notice: Notice) -> dict[str, tuple[str, str]]:
    """Return the type and the value of each message attribute of a notice. SNS takes no empty values."""
    form = as_json(notice)
    found = {ATTRIBUTE: ("String", json.dumps(form, ensure_ascii=False))}
    for one in FIELDS:
        value = form[one.name]
        if one.filter and value not in {None, ""}:
            found[one.name] = ("Number" if isinstance(value, float) else "String", f"{value}")
    return found


def json_schema() -> dict[str, object]:
    """Return the JSON Schema of the machine-readable form."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A notice of Ringfence",
        "description": f"The value of the message attribute `{ATTRIBUTE}`.",
        **_object(**{one.name: {**one.schema, "description": one.meaning} for one in FIELDS}),
    }
