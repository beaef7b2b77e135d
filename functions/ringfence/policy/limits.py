"""How many responses that can break a workload may run without a person, per hour and day. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ringfence.model.codec import value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

WINDOWS = (("hour", timedelta(hours=1)), ("day", timedelta(days=1)))
"""The windows of time, by their fields in the policy."""
OPEN = "open"
"""The name of the window of a share: as long as the containment is open."""
FOREVER = timedelta(days=3650)
"""The length of that window. Containments end it, and not the time."""
MOST_SHARE = 20
"""The highest share, and the default one, in percent. A policy cannot exceed it or switch it off."""
MOST_OPEN = 20
"""The most open containments that a share can allow."""
MOST = 100
"""The highest limit. One call can read as many places."""
OVERALL, ACCOUNT, RUNBOOK, SUBJECT = "overall", "account", "runbook", "subject"
GROUP, VPC, ROLE = "auto-scaling-group", "vpc", "role"
TARGET_GROUP, CLUSTER = "target-group", "cluster"
SCOPES = (OVERALL, ACCOUNT, RUNBOOK, VPC, ROLE, GROUP, TARGET_GROUP, CLUSTER, SUBJECT)
"""What limits are for: everything, or one of these."""
SHARED = (GROUP, TARGET_GROUP, CLUSTER, SUBJECT)
"""Scopes in which critical findings have no separate budget."""
SHARE = "share"
"""The field of the policy with the share of instances."""
WITH_SHARE = (GROUP, TARGET_GROUP, ROLE)
"""Scopes that consist of instances, of which a share may be contained at a time."""
SERVICES = (GROUP, TARGET_GROUP, CLUSTER)
"""Scopes whose limits hold back only what takes an instance out of service."""
CRITICAL = 9.0
"""The lowest severity of a critical finding, on GuardDuty's scale."""


@value
class Limit:
    """How many responses may run in one scope.

    Attributes
    ----------
    scope : str
        One of `SCOPES`.
    hour, day : int
        How many in an hour and in a day. 0: no limit.
    share : int
        How many of the instances of a group or of a role may be contained at a time, in percent, at
        least one. 0: the scope has no share, as in a policy that was compiled before there were shares.
    """

    scope: str
    hour: int = 0
    day: int = 0
    share: int = 0

    def windows(self) -> Iterator[tuple[str, timedelta, int]]:
        """Yield the name, the length and the number of each window that has a limit."""
        for name, length in WINDOWS:
            if most := int(getattr(self, name)):
                yield name, length, most


DEFAULTS = (
    Limit(OVERALL, 20, 60),
    Limit(ACCOUNT, 10, 30),
    Limit(RUNBOOK, 15, 45),
    Limit(VPC, 5, 15),
    Limit(ROLE, 5, 15, share=MOST_SHARE),
    Limit(GROUP, 1, 5, share=MOST_SHARE),
    Limit(TARGET_GROUP, share=MOST_SHARE),
    Limit(CLUSTER, 2, 6),
    Limit(SUBJECT, 3),
)
CRITICAL_DEFAULTS = (
    Limit(OVERALL, 40, 100),
    Limit(ACCOUNT, 20, 60),
    Limit(RUNBOOK, 30, 90),
    Limit(VPC, 10, 30),
    Limit(ROLE, 10, 30),
)


@value
class Limits:
    """The limits of a policy.

    Attributes
    ----------
    ordinary : tuple of Limit
        Those of findings that are not critical, and of the scopes in `SHARED`.
    critical : tuple of Limit
        The budget of critical findings and of leaked keys. Cheap findings on purpose cannot use it up.
    """

    ordinary: tuple[Limit, ...] = DEFAULTS
    critical: tuple[Limit, ...] = CRITICAL_DEFAULTS

    def of(self, scope: str, *, critical: bool) -> Limit:
        """Return the limit of a scope."""
        budget = self.critical if critical and scope not in SHARED else self.ordinary
        return next((one for one in budget if one.scope == scope), None) or Limit(scope)


NO_LIMITS = Limits((), ())


def compiled_limits(given: Mapping[str, object]) -> dict[str, object]:
    """Return the compiled form of the policy's `limits`, with all defaults."""
    critical = given.get("critical")
    return {
        **_filled(given, DEFAULTS),
        "critical": _filled(critical if isinstance(critical, dict) else {}, CRITICAL_DEFAULTS),
    }


def _filled(given: Mapping[str, object], defaults: Iterable[Limit]) -> dict[str, object]:
    found: dict[str, object] = {}
    for default in defaults:
        own = given.get(default.scope)
        own = own if isinstance(own, dict) else {}
        names = (*(name for name, _ in WINDOWS), *((SHARE,) if default.share else ()))
        found[default.scope] = {name: own.get(name, getattr(default, name)) for name in names}
    return found
