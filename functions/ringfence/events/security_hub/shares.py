"""Read a finding of IAM Access Analyzer in Security Hub as the event that Access Analyzer sends. Pure.

Only findings that everybody has access to a resource whose public access a remediation ends. Security Hub has
one finding of each resource, and says in its title, its description or its details who has access. AWS shows
these texts for ASFF alone. The new Security Hub (OCSF) has them under its own names.

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
from ringfence.events.security_hub.told import region_of, updated_v2
from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.model.document import Document

    Event = Mapping[str, object]

ANALYZER = "access-analyzer"
"""The name of the product. Only Access Analyzer can import findings with its ARN."""
_EVERYBODY, _PRINCIPAL = "allows public access", "External Principal"
_URL = re.compile(r".*#/findings/details/(?P<id>[\w-]{1,64})", re.ASCII)


@frozen
class _Shared:
    """A finding about one resource, in either form. `said` are the texts that can say who has access."""

    id: str
    url: str
    account: str
    region: str
    at: str
    arn: str
    principal: str
    said: tuple[str, ...]

    @property
    def is_public(self) -> bool:
        """Whether everybody has access."""
        return self.principal == "*" or any(one.endswith(_EVERYBODY) for one in self.said)


def public_share(finding: Document) -> Event | None:
    """Return Access Analyzer's event of a public resource (ASFF); None for any other finding."""
    if product_of_aws(finding.text("ProductArn")) != ANALYZER:
        return None
    account, region = fields.account(finding, "AwsAccountId"), region_of(finding)
    for resource in islice(finding.children("Resources"), 1):
        other = resource.optional_child("Details").optional_child("Other")
        return _event(
            _Shared(
                id=finding.text("Id"),
                url=finding.optional_text("SourceUrl") or "",
                account=account,
                region=region,
                at=finding.text("UpdatedAt"),
                arn=resource.text("Id"),
                principal=other.optional_text(_PRINCIPAL) or "",
                said=(finding.optional_text("Title") or "", finding.optional_text("Description") or ""),
            )
        )
    return None


def public_share_v2(finding: Document) -> Event | None:
    """Return Access Analyzer's event of a public resource (OCSF); None for any other finding."""
    if product_of_aws(finding.child("metadata").child("product").text("uid")) != ANALYZER:
        return None
    info, cloud = finding.child("finding_info"), finding.child("cloud")
    account, region = fields.account(cloud.child("account"), "uid"), fields.region(cloud, "region")
    for resource in islice(finding.children("resources"), 1):
        data = resource.optional_child("data")
        principals = (data.optional_text(_PRINCIPAL), data.optional_child("Other").optional_text(_PRINCIPAL))
        return _event(
            _Shared(
                id=info.text("uid"),
                url=info.optional_text("src_url") or "",
                account=account,
                region=region,
                at=updated_v2(info),
                arn=resource.text("uid"),
                principal=next(filter(None, principals), ""),
                said=(info.optional_text("title") or "", info.optional_text("desc") or ""),
            )
        )
    return None


def _event(shared: _Shared) -> Event | None:
    what = _type_of(shared.arn, shared.account, shared.region)
    if not what or not shared.is_public:
        return None
    detail = {
        "id": _id(shared),
        "status": ACTIVE,
        "resourceType": what,
        "resource": shared.arn,
        "updatedAt": shared.at,
        "accountId": shared.account,
        "region": shared.region,
        "isPublic": True,
    }
    return event((SOURCE, FINDING), (shared.account, shared.region), shared.at, detail)


def _type_of(arn: str, account: str, region: str) -> str:
    """Return the type of a resource whose public access a remediation ends. Empty for any other."""
    kinds = [one.kind for one in shared_refs(arn, account, region)]
    return next((what for what, kind in KINDS.items() if kind in kinds), "")


def _id(shared: _Shared) -> str:
    """Return the id of Access Analyzer's finding, which is only in the link to it."""
    found = _URL.fullmatch(shared.url)
    return found["id"] if found else hashlib.sha256(shared.id.encode()).hexdigest()[:32]
