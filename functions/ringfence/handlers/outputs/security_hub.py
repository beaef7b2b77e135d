"""Write into the findings of Security Hub what was done about them, and what is left.

A finding is read first. It is written only if something changes, because each write makes Security Hub send
an event about the finding again. The event of a finding names the finding in Security Hub. The output updates
that finding only if it is about the finding or the resource of the incident.

The output asks Security Hub CSPM first. If Security Hub CSPM does not have the finding, the output asks the
new Security Hub (`V2`).

https://docs.aws.amazon.com/securityhub/latest/userguide/finding-update-batchupdatefindings.html
https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_BatchUpdateFindingsV2.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.security_hub.products import same_product
from ringfence.handlers.output import Errand, Output
from ringfence.model.answers import document
from ringfence.model.call import Call, Failed, Permission
from ringfence.model.errors import Retryable
from ringfence.model.frozen import replace
from ringfence.model.remediation import Option
from ringfence.record.hub_update import INCIDENT, Workflow, update, wanted
from ringfence.record.ocsf.detection import FACTS
from ringfence.record.received import received
from ringfence.record.summary import Summary
from ringfence.runbooks.catalogue.shared import answered_by_several

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.handlers.output import Site, Told
    from ringfence.model.call import Answer, SansIO
    from ringfence.model.document import Document
    from ringfence.record.hub_update import Wanted
    from ringfence.record.received import Received

SUPPRESS = "suppress"
EXEMPT = Option(
    "exempt",
    ("leave", SUPPRESS),
    "What happens to the findings about resources that the policy exempts: they are left as they are, or "
    "suppressed with the reason as the note.",
)
ACCOUNT = Option(
    "account",
    ("finding", "home"),
    "In which account findings are updated: in that of the finding, or in the home account. The home account "
    "must then be the administrator of Security Hub.",
)
LINK = Option(
    "link",
    ("",),
    f"The address of an incident in a portal of yours, with `{INCIDENT}` for its id. The note and the field "
    "`ringfence:link` contain it. Empty: there is no link, because no console of AWS shows an incident.",
    pattern=r"https://[A-Za-z0-9._~:/?#@!$&()*+,;=%{}-]{1,150}",
)
NOT_USED = ("InvalidAccessException",)
"""The answer of an account and region without Security Hub CSPM."""
V2_NOT_USED = (*NOT_USED, "AccessDeniedException", "ResourceNotFoundException", "ValidationException")
"""The answers of an account and region without the newer Security Hub. A missing right looks the same."""
_STATUS_IDS = {Workflow.NEW: 1, Workflow.NOTIFIED: 2, Workflow.SUPPRESSED: 3, Workflow.RESOLVED: 4}
"""OCSF's numbers for a status. https://schema.ocsf.io/1.6.0/classes/detection_finding"""


def _errands(told: Told, site: Site) -> Iterator[Errand]:
    now = Summary.of(told.entries)
    suppress = site.options[EXEMPT.name] == SUPPRESS
    want = wanted(now, suppress_exempt=suppress, link=site.options[LINK.name])
    shared = {one.id for one in now.findings if one.type in answered_by_several()}
    for one in received(now):
        if one.hub_id and one.hub_product and one.account in site.accounts:
            account = site.home if site.options[ACCOUNT.name] == "home" else one.account
            said = unresolved(want) if one.id in shared else want
            yield Errand(account, one.hub_region, _Talk(one, now.subject, said))


def unresolved(want: Wanted) -> Wanted:
    """Return what a finding should say that several runbooks answer: one of them does not resolve it."""
    return replace(want, workflow=Workflow.NOTIFIED) if want.workflow is Workflow.RESOLVED else want


class _Talk:
    """The calls about one finding."""

    def __init__(self, finding: Received, subject: str, want: Wanted) -> None:
        self.finding, self.subject, self.want = finding, subject, want

    def __call__(self) -> SansIO[None]:
        one = self.finding
        filters = {
            "Id": [{"Value": one.hub_id, "Comparison": "EQUALS"}],
            "ProductArn": [{"Value": one.hub_product, "Comparison": "EQUALS"}],
        }
        (answer,) = yield (Call("securityhub", "GetFindings", {"Filters": filters}, expected=NOT_USED),)
        found = [each for each in _items(answer) if _is(each, one) and is_about(each, one, self.subject)]
        if not found:
            yield from self._of_v2()
        for each in found[:1]:
            if changed := update(each, self.want):
                named = [{"Id": one.hub_id, "ProductArn": one.hub_product}]
                yield from _written("BatchUpdateFindings", {"FindingIdentifiers": named, **changed})

    def _of_v2(self) -> SansIO[None]:
        asked = {"Filters": _named("finding_info.uid", self.finding.hub_id)}
        (answer,) = yield (Call("securityhub", "GetFindingsV2", asked, expected=V2_NOT_USED),)
        for each in _items(answer):
            uid = each.optional_child("metadata").optional_text("uid")
            is_it = each.optional_child("finding_info").optional_text("uid") == self.finding.hub_id
            same = is_it and is_of_product(each, self.finding.hub_product)
            if uid and same and is_about(each, self.finding, self.subject):
                if changed := update_v2(each, self.want):
                    yield from _written("BatchUpdateFindingsV2", {"MetadataUids": [uid], **changed})
                return


def update_v2(found: Document, want: Wanted) -> dict[str, object]:
    """Return the fields of BatchUpdateFindingsV2 that differ from what is wanted."""
    suppressed, resolved = _STATUS_IDS[Workflow.SUPPRESSED], _STATUS_IDS[Workflow.RESOLVED]
    status = found.integer("status_id") if found.has("status_id") else _STATUS_IDS[Workflow.NEW]
    ours = (found.optional_text("comment") or "").startswith("Ringfence ")
    wanted_status = _STATUS_IDS[want.workflow]
    if status == suppressed:
        return {}
    if status == resolved and wanted_status != resolved:
        wanted_status = _STATUS_IDS[Workflow.NOTIFIED] if want.undone or ours else resolved
    changed: dict[str, object] = {} if wanted_status == status else {"StatusId": wanted_status}
    if found.optional_text("comment") != want.note and (ours or not found.optional_text("comment")):
        changed["Comment"] = want.note
    return changed


def is_of_product(found: Document, product: str) -> bool:
    """Return whether a finding of Security Hub (V2) is of a product."""
    uid = found.optional_child("metadata").optional_child("product").optional_text("uid") or ""
    return same_product(uid, product)


def is_about(found: Document, finding: Received, subject: str) -> bool:
    """Return whether a finding of Security Hub, in any of its forms, is about the resource of the incident.

    Its id says that if it is the id of a finding of GuardDuty, which GuardDuty has confirmed.
    """
    if finding.is_of_guardduty:
        return _of_guardduty(finding)
    id_ = subject.split("/", 3)[-1]
    named = [one.optional_text("Id") or "" for one in found.children("Resources")]
    named += [one.optional_text("uid") or "" for one in found.children("resources")]
    return any(one == id_ or one.endswith((f"/{id_}", f":{id_}")) for one in named)


def _of_guardduty(finding: Received) -> bool:
    return finding.hub_id.startswith("arn:") and finding.hub_id.rpartition("/")[2] == finding.id


def _is(found: Document, finding: Received) -> bool:
    same = found.optional_text("Id") == finding.hub_id
    return same and found.optional_text("ProductArn") == finding.hub_product


def _items(answer: Answer) -> tuple[Document, ...]:
    return () if isinstance(answer, Failed) else tuple(answer.children("Findings"))


def _named(field: str, value: str) -> dict[str, object]:
    """Return the filters for one value of one field."""
    named = [{"FieldName": field, "Filter": {"Value": value, "Comparison": "EQUALS"}}]
    return {"CompositeFilters": [{"StringFilters": named, "Operator": "AND"}], "CompositeOperator": "AND"}


def _written(operation: str, parameters: dict[str, object]) -> SansIO[None]:
    """Make a change. Raises Retryable if Security Hub did not process it."""
    (answer,) = yield (Call("securityhub", operation, parameters),)
    for one in document(answer).children("UnprocessedFindings"):
        why = f"{one.optional_text('ErrorCode')}: {one.optional_text('ErrorMessage')}"
        raise Retryable(f"securityhub:{operation}: {why}")


_HUBS = (
    "arn:aws:securityhub:{region}:{account}:hub/default",
    "arn:aws:securityhub:{region}:{account}:hubv2/*",
)
OUTPUT = Output(
    id="security-hub",
    title="The findings of Security Hub get a status and a note: what was done, what is left, what to type",
    facts=FACTS,
    permissions=tuple(
        Permission(f"securityhub:{action}", _HUBS, reason="Security Hub generates the ids of its V2 hubs")
        for action in ("BatchUpdateFindings", "GetFindings")
    ),
    errands=_errands,
    options=(EXEMPT, ACCOUNT, LINK),
    standing=True,
    elsewhere=True,
    cost="two calls of Security Hub for each finding and new status, which are free",
)
