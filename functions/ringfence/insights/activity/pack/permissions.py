"""Permissions that are granted, and who is trusted."""

from __future__ import annotations

from ringfence.insights.activity import conditions
from ringfence.insights.activity.rule import (
    Calls,
    Once,
    Rule,
    Sequence,
    Target,
)
from ringfence.insights.activity.stories import (
    HOUR,
    MINUTE,
    OTHER,
    OWN,
    PIPELINE,
    call,
    invoked,
    policy,
)

_USER = Target("iam-user", "requestParameters.userName")
_ADMIN = [{"suffix": f":policy/{one}"} for one in ("AdministratorAccess", "IAMFullAccess", "PowerUserAccess")]
_ADMIN_POLICY = {"userName": "bob", "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}
_BY_ARN = {"requestParameters": {"policyArn": _ADMIN}}

ADMIN_ATTACHED = Rule(
    "administrator-policy-attached",
    "a policy for administrators was attached",
    "T1098.003",
    "high",
    Once(Calls("iam", ("AttachUserPolicy", "AttachRolePolicy", "AttachGroupPolicy"), _BY_ARN)),
    "contain-credentials",
    "find the request for this change; if there is none, detach the policy and contain the caller",
    hits=(
        (call("iam:AttachUserPolicy", _ADMIN_POLICY),),
        (
            call(
                "iam:AttachRolePolicy",
                {"roleName": "r", "policyArn": "arn:aws:iam::aws:policy/IAMFullAccess"},
            ),
        ),
    ),
    misses=(
        (call("iam:AttachUserPolicy", {**_ADMIN_POLICY, "policyArn": f"arn:aws:iam::{OWN}:policy/reader"}),),
        (call("iam:AttachUserPolicy", _ADMIN_POLICY, error="AccessDenied"),),
    ),
)
INLINE_ADMIN = Rule(
    "policy-allows-everything",
    "a policy that allows everything was written",
    "T1098.003",
    "high",
    Once(
        Calls(
            "iam",
            ("PutUserPolicy", "PutRolePolicy", "PutGroupPolicy", "CreatePolicy", "CreatePolicyVersion"),
            also=conditions.allows_everything,
        )
    ),
    "contain-credentials",
    "find the request for this change; if there is none, remove the policy and contain the caller",
    hits=(
        (call("iam:PutUserPolicy", {"userName": "bob", "policyName": "p", "policyDocument": policy()}),),
        (
            call(
                "iam:CreatePolicyVersion", {"policyArn": "a", "policyDocument": policy(action=["*", "s3:*"])}
            ),
        ),
    ),
    misses=(
        (call("iam:PutUserPolicy", {"userName": "bob", "policyDocument": policy(action="s3:*")}),),
        (call("iam:PutUserPolicy", {"userName": "bob", "policyDocument": "{"}),),
        (call("iam:PutUserPolicy", {"policyDocument": policy()}, error="AccessDenied"),),
    ),
)
POLICY_ROLLED_BACK = Rule(
    "policy-version-changed",
    "another version of a policy was made the default",
    "T1098.003",
    "low",
    Once(Calls("iam", ("SetDefaultPolicyVersion",))),
    "report-findings",
    "compare the two versions: an older one can allow more",
    hits=((call("iam:SetDefaultPolicyVersion", {"policyArn": "arn", "versionId": "v1"}),),),
    misses=((call("iam:SetDefaultPolicyVersion", {"policyArn": "arn"}, error="AccessDenied"),),),
)
TRUST_OPENED = Rule(
    "role-trust-opened",
    "a role can be assumed by everybody or from another account",
    "T1098.003",
    "high",
    Once(Calls("iam", ("UpdateAssumeRolePolicy", "CreateRole"), also=conditions.lets_others_in)),
    "report-findings",
    "check whether the other account is known, and set the former trust policy if not",
    hits=(
        (
            call(
                "iam:UpdateAssumeRolePolicy",
                {"roleName": "r", "policyDocument": policy({"AWS": f"arn:aws:iam::{OTHER}:root"})},
            ),
        ),
        (call("iam:CreateRole", {"roleName": "r", "assumeRolePolicyDocument": policy({"AWS": "*"})}),),
    ),
    misses=(
        (
            call(
                "iam:CreateRole",
                {"roleName": "r", "assumeRolePolicyDocument": policy({"Service": "ec2.amazonaws.com"})},
            ),
        ),
        (
            call(
                "iam:UpdateAssumeRolePolicy",
                {"roleName": "r", "policyDocument": policy({"AWS": f"arn:aws:iam::{OWN}:role/x"})},
            ),
        ),
    ),
)
USER_EMPOWERED = Rule(
    "new-user-made-administrator",
    "a user was created and got a policy for administrators within an hour",
    "T1136.003",
    "high",
    Sequence(
        Calls("iam", ("CreateUser",)),
        Calls("iam", ("AttachUserPolicy",), _BY_ARN),
        60,
        ("requestParameters.userName",),
    ),
    "contain-credentials",
    "find the request for this user; if there is none, contain the user and the caller",
    hits=(
        (
            call("iam:CreateUser", {"userName": "bob"}),
            call("iam:AttachUserPolicy", _ADMIN_POLICY, 5 * MINUTE),
        ),
    ),
    misses=(
        (call("iam:CreateUser", {"userName": "bob"}), call("iam:AttachUserPolicy", _ADMIN_POLICY, 2 * HOUR)),
        (call("iam:CreateUser", {"userName": "eve"}), call("iam:AttachUserPolicy", _ADMIN_POLICY, MINUTE)),
        (call("iam:AttachUserPolicy", _ADMIN_POLICY),),
    ),
    about=(_USER,),
)
PROVIDER_ADDED = Rule(
    "identity-provider-added",
    "an identity provider was added, so that its users can get credentials",
    "T1484.002",
    "high",
    Once(
        Calls(
            "",
            ("CreateSAMLProvider", "UpdateSAMLProvider", "CreateOpenIDConnectProvider", "CreateTrustAnchor"),
            {
                "eventSource": ["iam.amazonaws.com", "rolesanywhere.amazonaws.com"],
                "userIdentity": {"invokedBy": [{"anything-but": ["sso.amazonaws.com"]}, {"exists": False}]},
            },
        )
    ),
    "report-findings",
    "check whether your organization knows the provider, and delete it if not",
    hits=(
        (call("iam:CreateSAMLProvider", {"name": "x", "sAMLMetadataDocument": "<x/>"}),),
        (call("rolesanywhere:CreateTrustAnchor", {"name": "x", "enabled": True}),),
    ),
    misses=(
        (invoked(call("iam:CreateSAMLProvider", {"name": "AWSSSO_x"}, by=PIPELINE), "sso.amazonaws.com"),),
        (call("iam:CreateSAMLProvider", {"name": "x"}, error="AccessDenied"),),
    ),
)
