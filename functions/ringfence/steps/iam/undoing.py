"""The calls that undo a denial, by CloudTrail's names for them.

A denial can be an inline policy, an attached managed policy or a permissions boundary. It ends if somebody
replaces, detaches or deletes it, or adds a default version of the managed policy.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

from ringfence.model.subject import RecordedCalls

_POLICIES = ("CreatePolicyVersion", "DeletePolicy", "SetDefaultPolicyVersion")
_OF_USERS = (
    "CreateUser",  # a user that was deleted is created again under its name, without the denial
    "DeleteUserPermissionsBoundary",
    "DeleteUserPolicy",
    "DetachUserPolicy",
    "PutUserPermissionsBoundary",
    "PutUserPolicy",
    "UpdateUser",  # a renamed user keeps its denial, and later calls on it give its new name
)
_OF_ROLES = (
    "DeleteRolePermissionsBoundary",
    "DeleteRolePolicy",
    "DetachRolePolicy",
    "PutRolePermissionsBoundary",
    "PutRolePolicy",
)
ROLE_DENIAL_UNDONE = (RecordedCalls("iam", _OF_ROLES),)
"""The calls that undo an inline policy of a role."""
INSTANCE_DENIAL_UNDONE = (*ROLE_DENIAL_UNDONE, RecordedCalls("iam", _POLICIES))
"""The calls that undo the denial of an instance's sessions, also by a managed policy."""
DENIAL_UNDONE = (*ROLE_DENIAL_UNDONE, RecordedCalls("iam", (*_OF_USERS, *_POLICIES)))
"""The calls that undo any denial of a user or a role."""
