"""`ringfence iam generate --access-analyzer`: let IAM Access Analyzer generate a policy, if it can."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from ringfence.cli.text import safe
from ringfence.model.errors import BadInput, RingfenceError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringfence.aws.policy_generation import Wanted
    from ringfence.privileges.generate import Generated

_ARN = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:(user|role)/[\w+=,.@/-]+", re.ASCII)
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:role/[\w+=,.@/-]+", re.ASCII)
_TRAIL = re.compile(r"arn:aws[a-z-]*:cloudtrail:[a-z0-9-]+:[0-9]{12}:trail/[\w.-]+", re.ASCII)


def wanted_of(principal: str | None, trail: str, role: str | None, days: int) -> Wanted:
    """Return what to generate a policy from. Raises BadInput that names the option."""
    from ringfence.aws.policy_generation import LONGEST_DAYS, Wanted

    if not principal or not _ARN.fullmatch(principal):
        raise BadInput("--principal", "must be the ARN of a user or role", principal or "")
    if not _TRAIL.fullmatch(trail):
        raise BadInput("--access-analyzer", "must be the ARN of a trail", trail)
    if not role or not _ROLE.fullmatch(role):
        raise BadInput("--access-role", "must be the ARN of the role that reads the trail", role or "")
    if not 1 <= days <= LONGEST_DAYS:
        raise BadInput("--days", f"must be a number from 1 to {LONGEST_DAYS}", days)
    return Wanted(principal, trail, role, days)


def analyzed(
    wanted: Wanted, policies: Callable[[Wanted], tuple[str, ...]], *, falls_back: bool
) -> Generated | None:
    """Return the policy of Access Analyzer. None if there is none and records are given instead.

    Says so on standard error. Raises the error if no records are given.
    """
    from ringfence.privileges.analyzed import from_analyzer

    try:
        made = from_analyzer(policies(wanted))
        why = "" if made.statements else "it found no activity"
    except RingfenceError as error:
        if not falls_back:
            raise
        why = str(error)
    if not why:
        return made
    if not falls_back:
        raise BadInput("--principal", "has no activity that Access Analyzer found", wanted.principal)
    click.echo(safe(f"Access Analyzer generated no policy: {why}"), err=True)
    click.echo("The policy is generated from the files of --from-cloudtrail instead.", err=True)
    return None


def own_policies(wanted: Wanted) -> tuple[str, ...]:
    """Generate with the credentials of the terminal."""
    import time
    from datetime import UTC, datetime

    from ringfence.aws.caller import configured, default_region
    from ringfence.aws.policy_generation import PolicyGeneration
    from ringfence.aws.sessions import own_client

    with configured():
        client = own_client("accessanalyzer", default_region() or None)
    return PolicyGeneration(client, time.sleep).policies(wanted, datetime.now(UTC))
