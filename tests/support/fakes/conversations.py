"""Conversations with AWS held in every way: each call answered well in two ways, or with an error it expects.

Answers are in the shapes that the services publish: see the test that holds them to botocore's models.
"""

from __future__ import annotations

import json
from datetime import timedelta
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

import botocore.session

from ringfence.model.call import Failed, SansIO
from ringfence.model.document import Document
from ringfence.model.errors import NotFound, Refused, Retryable
from ringfence.observations.ec2.network import QUARANTINE, ROLE_TAG, TRANSITION
from ringfence.observations.iam.identity import Role
from ringfence.observations.iam.instance_denials import InstanceDenial, denial
from ringfence.observations.iam.revocation_list import LIST, revocation_list
from ringfence.observations.iam.revocations import Revocation, revocation, revocation_name, whole_second
from ringfence.runbooks.catalogue import CATALOGUE
from tests.support.fakes.bucket_answers import BUCKET_ANSWERS
from tests.support.fakes.config_answers import CONFIG_ANSWERS
from tests.support.fakes.identity_answers import IDENTITY_ANSWERS
from tests.support.fakes.instance_answers import ASSOCIATION, IMAGE_ID, INSTANCE_ANSWERS
from tests.support.fakes.logging_answers import LOGGING_ANSWERS
from tests.support.fakes.network_answers import MADE, NETWORK_ANSWERS
from tests.support.worlds import NOON, REF

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from botocore.model import ServiceModel

    from ringfence.model.call import Answer, Call

    Round = tuple[Answer, ...]

ROLE = Role("web", "AROAIOSFODNN7EXAMPLE")
PROFILE = f"arn:aws:iam::{REF.account}:instance-profile/team/web"
GROUP = f"arn:aws:elasticloadbalancing:{REF.region}:{REF.account}:targetgroup/web/0123456789abcdef"
MOST = 3000
"""Ways in which one conversation is held at most; none that is held in every way has as many."""


@cache
def model(service: str) -> ServiceModel:
    """Return botocore's model of a service."""
    return botocore.session.Session().get_service_model(service)


@cache
def paginated(service: str) -> frozenset[str]:
    """Return the operations of a service that botocore reads page by page."""
    found = (
        botocore.session.Session().get_component("data_loader").load_service_model(service, "paginators-1")
    )
    return frozenset(found["pagination"])


def ways(start: Callable[[], SansIO[object]]) -> Iterator[tuple[Call, ...]]:
    """Hold a conversation again and again, and yield the calls of each of its rounds.

    NotFound, Refused and Retryable may end it; anything else is raised: an error code that was declared as
    expected and is not handled, for one.
    """
    held = 0
    scripts: list[tuple[Round, ...]] = [()]
    while scripts:
        held += 1
        assert held < MOST, "there are too many ways to hold this conversation"
        script = scripts.pop()
        talk = start()
        try:
            calls = next(talk)
            for answers in script:
                calls = talk.send(answers)
        except (StopIteration, NotFound, Refused, Retryable):
            continue
        yield calls
        scripts.extend((*script, answers) for answers in _rounds(calls))


def _rounds(calls: tuple[Call, ...]) -> Iterator[Round]:
    """Answer every call alike, then each one in turn differently from the others."""
    possible = [possible_answers(call) for call in calls]
    usual = tuple(answers[0] for answers in possible)
    yield usual
    for place, answers in enumerate(possible):
        for other in answers[1:]:
            yield (*usual[:place], other, *usual[place + 1 :])


def possible_answers(call: Call) -> tuple[Answer, ...]:
    """Return what a call may be answered: what is usual first, then what is empty, then its errors."""
    good = answers_of(call.service, call.operation)
    what = f"{call.service}:{call.operation}"
    documents = tuple(Document.of(answer, what) for answer in good)
    refusals = tuple(
        Failed(code, "the service says why, and names what is running") for code in call.expected
    )
    return (*documents, *refusals)


def answers_of(service: str, operation: str) -> tuple[Mapping[str, object], ...]:
    """Return answers of an operation; one that only changes something answers with nothing."""
    return _answers().get(f"{service}:{operation}", ({},))


@cache
def _answers() -> Mapping[str, tuple[Mapping[str, object], ...]]:
    """Join these answers with those that the worlds of a runbook bring as `ANSWERS`."""
    worlds = (import_module(f"tests.support.strategies.{id_.replace('-', '_')}") for id_ in CATALOGUE)
    brought = (getattr(one, "ANSWERS", {}) for one in worlds)
    return {**_ANSWERS, **{name: each for one in brought for name, each in one.items()}}


def _group(role: str, number: int) -> dict[str, object]:
    tags = [{"Key": ROLE_TAG, "Value": role}]
    egress = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    return {
        "GroupId": f"sg-{number}",
        "GroupName": f"ringfence-{role}",
        "VpcId": "vpc-1",
        "Tags": tags,
        "IpPermissions": [],
        "IpPermissionsEgress": egress,
    }


_INSTANCE: dict[str, object] = {
    "InstanceId": REF.id,
    "ImageId": IMAGE_ID,
    "InstanceType": "m5d.large",
    "State": {"Code": 16, "Name": "running"},
    "VpcId": "vpc-1",
    "RootDeviceName": "/dev/sda1",
    "RootDeviceType": "ebs",
    "MetadataOptions": {"State": "applied", "HttpEndpoint": "enabled", "HttpTokens": "optional"},
    "BlockDeviceMappings": [
        {
            "DeviceName": "/dev/sda1",
            "Ebs": {"VolumeId": "vol-0", "DeleteOnTermination": True, "Status": "attached"},
        }
    ],
    "NetworkInterfaces": [
        {
            "NetworkInterfaceId": "eni-0",
            "VpcId": "vpc-1",
            "SubnetId": "subnet-0",
            "Groups": [{"GroupId": "sg-web", "GroupName": "web"}],
            "PrivateIpAddresses": [{"Primary": True, "PrivateIpAddress": "10.0.0.5"}],
        }
    ],
    "Tags": [{"Key": "Name", "Value": "web"}],
}
_ACL: dict[str, object] = {
    "NetworkAclId": "acl-a",
    "Associations": [{"SubnetId": "subnet-0", "NetworkAclId": "acl-a"}],
    "Entries": [
        {"RuleNumber": 1, "Egress": egress, "RuleAction": "deny", "Protocol": "-1", "CidrBlock": cidr}
        for egress in (False, True)
        for cidr in ("198.51.100.7/32",)
    ],
}
SNAPSHOT_ID = "snap-0123456789abcdef0"
_SNAPSHOT = {"SnapshotId": SNAPSHOT_ID, "VolumeId": "vol-0", "State": "completed", "Tags": []}
_EVIDENCE = {
    **_SNAPSHOT,
    "StartTime": NOON,
    "Tags": [{"Key": "ringfence:incident", "Value": "inc-20260301T120000.000000-0123456789"}],
}
"""A snapshot of the incident that the laws respond to."""
_ROLE = {
    "RoleName": ROLE.name,
    "RoleId": ROLE.id,
    "Path": ROLE.path,
    "Arn": f"arn:aws:iam::{REF.account}:role/{ROLE.name}",
    "CreateDate": NOON,
}
_PROFILE = {
    "InstanceProfileName": "web",
    "InstanceProfileId": "AIPAIOSFODNN7EXAMPLE",
    "Arn": PROFILE,
    "Path": "/team/",
    "CreateDate": NOON,
    "Roles": [_ROLE],
}
_ASSOCIATION = {
    "AssociationId": "iip-assoc-1",
    "InstanceId": REF.id,
    "IamInstanceProfile": {"Arn": PROFILE, "Id": "AIPAIOSFODNN7EXAMPLE"},
    "State": "associated",
}
_MANAGED = InstanceDenial(REF.id, NOON + timedelta(days=7), managed=True).arn(REF.account, ROLE)
REVOKED = Revocation(whole_second(NOON))
"""What the role's policies revoke, in a policy of its own and in the list."""
_POLICIES = {
    InstanceDenial(REF.id).inline_name: denial(ROLE, REF.id),
    revocation_name(REVOKED.instant): revocation(REVOKED.instant),
    LIST: revocation_list((REVOKED, Revocation(NOON - timedelta(hours=1), "0123456789"))),
}
_USER = {
    "UserName": "deploy",
    "UserId": "AIDAIOSFODNN7EXAMPLE",
    "Path": "/team/",
    "Arn": f"arn:aws:iam::{REF.account}:user/team/deploy",
    "CreateDate": NOON,
}
_BOUND = {
    "PermissionsBoundaryType": "PermissionsBoundaryPolicy",
    "PermissionsBoundaryArn": f"arn:aws:iam::{REF.account}:policy/ringfence/deny-web-0123456789",
}
_DENY = {"Version": "2012-10-17", "Statement": []}
_ASSUMED = {
    "EventId": "e-1",
    "EventName": "AssumeRole",
    "EventTime": NOON,
    "CloudTrailEvent": json.dumps({"requestParameters": {"roleArn": _ROLE["Arn"]}}),
}
_TRUSTED = ("ec2.amazonaws.com", "lambda.amazonaws.com", "ecs-tasks.amazonaws.com")
_ANSWERS: dict[str, tuple[Mapping[str, object], ...]] = {
    "autoscaling:DescribeAutoScalingGroups": (
        {
            "AutoScalingGroups": [
                {
                    "AutoScalingGroupName": "web",
                    "MinSize": 1,
                    "MaxSize": 9,
                    "DesiredCapacity": 5,
                    "DefaultCooldown": 300,
                    "AvailabilityZones": ["eu-west-1a"],
                    "HealthCheckType": "EC2",
                    "CreatedTime": NOON,
                }
            ]
        },
        {"AutoScalingGroups": []},
    ),
    "autoscaling:DescribeAutoScalingInstances": (
        {
            "AutoScalingInstances": [
                {
                    "InstanceId": REF.id,
                    "AutoScalingGroupName": "web",
                    "AvailabilityZone": "eu-west-1a",
                    "LifecycleState": "InService",
                    "HealthStatus": "HEALTHY",
                    "ProtectedFromScaleIn": False,
                }
            ]
        },
        {"AutoScalingInstances": []},
    ),
    "ec2:CreateSecurityGroup": ({"GroupId": "sg-new"},),
    "ec2:CreateSnapshots": ({"Snapshots": [{"SnapshotId": "snap-new", "VolumeId": "vol-0"}]},),
    "ec2:DescribeIamInstanceProfileAssociations": (
        {"IamInstanceProfileAssociations": [_ASSOCIATION]},
        {"IamInstanceProfileAssociations": []},
        {"IamInstanceProfileAssociations": [ASSOCIATION]},
    ),
    "ec2:DescribeInstanceAttribute": (
        {
            "InstanceId": REF.id,
            "DisableApiTermination": {"Value": False},
            "DisableApiStop": {"Value": False},
            "InstanceInitiatedShutdownBehavior": {"Value": "terminate"},
        },
    ),
    "ec2:DescribeInstanceTypes": (
        {"InstanceTypes": [{"InstanceType": "m5d.large", "InstanceStorageSupported": True}]},
        {"InstanceTypes": []},
    ),
    "ec2:DescribeInstances": ({"Reservations": [{"Instances": [_INSTANCE]}]}, {"Reservations": []}),
    "ec2:DescribeNetworkAcls": ({"NetworkAcls": [_ACL]}, {"NetworkAcls": []}),
    "ec2:DescribeSecurityGroups": (
        {"SecurityGroups": [_group(QUARANTINE, 1), _group(TRANSITION, 2)]},
        {"SecurityGroups": []},
    ),
    "ec2:DescribeLockedSnapshots": (
        {"Snapshots": [{"SnapshotId": _SNAPSHOT["SnapshotId"], "LockState": "governance"}]},
        {"Snapshots": []},
    ),
    "ec2:LockSnapshot": ({"SnapshotId": _SNAPSHOT["SnapshotId"], "LockState": "governance"},),
    "ec2:DescribeSnapshots": ({"Snapshots": []}, {"Snapshots": [_SNAPSHOT]}, {"Snapshots": [_EVIDENCE]}),
    "elbv2:DescribeTargetGroups": (
        {"TargetGroups": [{"TargetGroupArn": GROUP, "VpcId": "vpc-1", "TargetType": "instance"}]},
        {"TargetGroups": []},
    ),
    "elbv2:DescribeTargetHealth": (
        {
            "TargetHealthDescriptions": [
                {"Target": {"Id": REF.id, "Port": 80}, "TargetHealth": {"State": "healthy"}}
            ]
        },
        {"TargetHealthDescriptions": []},
    ),
    "iam:GetInstanceProfile": ({"InstanceProfile": _PROFILE}, {"InstanceProfile": {**_PROFILE, "Roles": []}}),
    "cloudtrail:LookupEvents": ({"Events": [_ASSUMED, MADE], "NextToken": "t"}, {"Events": []}),
    "ecs:DescribeTaskDefinition": ({"taskDefinition": {"family": "web", "taskRoleArn": _ROLE["Arn"]}},),
    "ecs:ListTaskDefinitionFamilies": ({"families": ["web"]}, {"families": []}),
    "lambda:ListFunctions": (
        {"Functions": [{"FunctionName": "resize", "Role": _ROLE["Arn"]}]},
        {"Functions": []},
    ),
    "iam:GetAccessKeyLastUsed": (
        {
            "UserName": "deploy",
            "AccessKeyLastUsed": {"LastUsedDate": NOON, "ServiceName": "s3", "Region": "eu-west-1"},
        },
        {"UserName": "deploy", "AccessKeyLastUsed": {"ServiceName": "N/A", "Region": "N/A"}},
    ),
    "iam:GetLoginProfile": (
        {"LoginProfile": {"UserName": "deploy", "CreateDate": NOON, "PasswordResetRequired": False}},
    ),
    "iam:GetPolicy": ({"Policy": {"DefaultVersionId": "v1"}},),
    "iam:GetPolicyVersion": ({"PolicyVersion": {"VersionId": "v1", "Document": _DENY}},),
    "iam:GetUser": ({"User": {**_USER, "PermissionsBoundary": _BOUND}}, {"User": _USER}),
    "iam:GetUserPolicy": ({"UserName": "deploy", "PolicyName": "ringfence-deny", "PolicyDocument": _DENY},),
    "iam:ListAccessKeys": (
        {
            "AccessKeyMetadata": [
                {
                    "UserName": "deploy",
                    "AccessKeyId": "AKIAIOSFODNN7EXAMPLE",
                    "Status": "Active",
                    "CreateDate": NOON,
                }
            ]
        },
        {"AccessKeyMetadata": []},
    ),
    "iam:ListRoles": ({"Roles": [_ROLE]}, {"Roles": []}),
    "iam:GetRole": (
        {
            "Role": {
                **_ROLE,
                "AssumeRolePolicyDocument": str(_TRUSTED),
                "RoleLastUsed": {"LastUsedDate": NOON, "Region": "eu-west-1"},
            }
        },
        {"Role": {**_ROLE, "RoleId": "AROAMADEANEWEXAMPLE"}},
    ),
    "iam:GetRolePolicy": tuple(
        {"RoleName": ROLE.name, "PolicyName": name, "PolicyDocument": document}
        for name, document in _POLICIES.items()
    ),
    "iam:ListInstanceProfilesForRole": (
        {"InstanceProfiles": [_PROFILE], "IsTruncated": False},
        {"InstanceProfiles": [], "IsTruncated": False},
    ),
    "iam:ListAttachedRolePolicies": (
        {"AttachedPolicies": [{"PolicyName": _MANAGED.rpartition("/")[2], "PolicyArn": _MANAGED}]},
        {"AttachedPolicies": []},
    ),
    "iam:ListRolePolicies": (
        {"PolicyNames": list(_POLICIES), "IsTruncated": False},
        {"PolicyNames": [], "IsTruncated": False},
    ),
    **IDENTITY_ANSWERS,
    **INSTANCE_ANSWERS,
    **NETWORK_ANSWERS,
    **BUCKET_ANSWERS,
    **CONFIG_ANSWERS,
    **LOGGING_ANSWERS,
}


def answered() -> tuple[tuple[str, ...], ...]:
    """Return every service and operation that has answers of its own."""
    return tuple(tuple(name.split(":")) for name in _answers())
