"""Read findings of Security Hub (ASFF) as the events that Ringfence receives for them. Pure.

Security Hub imports findings of GuardDuty, and results of the rules of AWS Config behind its controls. Both
reach Ringfence from the service itself. GuardDuty's fields under `service` are texts in `ProductFields`, by
their paths.
https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-findings-format.html
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from ringfence.events.config.trigger import DETAIL_TYPE as VERDICT
from ringfence.events.config.trigger import NON_COMPLIANT
from ringfence.events.config.trigger import SOURCE as CONFIG
from ringfence.events.envelope import NotForUs
from ringfence.events.fields import formatted
from ringfence.events.guardduty.trigger import DETAIL_TYPE, SOURCE
from ringfence.model.errors import BadInput
from ringfence.model.kinds import every_kind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ringfence.model.document import Document

    Event = Mapping[str, object]

_GUARDDUTY, _RULE = "/aws/guardduty", "AWS::Config::ConfigRule"
_SERVICE = "aws/guardduty/service/"
_NUMBERS = frozenset({"count", "port"})
_LEVELS = 10
"""Normalized severities are 0 to 100, GuardDuty's 0 to 10."""


def event_of(finding: Document) -> Event | NotForUs:
    """Return the event of the service that found it, or why Ringfence receives none.

    Raises
    ------
    BadInput
        The finding lacks a field that decides.

    """
    if finding.text("ProductArn").endswith(_GUARDDUTY):
        return _of_guardduty(finding)
    fields = finding.optional_child("ProductFields")
    if fields.optional_text("RelatedAWSResources:0/type") == _RULE:
        return _of_config(finding, fields)
    product = fields.optional_text("aws/securityhub/ProductName") or finding.text("ProductArn")
    return NotForUs(f"Ringfence receives no findings of {formatted(product)}")


def _of_guardduty(finding: Document) -> Event:
    account, resource = finding.text("AwsAccountId"), _first_resource(finding)
    region = _region(finding, resource)
    detail: dict[str, object] = {
        "id": finding.text("Id").rpartition("/")[2],
        "type": _type(finding),
        "accountId": account,
        "region": region,
        "severity": _severity(finding),
        "title": finding.optional_text("Title") or "",
        "updatedAt": finding.text("UpdatedAt"),
        "resource": _resource(resource),
        "service": _service(finding.optional_child("ProductFields")),
    }
    return _event((SOURCE, DETAIL_TYPE), (account, region), finding.text("UpdatedAt"), detail)


def _type(finding: Document) -> str:
    """Return GuardDuty's type: `TTPs/Discovery/Recon:EC2-PortProbe` is `Recon:EC2/PortProbe`."""
    types = finding.texts("Types")
    if not types:
        raise BadInput(finding.at("Types"), "must name the type of the finding")
    purpose, _, rest = types[0].rpartition("/")[2].partition(":")
    resource, _, name = rest.partition("-")
    return f"{purpose}:{resource}/{name}"


def _severity(finding: Document) -> float:
    severity = finding.child("Severity")
    return severity.number("Product") if severity.has("Product") else severity.number("Normalized") / _LEVELS


def _service(fields: Document) -> dict[str, object]:
    """Return the fields under `service`, from their paths."""
    service: dict[str, object] = {}
    for path in sorted(fields.value):
        text = fields.value[path]
        if path.startswith(_SERVICE) and isinstance(text, str) and text:
            *parents, name = path.removeprefix(_SERVICE).split("/")
            within = service
            for parent in parents:
                below = within.setdefault(parent, {})
                if not isinstance(below, dict):
                    break
                within = below
            else:
                within[name] = _value(name, text)
    service.setdefault("archived", False)
    return service


def _value(name: str, text: str) -> object:
    if name in _NUMBERS and text.isdigit():
        return int(text)
    return {"true": True, "false": False}.get(text, text)


def _resource(resource: Document) -> dict[str, object]:
    """Return GuardDuty's resource. Without a known one, a person is notified of the finding."""
    read = _RESOURCES.get(resource.text("Type"))
    return read(resource) if read else {"resourceType": resource.text("Type")}


def _instance(resource: Document) -> dict[str, object]:
    instance = {"instanceId": resource.text("Id").rpartition("/")[2]}
    return {"resourceType": "Instance", "instanceDetails": instance}


def _access_key(resource: Document) -> dict[str, object]:
    details = resource.optional_child("Details").optional_child("AwsIamAccessKey")
    key = {
        "accessKeyId": details.optional_text("AccessKeyId") or resource.text("Id").rpartition(":")[2],
        "principalId": details.optional_text("PrincipalId"),
        "userType": details.optional_text("PrincipalType"),
        "userName": details.optional_text("PrincipalName") or details.optional_text("UserName"),
    }
    return {"resourceType": "AccessKey", "accessKeyDetails": {name: one for name, one in key.items() if one}}


def _bucket(resource: Document) -> dict[str, object]:
    arn = resource.text("Id")
    return {"resourceType": "S3Bucket", "s3BucketDetails": [{"arn": arn, "name": arn.rpartition(":")[2]}]}


_RESOURCES: Mapping[str, Callable[[Document], dict[str, object]]] = MappingProxyType(
    {"AwsEc2Instance": _instance, "AwsIamAccessKey": _access_key, "AwsS3Bucket": _bucket}
)


def _of_config(finding: Document, fields: Document) -> Event | NotForUs:
    """Return the result of the rule behind a control."""
    status = finding.optional_child("Compliance").optional_text("Status") or ""
    if status != "FAILED":
        return NotForUs(f"the control's status is {formatted(status)}, and Ringfence answers only FAILED")
    resource, account = _first_resource(finding), finding.text("AwsAccountId")
    region, at = _region(finding, resource), finding.text("UpdatedAt")
    detail: dict[str, object] = {
        "configRuleName": fields.text("RelatedAWSResources:0/name"),
        "awsAccountId": account,
        "awsRegion": region,
        "resourceType": _config_type(resource.text("Type")),
        "resourceId": _config_id(resource),
        "newEvaluationResult": {"complianceType": NON_COMPLIANT, "resultRecordedTime": at},
    }
    return _event((CONFIG, VERDICT), (account, region), at, detail)


def _config_type(kind: str) -> str:
    """Return the type of AWS Config: AwsEc2SecurityGroup is AWS::EC2::SecurityGroup."""
    types = (one.config_type for one in every_kind().values() if one.config_type)
    return next((one for one in types if one.replace(":", "").lower() == kind.lower()), kind)


def _config_id(resource: Document) -> str:
    """Return the id that AWS Config uses: IAM's users have unique ids there."""
    user = resource.optional_child("Details").optional_child("AwsIamUser")
    return user.optional_text("UserId") or resource.text("Id").rpartition("/")[2].rpartition(":")[2]


def _first_resource(finding: Document) -> Document:
    for resource in finding.children("Resources"):
        return resource
    raise BadInput(finding.at("Resources"), "must name the affected resource")


def _region(finding: Document, resource: Document) -> str:
    return resource.optional_text("Region") or finding.text("Region")


def _event(kind: tuple[str, str], place: tuple[str, str], at: str, detail: Event) -> Event:
    return {
        "version": "0",
        "id": "",
        "source": kind[0],
        "detail-type": kind[1],
        "account": place[0],
        "region": place[1],
        "time": at,
        "resources": [],
        "detail": detail,
    }
