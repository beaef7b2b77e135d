"""Ask GuardDuty whether it holds the finding of an event.

An event is only as trustworthy as its way to the function. GuardDuty itself answers GetFindings in the
account and region of the finding, for members of an organization too. An event that arrived through the
administrator's account can name another detector than the member's. Then the account's own detector is asked.

https://docs.aws.amazon.com/guardduty/latest/APIReference/API_GetFindings.html
https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_suspend-disable.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ringfence.events.envelope import Envelope, NotForUs
from ringfence.events.guardduty.trigger import DETAIL_TYPE, SOURCE
from ringfence.model.call import CLOSED, Call, Failed
from ringfence.model.claims import CONFIRMED, Checked, HeldFinding, SourceAnswer, Verdict
from ringfence.model.document import Document
from ringfence.model.frozen import replace
from ringfence.model.subject import Ref

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.call import Answer, SansIO
    from ringfence.model.finding import Finding

_DETECTOR = re.compile(r"[0-9A-Za-z-]{1,64}")
_NOT_OURS = ("BadRequestException",)
"""The answer for a detector of another account or that does not exist, and for an id that is no id."""


def place(finding: Finding, _ref: Ref) -> Ref:
    """Return the account and region to ask."""
    return Ref(finding.account, finding.region, "finding")


def check(finding: Finding, ref: Ref) -> SansIO[Checked]:
    """Ask for the finding, and compare it with what the event says about `ref`.

    Usually one call. Two more find out why GuardDuty does not have it, or which detector to ask.
    """
    claim = finding.claim
    named = claim.detector if isinstance(claim, HeldFinding) else ""
    detector, answer = named, None
    if _DETECTOR.fullmatch(named):
        (answer,) = yield (_findings(named, finding),)
    if answer is None or isinstance(answer, Failed):
        (listed,) = yield (Call("guardduty", "ListDetectors", single_attempt=True, expected=CLOSED),)
        if isinstance(listed, Failed):
            return _checked(Verdict.BLINDED, f"{finding.region} is not open to account {finding.account}")
        detector = next(iter(listed.texts("DetectorIds")), "")
        if not detector:
            where = f"account {finding.account} in {finding.region}"
            return _checked(Verdict.BLINDED, f"{where} has no GuardDuty detector any more, or never had one")
        (answer,) = yield (_findings(detector, finding),)
    if isinstance(answer, Document):
        for held in answer.children("Findings"):
            if held.optional_text("Id") == finding.id:
                return _compared(finding, held, ref)
    (status,) = yield (_call("GetDetector", DetectorId=detector),)
    return _missing(finding, status)


def _call(operation: str, **parameters: object) -> Call:
    # Without retries: containment goes on without an answer, and the transport would wait between them.
    return Call("guardduty", operation, parameters, single_attempt=True, expected=(*_NOT_OURS, *CLOSED))


def _findings(detector: str, finding: Finding) -> Call:
    return _call("GetFindings", DetectorId=detector, FindingIds=[finding.id])


def _checked(verdict: Verdict, reason: str) -> Checked:
    return Checked(SourceAnswer(verdict, reason))


def _missing(finding: Finding, detector: Answer) -> Checked:
    """Return what it means that a detector does not have a finding.

    A suspended detector keeps its findings. Those of a deleted one are lost, and a detector that was created
    after the finding cannot have it.
    """
    where = f"the GuardDuty detector of account {finding.account} in {finding.region}"
    if isinstance(detector, Failed):
        return _checked(Verdict.BLINDED, f"{where} was deleted")
    if detector.optional_text("Status") == "DISABLED":
        return _checked(Verdict.BLINDED, f"{where} is suspended and does not have finding {finding.id}")
    created = detector.optional_text("CreatedAt") or ""
    if created and _is_later(created, finding):
        return _checked(Verdict.BLINDED, f"{where} was created at {created}, after the finding")
    return _checked(Verdict.ABSENT, f"{where} does not have finding {finding.id}")


def _is_later(created: str, finding: Finding) -> bool:
    from ringfence.events.fields import instant_if_valid

    at = instant_if_valid(Document({"at": created}), "at")
    return at is not None and at > finding.updated_at


def _compared(finding: Finding, answer: Document, ref: Ref) -> Checked:
    """Compare the decisive parts. A newer version of the finding also confirms an older event.

    Everything else is taken from GuardDuty: the event only says which version arrived.
    """
    from ringfence.events.guardduty.answers import as_detail
    from ringfence.events.guardduty.parser import read

    given = {"detail": as_detail(answer.value), "region": finding.region}
    document = Document(given, "guardduty:GetFindings")
    held = read(Envelope(SOURCE, DETAIL_TYPE, document, finding.digest))
    if isinstance(held, NotForUs):
        return _checked(Verdict.REFUTED, held.reason)
    if held.updated_at < finding.updated_at:
        version = f"the event's is of {finding.updated_at:%Y-%m-%d %H:%M:%S} UTC"
        return _checked(Verdict.ABSENT, f"GuardDuty's version of the finding is older: {version}")
    if different := next(_differences(finding, held, ref), ""):
        return _checked(Verdict.REFUTED, f"GuardDuty's finding {finding.id} {different}")
    if held.archived and not finding.archived:
        return _checked(Verdict.BLINDED, f"finding {finding.id} was archived since its event")
    newest = replace(
        held,
        updated_at=finding.updated_at,
        last_seen=min(held.last_seen, finding.last_seen),
        count=finding.count,
        subjects=finding.subjects,
    )
    return Checked(CONFIRMED, newest)


def _differences(finding: Finding, held: Finding, ref: Ref) -> Iterator[str]:
    """Yield in words what the event says differently: each is a part on which a decision depends.

    The type and severity of a copy are not compared: they are taken from GuardDuty before any decision. The
    severity of an older version is not compared, because GuardDuty lowers the severity of a finding too.
    """
    if held.account != finding.account or held.region != finding.region:
        yield f"is about account {held.account} in {held.region}, not {finding.account} in {finding.region}"
    if not finding.copied and held.type != finding.type:
        yield f"has type {held.type}, not {finding.type}"
    if ref.key not in {one.key for one in held.subjects}:
        yield f"is not about {ref.key}"
    is_same_version = held.updated_at == finding.updated_at
    if not finding.copied and is_same_version and held.severity < finding.severity:
        yield f"has severity {held.severity:g}, not {finding.severity:g}"
    if held.sample and not finding.sample:
        yield "is a sample"
    if (reason := held.notify_only_reason_for(ref)) and not finding.notify_only_reason_for(ref):
        yield f"only leads to a notification: {reason}"
