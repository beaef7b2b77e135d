"""Roles that no response changes, whatever a finding says: the member roles are denied it.

They are Ringfence's own roles, and those by which people and AWS get into the account when everything else
fails. Without the denial, somebody who controls the home account could lock everybody out of every member. A
finding about one of these roles is not ignored: it ends in an urgent notification.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stacks.names import role_arn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stacks.settings import Settings

_BOOTSTRAP = ("cfn-exec", "deploy", "file-publishing", "image-publishing", "lookup")
"""https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html"""
_ORGANIZATION = ("AWSControlTowerExecution", "OrganizationAccountAccessRole")
"""https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_access.html"""
_OF_AWS = ("aws-reserved/*", "aws-service-role/*")
"""Paths that only AWS can use: IAM Identity Center, and service-linked roles."""


def needed_in_an_emergency(settings: Settings) -> Iterator[str]:
    """Yield the ARNs of an account's roles besides Ringfence's own.

    A region is a pattern, because any region can be bootstrapped. The engine recognizes the same names, and
    leaves the decision to a person.
    """
    account, qualifier = settings.account, settings.qualifier
    yield from (role_arn(account, f"cdk-{qualifier}-{one}-role-{account}-*") for one in _BOOTSTRAP)
    yield from (role_arn(account, name) for name in (*_ORGANIZATION, *settings.break_glass_roles, *_OF_AWS))
