"""The controls of Security Hub, and AWS's managed rules behind them.

Only controls whose rule a remediation answers are here; a law compares them. The ids are those of all
standards together (`EC2.13`), those of single standards before (`PCI.EC2.5`), and the numbers of version
1.2.0 of the CIS benchmark. The rules have the names that Security Hub gives them. `restricted-rdp` and
`vpc-sg-restricted-common-ports` are the managed rule `restricted-common-ports` with other ports.

Two controls have no rule: CloudTrail.6 and CloudTrail.7. Security Hub looks for the bucket of
the trail's log files, and judges it with the managed rules that are here.

Each line was compared with these pages: EC2's controls, SSM.1, IAM.22 and S3.17 as they were in late 2025,
all others as they were in 2023. PCI.SSM.3 is SSM.1 there, and SSM.3 on a page of AWS Audit Manager. Retired
controls are here too, because their findings can still exist.
https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-controls-reference.html
https://docs.aws.amazon.com/securityhub/latest/userguide/asff-changes-consolidation.html
"""

from __future__ import annotations

from types import MappingProxyType

CIS = "CIS."
"""Here before the numbers of rules of the CIS benchmark, version 1.2.0."""
_OF = MappingProxyType(
    {
        "cloud-trail-log-file-validation-enabled": "CloudTrail.4 PCI.CloudTrail.3 CIS.2.2",
        "ebs-snapshot-public-restorable-check": "EC2.1 PCI.EC2.1",
        "ec2-imdsv2-check": "EC2.8",
        "ec2-instance-managed-by-systems-manager": "SSM.1 PCI.SSM.3",
        "iam-password-policy": (
            "IAM.7 IAM.10 IAM.11 IAM.12 IAM.13 IAM.14 IAM.15 IAM.16 IAM.17 PCI.IAM.8 "
            "CIS.1.5 CIS.1.6 CIS.1.7 CIS.1.8 CIS.1.9 CIS.1.10 CIS.1.11"
        ),
        "iam-user-unused-credentials-check": "IAM.8 IAM.22 PCI.IAM.7 CIS.1.3",
        "restricted-rdp": "EC2.14 CIS.4.2",
        "restricted-ssh": "EC2.13 PCI.EC2.5 CIS.4.1",
        "s3-bucket-level-public-access-prohibited": "S3.8",
        "s3-bucket-logging-enabled": "S3.9 CloudTrail.7 CIS.2.6",
        "s3-bucket-public-read-prohibited": "S3.2 PCI.S3.2 CloudTrail.6 CIS.2.3",
        "s3-bucket-public-write-prohibited": "S3.3 PCI.S3.1",
        "s3-bucket-server-side-encryption-enabled": "S3.4 PCI.S3.4",
        "s3-bucket-ssl-requests-only": "S3.5 PCI.S3.5",
        "s3-bucket-versioning-enabled": "S3.14",
        "s3-default-encryption-kms": "S3.17",
        "vpc-default-security-group-closed": "EC2.2 PCI.EC2.2 CIS.4.3",
        "vpc-flow-logs-enabled": "EC2.6 PCI.EC2.6 CIS.2.9",
        "vpc-sg-port-restriction-check": "EC2.53 EC2.54",
        "vpc-sg-restricted-common-ports": "EC2.19",
    }
)
RULES = MappingProxyType({control: rule for rule, controls in _OF.items() for control in controls.split()})
"""The name of the managed rule behind each control."""
