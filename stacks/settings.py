"""The settings of a deployment: CDK context, account, region and policy file. They are read once."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from ringfence.handlers.outputs import options
from ringfence.model.errors import BadInput
from ringfence.model.resource_names import (
    QUALIFIER,
    SCANS,
    activity_roles,
    function_role,
    hub_action_roles,
    network_roles,
    role_arn,
    scheduled_scan_roles,
)
from ringfence.model.subject import ACCOUNT, GLOBAL, REGION
from ringfence.policy.compiled import policy_from_json
from ringfence.policy.file import compile_policy, listed_accounts
from ringfence.runbooks.catalogue import CATALOGUE
from stacks.activity_settings import NAMES as ACTIVITY_NAMES
from stacks.activity_settings import ActivitySettings, activity_settings
from stacks.detection_settings import NAMES as DETECTION_NAMES
from stacks.detection_settings import DetectionSettings, detection_settings
from stacks.network_settings import NAMES as NETWORK_NAMES
from stacks.network_settings import NetworkSettings, network_settings
from stacks.notice_settings import NAMES as NOTICE_NAMES
from stacks.notice_settings import NoticeSettings, notice_settings, with_roles
from stacks.scan_settings import NAMES as SCAN_NAMES
from stacks.scan_settings import ScanSettings, scan_settings
from stacks.times import CONTAIN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

ROOT = Path(__file__).resolve().parents[1]
GOVERNANCE, COMPLIANCE = "GOVERNANCE", "COMPLIANCE"
MOST_ACCOUNTS = 100
"""The roles of the functions name each account, and more would not fit into their policies."""
MOST_ENVIRONMENTS = CONTAIN.concurrency
"""No containing function runs more often than this at the same time."""
NAMES = (
    "policy",
    "home_account",
    "home_region",
    "retention_days",
    "retention_mode",
    "notices_email",
    "escalations_email",
    "provisioned_concurrency",
    "reserved_concurrency",
    "break_glass_roles",
    "checkpoint_bucket",
    "retired_record_keys",
    "require_mfa",
    "security_hub_actions",
    *NOTICE_NAMES,
    *DETECTION_NAMES,
    *ACTIVITY_NAMES,
    *NETWORK_NAMES,
    *SCAN_NAMES,
    "dashboard",
)
"""The context values of Ringfence."""
_QUALIFIER = re.compile(r"[A-Za-z0-9]{1,10}")
_ROLE = re.compile(r"[\w+=,.@-]+(/[\w+=,.@-]+)*", re.ASCII)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_KEY_ARN = re.compile(r"arn:aws:kms:[a-z0-9-]+:\d{12}:key/[A-Za-z0-9-]+", re.ASCII)
_REGIONS = ("CDK_DEFAULT_REGION", "AWS_REGION", "AWS_DEFAULT_REGION")


@dataclass(frozen=True)
class Settings:
    """One synthesis.

    Parameters
    ----------
    home
        The account of the audit log and of the functions.
    account, region
        The target of this synthesis. Without a region, the deployment chooses it.
    home_region
        The region of the functions. Default: the region of this synthesis.
    policy
        The compiled policy.
    accounts, regions
        The policy's scope: the accounts and regions that may be changed. No regions means all.
    retention_days, retention_mode
        How long the archive locks an entry, and whether anybody may remove the lock.
    notices_email
        The email address for notices. Empty for none.
    escalations_email
        The email address for approvals that nobody answered, for break-glass, and for alarms about the topic
        of notices. Empty for none.
    provisioned_concurrency
        The number of initialized environments of each containment function.
    reserved_concurrency
        The reserved concurrency of each containment function. 0 reserves none.
    break_glass_roles
        Names of roles, with their paths, that exist in each account for emergencies. Only they and the root
        user may delete Ringfence's keys and the archive, and no response changes them.
    require_mfa
        Whether operators, releasers and checkers need a session with multi-factor authentication.
    security_hub_actions
        Whether the stacks create the custom actions of Security Hub, with which people start a response.
    qualifier
        The qualifier of `cdk bootstrap`, which is part of the names of its roles.
    checkpoint_bucket
        A bucket, of another account, for copies of the audit log's checkpoints. Empty for none.
    retired_record_keys
        The ARNs of earlier keys behind the seals, newest first. They still check what they sealed.
    policy_file
        The policy file, if it is named. Empty for the default one.
    notices
        Where notices go besides their topic.
    detection
        The log group of a trail for metric filters, and the thresholds of their alarms.
    activity
        The rules for activity that are deployed.
    network
        Where the flow logs are that are searched each day.
    scans
        When scheduled scans begin, and with which rules.
    hands_scans_over
        Whether the policy lets the function of the scans hand violations over.
    dashboard
        Whether there is a dashboard.
    outputs
        The outputs that the policy switches on, each with its options.

    """

    home: str
    account: str
    region: str | None
    home_region: str | None
    policy: Mapping[str, object]
    accounts: tuple[str, ...]
    regions: tuple[str, ...]
    retention_days: int
    retention_mode: str
    notices_email: str
    escalations_email: str
    provisioned_concurrency: int
    reserved_concurrency: int = 0
    break_glass_roles: tuple[str, ...] = ()
    require_mfa: bool = False
    security_hub_actions: bool = False
    qualifier: str = QUALIFIER
    checkpoint_bucket: str = ""
    retired_record_keys: tuple[str, ...] = ()
    policy_file: str = ""
    notices: NoticeSettings = field(default_factory=NoticeSettings)
    detection: DetectionSettings = field(default_factory=DetectionSettings)
    activity: ActivitySettings = field(default_factory=ActivitySettings)
    network: NetworkSettings = field(default_factory=NetworkSettings)
    scans: ScanSettings = field(default_factory=ScanSettings)
    hands_scans_over: bool = False
    dashboard: bool = False
    outputs: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()

    @property
    def optional_roles(self) -> tuple[str, ...]:
        """The roles in the home account that only some deployments have."""
        return (
            *self.notices.roles,
            *hub_action_roles(on=self.security_hub_actions),
            *activity_roles(on=bool(self.activity.rules)),
            *network_roles(on=bool(self.network.bucket)),
            *self.scan_roles,
        )

    @property
    def scan_roles(self) -> tuple[str, ...]:
        """The roles of scheduled scans, if there are any."""
        return scheduled_scan_roles(on=bool(self.scans.schedule))

    @property
    def is_home(self) -> bool:
        """Whether this deploys to the home account."""
        return self.account == self.home


def settings(context: Callable[[str], object], environment: Mapping[str, str]) -> Settings:
    """Read the context and the environment. Raises BadInput that names the context value."""

    def text(key: str, default: str = "") -> str:
        return str(context(key) or default)

    account = environment.get("CDK_DEFAULT_ACCOUNT") or text("home_account")
    home = text("home_account", account)
    if not ACCOUNT.fullmatch(home):
        raise BadInput(
            "home_account",
            "must be a 12-digit account id: set AWS credentials or --context home_account=…",
            home,
        )
    path = ROOT / text("policy", "policy.yaml")
    if not context("home_account"):
        _check_home(account, listed_accounts(path))
    region = next((environment[name] for name in _REGIONS if environment.get(name)), None)
    home_region = _region(text("home_region", region or ""))
    compiled = compile_policy(path, home, CATALOGUE, outputs=options())
    scope = policy_from_json(compiled)
    if home_region == GLOBAL and set(scope.regions) <= {GLOBAL}:  # nothing is forwarded from there
        compiled = compile_policy(path, home, CATALOGUE, forwards=False, outputs=options())
    if len(scope.accounts) > MOST_ACCOUNTS:
        raise BadInput("scope.accounts", f"must have at most {MOST_ACCOUNTS} accounts")
    if account not in {home, *scope.accounts}:
        raise BadInput(
            "scope.accounts", f"must contain {account}: add it to the policy before you deploy there"
        )
    notices, mfa = notice_settings(context), _yes("require_mfa", text("require_mfa", "false"))
    if notices.role and mfa:
        raise BadInput(
            "chat_role", "cannot be set with require_mfa: sessions that Amazon Q starts have no second factor"
        )
    actions = _yes("security_hub_actions", text("security_hub_actions", "false"))
    activity = activity_settings(context, home, scope.senders, ROOT)
    network = network_settings(context, home, scope.senders, ROOT)
    scans = scan_settings(context, ROOT)
    roles = (
        *notices.roles,
        *hub_action_roles(on=actions),
        *activity_roles(on=bool(activity.rules)),
        *network_roles(on=bool(network.bucket)),
        *scheduled_scan_roles(on=bool(scans.schedule)),
    )
    qualifier = _qualifier(text("@aws-cdk/core:bootstrapQualifier", QUALIFIER))
    deployed = sorted({GLOBAL, *scope.regions, *([home_region] if home_region else [])})
    compiled["own"] = {**with_roles(compiled["own"], roles), "qualifier": qualifier, "regions": deployed}
    return Settings(
        home=home,
        account=account,
        region=region,
        home_region=home_region,
        policy=compiled,
        policy_file=text("policy"),
        accounts=scope.accounts,
        regions=scope.regions,
        outputs=scope.outputs,
        retention_days=_days(text("retention_days", "365")),
        retention_mode=_mode(text("retention_mode", GOVERNANCE)),
        notices_email=_email("notices_email", text("notices_email")),
        escalations_email=_email("escalations_email", text("escalations_email")),
        provisioned_concurrency=_environments(text("provisioned_concurrency", "0")),
        reserved_concurrency=_reserved(text("reserved_concurrency", "0")),
        break_glass_roles=_roles(text("break_glass_roles")),
        require_mfa=mfa,
        security_hub_actions=actions,
        qualifier=qualifier,
        checkpoint_bucket=_bucket(text("checkpoint_bucket")),
        retired_record_keys=_keys(text("retired_record_keys")),
        notices=notices,
        detection=detection_settings(context),
        activity=activity,
        network=network,
        scans=scans,
        hands_scans_over=any(one.role == role_arn(home, function_role(SCANS)) for one in scope.senders),
        dashboard=_yes("dashboard", text("dashboard", "false")),
    )


def _check_home(account: str, listed: tuple[str, ...]) -> None:
    """Raise BadInput if this account could be a protected one whose home account was forgotten.

    Without `home_account`, the account of the credentials becomes the home account. The policy calls that
    account `home`. So an account that the policy lists by its number, beside others, is probably another one.
    """
    if account in listed and len(listed) > 1:
        raise BadInput(
            "home_account",
            f"is missing, and the policy lists the account of the credentials, {account}, by its number. "
            "To deploy to a protected account: --context home_account=<the security account>. "
            f"If {account} is the home account itself: --context home_account={account}",
        )


def check_names(given: Iterable[str]) -> None:
    """Raise BadInput for a misspelled context value of Ringfence.

    Other names are allowed, because the CDK and its users also store values in the context.
    """
    for name in given:
        meant = get_close_matches(name.lower().replace("-", "_"), NAMES, n=1, cutoff=0.8)
        if meant and name not in NAMES:
            raise BadInput(name, f"is not a context value of Ringfence; did you mean {meant[0]}?")


def _region(given: str) -> str | None:
    if given and not REGION.fullmatch(given):
        raise BadInput("home_region", "must be a region such as eu-west-1", given)
    return given or None


def _days(given: str) -> int:
    if not given.isascii() or not given.isdigit() or not 1 <= int(given) <= 36_500:  # noqa: PLR2004 - S3's limits
        raise BadInput("retention_days", "must be a number of days from 1 to 36500", given)
    return int(given)


def _environments(given: str) -> int:
    if not given.isascii() or not given.isdigit() or int(given) > MOST_ENVIRONMENTS:
        raise BadInput("provisioned_concurrency", f"must be a number from 0 to {MOST_ENVIRONMENTS}", given)
    return int(given)


def _reserved(given: str) -> int:
    """Return the number. Fewer than the mapping delivers at once would be throttled for nothing."""
    if not given.isascii() or not given.isdigit() or (int(given) and int(given) < MOST_ENVIRONMENTS):
        raise BadInput(
            "reserved_concurrency",
            f"must be 0, or at least {MOST_ENVIRONMENTS}, which its event source mapping can use at once",
            given,
        )
    return int(given)


def _roles(given: str) -> tuple[str, ...]:
    """Return names that are separated by commas or spaces."""
    names = tuple(given.replace(",", " ").split())
    for one in names:
        if not _ROLE.fullmatch(one):
            raise BadInput(
                "break_glass_roles", "must be names of roles such as break-glass or ops/admin", one
            )
    return names


def _yes(name: str, given: str) -> bool:
    if given.lower() not in {"true", "false"}:
        raise BadInput(name, "must be true or false", given)
    return given.lower() == "true"


def _qualifier(given: str) -> str:
    if not _QUALIFIER.fullmatch(given):
        raise BadInput("@aws-cdk/core:bootstrapQualifier", "must be 1 to 10 letters and digits", given)
    return given


def _bucket(given: str) -> str:
    if given and not _BUCKET.fullmatch(given):
        raise BadInput("checkpoint_bucket", "must be the name of a bucket", given)
    return given


def _email(name: str, given: str) -> str:
    if given and not _EMAIL.fullmatch(given):
        raise BadInput(name, "must be an email address", given)
    return given


def _mode(given: str) -> str:
    if given not in {GOVERNANCE, COMPLIANCE}:
        raise BadInput("retention_mode", f"must be {GOVERNANCE} or {COMPLIANCE}", given)
    return given


def _keys(given: str) -> tuple[str, ...]:
    """Read the ARNs of keys, with spaces between them."""
    found = tuple(given.split())
    for one in found:
        if not _KEY_ARN.fullmatch(one):
            raise BadInput("retired_record_keys", "must be ARNs of KMS keys with spaces between them", one)
    return found
