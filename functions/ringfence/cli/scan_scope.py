"""Where a scan looks: the accounts and regions of the policy's scope, and what it reaches."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

import click

from ringfence.model.errors import BadInput
from ringfence.model.place import Place
from ringfence.model.subject import ACCOUNT, REGION
from ringfence.posture.values import EVERYWHERE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ringfence.cli.scan_fix import Post
    from ringfence.cli.scan_options import LiveOptions, ScanOptions
    from ringfence.cli.scan_plans import Run
    from ringfence.cli.scan_prospects import Prospects
    from ringfence.engine.ports import Clock
    from ringfence.policy.policy import Policy
    from ringfence.posture.evaluate import Units
    from ringfence.posture.reach import Asking, Wanted
    from ringfence.self_check.places import Deployment

ANY_ACCOUNT = "0" * 12
"""A home account, where nothing depends on it."""
SCOPE = "must be an account, a region, global, ACCOUNT/REGION, or the id of an organizational unit"


def _asks() -> bool:
    return sys.stdin.isatty()


@dataclass(frozen=True)
class ScanEnvironment:
    """What a scan reaches. Tests pass a fake one as the object of the Click context.

    `asks`: whether a person can answer. `send` sends findings, and `run` requests
    a run. None: by the API.
    """

    account: Callable[[], str]
    region: Callable[[], str]
    cloud: Asking
    clock: Clock
    wait: Callable[[float], None]
    asks: Callable[[], bool] = _asks
    send: Post | None = None
    run: Run | None = None


def environment(given: LiveOptions | None) -> ScanEnvironment:
    """Return the environment: the object of the Click context, or the real one."""
    fake = click.get_current_context().obj
    if isinstance(fake, ScanEnvironment):
        return fake
    from ringfence.aws.caller import caller, default_region
    from ringfence.aws.cloud import AwsCloud
    from ringfence.aws.sessions import OwnClients, RoleClients
    from ringfence.handlers.threads import Threads
    from ringfence.model.resource_names import SCAN_ROLE

    def now() -> datetime:
        return datetime.now(UTC)

    clients = OwnClients() if given and given.direct else RoleClients(SCAN_ROLE, SCAN_ROLE, now)
    cloud = AwsCloud(clients, now, Threads("reads"))
    return ScanEnvironment(lambda: caller().account, default_region, cloud, now, time.sleep)


def units_of(given: ScanOptions) -> Units:
    """Return the organizational units that the policy file says each account is in. Raises BadInput."""
    policy = _policies(given)(ANY_ACCOUNT)
    return {one.account: frozenset(one.units) for one in policy.organization} if policy else {}


def prospects_of(given: ScanOptions) -> Prospects:
    """Return what says what would be done about failing resources. Raises BadInput."""
    from ringfence.cli.scan_prospects import Prospects
    from ringfence.runbooks.catalogue import CATALOGUE

    return Prospects(CATALOGUE, datetime.now(UTC), _policies(given), units_of(given))


def _policies(given: ScanOptions) -> Callable[[str], Policy | None]:
    """Return the policy of the file for each home account. Files of items do not say which one that is."""
    from ringfence.cli.deployed import compiled, policy_file
    from ringfence.policy.compiled import policy_from_json

    file = policy_file(given.policy)
    home = given.home.place.account or (environment(given.live).account() if given.live else "")

    @cache
    def of(account: str) -> Policy | None:
        return policy_from_json(compiled(file, home or account)) if file else None

    return of


def deployment_of_scan(given: ScanOptions, own: str, region_of: Callable[[], str]) -> Deployment:
    """Return the accounts and regions of the policy file. Raises BadInput."""
    from ringfence.cli.deployed import deployment_of, policy_file

    home, region = given.home.place.account or own, given.home.place.region or region_of()
    return deployment_of(policy_file(given.policy), home, region)


def regions_of(deployment: Deployment) -> tuple[str, ...]:
    """Return the regions that a scan reads."""
    return deployment.regions or (deployment.home_region,)


def places_of(given: LiveOptions, deployment: Deployment, wanted: Wanted, own: str) -> Iterator[Place]:
    """Yield the places of the scope that have a type which some rule is about."""
    chosen = [_chooser(one, wanted.units) for one in given.scopes]
    for account in (own,) if given.direct else deployment.accounts:
        for region in (*wanted.regions, EVERYWHERE):
            place = Place(account, region)
            if wanted.types(region) and (not chosen or any(one(place) for one in chosen)):
                yield place


def _chooser(text: str, units: Units) -> Callable[[Place], bool]:
    """Return whether a place is in a part of the scope. Raises BadInput."""
    account, _, region = text.rpartition("/")
    if text.startswith("ou-"):
        if not any(text in each for each in units.values()):
            raise BadInput("--scope", "must be a unit of the policy's section `organization`", text)
        return lambda place: text in units.get(place.account, frozenset())
    if ACCOUNT.fullmatch(text):
        return lambda place: place.account == text
    if (account and not ACCOUNT.fullmatch(account)) or not (region == EVERYWHERE or REGION.fullmatch(region)):
        raise BadInput("--scope", SCOPE, text)
    return lambda place: place.region == region and account in {"", place.account}
