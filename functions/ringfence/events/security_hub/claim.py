"""Ask Security Hub whether it holds the finding of an event.

Security Hub checks who may import findings of a product. So a finding that it holds is one that the product
imported, and not one that somebody wrote to a queue. It can say what the product wrote, and not whether that
is true. Everybody who may update findings can change some of its fields: those of the provider count.

https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_GetFindings.html
https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_GetFindingsV2.html
https://docs.aws.amazon.com/securityhub/latest/userguide/finding-update-batchimportfindings.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.security_hub.products import same_product
from ringfence.events.security_hub.state import closed, closed_v2
from ringfence.events.security_hub.told import finding_of, told_event
from ringfence.events.security_hub.trigger import IMPORTED, IMPORTED_V2
from ringfence.model.call import CLOSED, Call, Failed
from ringfence.model.claims import CONFIRMED, Checked, ImportedFinding, SourceAnswer, Verdict
from ringfence.model.document import Document
from ringfence.model.frozen import replace
from ringfence.model.subject import Ref

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ringfence.model.call import SansIO
    from ringfence.model.finding import Finding

NOT_USED = ("InvalidAccessException",)
"""The answer of an account and region without Security Hub CSPM."""
V2_NOT_USED = ("ResourceNotFoundException", "ValidationException")
"""The answers of an account and region without the new Security Hub. A missing right is no such answer."""


def place(finding: Finding, _ref: Ref) -> Ref:
    """Return the account and region to ask: a member's findings are in its own account too."""
    return Ref(finding.account, finding.region, "finding")


def check(finding: Finding, ref: Ref) -> SansIO[Checked]:
    """Ask for the finding, in one call, and compare it with what the event says about `ref`."""
    claim = finding.claim
    if not isinstance(claim, ImportedFinding):
        raise TypeError("a finding of another product claims that Security Hub holds it")
    (answer,) = yield (_findings(claim),)
    where = f"Security Hub in account {finding.account} in {finding.region}"
    if isinstance(answer, Failed):
        return _checked(Verdict.BLINDED, f"{where} is not enabled any more, or never was")
    for held in answer.children("Findings"):
        if _is(held, claim):
            return _compared(finding, held, ref)
    return _checked(Verdict.ABSENT, f"{where} does not have finding {finding.id}")


def _findings(claim: ImportedFinding) -> Call:
    if not claim.v2:
        given = {"Id": claim.id, "ProductArn": claim.product}
        filters = {name: [{"Value": one, "Comparison": "EQUALS"}] for name, one in given.items()}
        return _call("GetFindings", filters, NOT_USED)
    named = {"FieldName": "finding_info.uid", "Filter": {"Value": claim.id, "Comparison": "EQUALS"}}
    wanted = [{"StringFilters": [named], "Operator": "AND"}]
    return _call("GetFindingsV2", {"CompositeFilters": wanted, "CompositeOperator": "AND"}, V2_NOT_USED)


def _call(operation: str, filters: object, expected: tuple[str, ...]) -> Call:
    # Without retries: the response goes on without an answer, and the transport would wait between them.
    asked = {"Filters": filters}
    return Call("securityhub", operation, asked, single_attempt=True, expected=(*expected, *CLOSED))


def _is(held: Document, claim: ImportedFinding) -> bool:
    """Return whether a finding is the claimed one. Each product names its findings itself."""
    if not claim.v2:
        return (held.optional_text("Id"), held.optional_text("ProductArn")) == (claim.id, claim.product)
    product = held.optional_child("metadata").optional_child("product").optional_text("uid") or ""
    uid = held.optional_child("finding_info").optional_text("uid")
    return uid == claim.id and same_product(product, claim.product)


def _checked(verdict: Verdict, reason: str) -> Checked:
    return Checked(SourceAnswer(verdict, reason))


def _compared(finding: Finding, answer: Document, ref: Ref) -> Checked:
    """Compare the decisive parts. A newer version of the finding also confirms an older event."""
    v2 = isinstance(finding.claim, ImportedFinding) and finding.claim.v2
    kind, reason = (IMPORTED_V2, closed_v2(answer)) if v2 else (IMPORTED, closed(answer))
    held = finding_of(_event(answer, kind), finding.digest)
    if held.updated_at < finding.updated_at:
        version = f"the event's is of {finding.updated_at:%Y-%m-%d %H:%M:%S} UTC"
        return _checked(Verdict.ABSENT, f"Security Hub's version of the finding is older: {version}")
    if different := next(_differences(finding, held, ref), ""):
        return _checked(Verdict.REFUTED, f"Security Hub's finding {finding.id} {different}")
    if reason:
        return _checked(Verdict.BLINDED, f"since the event, {reason}")
    newest = replace(
        held,
        updated_at=finding.updated_at,
        last_seen=finding.last_seen,
        subjects=finding.subjects,
        chosen=finding.chosen,
        claim=finding.claim,
    )
    return Checked(CONFIRMED, newest)


def _event(answer: Document, kind: str) -> Document:
    """Return the event of a finding that Security Hub answers. Raises BadInput."""
    made: Mapping[str, object] = told_event(answer, kind)
    return Document(made, f"securityhub:GetFindings{'V2' if kind == IMPORTED_V2 else ''}")


def _differences(finding: Finding, held: Finding, ref: Ref) -> Iterator[str]:
    """Yield in words what the event says differently: each is a part on which a decision depends."""
    if (held.account, held.region) != (finding.account, finding.region):
        yield f"is about account {held.account} in {held.region}, not {finding.account} in {finding.region}"
    if held.type != finding.type:
        yield f"has type {held.type}, not {finding.type}"
    if ref.key not in {one.key for one in held.subjects}:
        yield f"is not about {ref.key}"
    if held.severity < finding.severity:
        yield f"has severity {held.severity:g}, not {finding.severity:g}"
