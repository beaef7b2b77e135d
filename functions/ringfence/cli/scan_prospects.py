"""What would be done about a failing resource: the mode under the policy, and the command that plans it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen, replace
from ringfence.policy.decision import Mode
from ringfence.posture.rule import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from ringfence.model.runbook import Runbook
    from ringfence.policy.policy import Policy
    from ringfence.posture.evaluate import Units
    from ringfence.posture.fixes import Target
    from ringfence.posture.rule import Result, Rule

_ANYBODY = "arn:aws:iam::000000000000:role/anybody"
"""A sender, where the mode is asked that the policy has for everybody."""


@frozen
class Prospect:
    """The mode of the remediation, and the command that plans it. Empty: unknown, or there is none."""

    mode: str = ""
    command: str = ""


@dataclass(frozen=True)
class Prospects:
    """Says what would be done. `units` are the organizational units.

    `policy` returns the policy for a resource of an account. None: there is none, and no mode is known.
    """

    runbooks: Mapping[str, Runbook]
    now: datetime
    policy: Callable[[str], Policy | None] = lambda _: None
    units: Units = field(default_factory=dict)

    def of(self, one: Result, rule: Rule) -> Prospect:
        """Return what would be done about a result."""
        from ringfence.posture.fixes import command, target

        if one.status is not Status.FAILED or not rule.remediation:
            return Prospect()
        found = target(rule, one.resource, self.runbooks.values())
        planned = command(rule, one.resource, self.runbooks.values())
        policy = self.policy(one.resource.account)
        mode = self._mode(one, rule, found, policy) if found and found.type and policy else None
        return Prospect(mode.value if mode else "", planned)

    def _mode(self, one: Result, rule: Rule, found: Target, policy: Policy) -> Mode:
        """Return the mode of the finding that would hand the resource over, for every sender."""
        from ringfence.events.sent.parser import finding_from
        from ringfence.events.sent.sealed import Sent, Way
        from ringfence.model.document import Document
        from ringfence.policy.circumstances import Circumstances
        from ringfence.policy.selection import portions
        from ringfence.posture.fixes import highest_mode, violation

        highest = highest_mode(rule, one.resource, self.units)
        if not highest.records:
            return highest
        given = Document.of(violation(one, rule, found, highest, self.now))
        finding = replace(finding_from(Sent(Way.API, _ANYBODY, self.now, given)), claim=None)
        circumstances = Circumstances(self.now, policy.organization or None)
        shares = portions(policy, self.runbooks[found.runbook], finding, found.ref, circumstances)
        modes = (one.decision.mode for one in shares if rule.remediation in one.runbook.ids)
        return next(modes, Mode.OFF)
