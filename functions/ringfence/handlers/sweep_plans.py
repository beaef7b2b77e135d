"""Which sweeps run, and in which accounts and regions: from the policy and the catalogue."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ringfence.engine.sweeping import Answering
from ringfence.events.cloudtrail import sweep as cloudtrail
from ringfence.events.config import sweep as config
from ringfence.events.guardduty import sweep as guardduty
from ringfence.handlers.sweeps import Plan
from ringfence.model.place import Place
from ringfence.model.subject import GLOBAL
from ringfence.policy.sweeps import CLOUDTRAIL, CONFIG

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ringfence.model.runbook import Runbook
    from ringfence.policy.policy import Policy
    from ringfence.policy.sweeps import SweepSettings

_GLOBAL_SERVICES = frozenset({"iam.amazonaws.com"})
"""The services whose calls CloudTrail records in one region only."""


def answering(runbooks: Iterable[Runbook], policy: Policy) -> Answering:
    """Return the runbooks, as the rules of their accounts deliver events to them."""
    return Answering(tuple(runbooks), dict(policy.config_rules), policy.own.deployed)


def plans(
    policy: Policy, settings: SweepSettings, answers: Answering, home_region: str
) -> Mapping[str, Plan]:
    """Return what each sweep reads, and where.

    Parameters
    ----------
    policy
        The policy, with its scope.
    settings
        The policy's settings for sweeps.
    answers
        The runbooks, which decide what is read.
    home_region
        The region of the deployment. It is read if the policy names no regions.
    """
    regions = policy.regions or (home_region,)
    scope = tuple(Place(account, region) for account in policy.accounts for region in regions)
    made = {}
    for name, seconds in settings.every:
        every = timedelta(seconds=seconds)
        if name == CONFIG:
            made[name] = _config(answers, scope, every)
        elif name == CLOUDTRAIL:
            made[name] = _cloudtrail(answers, policy.accounts, scope, every)
        else:
            made[name] = _guardduty(name, settings, scope, every)
    return made


def _guardduty(name: str, settings: SweepSettings, scope: tuple[Place, ...], every: timedelta) -> Plan:
    """Read the administrator's account, if there is one, and by themselves the accounts that it lacks."""
    own = (guardduty.FINDINGS, *((guardduty.SUPPRESSED,) if settings.suppressed else ()))
    if not settings.administrator:
        return Plan(guardduty.sweep(name, *own), scope, every)
    there = tuple(one for one in scope if one.account == settings.administrator)
    others = tuple(one for one in scope if one.account != settings.administrator)
    made = guardduty.sweep(name, *own, guardduty.MEMBERS)
    return Plan(made, there, every, others, dict.fromkeys(others, own))


def _config(answers: Answering, scope: tuple[Place, ...], every: timedelta) -> Plan:
    types = frozenset(
        type_ for one in answers.runbooks for trigger in one.triggers for type_ in trigger.types
    )
    return Plan(config.sweep(config.answered(types, answers.names)), scope, every)


def _cloudtrail(
    answers: Answering, accounts: tuple[str, ...], scope: tuple[Place, ...], every: timedelta
) -> Plan:
    """Read each place, and the region in which IAM's calls are recorded."""
    patterns = (one for account in accounts[:1] for each in answers.patterns(account) for one in each)
    made = cloudtrail.sweep(cloudtrail.watched(patterns))
    regional = tuple(one for one in made.strands if one not in _GLOBAL_SERVICES)
    elsewhere = tuple(one for one in made.strands if one in {*_GLOBAL_SERVICES, cloudtrail.ROOT_USER})
    beside = tuple(one for account in accounts if (one := Place(account, GLOBAL)) not in scope)
    only = {
        **{one: regional for one in scope if one.region != GLOBAL},
        **dict.fromkeys(beside, elsewhere),
    }
    return Plan(made, (*scope, *beside), every, only=only)
