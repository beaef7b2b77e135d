"""Runbooks: which remediations answer for which kind of subject, in which stages. One module each.

Nothing lists them: each module here is a runbook, and what concerns all of them is a package.

A runbook is imported by its id, a remediation when its stage is planned: a function imports what its own
runbook needs, however many there are.
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
    """Import a remediation; its file bears its id."""
    name = id_.replace("-", "_")
    found = getattr(import_module(f"ringfence.remediations.{name}"), name, None)
    if not isinstance(found, Remediation) or found.id != id_:
        raise InternalError(f"remediations/{name}.py does not declare {id_}")
    return found


def stage(id_: str, title: str, *remediations: str | Deferred) -> Stage:
    """Declare a stage by the ids of its remediations."""
    members = (one if isinstance(one, Deferred) else Deferred(one, load) for one in remediations)
    return Stage(id_, title, tuple(members))


def only(id_: str, *kinds: type[Ref]) -> Deferred:
    """Declare that a remediation is for these kinds of subject alone in its stage."""
    return Deferred(id_, load, kinds)


EVALUATE = stage("evaluate", "Have AWS Config evaluate again", "evaluate-rule")
"""What comes after anything that a rule of AWS Config may have found."""


@cache
def runbook(id_: str) -> Runbook:
    """Import a runbook; its module bears its id. Raises BadInput for an id that none has."""
    if id_ not in runbook_ids():
        raise BadInput("runbook", f"must be one of {', '.join(runbook_ids())}", id_)
    name = id_.replace("-", "_")
    found = getattr(import_module(f"ringfence.runbooks.{name}"), name.upper(), None)
    if not isinstance(found, Runbook) or found.id != id_:
        raise InternalError(f"runbooks/{name}.py does not declare {id_}")
    load_on_demand(lambda: _everything_of(found))
    return found


def _everything_of(found: Runbook) -> tuple[Remediation, ...]:
    """Import what the log of a runbook may name: every class of step, and findings."""
    import_module("ringfence.model.finding")
    import_module("ringfence.model.rule_confirmation")
    return found.remediations
