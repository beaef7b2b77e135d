"""Law 3: what is declared is what is called, and what the calls' parameters imply; no more, no less.

Calls are values: observations and steps yield them. Each exchange is held in every way, with answers in
the services' published shapes.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

from botocore.validate import ParamValidator

from ringfence.model.call import at
from ringfence.model.claims import ImportedFinding
from ringfence.model.errors import NotFound
from ringfence.model.log_only_step import LogOnlyStep
from ringfence.model.observation import Observation
from ringfence.model.symbol import QuarantineGroup, Symbol, TransitionGroup
from ringfence.observations.ec2.flow_log_records import S3
from stacks.operations import OTHER_NAMES, SERVICES, operations
from tests.support.fakes.conversations import model, paginated, possible_answers, ways
from tests.support.strategies.instances import VPCS
from tests.support.worlds import NOON

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from ringfence.model.call import Answer, Call, Permission, SansIO
    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.runbook import Runbook
    from ringfence.model.step import Step
    from tests.support.runbook_worlds import Worlds

    Source = type[Observation | Step]

IAM_NAMES = {"monitoring": "cloudwatch"}
"""What IAM calls a service that signs its calls by another name."""
OTHERWISE = {
    (SERVICES.get(service, service), operation): name
    for (service, _, name), allowed in ((one.partition(":"), OTHER_NAMES[one]) for one in OTHER_NAMES)
    for operation in allowed
    if operation != name
}
"""The actions of operations that have another name, by botocore's names of service and operation."""
OTHERWISE_WITH = {("s3", "GetObject"): "VersionId"}
"""Parameters with which an operation has its other name, and without which it has its own.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
"""

NAMES: Mapping[Symbol, str] = {
    **{QuarantineGroup(vpc): f"sg-quarantine-{vpc}" for vpc in VPCS},
    **{TransitionGroup(vpc): f"sg-transition-{vpc}" for vpc in VPCS},
}
"""The ids of what steps rely on."""
PASSING = ("CloudWatchLogsRoleArn", "DeliverLogsPermissionArn", "IamInstanceProfile")
"""Parameters that hand a role to a service."""


def action(call: Call) -> str:
    """Name the IAM action of a call, which the bundle can make: nearly all operations have its name."""
    assert call.operation in operations().get(call.service, ()), (
        f"no declared permission allows {call.service} {call.operation}. If its IAM action has another name, "
        "add it to OTHER_NAMES in stacks/operations.py"
    )
    one = (call.service, call.operation)
    other = one not in OTHERWISE_WITH or OTHERWISE_WITH[one] in call.parameters
    known = OTHERWISE.get(one, call.operation) if other else call.operation
    return f"{prefix(call.service)}:{known}"


def prefix(service: str) -> str:
    """Return what IAM calls a service of botocore."""
    signs = model(service).signing_name
    return IAM_NAMES.get(signs, signs)


def declared(permissions: Iterable[Permission], *, implied: bool = False) -> set[str]:
    """Return the actions that are declared, or those that are declared as implied by parameters."""
    return {one.action for one in permissions if one.implied == implied}


def demanded(call: Call) -> Iterator[tuple[str, str]]:
    """Yield which other actions the parameters of a call demand, and under which call that creates.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/supported-iam-actions-tagging.html
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
    https://docs.aws.amazon.com/ebs/latest/userguide/how-ebs-encryption-works.html
    https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-create-flow-log.html
    https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscloudtrail.html
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonguardduty.html
    https://docs.aws.amazon.com/guardduty/latest/ug/security_iam_id-based-policy-examples.html
    """
    given = call.parameters
    if "TagSpecifications" in given:
        yield "ec2:CreateTags", call.operation
    if any(given.get(name) for name in PASSING):
        yield "iam:PassRole", ""
    if call.operation == "StartInstances":
        yield "kms:CreateGrant", ""
    if given.get("LogDestinationType") == S3:
        yield "logs:CreateLogDelivery", ""
    if given.get("LogDestinationType") == S3 or call.operation == "DeleteFlowLogs":
        yield "logs:DeleteLogDelivery", ""
    if "TagsList" in given:
        yield "cloudtrail:AddTags", ""
    if call.operation == "CreateDetector" and "Tags" in given:
        yield "guardduty:TagResource", ""
    if call.operation == "CreateDetector" or "Features" in given:
        yield from (("iam:CreateServiceLinkedRole", ""), ("iam:GetRole", ""))


def calls_of_step(step: Step) -> Iterator[Call]:
    """Yield every call that a step may make: with what it relies on there, and missing."""
    for names in (NAMES, {}):
        yield from chain.from_iterable(ways(partial(step.apply, names)))


def calls_of(worlds: Worlds, source: Source) -> tuple[Call, ...]:
    """Return every call that an observation or a step makes in any example."""
    if issubclass(source, Observation):
        return tuple(chain.from_iterable(_reads(worlds, source)))
    return tuple(call for step in worlds.steps() if type(step) is source for call in calls_of_step(step))


def _reads(worlds: Worlds, observation: type[Observation]) -> Iterator[tuple[Call, ...]]:
    held = once_otherwise if observation in worlds.with_many_ways else ways
    for ref, past in worlds.reads(observation):
        yield from held(partial(observation.read, ref, past))
    for ref, past in worlds.also_reads(observation):
        yield from once_otherwise(partial(observation.read, ref, past))


def once_otherwise(start: Callable[[], SansIO[object]]) -> Iterator[tuple[Call, ...]]:
    """Hold a conversation with usual answers, and with each one otherwise once; yield each round's calls."""
    rounds = tuple(_held(start, {}))
    yield from rounds
    for number, calls in enumerate(rounds):
        for place, call in enumerate(calls):
            for other in possible_answers(call)[1:]:
                yield from _held(start, {(number, place): other})


def _held(
    start: Callable[[], SansIO[object]], otherwise: Mapping[tuple[int, int], Answer]
) -> Iterator[tuple[Call, ...]]:
    talk, number = start(), 0
    with suppress(StopIteration, NotFound):
        calls = next(talk)
        while True:
            yield calls
            answers = [
                otherwise.get((number, place), possible_answers(call)[0]) for place, call in enumerate(calls)
            ]
            calls = talk.send(tuple(answers))
            number += 1


def planned(runbook: Runbook, state: ResourceState, incident: Incident) -> Iterator[Step]:
    """Yield every step that any stage plans, and its way back."""
    for stage in runbook.on(state.ref).stages:
        for step in stage.plan(state, incident):
            yield step
            if not step.irreversible:
                yield step.inverse()


def sources(runbook: Runbook) -> tuple[Source, ...]:
    """Return every observation, step and inverse of a runbook."""
    sizes = (size for _, size in runbook.sizes)
    return tuple(dict.fromkeys((*runbook.observations, *sizes, *runbook.steps, *runbook.inverses)))


def has_an_example(worlds: Worlds, source: Source) -> None:
    """Require that there is something to hold a source to: notes alone call nothing."""
    if issubclass(source, Observation):
        assert calls_of(worlds, source)
    else:
        assert source in {type(step) for step in worlds.steps()}
        assert calls_of(worlds, source) or issubclass(source, LogOnlyStep)


def declares_what_it_calls(worlds: Worlds, source: Source) -> None:
    """Require that the actions of a source's calls are those that it declares; a note calls nothing."""
    calls = calls_of(worlds, source)
    assert {action(call) for call in calls} == declared(source.permissions)


def declares_what_its_calls_imply(worlds: Worlds, source: Source) -> None:
    """Require that what parameters demand beside the call is what is declared as implied."""
    implied = {
        (one.action, value)
        for one in source.permissions
        if one.implied
        for value in (*(v for _, key, values in one.conditions if key == "ec2:CreateAction" for v in values),)
        or ("",)
    }
    calls = calls_of(worlds, source)
    assert set(chain.from_iterable(demanded(call) for call in calls)) == implied


def makes_possible_calls(worlds: Worlds, source: Source) -> None:
    """Require that botocore takes every call of a source."""
    for call in calls_of(worlds, source):
        check(call)


def declares_no_more_than_its_parts(worlds: Worlds) -> None:
    """Require that a runbook and its release may do what their parts call and imply, and nothing else."""
    runbook = worlds.runbook
    confirming = {need.action for one in runbook.triggers for need in one.permissions}
    if runbook.asks_security_hub:
        confirming |= {need.action for need in ImportedFinding.permissions}
    listing = declared(runbook.review.permissions) if runbook.review else set()
    listing |= declared(runbook.members().permissions) if runbook.members else set()
    sized: tuple[Source, ...] = (*(size for _, size in runbook.sizes), *runbook.steps)
    for permissions, steps, beside in (
        (runbook.permissions(), sized, confirming | listing),
        (runbook.release_permissions(), runbook.inverses, set()),
    ):
        parts: tuple[Source, ...] = (*runbook.observations, *steps)
        calls = [call for source in parts for call in calls_of(worlds, source)]
        demands = {one for call in calls for one, _ in demanded(call)}
        granted = declared(permissions) | declared(permissions, implied=True)
        assert granted == {*map(action, calls), *demands, *beside}


def check(call: Call) -> None:
    """Hold a call to botocore's model: the operation, its parameters, and whether it has pages."""
    operation = model(call.service).operation_model(call.operation)
    if operation.input_shape is None:
        assert not call.parameters, f"{call}: it takes no parameters"
        return
    errors = ParamValidator().validate(at(call.parameters, NOON), operation.input_shape)
    assert not errors.has_errors(), f"{call}: {errors.generate_report()}"
    assert not call.pages or call.operation in paginated(call.service)
