"""The events that GuardDuty and AWS Config send, made of the parts that Security Hub has of them. Pure.

A resource has the names of ASFF: Type, Id and Details.
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
from ringfence.events.made import event
from ringfence.model.kinds import every_kind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ringfence.model.document import Document

    Event = Mapping[str, object]


def guardduty_event(place: tuple[str, str], at: str, detail: Event) -> Event:
    """Return the event of a finding, at its account and region, of the version of a time."""
    where = {"accountId": place[0], "region": place[1], "updatedAt": at}
    return event((SOURCE, DETAIL_TYPE), place, at, {**detail, **where})


def verdict(resource: Document, place: tuple[str, str], at: str, rule: Event) -> Event:
    """Return the verdict of a rule about a resource. `rule` names the rule, the control, or both."""
    detail: dict[str, object] = {
        **rule,
        "awsAccountId": place[0],
        "awsRegion": place[1],
        "resourceType": _config_type(resource.text("Type")),
        "resourceId": _config_id(resource),
        "newEvaluationResult": {"complianceType": NON_COMPLIANT, "resultRecordedTime": at},
    }
    return event((CONFIG, VERDICT), place, at, detail)


def guardduty_type(text: str) -> str:
    """Return GuardDuty's type: `TTPs/Discovery/Recon:EC2-PortProbe` is `Recon:EC2/PortProbe`."""
    purpose, _, rest = text.partition(":")
    if "/" in rest:
        return text
    resource, _, name = rest.partition("-")
    return f"{purpose.rpartition('/')[2]}:{resource}/{name}"


def unanswered(control: str) -> NotForUs:
    """Return why Ringfence does nothing about a control."""
    return NotForUs(f"no remediation answers the control {formatted(control)} of Security Hub")


def resource_of(resource: Document) -> dict[str, object]:
    """Return GuardDuty's resource. Without a known one, a person is notified of the finding."""
    read = _RESOURCES.get(resource.text("Type"))
    return read(resource) if read else {"resourceType": resource.text("Type")}


def _config_type(kind: str) -> str:
    """Return the type of AWS Config: AwsEc2SecurityGroup is AWS::EC2::SecurityGroup."""
    types = (one.config_type for one in every_kind().values() if one.config_type)
    return next((one for one in types if one.replace(":", "").lower() == kind.lower()), kind)


def _config_id(resource: Document) -> str:
    """Return the id that AWS Config uses: IAM's users have unique ids there."""
    user = resource.optional_child("Details").optional_child("AwsIamUser")
    return user.optional_text("UserId") or resource.text("Id").rpartition("/")[2].rpartition(":")[2]


def _instance(resource: Document) -> dict[str, object]:
    details = resource.optional_child("Details").optional_child("AwsEc2Instance")
    vpc, profile = details.optional_text("VpcId"), details.optional_text("IamInstanceProfileArn")
    tags = resource.optional_child("Tags").value
    instance = {
        "instanceId": resource.text("Id").rpartition("/")[2],
        **({"networkInterfaces": [{"vpcId": vpc}]} if vpc else {}),
        **({"iamInstanceProfile": {"arn": profile}} if profile else {}),
        **({"tags": [{"key": str(key), "value": str(one)} for key, one in tags.items()]} if tags else {}),
    }
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
