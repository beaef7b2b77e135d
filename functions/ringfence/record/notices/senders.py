"""The notice about a finding that the policy does not let its sender send."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.record.notices.kinds import NoticeKind
from ringfence.record.notices.notice import Command, Notice

if TYPE_CHECKING:
    from ringfence.record.summary import Summary

_CHECK = Command("check the policy after a change", "ringfence policy check")


def refused(now: Summary) -> Notice:
    """Return the notice that a finding was refused. It belongs to no incident."""
    line = now.lines[-1]
    sender, way, field, given, reason, finding, type_ = (
        line.fact.text(name) for name in ("sender", "way", "field", "given", "reason", "finding", "type")
    )
    parts = (
        (
            "What was refused",
            (f"finding {finding} of type {type_}, by the {way}", f"{field} {given}: {reason}"),
        ),
        ("What follows", ("nothing is changed because of it, and no incident is opened",)),
        (
            "What to do",
            (
                "if the sender may send such findings, add them to `senders` in the policy, and deploy",
                "if not, find out who uses the sender's credentials",
            ),
        ),
    )
    who = (f"{sender}: the sender, as AWS names it",)
    what = "the policy refuses a sent finding"
    return Notice(NoticeKind.FINDING_REFUSED, what, at=line.at, who=who, parts=parts, commands=(_CHECK,))
