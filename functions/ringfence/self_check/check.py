"""The self-check: read every stack and every resource, and judge them. Its reads go through a port."""

from __future__ import annotations

from collections import Counter
from dataclasses import field, replace
from functools import partial
from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen
from ringfence.self_check.findings import Problem, Report, Standing
from ringfence.self_check.kind import problem
from ringfence.self_check.kinds import kinds
from ringfence.self_check.kinds.functions import CODE, bundle_of
from ringfence.self_check.places import AUDIT_STACK, optional_stacks, stacks_of
from ringfence.self_check.reading import ASSUME, Read, read, read_all
from ringfence.self_check.stacks import (
    PERMISSIONS,
    POLICY,
    VERSION,
    StackState,
    judge_outputs,
    judge_stack,
    no_home,
    read_stack,
    unread,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from ringfence.model.call import SansIO
    from ringfence.self_check.kind import Kind, Settings
    from ringfence.self_check.places import Deployment, Stack
    from ringfence.self_check.reading import Ask, SideBySide
    from ringfence.self_check.template import Resource

_FUNCTION = "AWS::Lambda::Function"


@frozen
class Expected:
    """What the caller knows of the deployment, to compare with. Empty: nothing is known.

    Attributes
    ----------
    outputs : mapping
        The version and the policy's digest. Without them, those of the audit stack.
    templates : mapping from stack name to template
        A local cloud assembly.
    """

    outputs: Mapping[str, str] = field(default_factory=dict)
    templates: Mapping[str, object] = field(default_factory=dict)


def self_check(
    deployment: Deployment,
    ask: Ask,
    side_by_side: SideBySide,
    expected: Expected | None = None,
    only: Callable[[Stack], bool] = lambda _: True,
) -> Report:
    """Compare a deployment with what its stacks declare.

    Parameters
    ----------
    deployment
        The accounts and regions.
    ask
        Runs a read with the rights of the role `ringfence-doctor`, or of the caller.
    side_by_side
        Runs functions in parallel.
    expected
        What the caller knows of the deployment.
    only
        Which stacks to check. Default: all.

    Returns
    -------
        Every problem. What the caller may not read is a problem that stands as unknown.

    """
    expected, optional = expected or Expected(), optional_stacks(deployment)
    asked = tuple(filter(only, (*stacks_of(deployment), *optional)))
    answers = read_all(side_by_side, [_reading(ask, one, partial(read_stack, one)) for one in asked])
    dispensable = {one for one in optional if one.name not in expected.templates}
    answered = {
        stack: one
        for stack, one in zip(asked, answers, strict=True)
        if one.unknown or one.found is not None or stack not in dispensable
    }
    found = {stack: one.found for stack, one in answered.items() if not one.unknown}
    known = {stack: state for stack, state in found.items() if isinstance(state, StackState)}
    problems = [
        *_unread_stacks(answered.items()),
        *_stack_problems(found, known, expected),
    ]
    resources = tuple(_resources(known))
    jobs = [_reading(ask, one.stack, partial(_kind(one).read, one)) for one in resources]
    reads = read_all(side_by_side, jobs)
    each = tuple(zip(resources, reads, strict=True))
    problems += [words for resource, one in each for words in _judged(resource, one)]
    problems += _other_code(each)
    compared = Counter({"stack": len(found)}) + Counter(
        _kind(resource).noun for resource, one in each if not one.unknown
    )
    told = (_with_home(one, deployment) for one in problems)
    return Report(tuple(compared.items()), _in_order(told, deployment))


def _reading(ask: Ask, stack: Stack, talk: Callable[[], SansIO[object]]) -> Callable[[], Read]:
    return partial(read, ask, stack.account, stack.region, talk)


def _with_home(problem: Problem, deployment: Deployment) -> Problem:
    """Let a command of the CDK for another account name the home, without which it is refused."""
    if problem.account == deployment.home or "npx cdk " not in problem.remedy:
        return problem
    home = f"--context home_account={deployment.home} --context home_region={deployment.home_region}"
    return replace(problem, remedy=f"{problem.remedy} {home}")


def _in_order(problems: Iterable[Problem], deployment: Deployment) -> tuple[Problem, ...]:
    """Return problems by place, the home region first. Faults come before what is unknown."""
    home = (deployment.home, deployment.home_region)
    return tuple(
        sorted(
            problems,
            key=lambda one: (
                (one.account, one.region) != home,
                one.account,
                one.region,
                one.standing is Standing.UNKNOWN,
                one.resource,
            ),
        )
    )


def _unread_stacks(read: Iterable[tuple[Stack, Read]]) -> Iterator[Problem]:
    """Yield a problem for each stack that is unknown. A role that cannot be assumed is one problem."""
    told: set[str] = set()
    for stack, one in read:
        if not one.unknown or (one.unknown.startswith(ASSUME) and one.unknown in told):
            continue
        told.add(one.unknown)
        yield unread(stack, one.unknown, _grant(one, (one.action for one in PERMISSIONS), stack))


def _grant(read: Read, actions: Iterable[str], stack: Stack) -> str:
    if not read.denied:
        return "ringfence doctor (again)"
    if read.denied.startswith(ASSUME):
        return (
            f"attach the policy ringfence-doctor to the caller; in account {stack.account}: "
            "npx cdk deploy Ringfence-Member"
        )
    return f"grant {', '.join(sorted(set(actions)))} to the caller, or use the role ringfence-doctor"


def _stack_problems(
    found: Mapping[Stack, object], known: Mapping[Stack, StackState], expected: Expected
) -> Iterator[Problem]:
    home = next((state.outputs for stack, state in known.items() if stack.name == AUDIT_STACK), {})
    given = {**{name: home[name] for name in (VERSION, POLICY) if name in home}, **expected.outputs}
    lost = [stack for stack, state in found.items() if stack.name == AUDIT_STACK and state is None]
    yield from map(no_home, lost)
    for stack, state in found.items():
        if lost and state is None:
            continue  # what follows from the missing home is no advice: it would make a second one
        template = expected.templates.get(stack.name)
        yield from judge_stack(stack, state if isinstance(state, StackState) else None, template)
    yield from judge_outputs(known, given)


def _resources(known: Mapping[Stack, StackState]) -> Iterator[Resource]:
    imports = {name: value for state in known.values() for name, value in state.exports.items()}
    for stack, state in known.items():
        yield from (one for one in state.deployed(stack, imports).resources() if one.kind in kinds())


def _kind(resource: Resource) -> Kind:
    return kinds()[resource.kind]


def _judged(resource: Resource, read: Read) -> Iterator[Problem]:
    kind = _kind(resource)
    if not read.unknown:
        yield from kind.judge(resource, _settings(read))
        return
    actions = tuple(one.action for one in kind.permissions)
    remedy, words = _grant(read, actions, resource.stack), f"unknown: {read.unknown}"
    found = problem(resource, kind.noun, "reading", words, remedy, Standing.UNKNOWN)
    may_not_read = read.denied and not read.denied.startswith(ASSUME)
    yield replace(found, denied=actions if may_not_read else ())


def _settings(read: Read) -> Settings | None:
    return read.found if isinstance(read.found, dict) else None


def _other_code(read: Iterable[tuple[Resource, Read]]) -> Iterator[Problem]:
    """Yield a problem for each function whose code is not that of the others with the same bundle.

    The stacks declare which bundle a function has: that of scheduled scans has its own, and so has that of
    activity if it evaluates imported rules.
    """
    bundles: dict[str, list[tuple[Resource, str]]] = {}
    for resource, one in read:
        settings = _settings(one) if resource.kind == _FUNCTION else None
        if settings and settings.get(CODE):
            bundles.setdefault(bundle_of(resource), []).append((resource, str(settings[CODE])))
    for hashes in bundles.values():
        ((usual, _),) = Counter(code for _, code in hashes).most_common(1)
        for resource, code in hashes:
            if code == usual:
                continue
            kind = _kind(resource)
            words = f"its hash is {code}, that of the other functions is {usual}"
            yield problem(resource, kind.noun, CODE, words, kind.remedies[CODE])
