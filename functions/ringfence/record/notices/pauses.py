"""Notices about pauses themselves. They belong to no incident."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from ringfence.model.codec import decode
from ringfence.record.deployment_facts import Pause, PauseChange
from ringfence.record.notices.kinds import NoticeKind, Urgency
from ringfence.record.notices.notice import About, Command, Notice
from ringfence.record.notices.verdicts import READS_ON
from ringfence.record.pausing import is_pause, scope
from ringfence.record.pausing import words as pause_words
from ringfence.record.shell import REASON, typed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.record.summary import Summary

_TITLES: Mapping[str, str] = MappingProxyType(
    {
        PauseChange.BEGAN: "PAUSED",
        PauseChange.ENDS_SOON: "the pause ends soon",
        PauseChange.ENDED: "the pause has ended",
        PauseChange.RESUMED: "resumed",
    }
)
_FOLLOWS: Mapping[str, str] = MappingProxyType(
    {
        PauseChange.BEGAN: f"Within 60 seconds, Ringfence changes nothing there any more; {READS_ON}",
        PauseChange.ENDS_SOON: "Then Ringfence applies what was held",
        PauseChange.ENDED: "Ringfence applies what was held within minutes",
        PauseChange.RESUMED: "Ringfence applies what was held within minutes",
    }
)
_OVER = frozenset((PauseChange.ENDED, PauseChange.RESUMED))
_ALL = Command("see all pauses", "ringfence pauses")


def pauses_changed(now: Summary) -> Notice | None:
    """Return the notice that a pause began, ends soon, ended or was ended."""
    fact = now.lines[-1].fact
    pause = decode(fact.optional_child("pause").value)
    change = fact.optional_text("change") or ""
    if not isinstance(pause, Pause) or not is_pause(pause) or change not in _TITLES:
        return None
    active = (decode(one.value) for one in fact.children("active"))
    others = tuple(
        pause_words(one) for one in active if isinstance(one, Pause) and is_pause(one) and one.id != pause.id
    )
    reason = fact.optional_text("reason")
    actor = now.lines[-1].body.optional_text("actor") or "an unknown caller"
    return Notice(
        NoticeKind.PAUSE_CHANGED,
        f"{scope(pause)}: {_TITLES[change]}",
        About(account=pause.account),
        urgency=Urgency.INFORMATION if change in _OVER else Urgency.ACTION,
        at=now.lines[-1].at,
        who=(f"{pause.who}, reason: {pause.reason}", *((f"{actor}, reason: {reason}",) if reason else ())),
        parts=(
            ("The pause", (pause_words(pause),)),
            ("What follows", (_FOLLOWS[change],)),
            ("Other pauses", others),
        ),
        commands=(*_commands(pause, change), _ALL),
    )


def _commands(pause: Pause, change: str) -> tuple[Command, ...]:
    if change in _OVER:
        return ()
    longer = Command("pause for longer", f"{typed('ringfence', 'pause', *_options(pause))} {REASON}")
    resume = Command("end the pause", f"{typed('ringfence', 'resume', pause.id)} {REASON}")
    return (*((longer,) if change == PauseChange.ENDS_SOON else ()), resume)


def _options(pause: Pause) -> tuple[str, ...]:
    given = (("--runbook", pause.runbook), ("--account", pause.account), ("--incident", pause.incident))
    return (*(word for option, value in given if value for word in (option, value)), "--for", "2h")
