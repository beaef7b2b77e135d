"""The requirements to which each control is mapped. Data only.

A control has a name in AWS's terms. `checks` are Prowler's. The requirements are those that Prowler's
compliance files map these checks to (https://github.com/prowler-cloud/prowler, Apache-2.0): those of NIST
without enhancements, and those of PCI without Prowler's number of the check. A mapping is an opinion, and
an assessor can have another one.

No function imports this. A remediation names its controls by id.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from ringfence.runbooks.compliance import Control

if TYPE_CHECKING:
    from collections.abc import Mapping


def _control(id_: str, title: str, checks: str, **requirements: str) -> Control:
    """Return a control. `requirements`: by framework id, with `_` for hyphens."""
    mapped = tuple(
        (framework.replace("_", "-"), tuple(text.split())) for framework, text in requirements.items()
    )
    return Control(id_, title, tuple(checks.split()), mapped)


_TABLE = (
    _control(
        "s3-public-access-block",
        "S3 blocks public access",
        checks="s3_bucket_level_public_access_block s3_account_level_public_access_blocks",
        hipaa="164.308(a)(1)(ii)(B) 164.308(a)(3)(i)",
        pci="1.2.8 1.3.1 1.3.2 1.4.2 1.5.1 10.3.2 3.5.1.3 A1.1.2 A1.1.3 A3.4.1",
        iso27001="A.8.1",
        nist_800_53="AC-2 AC-3 AC-4 AC-6 AC-17 CM-6 CM-9 MP-2 SC-7 SC-25",
        cis="3.1.4",
        cis6="3.1.4",
        cis5="2.1.4",
    ),
    _control(
        "s3-default-encryption",
        "S3 buckets encrypt by default",
        checks="s3_bucket_default_encryption",
        soc2="PI1.4",
        hipaa=(
            "164.308(a)(1)(ii)(B) 164.308(a)(4)(ii)(A) 164.312(a)(2)(iv) 164.312(c)(1) 164.312(c)(2) "
            "164.312(e)(2)(ii)"
        ),
        pci="3.5.1 8.3.2",
        iso27001="A.8.11 A.8.24",
        nist_800_53="AU-9 CM-6 CM-9 CP-9 PM-11 SC-8 SC-13 SC-16 SC-28 SI-19",
        gdpr="32",
    ),
    _control(
        "s3-versioning",
        "S3 buckets keep versions",
        checks="s3_bucket_object_versioning",
        soc2="CC7.4 A1.2 C1.2 PI1.5",
        hipaa=(
            "164.308(a)(1)(ii)(B) 164.308(a)(7)(i) 164.308(a)(7)(ii)(A) 164.308(a)(7)(ii)(B) "
            "164.308(a)(7)(ii)(C) 164.312(a)(2)(ii) 164.312(c)(1) 164.312(c)(2)"
        ),
        pci="10.3.4",
        iso27001="A.8.3 A.8.10",
        nist_800_53="AU-9 CP-1 CP-2 CP-6 CP-9 CP-10 PM-11 PM-17 SC-5 SC-16 SI-1 SI-13",
    ),
    _control(
        "s3-access-logging",
        "S3 buckets log access",
        checks="s3_bucket_server_access_logging_enabled",
        soc2="CC7.2 CC7.3 A1.2",
        hipaa="164.308(a)(1)(ii)(D) 164.308(a)(3)(ii)(A) 164.308(a)(6)(ii) 164.312(b) 164.312(e)(2)(i)",
        pci=(
            "10.2.1.1 10.2.1.2 10.2.1.3 10.2.1.4 10.2.1.5 10.2.1.6 10.2.1.7 10.2.1 10.2.2 10.3.1 10.6.3 "
            "5.3.4 A1.2.1"
        ),
        iso27001="A.8.15",
        nist_800_53=(
            "AC-2 AC-3 AC-4 AC-6 AU-2 AU-3 AU-6 AU-8 AU-10 AU-12 AU-14 CA-7 CM-5 CM-6 CM-9 IA-3 MA-4 PM-14 "
            "PM-31 SC-7 SI-1 SI-3 SI-4 SI-7 SI-10"
        ),
    ),
    _control(
        "s3-ssl-requests-only",
        "S3 buckets accept only requests over TLS",
        checks="s3_bucket_secure_transport_policy",
        hipaa=(
            "164.308(a)(1)(ii)(B) 164.312(a)(2)(iv) 164.312(c)(1) 164.312(c)(2) 164.312(e)(1) "
            "164.312(e)(2)(i) 164.312(e)(2)(ii)"
        ),
        pci="1.2.5 2.2.5 2.2.7 4.2.1.1 4.2.1 8.3.2",
        nist_800_53="AC-4 AC-17 AC-24 AU-9 CA-9 CM-6 CM-9 IA-5 PM-11 PM-17 SC-7 SC-8 SC-13 SC-16 SC-23 SI-1",
        cis="3.1.1",
        cis6="3.1.1",
        cis5="2.1.1",
        gdpr="32",
    ),
    _control(
        "security-group-ingress",
        "No ingress from anywhere to ports 22 and 3389",
        checks=(
            "ec2_securitygroup_allow_ingress_from_internet_to_tcp_port_22 "
            "ec2_securitygroup_allow_ingress_from_internet_to_tcp_port_3389"
        ),
        soc2="CC6.6 CC7.2",
        hipaa="164.308(a)(1)(ii)(B) 164.312(e)(1)",
        pci="1.2.8 1.3.1 1.3.2 1.4.2 1.5.1 A1.1.3",
        iso27001="A.8.20 A.8.21 A.8.22",
        nist_800_53="AC-17 CM-9 SC-7",
        cis="6.3 6.4",
        cis6="6.3 6.4",
        cis5="5.3 5.4",
    ),
    _control(
        "default-security-group",
        "Default security groups are closed",
        checks="ec2_securitygroup_default_restrict_traffic",
        iso27001="A.8.20 A.8.21 A.8.22",
        nist_800_53="AC-4 AC-17 CM-6 CM-9 SC-7",
        cis="6.5",
        cis6="6.5",
        cis5="5.5",
    ),
    _control(
        "ebs-default-encryption",
        "EBS encrypts by default",
        checks="ec2_ebs_default_encryption",
        hipaa="164.308(a)(1)(ii)(B) 164.308(a)(4)(ii)(A) 164.312(a)(2)(iv) 164.312(e)(2)(ii)",
        iso27001="A.8.11 A.8.24",
        nist_800_53="AU-9 CM-6 CM-9 CP-9 SC-8 SC-13 SC-28 SI-19",
        cis="6.1.1",
    ),
    _control(
        "ebs-public-snapshots",
        "EBS snapshots are not public",
        checks="ec2_ebs_public_snapshot",
        soc2="CC6.6",
        hipaa="164.308(a)(1)(ii)(B) 164.308(a)(3)(i) 164.312(a)(1)",
        iso27001="A.8.1",
        nist_800_53="AC-2 AC-3 AC-4 AC-6 AC-17 MP-2 SC-7 SC-25",
    ),
    _control(
        "rds-public-access",
        "RDS instances are not public",
        checks="rds_instance_no_public_access",
        soc2="CC6.2",
        hipaa="164.308(a)(3)(i) 164.312(a)(1)",
        pci="1.2.8 1.3.1 1.3.2 1.4.2 1.5.1 10.3.2 3.5.1.3 A1.1.2 A1.1.3 A3.4.1",
        iso27001="A.8.1",
        nist_800_53="AC-2 AC-3 AC-4 AC-6 AC-17 MP-2 SC-7 SC-25",
        cis="3.2.3",
        cis6="3.2.3",
        cis5="2.2.3",
    ),
    _control(
        "rds-storage-encryption",
        "RDS storage is encrypted",
        checks="rds_instance_storage_encrypted",
        soc2="PI1.5",
        hipaa="164.308(a)(1)(ii)(B) 164.308(a)(4)(ii)(A) 164.312(a)(2)(iv) 164.312(e)(2)(ii)",
        pci="3.5.1 8.3.2",
        iso27001="A.8.11 A.8.24",
        nist_800_53="AU-9 CP-9 SC-8 SC-13 SC-28 SI-19",
        cis="3.2.1",
        cis6="3.2.1",
        cis5="2.2.1",
        gdpr="32",
    ),
    _control(
        "cloudtrail-multi-region",
        "CloudTrail records every region",
        checks="cloudtrail_multi_region_enabled",
        soc2="CC2.1 CC7.2 A1.2 PI1.3",
        hipaa="164.308(a)(1)(ii)(D) 164.308(a)(3)(ii)(A) 164.308(a)(6)(ii) 164.312(b) 164.312(e)(2)(i)",
        pci=(
            "10.2.1.1 10.2.1.2 10.2.1.3 10.2.1.4 10.2.1.5 10.2.1.6 10.2.1.7 10.2.1 10.2.2 10.3.1 10.6.3 "
            "5.3.4 A1.2.1"
        ),
        nist_800_53=(
            "AC-2 AC-3 AC-4 AC-6 AU-2 AU-3 AU-6 AU-8 AU-10 AU-12 AU-14 CA-7 CM-5 CM-6 CM-9 IA-3 MA-4 PM-14 "
            "PM-31 SC-7 SI-1 SI-3 SI-4 SI-7 SI-10"
        ),
        cis="4.1",
        cis6="4.1",
        cis5="3.1",
        gdpr="25 30",
    ),
    _control(
        "cloudtrail-log-file-validation",
        "CloudTrail log files can be validated",
        checks="cloudtrail_log_file_validation_enabled",
        soc2="CC7.3 PI1.3",
        hipaa="164.308(a)(1)(ii)(B) 164.308(a)(1)(ii)(D) 164.312(b) 164.312(c)(1) 164.312(c)(2)",
        pci="10.3.2 10.3.3 10.3.4 A1.2.1",
        iso27001="A.8.15 A.8.16",
        nist_800_53="AU-9 CM-6 CM-9 PM-11 PM-17 SA-1 SA-10 SC-16 SI-1 SI-4 SI-7",
        cis="4.2",
        cis6="4.2",
        cis5="3.2",
        gdpr="25 32",
    ),
    _control(
        "imdsv2",
        "Instances require IMDSv2",
        checks="ec2_instance_imdsv2_enabled ec2_instance_account_imdsv2_enabled",
        soc2="CC7.2",
        pci="8.2.8",
        iso27001="A.8.20 A.8.21 A.8.22",
        nist_800_53="AC-2 AC-3 AC-4 AC-6 AC-24 CM-5 MP-2 SC-23",
        cis="6.7",
        cis6="6.7",
        cis5="5.7",
    ),
    _control(
        "unused-access-keys",
        "Unused access keys are inactive",
        checks="iam_user_accesskey_unused",
        soc2="CC1.3",
        hipaa="164.308(a)(3)(ii)(B) 164.308(a)(4)(ii)(C) 164.308(a)(5)(ii)(D)",
        pci="7.2.4 7.2.5.1 8.2.6 A3.4.1",
        iso27001="A.5.15",
        nist_800_53="AC-2 AC-3 AC-4 AC-6 AC-24 CM-5 CM-6 CM-9 MP-2 SC-23",
        cis="2.11",
        cis6="2.11",
        cis5="1.11",
    ),
    _control(
        "access-key-rotation",
        "Access keys are rotated within 90 days",
        checks="iam_rotate_access_key_90_days",
        hipaa="164.308(a)(3)(ii)(C) 164.308(a)(4)(ii)(C) 164.308(a)(5)(ii)(D)",
        pci="8.3.10.1 8.3.5 8.3.7 8.3.9 8.6.3",
        iso27001="A.5.15",
        nist_800_53="AC-2 AC-3 AC-4 AC-24 CM-5 CM-6 CM-9 SC-23",
        cis="2.12",
        cis6="2.13",
        cis5="1.13",
        gdpr="25",
    ),
    _control(
        "root-use",
        "The root user is not used",
        checks="iam_avoid_root_usage",
        iso27001="A.5.15",
        cis="2.7",
        cis6="2.6",
        cis5="1.6",
    ),
    _control(
        "root-access-key",
        "The root user has no access key",
        checks="iam_no_root_access_key",
        hipaa=(
            "164.308(a)(1)(ii)(B) 164.308(a)(3)(i) 164.308(a)(3)(ii)(B) 164.308(a)(4)(ii)(C) 164.312(a)(2)(i)"
        ),
        pci="7.2.1 7.2.2 7.2.3 8.2.1 8.2.2 8.2.4 8.2.5 8.3.11",
        iso27001="A.5.15",
        nist_800_53="AC-2 AC-3 AC-4 AC-6 AC-24 CM-5 CM-6 CM-9 IA-2 IA-4 IA-5 MP-2 SC-23 SC-25",
        cis="2.4",
        cis6="2.3",
        cis5="1.3",
        gdpr="25",
    ),
    _control(
        "password-policy",
        "The account's password policy is strong",
        checks=(
            "iam_password_policy_minimum_length_14 iam_password_policy_reuse_24 "
            "iam_password_policy_expires_passwords_within_90_days_or_less iam_password_policy_lowercase "
            "iam_password_policy_uppercase iam_password_policy_number iam_password_policy_symbol"
        ),
        hipaa="164.308(a)(4)(ii)(C) 164.308(a)(5)(ii)(D) 164.312(d)",
        pci="8.3.6 8.6.3",
        iso27001="A.5.15",
        nist_800_53="AC-2 AC-3 AC-4 AC-7 AC-24 CM-5 CM-6 CM-9 CM-12 IA-4 IA-5 IA-8 MA-4 SC-23",
        cis="2.8 2.9",
        cis6="2.7 2.8",
        cis5="1.7 1.8",
        gdpr="25",
    ),
    _control(
        "vpc-flow-logs",
        "VPCs have flow logs",
        checks="vpc_flow_logs_enabled",
        soc2="CC7.2 CC7.3",
        hipaa="164.308(a)(1)(ii)(D) 164.308(a)(3)(ii)(A) 164.308(a)(6)(ii) 164.312(b) 164.312(c)(2)",
        pci=(
            "10.2.1.1 10.2.1.2 10.2.1.3 10.2.1.4 10.2.1.5 10.2.1.6 10.2.1.7 10.2.1 10.2.2 10.3.1 10.6.3 "
            "5.3.4 A1.2.1"
        ),
        iso27001="A.8.15 A.8.16 A.8.20 A.8.21 A.8.22 A.8.23",
        nist_800_53=(
            "AC-4 AU-2 AU-3 AU-6 AU-8 AU-12 AU-14 CA-7 CM-5 CM-6 CM-9 IA-3 MA-4 PM-14 PM-31 SI-4 SI-7"
        ),
        cis="4.7",
        cis6="4.7",
        cis5="3.7",
        gdpr="25 30",
    ),
    _control(
        "kms-key-rotation",
        "KMS keys are rotated",
        checks="kms_cmk_rotation_enabled",
        soc2="PI1.5",
        hipaa="164.312(a)(2)(iv)",
        pci="3.7.4 3.7.5",
        iso27001="A.8.5 A.8.11 A.8.24",
        nist_800_53="CM-6 CM-9 SA-9 SC-12",
        cis="4.6",
        cis6="4.6",
        cis5="3.6",
        gdpr="25 30",
    ),
    _control(
        "patch-compliance",
        "Managed instances are patched",
        checks="ssm_managed_compliant_patching",
        soc2="CC3.2 CC7.1",
        hipaa="164.308(a)(5)(ii)(B)",
        pci="11.3.1.1 11.3.1.3 11.3.1 6.3.3",
        iso27001="A.8.27",
        nist_800_53="CM-2 CM-3 CM-6 CM-8 RA-3 SI-2 SI-3",
    ),
    _control(
        "instance-age",
        "Instances are not old",
        checks="ec2_instance_older_than_specific_days",
        hipaa="164.308(a)(1)(ii)(B)",
        iso27001="A.8.10",
        nist_800_53="CM-2 CM-3 CM-8",
    ),
    _control(
        "outdated-images",
        "Instances run current images",
        checks="ec2_instance_with_outdated_ami",
    ),
    _control(
        "managed-instances",
        "Instances are managed by Systems Manager",
        checks="ec2_instance_managed_by_ssm",
        soc2="CC3.2 CC7.1",
        hipaa="164.308(a)(5)(ii)(B)",
        iso27001="A.5.26",
        nist_800_53="CM-2 CM-3 CM-6 CM-8 SI-3",
    ),
)

CONTROLS: Mapping[str, Control] = MappingProxyType({one.id: one for one in _TABLE})
"""Every control by id, in display order."""
