"""How findings of GuardDuty are checked at their source."""

from __future__ import annotations

from ringfence.events.guardduty.trigger.buckets import BucketTrigger
from ringfence.events.guardduty.trigger.credentials import CredentialsTrigger
from ringfence.events.guardduty.trigger.instances import GuardDutyTrigger
from ringfence.events.guardduty.trigger.reported import ReportedTrigger
from ringfence.events.rereading import BY_POLICY, GOES_ON, NOTHING_CHANGES, Rereading

REREADINGS = (
    Rereading(
        "GuardDuty",
        (GuardDutyTrigger, CredentialsTrigger, BucketTrigger),
        "findings that lead to changes",
        "the finding, with `GetFindings` in its account and region, beside the first read of the resource",
        confirmed="the response continues, with the finding as GuardDuty has it",
        refuted=(
            f"{NOTHING_CHANGES}. It is refuted if GuardDuty's finding has another account, region, type or "
            "resource, has a lower severity in the same version, is a sample, or only leads to a "
            "notification. A finding that GuardDuty does not have is asked for again for two minutes"
        ),
        unknown=GOES_ON,
        blinded=(
            f"{BY_POLICY}. It is blinded if the account has no detector in the region, if the detector is "
            "younger than the finding, or is suspended and does not have it, if the account has not enabled "
            "the region, or if the finding was archived since its event"
        ),
        claim="HeldFinding",
    ),
    Rereading(
        "GuardDuty",
        (ReportedTrigger,),
        "all other findings",
        "nothing: a person is notified, and nothing is changed",
        confirmed="a person is notified",
        claim="HeldFinding",
        changes=False,
    ),
)
