"""How recorded calls are checked at their source."""

from __future__ import annotations

from ringfence.events.cloudtrail.trigger.bucket_creation import OpenCreationTrigger
from ringfence.events.cloudtrail.trigger.calls import CallTrigger
from ringfence.events.cloudtrail.trigger.defenses import DefensesTrigger
from ringfence.events.cloudtrail.trigger.own_resources import OwnTrigger
from ringfence.events.cloudtrail.trigger.quarantine import QuarantineTrigger
from ringfence.events.cloudtrail.trigger.root import RootTrigger
from ringfence.events.cloudtrail.trigger.switched_off import SwitchedOffTrigger
from ringfence.events.rereading import GOES_ON, RETRIED, Rereading

REREADINGS = (
    Rereading(
        "CloudTrail",
        (CallTrigger, OpenCreationTrigger),
        "calls that change a setting",
        "the setting, from the resource itself. `LookupEvents` shows a call up to 15 minutes later, so it is "
        "not asked",
        confirmed="the setting is wrong: it is fixed",
        refuted="the setting is right: nothing is changed",
        unknown=RETRIED,
    ),
    Rereading(
        "CloudTrail",
        (SwitchedOffTrigger,),
        "calls that switch off Ringfence's own resources",
        "the resource, and what the template of its stack declares",
        confirmed="the resource is off and declared on: it is switched on",
        refuted="the resource is as declared: nothing is changed",
        unknown=RETRIED,
    ),
    Rereading(
        "CloudTrail",
        (QuarantineTrigger,),
        "AWS's quarantine of a user",
        "the policies of the user, with `ListAttachedUserPolicies`, and if the policy is not among them the "
        "call, with `LookupEvents`",
        confirmed="the policy is attached, or CloudTrail shows the call: the response continues",
        refuted="cannot occur: an intruder can detach the policy before the event arrives, and "
        "`LookupEvents` shows a call up to 15 minutes later",
        unknown=GOES_ON,
        claim="AttachedPolicy",
    ),
    Rereading(
        "CloudTrail",
        (DefensesTrigger, OwnTrigger, RootTrigger),
        "calls that impair defenses, calls on Ringfence's own resources, uses of the root user",
        "nothing: a person is notified, and nothing is changed",
        confirmed="a person is notified",
        changes=False,
    ),
)
