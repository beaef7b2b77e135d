"""The services whose events Ringfence answers: whether they are on, in each account and region of the scope.

Ringfence does not turn them on. Without them, nothing reports a problem, and Ringfence stays silent.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen
from ringfence.model.subject import GLOBAL
from ringfence.self_check.findings import Problem, Standing
from ringfence.self_check.reading import ASSUME, read, read_all
from ringfence.self_check.services import Missing, read_config, read_guardduty, read_trails

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ringfence.model.call import SansIO
    from ringfence.self_check.places import Deployment
    from ringfence.self_check.reading import Ask, Read, SideBySide


@frozen
class Place:
    """An account and region of the scope. `whole`: not only the events of global services come from it."""

    account: str
    region: str
    whole: bool


def places_of(deployment: Deployment) -> tuple[Place, ...]:
    """Return the places whose events Ringfence answers.

    Examples
    --------
    >>> from ringfence.self_check.places import Deployment
    >>> found = places_of(Deployment("111122223333", "eu-west-1", ("111122223333",)))
    >>> [(one.region, one.whole) for one in found]
    [('eu-west-1', True), ('us-east-1', False)]
    """
    regions = deployment.regions or (deployment.home_region,)
    return tuple(
        Place(account, region, region in regions)
        for account in deployment.accounts
        for region in dict.fromkeys((*regions, GLOBAL))
    )


def find_missing(
    deployment: Deployment, ask: Ask, side_by_side: SideBySide, rules: frozenset[str]
) -> tuple[Problem, ...]:
    """Return a problem for each prerequisite that is missing, or could not be read, in any place.

    Parameters
    ----------
    deployment
        The accounts and regions.
    ask
        Runs a read with the rights of the role `ringfence-doctor`, or of the caller.
    side_by_side
        Runs functions in parallel.
    rules
        The identifiers of the managed rules of AWS Config that runbooks answer.
    """
    jobs = [
        (place, partial(read, ask, place.account, place.region, talk))
        for place in places_of(deployment)
        for talk in _reads(place, rules)
    ]
    found = read_all(side_by_side, [job for _, job in jobs])
    return tuple(one for (place, _), each in zip(jobs, found, strict=True) for one in _problems(place, each))


def _reads(place: Place, rules: frozenset[str]) -> tuple[Callable[[], SansIO[tuple[Missing, ...]]], ...]:
    return (read_guardduty, read_trails, partial(read_config, rules)) if place.whole else (read_trails,)


def _problems(place: Place, found: Read) -> Iterator[Problem]:
    """Yield the problems. A role that cannot be assumed is a problem of the stacks already."""
    if found.unknown and not found.denied.startswith(ASSUME):
        remedy = (
            "deploy Ringfence-Member, so that the role ringfence-doctor may read it"
            if found.denied
            else "ringfence doctor (again)"
        )
        yield _problem(place, Standing.UNKNOWN, Missing("prerequisites", f"unknown: {found.unknown}", remedy))
    for one in found.found if isinstance(found.found, tuple) else ():
        yield _problem(place, Standing.FAULT, one)


def _problem(place: Place, standing: Standing, one: Missing) -> Problem:
    return Problem(
        standing,
        place.account,
        place.region,
        "",
        one.name,
        "prerequisite",
        one.words,
        one.remedy.replace("{region}", place.region),
    )
