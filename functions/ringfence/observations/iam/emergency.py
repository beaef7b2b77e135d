"""Principals that are likely needed in an emergency: a person decides about them. Pure.

An intruder may hold one of them, so the list never protects absolutely: it leads to a dry run and a notice.
Roles are recognized by their path, which only IAM administrators choose, and by the whole name.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ringfence.model.call import Failed
from ringfence.model.kinds.iam_role import RoleRef
from ringfence.model.kinds.iam_user import UserRef
from ringfence.model.resource_names import CALLERS, PREFIX
from ringfence.model.subject import GLOBAL, REGION
from ringfence.observations.iam.principals import USER

if TYPE_CHECKING:
    from ringfence.model.call import Answer
    from ringfence.model.subject import Ref
    from ringfence.observations.iam.principals import Holder

_ORGANIZATION = {
    "AWSControlTowerExecution": "AWS Control Tower manages the account with it",
    "OrganizationAccountAccessRole": "the organization's management account gets into the account with it",
}
"""Roles by which an organization manages an account.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_access.html
https://docs.aws.amazon.com/controltower/latest/userguide/roles-how.html
"""
_CDK = re.compile(
    r"cdk-(?P<qualifier>[A-Za-z0-9]{1,10})-"
    r"(?:cfn-exec|deploy|file-publishing|image-publishing|lookup)-role-"
    rf"(?P<account>[0-9]{{12}})-{REGION.pattern}"
)
"""The roles of `cdk bootstrap`, by which stacks are deployed.

https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html
"""


def holder_refs(holder: Holder, account: str) -> tuple[Ref, ...]:
    """Return a user, or a role by its name and with its path."""
    if holder.kind == USER:
        return (UserRef(account, GLOBAL, holder.name),)
    with_path = f"{holder.path.strip('/')}/{holder.name}".strip("/")
    return tuple(RoleRef(account, GLOBAL, name) for name in dict.fromkeys((holder.name, with_path)))


def is_operator(attached: Answer, account: str) -> bool:
    """Return whether a policy of those who call the API is among the attached policies."""
    if isinstance(attached, Failed):
        return False
    arns = {f"arn:aws:iam::{account}:policy/{PREFIX}{one}" for one in CALLERS}
    return any(one.text("PolicyArn") in arns for one in attached.children("AttachedPolicies"))


def emergency_reasons(holder: Holder, account: str, qualifier: str, *, operator: bool) -> tuple[str, ...]:
    """Return in words why a user or role is likely needed in an emergency.

    `qualifier` is that of the `cdk bootstrap` whose roles deploy Ringfence. Roles of another one do not
    count, because an intruder who may create roles can give one such a name.
    """
    found = [f"{holder.key} may operate Ringfence"] if operator else []
    if holder.kind != USER and holder.path == "/":
        if why := _ORGANIZATION.get(holder.name):
            found.append(f"{holder.key}: {why}")
        cdk = _CDK.fullmatch(holder.name)
        if cdk and (cdk["account"], cdk["qualifier"]) == (account, qualifier):
            found.append(f"{holder.key}: the AWS CDK deploys with it")
    return tuple(found)
