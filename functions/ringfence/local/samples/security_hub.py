"""Findings of Security Hub (ASFF), and its events.

https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-findings-format-syntax.html
"""

from __future__ import annotations

from typing import Any

from ringfence.local.samples.guardduty import ACCOUNT, INSTANCE

Json = dict[str, Any]
REGION = "eu-west-1"
AT = "2026-11-29T10:00:00.000Z"


def imported(*findings: object, kind: str = "Security Hub Findings - Imported", **changed: object) -> Json:
    """Return an event with findings, as Security Hub sends it."""
    return {
        "version": "0",
        "id": "8e5622f9-d81c-4d81-612a-9319e7ee2506",
        "source": "aws.securityhub",
        "detail-type": kind,
        "account": ACCOUNT,
        "region": REGION,
        "time": AT,
        "resources": [],
        "detail": {"findings": list(findings)},
        **changed,
    }


def asff(**changed: object) -> Json:
    """Return a finding of GuardDuty about an instance."""
    return {
        "SchemaVersion": "2018-10-08",
        "Id": f"arn:aws:guardduty:{REGION}:{ACCOUNT}:detector/d4/finding/46ba0ac2845071e2",
        "ProductArn": f"arn:aws:securityhub:{REGION}::product/aws/guardduty",
        "GeneratorId": f"arn:aws:guardduty:{REGION}:{ACCOUNT}:detector/d4",
        "AwsAccountId": ACCOUNT,
        "Region": REGION,
        "Types": ["TTPs/Command and Control/Backdoor:EC2-C&CActivity.B"],
        "CreatedAt": AT,
        "UpdatedAt": AT,
        "Title": "An instance talks to a known server.",
        "Description": "An instance talks to a known command-and-control server.",
        "Severity": {"Product": 8, "Normalized": 80, "Label": "HIGH"},
        "ProductFields": {
            "aws/guardduty/service/archived": "false",
            "aws/guardduty/service/count": "12",
            "aws/guardduty/service/resourceRole": "ACTOR",
            "aws/guardduty/service/action/networkConnectionAction/connectionDirection": "OUTBOUND",
            "aws/guardduty/service/action/networkConnectionAction/blocked": "false",
            "aws/guardduty/service/action/networkConnectionAction/remotePortDetails/port": "443",
        },
        "Resources": [
            {
                "Type": "AwsEc2Instance",
                "Id": f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/{INSTANCE}",
                "Region": REGION,
            }
        ],
        **changed,
    }


def control(**changed: object) -> Json:
    """Return a finding of a control of Security Hub, behind which is a rule of AWS Config."""
    return asff(
        **{
            "ProductArn": f"arn:aws:securityhub:{REGION}::product/aws/securityhub",
            "Types": ["Software and Configuration Checks"],
            "Compliance": {"Status": "FAILED"},
            "ProductFields": {
                "RelatedAWSResources:0/type": "AWS::Config::ConfigRule",
                "RelatedAWSResources:0/name": "securityhub-restricted-ssh-9412a869",
            },
            "Resources": [
                {
                    "Type": "AwsEc2SecurityGroup",
                    "Id": f"arn:aws:ec2:{REGION}:{ACCOUNT}:security-group/sg-0123456789abcdef0",
                }
            ],
            **changed,
        }
    )


def share(arn: str, principal: str = "*", **changed: object) -> Json:
    """Return a finding of IAM Access Analyzer about a resource. `principal` has access; `*` is everybody.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-securityhub-integration.html
    """
    words = f"{arn}/ allows {'public' if principal == '*' else 'cross-account'} access"
    details = {"Other": {"External Principal Type": "AWS", "External Principal": principal}}
    link = f"https://console.aws.amazon.com/access-analyzer/home?region={REGION}#/findings/details"
    return asff(
        **{
            "Id": f"arn:aws:access-analyzer:{REGION}:{ACCOUNT}:analyzer/account/{arn}",
            "ProductArn": f"arn:aws:securityhub:{REGION}::product/aws/access-analyzer",
            "GeneratorId": "aws/access-analyzer",
            "Types": [
                "Software and Configuration Checks/AWS Security Best Practices/External Access Granted"
            ],
            "Title": words,
            "Description": words,
            "Severity": {"Product": 1, "Normalized": 1, "Label": "LOW"},
            "ProductFields": {},
            "SourceUrl": f"{link}/22222222-dcba-4444-dcba-333333333333",
            "Resources": [{"Type": "Other", "Id": arn, "Details": details}],
            **changed,
        }
    )


def share_v2(arn: str, principal: str = "*", **changed: object) -> Json:
    """Return the same finding as the new Security Hub has it (OCSF)."""
    asff_form = share(arn, principal)
    info = {
        "created_time_dt": AT,
        "modified_time_dt": AT,
        "title": asff_form["Title"],
        "desc": asff_form["Description"],
        "src_url": asff_form["SourceUrl"],
        "types": asff_form["Types"],
        "uid": asff_form["Id"],
    }
    product = f"arn:aws:securityhub:{REGION}::productv2/aws/access-analyzer"
    return v2(
        **{
            "finding_info": info,
            "metadata": {"product": {"name": "IAM Access Analyzer", "uid": product}, "uid": "a1"},
            "resources": [{"region": REGION, "type": "Other", "uid": arn}],
            "severity_id": 2,
            **changed,
        }
    )


def v2(**changed: object) -> Json:
    """Return the finding of GuardDuty as the new Security Hub has it (OCSF, class Detection Finding)."""
    return {
        "activity_id": 1,
        "class_uid": 2004,
        "cloud": {"account": {"uid": ACCOUNT}, "provider": "AWS", "region": REGION},
        "finding_info": {
            "created_time_dt": AT,
            "modified_time_dt": AT,
            "title": "An instance talks to a known server.",
            "types": ["Threats", "Backdoor:EC2/C&CActivity.B"],
            "uid": f"arn:aws:guardduty:{REGION}:{ACCOUNT}:detector/d4/finding/46ba0ac2845071e2",
        },
        "metadata": {
            "product": {"name": "GuardDuty", "uid": f"arn:aws:securityhub:{REGION}::productv2/aws/guardduty"},
            "uid": "5c2a6a2e-finding",
            "version": "1.6.0",
        },
        "resources": [
            {
                "region": REGION,
                "type": "AwsEc2Instance",
                "uid": f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/{INSTANCE}",
            }
        ],
        "severity_id": 4,
        "status_id": 1,
        **changed,
    }


def control_v2(control: str, resource: Json, **changed: object) -> Json:
    """Return the finding of a control as the new Security Hub has it (OCSF, class Compliance Finding)."""
    product = f"arn:aws:securityhub:{REGION}::productv2/aws/securityhub"
    return v2(
        **{
            "class_uid": 2003,
            "compliance": {"control": control, "status": "Fail", "status_id": 3},
            "metadata": {"product": {"name": "Security Hub", "uid": product}},
            "resources": [{"region": REGION, "type": resource["Type"], "uid": resource["Id"]}],
            **changed,
        }
    )
