"""The outcome of a change as a Remediation Activity of OCSF."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from ringfence.model import d3fend
from ringfence.model.d3fend import Tactic
from ringfence.record.brief import Brief
from ringfence.record.deciders import Deciders
from ringfence.record.facts import RELEASE, Result
from ringfence.record.ocsf.base import (
    OTHER,
    RESOURCE_UID,
    Class,
    Kind,
    common,
    intent_of,
    milliseconds,
    text,
    uid_of,
    unmapped,
)
from ringfence.record.timeline import timeline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ringfence.model.d3fend import Technique
    from ringfence.record.ocsf.base import Event, Techniques
    from ringfence.record.summary import Line, Summary

_ACTIVITIES = {Tactic.ISOLATE: 1, Tactic.EVICT: 2, Tactic.RESTORE: 3, Tactic.HARDEN: 4, Tactic.DETECT: 5}
"""OCSF names the activities after the tactics of D3FEND."""
_STATUSES = {
    Result.APPLIED: (1, "Success"),
    Result.NOT_APPLIED: (2, "Failure"),
    Result.FAILED: (2, "Failure"),
    Result.DENIED: (2, "Failure"),
    Result.REFUSED: (2, "Failure"),
    Result.SKIPPED: (OTHER, "Skipped"),
    Result.DRIFTED: (OTHER, "Drifted"),
    Result.GONE: (3, "Does Not Exist"),
    Result.UNKNOWN: (0, "Unknown"),
}


def remediation_activity(now: Summary, techniques: Techniques) -> Event:
    """Return the event of the newest outcome. `command_uid` is the intent, which was recorded before."""
    outcome = now.lines[-1]
    intended = _intended(now, intent_of(outcome))
    named = tuple(d3fend.technique(one) for one in _technique_ids(now, intended, techniques))
    result = outcome.fact.optional_text("result") or ""
    status, status_name = _STATUSES.get(result, (OTHER, text(result)))
    detail = outcome.fact.optional_text("detail") or ""
    words, before, after = _words(intended)
    return {
        **common(now, _kind(named, words), uid_of(now), Brief(now).severity),
        "start_time": milliseconds((intended or outcome).at),
        "end_time": milliseconds(outcome.at),
        "command_uid": f"{now.incident}/{intent_of(outcome) or outcome.entry.seq}",
        "status_id": status,
        "status": status_name,
        "status_code": text(result),
        **({"status_detail": text(detail)} if detail else {}),
        "message": words,
        "remediation": {"desc": f"{words}: {before or 'nothing'} → {after or 'nothing'}"},
        "countermeasures": [_countermeasure(one) for one in named],
        "observables": [_resource(now)],
        "unmapped": unmapped(
            now,
            stage=_stage(intended),
            step=_step(intended),
            before=before,
            after=after,
            requests=[text(one) for one in outcome.fact.texts("requests")],
            decided={name: text(words) for name, words in asdict(Deciders.of_change(now)).items()},
        ),
    }


def _intended(now: Summary, intent: str) -> Line | None:
    each = (one for one in reversed(now.lines) if one.kind == "Intended" and intent_of(one) == intent)
    return next(each, None)


def _stage(intended: Line | None) -> str:
    return (intended.fact.optional_text("stage") or "") if intended else ""


def _step(intended: Line | None) -> str:
    return str(intended.fact.optional_child("step").value.get("$", "")) if intended else ""


def _technique_ids(now: Summary, intended: Line | None, techniques: Techniques) -> Sequence[str]:
    if _stage(intended) == RELEASE:
        return (d3fend.RESTORE_CONFIGURATION,)
    return techniques(now.runbook, _stage(intended), _step(intended))


def _kind(named: tuple[Technique, ...], words: str) -> Kind:
    """Return the activity of the first technique. A change without one is named by what it does."""
    if not named:
        return Kind(Class.REMEDIATION_ACTIVITY, OTHER, words)
    return Kind(Class.REMEDIATION_ACTIVITY, _ACTIVITIES[named[0].tactic], named[0].tactic.value)


def _countermeasure(one: Technique) -> dict[str, object]:
    return {
        "d3f_tactic": {
            "name": one.tactic.value,
            "uid": f"d3f:{one.tactic.value}",
            "src_url": f"https://d3fend.mitre.org/tactic/d3f:{one.tactic.value}/",
        },
        "d3f_technique": {"name": one.name, "uid": one.id, "src_url": one.url},
        "version": d3fend.VERSION,
    }


def _words(intended: Line | None) -> tuple[str, str, str]:
    """Return what the change does, and the values before and after it. All of it can be untrusted."""
    if intended is None:
        return "a change whose intent is not recorded", "", ""
    (row,) = timeline((intended.entry,))
    told = row.rendered
    return text(told.step or told.words), text(told.before), text(told.after)


def _resource(now: Summary) -> dict[str, object]:
    id_ = text(Brief(now).place[3] or now.subject)
    return {"name": "resource", "type": "Resource UID", "type_id": RESOURCE_UID, "value": id_}
