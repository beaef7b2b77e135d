"""Read a finding of IAM Access Analyzer in Security Hub (ASFF) as the event that Access Analyzer sends. Pure.

Only findings that everybody has access to a resource whose public access a remediation ends. Security Hub has
one finding of each resource, and says in its description and in its details who has access.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-securityhub-integration.html
"""

from __future__ import annotations

import hashlib
import re
from itertools import islice
from typing import TYPE_CHECKING

from ringfence.events import fields
from ringfence.events.access_analyzer.parser import ACTIVE, shared_refs
from ringfence.events.access_analyzer.trigger import FINDING, KINDS, SOURCE
from ringfence.events.made import event
from ringfence.events.security_hub.products import product_of_aws
from ringfence.events.security_hub.told import region_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.model.document import Document

ANALYZER = "access-analyzer"
"""The name of the product. Only Access Analyzer can import findings with its ARN."""
_EVERYBODY = "allows public access"
_URL = re.compile(r".*#/findings/details/(?P<id>[\w-]{1,64})", re.ASCII)


def public_share(finding: Document) -> Mapping[str, object] | None:
    """Return Access Analyzer's event of a public resource; None for any other finding."""
    if product_of_aws(finding.text("ProductArn")) != ANALYZER:
        return None
    account, region = fields.account(finding, "AwsAccountId"), region_of(finding)
    for resource in islice(finding.children("Resources"), 1):
        arn, at = resource.text("Id"), finding.text("UpdatedAt")
        what = _type_of(arn, account, region)
        if what and _is_public(finding, resource):
            detail = {
                "id": _id(finding),
                "status": ACTIVE,
                "resourceType": what,
                "resource": arn,
                "updatedAt": at,
                "accountId": account,
                "region": region,
                "isPublic": True,
            }
            return event((SOURCE, FINDING), (account, region), at, detail)
    return None


def _type_of(arn: str, account: str, region: str) -> str:
    """Return the type of a resource whose public access a remediation ends. Empty for any other."""
    kinds = [one.kind for one in shared_refs(arn, account, region)]
    return next((what for what, kind in KINDS.items() if kind in kinds), "")


def _is_public(finding: Document, resource: Document) -> bool:
    other = resource.optional_child("Details").optional_child("Other")
    said = (finding.optional_text("Title") or "", finding.optional_text("Description") or "")
    return other.optional_text("External Principal") == "*" or any(one.endswith(_EVERYBODY) for one in said)


def _id(finding: Document) -> str:
    """Return the id of Access Analyzer's finding, which is only in the link to it."""
    found = _URL.fullmatch(finding.optional_text("SourceUrl") or "")
    return found["id"] if found else hashlib.sha256(finding.text("Id").encode()).hexdigest()[:32]
