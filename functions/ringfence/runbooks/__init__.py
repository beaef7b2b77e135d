"""One module for each runbook: its remediations in stages, for one kind of subject.

A runbook is imported by its id, and a remediation when its stage is planned. So a function imports only
what its own runbook needs.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from ringfence.model.codec import load_on_demand
from ringfence.model.errors import BadInput, InternalError
from ringfence.model.remediation import Remediation
from ringfence.model.resource_names import runbook_ids
from ringfence.model.runbook import Deferred, Runbook, Stage

if TYPE_CHECKING:
    from ringfence.model.subject import Ref


@cache
def load(id_: str) -> Remediation:
    """Import a remediation. The name of its file is its id."""
    name = id_.replace("-", "_")
    found = getattr(import_module(f"ringfence.remediations.{name}"), name, None)
    if not isinstance(found, Remediation) or found.id != id_:
        raise InternalError(f"remediations/{name}.py does not declare {id_}")
    return found


def stage(id_: str, title: str, *remediations: str | Deferred, contains: bool = False) -> Stage:
    """Declare a stage with the ids of its remediations."""
    members = (one if isinstance(one, Deferred) else Deferred(one, load) for one in remediations)
    return Stage(id_, title, tuple(members), contains)


def only(id_: str, *kinds: type[Ref]) -> Deferred:
    """Declare that a remediation runs only for these kinds of subject in its stage."""
    return Deferred(id_, load, kinds)


EVALUATE = stage("evaluate", "Start a new evaluation in AWS Config", "evaluate-rule")
"""The last stage of runbooks that answer AWS Config rules."""


@cache
def runbook(id_: str) -> Runbook:
    """Import a runbook. The name of its module is its id. Raises BadInput for an unknown id."""
    if id_ not in runbook_ids():
        raise BadInput("runbook", f"must be one of {', '.join(runbook_ids())}", id_)
    name = id_.replace("-", "_")
    found = getattr(import_module(f"ringfence.runbooks.{name}"), name.upper(), None)
    if not isinstance(found, Runbook) or found.id != id_:
        raise InternalError(f"runbooks/{name}.py does not declare {id_}")
    load_on_demand(lambda: _everything_of(found))
    return found


def keeper(id_: str) -> str:
    """Return the id of the runbook that keeps the ids of what a runbook creates: in most cases its own."""
    return (runbook(id_).provides_for or id_) if id_ in runbook_ids() else id_


def counts_members(id_: str) -> bool:
    """Return whether the target groups of a runbook's subjects count for its limits."""
    return id_ in runbook_ids() and runbook(id_).members is not None


def _everything_of(found: Runbook) -> tuple[Remediation, ...]:
    """Import the classes that the log of a runbook can contain: findings and all of its steps."""
    import_module("ringfence.model.finding")
    import_module("ringfence.model.claims")
    import_module("ringfence.model.rule_confirmation")
    return found.remediations
