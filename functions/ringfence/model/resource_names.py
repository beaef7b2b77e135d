"""Ringfence's own names. By them it recognizes its own calls and ignores them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from ringfence.model.discovery import ids_in
from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ringfence.model.runbook import Runbook

PREFIX = "ringfence-"
QUALIFIER = "hnb659fds"
"""The default qualifier of `cdk bootstrap`, which is part of the names of its roles.

https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html
"""


@frozen
class Home:
    """Where Ringfence is deployed, and by whose roles.

    `account` is the home account; empty if it is not known. `qualifier` is that of the `cdk bootstrap` whose
    roles deploy Ringfence, and `regions` are those with its stacks; none if they are not known.
    """

    account: str = ""
    qualifier: str = QUALIFIER
    regions: tuple[str, ...] = ()


UNKNOWN_HOME = Home()
CALLERS = ("operator", "releaser", "approver", "pauser", "resetter", "checker")
"""Those who call the API. Each has a managed policy: its name is `ringfence-` and the word."""
SESSION = "ringfence"
"""The name of the sessions of acting roles. A function chooses it when it assumes a role."""


@cache
def runbook_ids() -> tuple[str, ...]:
    """Return the ids of the runbooks in order, one for each module of `ringfence.runbooks`."""
    return ids_in("ringfence.runbooks")


def run_role(runbook: str) -> str:
    """Return the role that responds in the subject's account. Manual runs assume it too."""
    return f"{PREFIX}{runbook}"


def release_role(runbook: str) -> str:
    """Return the release role of a runbook, in the subject's account."""
    return f"{PREFIX}release-{runbook}"


def function_role(name: str) -> str:
    """Return the role of a function in the home account. `name` is a runbook's id or a function's name."""
    return f"{PREFIX}{name}-function"


OPERATE, ARCHIVE, NOTIFY, CONTROL = "operate", "archive", "notify", "control"
CHECKPOINT, HEARTBEAT, INTAKE, FINDINGS = "checkpoint", "heartbeat", "intake", "findings"
OUTPUTS = "outputs"
SWEEP = "sweep"
FUNCTIONS = (OPERATE, ARCHIVE, NOTIFY, CONTROL, CHECKPOINT, HEARTBEAT, INTAKE, FINDINGS, OUTPUTS, SWEEP)
"""The functions that do not belong to one runbook."""
ROUTE, CHAT = "route", "chat"
"""The functions that only some deployments have: for routes of notices, and for buttons in chat."""
HUB_ACTIONS = "hub-actions"
"""The function that creates custom actions of Security Hub. Only some deployments have it."""
ACTIVITY = "activity"
"""The function that evaluates the rules for activity. Only some deployments have it."""
NETWORK = "network"
"""The function that searches flow logs. Only some deployments have it."""
NETWORK_SCHEDULE = f"{PREFIX}{NETWORK}-schedule"
"""The role that invokes it each day."""
SCANS = "scans"
"""The function of scheduled scans. Only some deployments have it."""
CHANNEL_ROLE = f"{PREFIX}chat-channel"
"""The role that a chat channel must have. It may do nothing."""
FINDINGS_BUS = f"{FINDINGS}-bus"
"""The function that takes sent findings from the queue of the bus. It has the role of the API's function."""
FORWARD_ROLE = f"{PREFIX}forward"
CHECKPOINT_SCHEDULE = f"{PREFIX}{CHECKPOINT}-schedule"
"""The role that invokes the function which publishes the transparency log."""
HEARTBEAT_SCHEDULE = f"{PREFIX}{HEARTBEAT}-schedule"
"""The role that invokes the function of the self-check each hour."""
SWEEP_SCHEDULE = f"{PREFIX}{SWEEP}-schedule"
"""The role that invokes the function of the sweeps on their schedules."""
SCANS_SCHEDULE = f"{PREFIX}{SCANS}-schedule"
"""The role that invokes the function of scheduled scans."""
APPROVALS_SCHEDULE = f"{PREFIX}approvals-schedule"
"""The role of the schedules that lead back to an approval. It sends to the runbooks' second queues."""
BEAT_ROLE, HOME_BEAT_ROLE = f"{PREFIX}beat", f"{PREFIX}home-beat"
"""The roles of the schedules that send heartbeats: for each region that forwards events, and at home."""
DOCTOR_ROLE = f"{PREFIX}doctor"
"""The role of the self-check in each account. It reads Ringfence's own resources."""
OUTPUTS_ROLE = f"{PREFIX}{OUTPUTS}"
"""The role of the outputs in each account. It writes to the services there that hold findings."""
SWEEP_ROLE = f"{PREFIX}{SWEEP}"
"""The role of the sweeps in each account. It reads what the sources of findings have."""

SCAN_ROLE = f"{PREFIX}scan"
"""The role of scans in each account. It reads the items of AWS Config, and what they lack."""


REVIEW, RECHECK = "review", "recheck"
"""What a runbook's functions do on a schedule."""


def schedule_role(runbook: str, what: str = REVIEW) -> str:
    """Return the role that invokes a runbook's function on its schedule: a review or a recheck."""
    return f"{PREFIX}{runbook}-{what}-schedule"


@cache
def recording_roles() -> tuple[str, ...]:
    """Return the roles of the functions that write the audit log. They alone can seal its entries."""
    return tuple(function_role(name) for name in (*runbook_ids(), OPERATE, HEARTBEAT, FINDINGS))


@cache
def acting_roles() -> tuple[str, ...]:
    """Return the roles that act in protected accounts.

    These are exact names, because an intruder can choose a name with the same prefix.
    """
    return tuple(role(runbook) for role in (run_role, release_role) for runbook in runbook_ids())


def member_roles(*, forwards: bool = True) -> tuple[str, ...]:
    """Return every role that Ringfence has in each protected account, the home account among them.

    `forwards`: whether events are forwarded from the account.
    """
    others = (DOCTOR_ROLE, OUTPUTS_ROLE, SWEEP_ROLE, SCAN_ROLE)
    return (*acting_roles(), *others, *((FORWARD_ROLE, BEAT_ROLE) if forwards else ()))


def home_roles(runbooks: Iterable[Runbook]) -> tuple[str, ...]:
    """Return the roles that Ringfence has only in the home account: for functions and schedules."""
    declared = tuple(runbooks)
    functions = (function_role(name) for name in (*(one.id for one in declared), *FUNCTIONS))
    reviews = (schedule_role(one.id) for one in declared if one.review)
    rechecks = (schedule_role(one.id, RECHECK) for one in declared if one.undone_by)
    own = (CHECKPOINT_SCHEDULE, HEARTBEAT_SCHEDULE, APPROVALS_SCHEDULE, SWEEP_SCHEDULE, HOME_BEAT_ROLE)
    return (*functions, *reviews, *rechecks, *own)


def notice_roles(*, routes: bool, chat: bool, buttons: bool) -> tuple[str, ...]:
    """Return the roles for routes of notices, chat channels and buttons, which only some deployments have."""
    functions = (*((ROUTE,) if routes else ()), *((CHAT,) if buttons else ()))
    return (*map(function_role, functions), *((CHANNEL_ROLE,) if chat else ()))


def hub_action_roles(*, on: bool) -> tuple[str, ...]:
    """Return the role of the function for custom actions of Security Hub. Few deployments have it."""
    return (function_role(HUB_ACTIONS),) if on else ()


def activity_roles(*, on: bool) -> tuple[str, ...]:
    """Return the role of the function for activity. Only some deployments have it."""
    return (function_role(ACTIVITY),) if on else ()


def network_roles(*, on: bool) -> tuple[str, ...]:
    """Return the roles of the function for flow logs and of its schedule."""
    return (function_role(NETWORK), NETWORK_SCHEDULE) if on else ()


def scheduled_scan_roles(*, on: bool) -> tuple[str, ...]:
    """Return the roles of the function of scheduled scans and of its schedule. Few deployments have them."""
    return (function_role(SCANS), SCANS_SCHEDULE) if on else ()


def role_arn(account: str, name: str) -> str:
    """Return the ARN of a role without a path, as all of Ringfence's are."""
    return f"arn:aws:iam::{account}:role/{name}"


def session_arns(account: str) -> str:
    """Return the start of the ARNs of the sessions of Ringfence's roles in an account."""
    return f"arn:aws:sts::{account}:assumed-role/{PREFIX}"


def is_own_call(issuer: str, session: str, account: str) -> bool:
    """Return whether a recorded call in an account was made by Ringfence.

    Parameters
    ----------
    issuer, session
        The ARN of the session's role, and the ARN of the session.
    account
        The account that recorded the call. An acting role acts in its own account only.

    Examples
    --------
    >>> role, session = "arn:aws:iam::111122223333:role", "arn:aws:sts::111122223333:assumed-role"
    >>> is_own_call(f"{role}/ringfence-x", f"{session}/ringfence-x/{SESSION}", "111122223333")
    False
    """
    name = issuer.rpartition("/")[2]
    return (
        name in acting_roles()
        and issuer == role_arn(account, name)
        and session == f"arn:aws:sts::{account}:assumed-role/{name}/{SESSION}"
    )


HUB_ACTION_TYPE = "Custom::RingfenceSecurityHubAction"
"""The type of the custom actions of Security Hub in CloudFormation."""
