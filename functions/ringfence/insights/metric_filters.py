"""Metric filters on the log group of a trail, each with an alarm. Declarations only.

They are those of section 4 of the CIS AWS Foundations Benchmark (1.4.0 to 3.0.0). Security Hub's controls
accept only the exact texts, so no term is added.

https://docs.aws.amazon.com/securityhub/latest/userguide/cloudwatch-controls.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

from __future__ import annotations

from ringfence.model.frozen import frozen

NAMESPACE = "RingfenceDetection"
"""The namespace of the metrics. CloudWatch Logs emits them, and no function does."""
MINUTES = 5
"""The period of the alarms."""
LONGEST = 1024
"""Characters of a filter pattern: PutMetricFilter refuses longer ones."""


@frozen
class MetricFilter:
    """A filter and its alarm.

    Parameters
    ----------
    id
        Lower case with hyphens. It is part of the alarm's name, and names the threshold in the settings.
    metric
        The name of the metric.
    title
        What happened.
    pattern
        The filter pattern.
    cis
        The recommendation of the benchmark.
    control
        The control of Security Hub. Empty if there is none.
    answer
        What a person should do.
    most
        The alarm rings if there are more such records within `MINUTES`.

    """

    id: str
    metric: str
    title: str
    pattern: str
    cis: str
    control: str
    answer: str
    most: int = 0


def _events(*names: str) -> str:
    return " || ".join(f"($.eventName={name})" for name in names)


def _of(source: str, *names: str) -> str:
    return f"{{($.eventSource={source}.amazonaws.com) && ({_events(*names)})}}"


ROOT_USE = MetricFilter(
    "root-use",
    "RootUse",
    "the root user did something",
    '{$.userIdentity.type="Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType !="AwsServiceEvent"}',
    "4.3",
    "CloudWatch.1",
    "Find out who used the root user. Ringfence reports each use in detail.",
)
UNAUTHORIZED_CALLS = MetricFilter(
    "unauthorized-calls",
    "UnauthorizedCalls",
    "many calls were denied",
    '{($.errorCode="*UnauthorizedOperation") || ($.errorCode="AccessDenied*")}',
    "4.1",
    "CloudWatch.2",
    "Run `ringfence insights activity` over the records: its rules name the callers.",
    most=10,
)
SIGN_IN_WITHOUT_MFA = MetricFilter(
    "sign-in-without-mfa",
    "SignInWithoutMfa",
    "an IAM user signed in without MFA",
    '{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes") && '
    '($.userIdentity.type = "IAMUser") && ($.responseElements.ConsoleLogin = "Success") }',
    "4.2",
    "CloudWatch.3",
    "Require MFA for the user.",
)
IAM_POLICY_CHANGES = MetricFilter(
    "iam-policy-changes",
    "IamPolicyChanges",
    "a policy of IAM was changed",
    _of(
        "iam",
        *("DeleteGroupPolicy", "DeleteRolePolicy", "DeleteUserPolicy", "PutGroupPolicy", "PutRolePolicy"),
        *("PutUserPolicy", "CreatePolicy", "DeletePolicy", "CreatePolicyVersion", "DeletePolicyVersion"),
        *(
            "AttachRolePolicy",
            "DetachRolePolicy",
            "AttachUserPolicy",
            "DetachUserPolicy",
            "AttachGroupPolicy",
        ),
        "DetachGroupPolicy",
    ),
    "4.4",
    "CloudWatch.4",
    "Find the request for this change. Ringfence's own responses change policies too.",
)
TRAIL_CHANGES = MetricFilter(
    "trail-changes",
    "TrailChanges",
    "a trail was changed",
    f"{{{_events('CreateTrail', 'UpdateTrail', 'DeleteTrail', 'StartLogging', 'StopLogging')}}}",
    "4.5",
    "CloudWatch.5",
    "Find the request for this change. The runbook `restore-logging` restores trails.",
)
FAILED_SIGN_INS = MetricFilter(
    "failed-sign-ins",
    "FailedSignIns",
    "several sign-ins to the console failed",
    '{($.eventName=ConsoleLogin) && ($.errorMessage="Failed authentication")}',
    "4.6",
    "CloudWatch.6",
    "Run `ringfence insights activity` over the records: its rules name the users and addresses.",
    most=5,
)
KEYS_DISABLED = MetricFilter(
    "keys-disabled",
    "KeysDisabled",
    "a KMS key was disabled or scheduled for deletion",
    _of("kms", "DisableKey", "ScheduleKeyDeletion"),
    "4.7",
    "CloudWatch.7",
    "Cancel the deletion and enable the key, unless there is a request for it.",
)
BUCKET_CHANGES = MetricFilter(
    "bucket-policy-changes",
    "BucketPolicyChanges",
    "the policy or another setting of a bucket was changed",
    _of(
        "s3",
        *("PutBucketAcl", "PutBucketPolicy", "PutBucketCors", "PutBucketLifecycle", "PutBucketReplication"),
        *("DeleteBucketPolicy", "DeleteBucketCors", "DeleteBucketLifecycle", "DeleteBucketReplication"),
    ),
    "4.8",
    "CloudWatch.8",
    "Find the request for this change. The runbook `harden-bucket` checks each changed bucket.",
)
CONFIG_CHANGES = MetricFilter(
    "config-changes",
    "ConfigChanges",
    "the recording of AWS Config was changed",
    _of(
        "config",
        *("StopConfigurationRecorder", "DeleteDeliveryChannel", "PutDeliveryChannel"),
        "PutConfigurationRecorder",
    ),
    "4.9",
    "CloudWatch.9",
    "Find the request for this change. The runbook `restore-logging` starts recorders again.",
)
SECURITY_GROUP_CHANGES = MetricFilter(
    "security-group-changes",
    "SecurityGroupChanges",
    "a security group was changed",
    "{{{}}}".format(
        _events(
            *("AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress", "RevokeSecurityGroupIngress"),
            *("RevokeSecurityGroupEgress", "CreateSecurityGroup", "DeleteSecurityGroup"),
        )
    ),
    "4.10",
    "CloudWatch.10",
    "Find the request for this change. Ringfence's own responses change security groups too.",
)
NETWORK_ACL_CHANGES = MetricFilter(
    "network-acl-changes",
    "NetworkAclChanges",
    "a network ACL was changed",
    "{{{}}}".format(
        _events(
            *("CreateNetworkAcl", "CreateNetworkAclEntry", "DeleteNetworkAcl", "DeleteNetworkAclEntry"),
            *("ReplaceNetworkAclEntry", "ReplaceNetworkAclAssociation"),
        )
    ),
    "4.11",
    "CloudWatch.11",
    "Find the request for this change.",
)
GATEWAY_CHANGES = MetricFilter(
    "gateway-changes",
    "GatewayChanges",
    "a network gateway was changed",
    "{{{}}}".format(
        _events(
            *("CreateCustomerGateway", "DeleteCustomerGateway", "AttachInternetGateway"),
            *("CreateInternetGateway", "DeleteInternetGateway", "DetachInternetGateway"),
        )
    ),
    "4.12",
    "CloudWatch.12",
    "Find the request for this change.",
)
ROUTE_CHANGES = MetricFilter(
    "route-table-changes",
    "RouteTableChanges",
    "a route table was changed",
    _of(
        "ec2",
        *("CreateRoute", "CreateRouteTable", "ReplaceRoute", "ReplaceRouteTableAssociation"),
        *("DeleteRouteTable", "DeleteRoute", "DisassociateRouteTable"),
    ),
    "4.13",
    "CloudWatch.13",
    "Find the request for this change.",
)
VPC_CHANGES = MetricFilter(
    "vpc-changes",
    "VpcChanges",
    "a VPC or its peering was changed",
    "{{{}}}".format(
        _events(
            *("CreateVpc", "DeleteVpc", "ModifyVpcAttribute", "AcceptVpcPeeringConnection"),
            *("CreateVpcPeeringConnection", "DeleteVpcPeeringConnection", "RejectVpcPeeringConnection"),
            *("AttachClassicLinkVpc", "DetachClassicLinkVpc", "DisableVpcClassicLink"),
            "EnableVpcClassicLink",
        )
    ),
    "4.14",
    "CloudWatch.14",
    "Find the request for this change.",
)
ORGANIZATION_CHANGES = MetricFilter(
    "organization-changes",
    "OrganizationChanges",
    "the organization was changed",
    _of(
        "organizations",
        *("AcceptHandshake", "AttachPolicy", "CreateAccount", "CreateOrganizationalUnit", "CreatePolicy"),
        *(
            "DeclineHandshake",
            "DeleteOrganization",
            "DeleteOrganizationalUnit",
            "DeletePolicy",
            "DetachPolicy",
        ),
        *("DisablePolicyType", "EnablePolicyType", "InviteAccountToOrganization", "LeaveOrganization"),
        *("MoveAccount", "RemoveAccountFromOrganization", "UpdatePolicy", "UpdateOrganizationalUnit"),
    ),
    "4.15",
    "",
    "Find the request for this change.",
)
METRIC_FILTERS = (
    *(ROOT_USE, UNAUTHORIZED_CALLS, SIGN_IN_WITHOUT_MFA, FAILED_SIGN_INS, IAM_POLICY_CHANGES, TRAIL_CHANGES),
    *(KEYS_DISABLED, BUCKET_CHANGES, CONFIG_CHANGES, SECURITY_GROUP_CHANGES, NETWORK_ACL_CHANGES),
    *(GATEWAY_CHANGES, ROUTE_CHANGES, VPC_CHANGES, ORGANIZATION_CHANGES),
)
"""Every filter."""
