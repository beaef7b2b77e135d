"""Ask IAM and CloudTrail whether AWS attached its quarantine policy to a user.

An intruder can detach the policy before the event arrives, and LookupEvents shows a call up to 15 minutes
later. So neither answer refutes the event: without a confirmation the user is contained, and the source is
asked again.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.cloudtrail.trigger.quarantine import ATTACH
from ringfence.events.envelope import parse_json
from ringfence.model.call import Call, Failed
from ringfence.model.claims import CONFIRMED, AttachedPolicy, Checked, SourceAnswer, Verdict
from ringfence.model.document import Document
from ringfence.model.errors import BadInput
from ringfence.model.subject import GLOBAL, Ref

if TYPE_CHECKING:
    from ringfence.model.call import SansIO
    from ringfence.model.finding import Finding


def place(finding: Finding, _ref: Ref) -> Ref:
    """Return the account and region to ask."""
    return Ref(finding.account, GLOBAL, "finding")


def check(finding: Finding, _ref: Ref) -> SansIO[Checked]:
    """Look for the policy at the user. If it is not there, look for the call."""
    claim = finding.claim
    if not isinstance(claim, AttachedPolicy):
        raise TypeError("a quarantine claims a policy")
    (attached,) = yield (
        Call(
            "iam",
            "ListAttachedUserPolicies",
            {"UserName": claim.user},
            pages=True,
            expected=("NoSuchEntity",),
        ),
    )
    if isinstance(attached, Document):
        for policy in attached.children("AttachedPolicies"):
            if policy.optional_text("PolicyArn") == claim.policy:
                return Checked(CONFIRMED)
    by_id = [{"AttributeKey": "EventId", "AttributeValue": claim.event}]
    (found,) = yield (Call("cloudtrail", "LookupEvents", {"LookupAttributes": by_id}, region=GLOBAL),)
    if isinstance(found, Document):
        for event in found.children("Events"):
            if _shows(event, claim):
                return Checked(CONFIRMED)
    missing = isinstance(attached, Failed)
    where = f"there is no user {claim.user}" if missing else f"{claim.policy} is not attached to {claim.user}"
    reason = f"{where}, and CloudTrail does not show the call {claim.event} yet"
    return Checked(SourceAnswer(Verdict.UNKNOWN, reason))


def _shows(event: Document, claim: AttachedPolicy) -> bool:
    """Return whether CloudTrail's record is about the same user and policy."""
    if (event.optional_text("EventId"), event.optional_text("EventName")) != (claim.event, ATTACH):
        return False
    try:
        record = Document.of(parse_json(event.optional_text("CloudTrailEvent") or "{}"))
        asked = record.optional_child("requestParameters")
        return (asked.optional_text("userName"), asked.optional_text("policyArn")) == (
            claim.user,
            claim.policy,
        )
    except BadInput:
        return False
