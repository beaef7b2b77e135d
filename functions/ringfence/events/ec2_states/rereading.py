"""How state changes of instances are checked at their source."""

from __future__ import annotations

from ringfence.events.ec2_states.trigger import StateTrigger
from ringfence.events.rereading import RETRIED, Rereading

REREADINGS = (
    Rereading(
        "EC2",
        (StateTrigger,),
        "instances that start to run",
        "the settings of the instance itself",
        confirmed="a setting is wrong: it is fixed",
        refuted="the settings are right, or the instance does not exist: nothing is changed",
        unknown=RETRIED,
    ),
)
