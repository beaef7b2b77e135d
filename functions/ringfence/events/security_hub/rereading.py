"""How findings in Security Hub are checked at their source."""

from __future__ import annotations

from ringfence.events.rereading import Rereading

REREADINGS = (
    Rereading(
        "Security Hub",
        (),
        "findings of GuardDuty, and failed controls with a rule of AWS Config behind them",
        "what the row of GuardDuty or of AWS Config says: the intake turns them into the events of that "
        "service",
        confirmed="as in that row",
        changes=False,
    ),
    Rereading(
        "Security Hub",
        (),
        "findings of other products, for which `mappings` of the policy or the shipped table names a runbook",
        "nothing: the product cannot be asked. The mode is at most `approve`, so a person is the source",
        confirmed="a person is notified, or approves the plan",
        changes=False,
    ),
)
