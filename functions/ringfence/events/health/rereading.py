"""How events of AWS Health are checked at their source."""

from __future__ import annotations

from ringfence.events.health.abuse import AbuseTrigger
from ringfence.events.health.trigger import HealthTrigger
from ringfence.events.rereading import GOES_ON, NOTHING_CHANGES, Rereading

REREADINGS = (
    Rereading(
        "AWS Health",
        (HealthTrigger,),
        "exposed credentials",
        "the resources of the event, with `DescribeAffectedEntities`",
        refuted=(
            f"{NOTHING_CHANGES}. An event that AWS Health does not have is asked for again for two minutes"
        ),
        unknown=f"{GOES_ON}. AWS Health answers only accounts with a Business or Enterprise support plan",
        claim="PublishedEvent",
    ),
    Rereading(
        "AWS Health",
        (AbuseTrigger,),
        "reports of abuse",
        "nothing: a person is notified, and nothing is changed",
        confirmed="a person is notified",
        changes=False,
    ),
)
