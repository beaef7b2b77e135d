"""How findings of IAM Access Analyzer are checked at their source."""

from __future__ import annotations

from ringfence.events.access_analyzer.trigger import PublicTrigger
from ringfence.events.rereading import RETRIED, Rereading

REREADINGS = (
    Rereading(
        "IAM Access Analyzer",
        (PublicTrigger,),
        "active findings that everybody has access to a bucket or an EBS snapshot, also from Security Hub",
        "the setting, from the resource itself: the policy, the ACL and Block Public Access of the bucket, "
        "or who can create volumes from the snapshot. Access Analyzer is not asked, because its finding can "
        "be older than the setting",
        confirmed="the resource is public: that is ended, as the policy decides",
        refuted="the resource is not public: nothing is changed",
        unknown=RETRIED,
    ),
    Rereading(
        "IAM Access Analyzer",
        (),
        "all other active findings about access from outside of the zone of trust",
        "nothing: a share can be intended. The mode is at most `approve`, so a person is the source",
        confirmed="a person is notified, or approves the plan of the runbook that the policy maps it to",
        changes=False,
    ),
)
