"""How findings of IAM Access Analyzer are checked at their source."""

from __future__ import annotations

from ringfence.events.rereading import Rereading

REREADINGS = (
    Rereading(
        "IAM Access Analyzer",
        (),
        "active findings about access from outside of the zone of trust",
        "nothing: a share can be intended. The mode is at most `approve`, so a person is the source",
        confirmed="a person is notified, or approves the plan of the runbook that the policy maps it to",
        changes=False,
    ),
)
