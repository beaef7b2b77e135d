"""IAM: users, roles and the policies that an account manages.

AWS Config's type for those policies is AWS::IAM::Policy. CloudFormation's is AWS::IAM::ManagedPolicy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ringfence.posture.mapping import Computed, mapped
from ringfence.posture.policies import ELEMENTS, policy_statements, statements
from ringfence.posture.values import UNREAD

if TYPE_CHECKING:
    from ringfence.posture.mapping import Item


def _default_version(item: Item) -> object:
    """Return the statements of the version of a policy that is in force."""
    configuration = item.get("configuration")
    versions = configuration.get("policyVersionList") if isinstance(configuration, Mapping) else None
    if isinstance(versions, Sequence) and not isinstance(versions, str):
        for one in versions:
            if isinstance(one, Mapping) and one.get("isDefaultVersion") is True and "document" in one:
                return policy_statements(one["document"])
    return UNREAD


USER = mapped(
    "AWS::IAM::User",
    (),
    {
        "UserName": "configuration.userName",
        "Path": "configuration.path",
        "Groups[]": "configuration.groupList[]",
        "ManagedPolicyArns[]": "configuration.attachedManagedPolicies[].policyArn",
        "Policies[].PolicyName": "configuration.userPolicyList[].policyName",
    },
    str,
)
ROLE = mapped(
    "AWS::IAM::Role",
    (),
    {
        "RoleName": "configuration.roleName",
        "Path": "configuration.path",
        "ManagedPolicyArns[]": "configuration.attachedManagedPolicies[].policyArn",
        "Policies[].PolicyName": "configuration.rolePolicyList[].policyName",
        "PermissionsBoundary": "configuration.permissionsBoundary.permissionsBoundaryArn",
    },
    str,
    computed=(statements("AssumeRolePolicyDocument", "configuration.assumeRolePolicyDocument"),),
)
POLICY = mapped(
    "AWS::IAM::Policy",
    (),
    {
        "ManagedPolicyName": "configuration.policyName",
        "Path": "configuration.path",
        "AttachmentCount": "configuration.attachmentCount",
    },
    str,
    computed=(
        Computed("PolicyDocument", ELEMENTS, _default_version, ("configuration", "policyVersionList")),
    ),
)
