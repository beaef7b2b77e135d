"""For a trigger, events that it should answer: made from what the kinds of resource declare.

A trigger of a new class needs a maker here: the law of triggers fails for one without.
"""

from __future__ import annotations

from functools import singledispatch
from typing import TYPE_CHECKING, Any

from ringfence.events.access_analyzer.trigger import KINDS, PublicTrigger, type_of
from ringfence.events.cloudtrail.parser.subjects import place
from ringfence.events.cloudtrail.trigger.bucket_creation import OpenCreationTrigger
from ringfence.events.cloudtrail.trigger.calls import PREFIX as CALL
from ringfence.events.cloudtrail.trigger.calls import CallTrigger
from ringfence.events.cloudtrail.trigger.defenses import CALLS as IMPAIRING
from ringfence.events.cloudtrail.trigger.defenses import PREFIX as DEFENSES
from ringfence.events.cloudtrail.trigger.defenses import DefensesTrigger
from ringfence.events.cloudtrail.trigger.own_resources import CALLS as OWN_CALLS
from ringfence.events.cloudtrail.trigger.own_resources import PREFIX as OWN_RESOURCE
from ringfence.events.cloudtrail.trigger.own_resources import REQUEST, RESPONSE, Named, OwnTrigger
from ringfence.events.cloudtrail.trigger.quarantine import QuarantineTrigger
from ringfence.events.cloudtrail.trigger.root import SIGNED_IN, RootTrigger
from ringfence.events.cloudtrail.trigger.switched_off import CALLS_THAT_SWITCH_OFF, SwitchedOffTrigger
from ringfence.events.cloudtrail.trigger.switched_off import PREFIX as SWITCHED_OFF
from ringfence.events.config.trigger import ConfigTrigger
from ringfence.events.ec2_states.trigger import PREFIX as STATE
from ringfence.events.ec2_states.trigger import StateTrigger
from ringfence.events.guardduty.trigger.buckets import BucketTrigger
from ringfence.events.guardduty.trigger.credentials import CredentialsTrigger
from ringfence.events.guardduty.trigger.instances import GuardDutyTrigger
from ringfence.events.guardduty.trigger.reported import ReportedTrigger
from ringfence.events.health.abuse import AbuseTrigger
from ringfence.events.health.trigger import HealthTrigger
from ringfence.events.patterns import OWN_ACCOUNT, OWN_API
from ringfence.local.samples.access_analyzer import REGION, public_event
from ringfence.local.samples.calls import API, by_root, call_event, sign_in
from ringfence.local.samples.cloudtrail import attachment
from ringfence.local.samples.config import verdict
from ringfence.local.samples.guardduty import ACCOUNT, KEY, changed, reported_finding
from ringfence.local.samples.guardduty_callers import bucket_finding
from ringfence.local.samples.guardduty_types import of_type
from ringfence.local.samples.health import INSTANCE_ARN, abuse_event, health_event
from ringfence.local.samples.states import state_change
from ringfence.model.kinds import every_kind, kinds_of
from ringfence.model.rule_confirmation import PREFIX as RULE
from ringfence.model.subject import ANY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.subject import Ref
    from ringfence.model.trigger import Trigger

Json = dict[str, Any]
PARTS = {REQUEST: "parameters", RESPONSE: "response"}
OWNERS: tuple[Json, ...] = (
    {"userType": "Root", "userName": "Root", "principalId": ACCOUNT, "accessKeyId": KEY},
    {"userType": "AWSService", "userName": "config", "principalId": "config", "accessKeyId": KEY},
)
"""Principals of a finding that are no keys, users or sessions."""


@singledispatch
def samples(trigger: Trigger, type_: str, subject: type[Ref]) -> Iterator[Json]:
    """Yield events of one type that are about a kind of `subject`, as far as the source can tell of one."""
    raise NotImplementedError(f"no sample is made for a {type(trigger).__name__}")


@samples.register(GuardDutyTrigger)
def _of_instances(_: GuardDutyTrigger, type_: str, __: type[Ref]) -> Iterator[Json]:
    yield of_type(type_)


@samples.register(BucketTrigger)
def _of_buckets(_: BucketTrigger, type_: str, __: type[Ref]) -> Iterator[Json]:
    yield bucket_finding(type_)


@samples.register(CredentialsTrigger)
def _of_credentials(_: CredentialsTrigger, type_: str, __: type[Ref]) -> Iterator[Json]:
    event = of_type(type_)
    yield event
    for owner in OWNERS:
        yield changed(event, "detail.resource.accessKeyDetails", owner)


@samples.register(PublicTrigger)
def _of_public(_: PublicTrigger, type_: str, __: type[Ref]) -> Iterator[Json]:
    for resource_type, kind in KINDS.items():
        if type_of(resource_type) == type_:
            yield public_event(resource_type, _arn(every_kind()[kind]))


@samples.register(ReportedTrigger)
def _of_reported(_: ReportedTrigger, type_: str, __: type[Ref]) -> Iterator[Json]:
    yield reported_finding(type_)


@samples.register(DefensesTrigger)
def _of_defenses(_: DefensesTrigger, type_: str, __: type[Ref]) -> Iterator[Json]:
    service, name = type_.removeprefix(DEFENSES).split(":")
    yield impairing_call(service, name)


@samples.register(OwnTrigger)
def _of_own_resources(_: OwnTrigger, type_: str, __: type[Ref]) -> Iterator[Json]:
    service, name = type_.removeprefix(OWN_RESOURCE).split(":")
    yield own_call(service, name)


@samples.register(SwitchedOffTrigger)
def _of_switched_off(_: SwitchedOffTrigger, type_: str, __: type[Ref]) -> Iterator[Json]:
    service, name = type_.removeprefix(SWITCHED_OFF).split(":")
    yield switching_call(service, name)


@samples.register(ConfigTrigger)
def _of_config(_: ConfigTrigger, type_: str, subject: type[Ref]) -> Iterator[Json]:
    for kind in kinds_of(subject).values():
        if kind.config_type:
            example = ACCOUNT if kind.kind == "account" else kind.example
            yield verdict(type_.removeprefix(RULE), kind.config_type, example)


@samples.register(CallTrigger)
def _of_calls(_: CallTrigger, type_: str, __: type[Ref]) -> Iterator[Json]:
    service, name = type_.removeprefix(CALL).split(":")
    yield from calls(service, name)


@samples.register(OpenCreationTrigger)
def _of_creations(_: OpenCreationTrigger, __: str, ___: type[Ref]) -> Iterator[Json]:
    for event in calls("s3", "CreateBucket"):
        yield changed(event, "detail.requestParameters.x-amz-acl", "public-read")


@samples.register(QuarantineTrigger)
def _of_quarantine(_: QuarantineTrigger, __: str, ___: type[Ref]) -> Iterator[Json]:
    yield attachment()


@samples.register(RootTrigger)
def _of_root(_: RootTrigger, type_: str, __: type[Ref]) -> Iterator[Json]:
    yield sign_in() if type_ == SIGNED_IN else call_event("ec2", "CreateKeyPair", None, identity=by_root())


@samples.register(StateTrigger)
def _of_states(_: StateTrigger, type_: str, __: type[Ref]) -> Iterator[Json]:
    yield state_change(type_.removeprefix(STATE))


@samples.register(AbuseTrigger)
def _of_abuse(trigger: AbuseTrigger, type_: str, __: type[Ref]) -> Iterator[Json]:
    yield abuse_event(*((INSTANCE_ARN,) if trigger.kind == "instance" else ()), code=type_)


@samples.register(HealthTrigger)
def _of_health(_: HealthTrigger, __: str, ___: type[Ref]) -> Iterator[Json]:
    yield health_event()


def impairing_call(service: str, name: str) -> Json:
    """Make a call of the table, which fulfills its condition."""
    call = IMPAIRING[service, name]
    owner = f"arn:aws:{service}:{REGION}:{ACCOUNT}:"
    parameters = {one: f"{owner if one.lower().endswith('arn') else ''}my-{one}" for one in call.names}
    if call.condition and not call.condition.absent:
        parameters[call.condition.parameter] = call.condition.texts[0]
    return call_event(service, name, parameters)


def own_call(service: str, name: str, **more: Any) -> Json:  # noqa: ANN401 - what `call_event` takes
    """Make a call of the table on a resource of Ringfence."""
    call = OWN_CALLS[service, name]
    named = call.named
    look = next(iter(named.prefixes), "").replace(OWN_ACCOUNT, ACCOUNT) or _beginning(service, named)
    value: Any = f"{look}0A1B2C" if look else API if named.exact == (OWN_API,) else named.exact[0]
    for key in reversed(named.parameter.split(".")):
        value = {key: value}
    parts = {"parameters": None, "response": None, PARTS[named.part]: value}
    dated = f"{name}20150331v2" if call.dated else name
    return call_event(service, dated, parts["parameters"], parts["response"], **more)


def _beginning(service: str, named: Named) -> str:
    """Return the beginning of an ARN, or of the address of a queue, that the first wildcard matches."""
    given = next(iter(named.wildcards), "").removesuffix("*")
    if given.startswith("*/"):
        return f"https://{service}.{REGION}.amazonaws.com/{ACCOUNT}{given[1:]}"
    if given.startswith("*:"):
        return f"arn:aws:{service}:{REGION}:{ACCOUNT}{given[1:]}"
    return given.replace(":*:", f":{REGION}:{ACCOUNT}:")


def switching_call(service: str, name: str, **more: Any) -> Json:  # noqa: ANN401 - what `call_event` takes
    """Make a call that switches off an example of Ringfence's resources."""
    event, switching = own_call(service, name, **more), CALLS_THAT_SWITCH_OFF[service, name]
    part, parameter = switching.id_paths[0]
    return changed(event, f"detail.{part}.{parameter}", every_kind()[switching.kind].example)


def _arn(kind: type[Ref]) -> str:
    """Return the ARN of an example of a kind."""
    parts = {"partition": "aws", "region": REGION, "account": ACCOUNT, "path": "", "id": kind.example}
    return kind.arn_form.format(**parts)


def calls(service: str, name: str) -> Iterator[Json]:
    """Yield a call that succeeded for each path at which its kind is declared to be named; none for ANY."""
    found = place(service, name)
    if found is None or name == ANY:
        return
    for path in found.calls.paths or ("requestParameters.any",):
        root, *keys = path.split(".")
        told: object = _arn(found.kind) if path.lower().endswith("arn") else found.kind.example
        for key in reversed(keys):
            told = {key: told}
        event = call_event(service, name, None)
        yield {**event, "detail": {**event["detail"], root: told}}
