"""Generate a policy. Pure.

A statement allows some actions on the same resources. `reasons` has a reason for each wildcard.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen, replace
from ringfence.privileges.actions import PERMISSIONS, READING, actions_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ringfence.privileges.actions import Action
    from ringfence.privileges.usage import Use

_LEAST = 4
"""Actions that a prefix must stand for, so that it is written instead of them."""
PRODUCTION = "production"
LONGEST = 6144
"""Characters of a managed policy, without white space.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""
GLOBAL = frozenset(
    {"iam", "sts", "cloudfront", "route53", "organizations", "support", "health", "account", "budgets", "ce"}
)
"""Services whose calls are not bound to a region, so that a condition on the region could deny them."""


@frozen
class Generated:
    """A policy and the reasons for its wildcards, in the order of the statements."""

    statements: tuple[Statement, ...]
    reasons: tuple[str, ...]

    @property
    def document(self) -> dict[str, object]:
        """The policy in IAM's form."""
        return {"Version": "2012-10-17", "Statement": [one.document for one in self.statements]}


@frozen
class Statement:
    """One statement. `condition` is empty, or has one operator with its keys."""

    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    condition: tuple[tuple[str, str, tuple[str, ...]], ...] = ()

    @property
    def document(self) -> dict[str, object]:
        """The statement in IAM's form."""
        made: dict[str, object] = {
            "Sid": self.sid,
            "Effect": "Allow",
            "Action": list(self.actions),
            "Resource": list(self.resources),
        }
        if self.condition:
            operators: dict[str, dict[str, object]] = {}
            for operator, key, values in self.condition:
                operators.setdefault(operator, {})[key] = list(values)
            made["Condition"] = operators
        return made


def from_uses(uses: Iterable[Use]) -> Generated:
    """Return the policy that allows what was used, on the resources that it was used on."""
    resources: dict[Action, set[str]] = defaultdict(set)
    regions: dict[Action, set[str]] = defaultdict(set)
    unnamed: dict[Action, set[str]] = defaultdict(set)
    for use in uses:
        regions[use.action].add(use.region)
        resources[use.action].update(use.resources)
        unnamed[use.action].update(use.unnamed)
    reasons: list[str] = []
    groups: dict[tuple[str, tuple[str, ...], tuple[str, ...]], list[Action]] = defaultdict(list)
    for action in sorted(regions, key=lambda one: one.text):
        arns, why = _limits(action, resources[action], unnamed[action])
        reasons += [f"{action.text} on {', '.join(arns)}: {why}"] if why else []
        bound = "*" in arns and action.service not in GLOBAL
        where = tuple(sorted(filter(None, regions[action]))) if bound else ()
        groups[action.service, arns, where].append(action)
    numbered = enumerate(groups.items(), start=1)
    made = (_statement(number, *key, found) for number, (key, found) in numbered)
    return Generated(tuple(made), tuple(reasons))


def _limits(action: Action, named: set[str], unnamed: set[str]) -> tuple[tuple[str, ...], str]:
    """Return the resources of an action, and why there is a wildcard among them."""
    if not action.resource_types:
        return ("*",), "the action cannot be limited to resources"
    if not unnamed:
        return tuple(sorted(named)), ""
    why = "a record does not name a resource that the action needs"
    return tuple(sorted(named | unnamed)), why


def _statement(
    number: int, service: str, resources: tuple[str, ...], regions: tuple[str, ...], actions: list[Action]
) -> Statement:
    condition = (("StringEquals", "aws:RequestedRegion", regions),) if regions else ()
    sid = f"{re.sub('[^A-Za-z0-9]', '', service.title())}{number}"
    return Statement(sid, tuple(one.text for one in actions), resources, condition)


def allowed_in(environment: str, action: Action) -> bool:
    """Return whether people may use an action in an environment. In `production`, they only read."""
    return action.level in READING if environment == PRODUCTION else action.level != PERMISSIONS


def within(environment: str, made: Generated) -> Generated:
    """Return a policy whose actions people may use in an environment, for these people only."""
    tagged = _tagged(environment)
    return replace(
        made, statements=tuple(replace(one, condition=(*one.condition, *tagged)) for one in made.statements)
    )


def _tagged(environment: str) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """Return the condition on principals of an environment. In `production`, everybody may read."""
    if environment == PRODUCTION:
        return ()
    return (("StringEquals", "aws:PrincipalTag/Environment", (environment,)),)


def for_environment(environment: str, services: Iterable[str], regions: tuple[str, ...]) -> Generated:
    """Return the policy for people in an environment.

    Parameters
    ----------
    environment
        `production`: reading only. Anything else: every action but those that manage permissions, for
        principals whose tag `Environment` has this value.
    services
        Prefixes of services, for example `ec2`. Unknown ones have no actions.
    regions
        The regions in which it allows something. Empty: all.

    """
    statements, reasons = [], []
    for number, service in enumerate(services, start=1):
        every = actions_of(service).values()
        wanted = [one for one in every if allowed_in(environment, one)]
        if environment == PRODUCTION:
            why = "every action with this prefix only reads"
        else:
            why = "no action with this prefix manages permissions"
        names = tuple(compressed(wanted, every))
        reasons += [f"{name}: {why}" for name in names if name.endswith("*")]
        reasons.append(f"{service} on *: people work with resources that do not exist yet")
        condition: list[tuple[str, str, tuple[str, ...]]] = []
        if regions and service not in GLOBAL:
            condition.append(("StringEquals", "aws:RequestedRegion", regions))
        condition += _tagged(environment)
        sid = f"{re.sub('[^A-Za-z0-9]', '', service.title())}{number}"
        statements.append(Statement(sid, names, ("*",), tuple(condition)))
    return Generated(tuple(statements), tuple(reasons))


def compressed(wanted: Iterable[Action], every: Iterable[Action]) -> Iterator[str]:
    """Yield actions, and prefixes that stand for some of these and for no other action of the service.

    A prefix ends where a word of the name ends: `ec2:Describe*`, and not `ec2:Desc*`.
    """
    chosen = {one.name for one in wanted}
    others = [one.name for one in every if one.name not in chosen]
    service = next((one.service for one in every), "")
    covered: set[str] = set()
    for name in sorted(chosen):
        if name in covered:
            continue
        words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+|[A-Z]", name)
        prefixes = ("".join(words[:count]) for count in range(1, len(words)))
        for prefix in prefixes:
            alike = {one for one in chosen if one.startswith(prefix)}
            if len(alike) >= _LEAST and not any(one.startswith(prefix) for one in others):
                covered |= alike
                yield f"{service}:{prefix}*"
                break
        else:
            covered.add(name)
            yield f"{service}:{name}"
