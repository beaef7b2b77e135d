"""How events of AWS Health are checked at their source."""

from __future__ import annotations

from ringfence.events.health.abuse import AbuseTrigger
from ringfence.events.health.trigger import HealthTrigger
from ringfence.events.rereading import RETRIED, Rereading

REREADINGS = (
    Rereading(
        "AWS Health",
        (HealthTrigger,),
        "exposed credentials",
        "the key, its user and its status. The API of AWS Health answers only accounts with a Business or "
        "Enterprise support plan, so it is not asked",
        confirmed="the key exists: it is contained",
        refuted="the key does not exist: the incident is closed",
        unknown=RETRIED,
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
