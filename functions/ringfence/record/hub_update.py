"""What a finding of Security Hub should say about its incident, and what has to be changed for that. Pure.

Who suppressed a finding decided about it, so it is left alone. A note that somebody else wrote is kept. A
finding that somebody else resolved is only opened again if the containment was undone.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen
from ringfence.policy.decision import DecisionCode
from ringfence.record.changes import changes
from ringfence.record.dispositions import DISPOSITIONS, Disposition
from ringfence.record.next_command import next_command
from ringfence.record.untrusted import plain
from ringfence.record.wording import said

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.model.document import Document
    from ringfence.record.summary import Summary

AUTHOR = "Ringfence"
"""Who wrote a note. Everybody who may update findings can write that too, so it proves nothing."""
LONGEST_NOTE, LONGEST_FIELD = 512, 1024
"""https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_Note.html"""
INCIDENT = "{incident}"
"""What stands for the id of an incident in the address of a portal."""
_PREFIX = "ringfence:"
_WORKFLOW = f"{_PREFIX}workflow"


class Workflow(StrEnum):
    """The workflow status of a finding.

    https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_Workflow.html
    """

    NEW = "NEW"
    NOTIFIED = "NOTIFIED"
    RESOLVED = "RESOLVED"
    SUPPRESSED = "SUPPRESSED"


_BY_DISPOSITION = {
    Disposition.NEW: Workflow.NEW,
    Disposition.IN_PROGRESS: Workflow.NOTIFIED,
    Disposition.RESOLVED: Workflow.RESOLVED,
}


@frozen
class Wanted:
    """What the findings of an incident should say.

    Attributes
    ----------
    workflow : Workflow
        The status.
    note : str
        What was done, what is left, and the next command.
    fields : mapping of str to str
        The same for programs.
    undone : bool
        Whether somebody undid the containment or the fix.
    """

    workflow: Workflow
    note: str
    fields: Mapping[str, str]
    undone: bool = False


def wanted(now: Summary, *, suppress_exempt: bool = False, link: str = "") -> Wanted:
    """Return what the findings of a response should say.

    Parameters
    ----------
    now : Summary
        The response.
    suppress_exempt : bool
        Whether the findings about exempt resources are suppressed.
    link : str
        The address of an incident in a portal, with `{incident}` for its id. Empty without one.
    """
    address = link.replace(INCIDENT, now.incident)
    made = tuple(one for one in changes(now) if one.applied)
    done = [one for one in made if not one.undo]
    left, command = now.words("remaining"), next_command(now).command
    status = said(now.runbook, now.status.words)
    parts = (
        f"Ringfence {now.incident}: {status}.",
        address,  # first, so that a long note does not cut it off
        f"Decision: {now.reason}." if now.reason and not done else "",
        f"Done: {len(done)}, the last one: {done[-1].words}." if done else "",
        f"Undone: {len(made) - len(done)}." if len(made) > len(done) else "",
        f"Left: {'; '.join(left)}." if left else "",
        f"Next: {command}",
    )
    exempt = suppress_exempt and now.code is DecisionCode.EXEMPT and not made
    return Wanted(
        Workflow.SUPPRESSED if exempt else _BY_DISPOSITION[DISPOSITIONS[now.status]],
        plain(" ".join(filter(None, parts)), LONGEST_NOTE - 1),
        {
            f"{_PREFIX}{name}": plain(value, LONGEST_FIELD - 1)
            for name, value in (
                ("incident", now.incident),
                ("runbook", now.runbook),
                ("status", now.status.value),
                ("changes", str(len(made))),
                ("left", str(len(left))),
                ("next", command),
                *((("link", address),) if address else ()),
            )
        },
        now.undone is not None or now.lines[-1].kind == "RemediationUndone",
    )


def update(found: Document, want: Wanted) -> dict[str, object]:
    """Return the fields of BatchUpdateFindings that differ from what is wanted.

    Examples
    --------
    >>> from ringfence.model.document import Document
    >>> update(Document({"Workflow": {"Status": "SUPPRESSED"}}), Wanted(Workflow.RESOLVED, "a note", {}))
    {}
    """
    status = found.optional_child("Workflow").optional_text("Status") or Workflow.NEW
    if status == Workflow.SUPPRESSED:
        return {}
    had = {name: str(one) for name, one in found.optional_child("UserDefinedFields").value.items()}
    workflow = _workflow(status, had.get(_WORKFLOW, ""), want)
    fields = {**had, **want.fields, _WORKFLOW: workflow}
    if workflow == status != had.get(_WORKFLOW):
        del fields[_WORKFLOW]  # somebody else chose it
    note = found.optional_child("Note")
    text, author = note.optional_text("Text") or "", note.optional_text("UpdatedBy") or ""
    changed: dict[str, object] = {}
    if workflow != status:
        changed["Workflow"] = {"Status": str(workflow)}
    if text != want.note and (not text or author == AUTHOR):
        changed["Note"] = {"Text": want.note, "UpdatedBy": AUTHOR}
    if fields != had:
        changed["UserDefinedFields"] = fields
    return changed


def _workflow(status: str, ours: str, want: Wanted) -> str:
    """Return the status to write: what somebody else chose stays, unless it hides something that is open.

    `ours` is the status that Ringfence wrote last, as the finding says. Everybody who may update the finding
    can write that. They can choose the status itself as well.
    """
    if status == Workflow.RESOLVED and want.workflow is not Workflow.RESOLVED:
        opened = Workflow.NOTIFIED if want.workflow is Workflow.NEW else want.workflow
        return str(opened) if want.undone or ours == Workflow.RESOLVED else status
    if status == Workflow.NOTIFIED and want.workflow is Workflow.NEW:
        return status
    return str(want.workflow)
