"""Ask AWS Health whether it published the event about an exposed key.

AWS Health answers only accounts with a Business or Enterprise support plan. Without one the answer is
unknown, and the key is deactivated: AWS reported it, and intruders try exposed keys within minutes.

https://docs.aws.amazon.com/health/latest/APIReference/API_DescribeAffectedEntities.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.call import Call, Failed
from ringfence.model.claims import CONFIRMED, Checked, PublishedEvent, SourceAnswer, Verdict
from ringfence.model.subject import GLOBAL, Ref

if TYPE_CHECKING:
    from ringfence.model.call import SansIO
    from ringfence.model.finding import Finding

NO_PLAN = ("SubscriptionRequiredException",)


def place(finding: Finding, _ref: Ref) -> Ref:
    """Return the account and region to ask. The API of AWS Health is in us-east-1."""
    return Ref(finding.account, GLOBAL, "finding")


def check(finding: Finding, ref: Ref) -> SansIO[Checked]:
    """Ask for the resources of the event, and look for the key among them."""
    if not isinstance(finding.claim, PublishedEvent):
        raise TypeError("an event of AWS Health claims its ARN")
    asked = {"filter": {"eventArns": [finding.claim.arn]}}
    call = Call(
        "health", "DescribeAffectedEntities", asked, single_attempt=True, expected=NO_PLAN, pages=True
    )
    (answer,) = yield (call,)
    if isinstance(answer, Failed):
        reason = "AWS Health answers only accounts with a Business or Enterprise support plan"
        return Checked(SourceAnswer(Verdict.UNKNOWN, reason))
    named = {one.optional_text("entityValue") for one in answer.children("entities")}
    if ref.id in named:
        return Checked(CONFIRMED)
    if named:
        reason = f"AWS Health's event {finding.id} does not name {ref.id}"
        return Checked(SourceAnswer(Verdict.REFUTED, reason))
    return Checked(SourceAnswer(Verdict.ABSENT, f"AWS Health has no event {finding.id} with a resource"))
