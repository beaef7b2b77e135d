"""The catalogue: which remediations answer for which kind of subject, in which stages.

A remediation is named by its id and imported when its stage is planned: containment imports what it
needs and nothing else.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module

from ringfence.core.codec import load_on_demand
from ringfence.core.errors import Bug
from ringfence.core.remediation import Remediation
from ringfence.core.runbook import Deferred, Runbook, Stage
from ringfence.core.subject import (
    AccessKeyRef,
    InstanceRef,
    OtherPrincipalRef,
    PrincipalRef,
    Ref,
    RoleSessionRef,
    RootRef,
    UserRef,
)


@cache
def load(id_: str) -> Remediation:
    """Import a remediation; its file bears its id."""
    name = id_.replace("-", "_")
    found = getattr(import_module(f"ringfence.remediations.{name}"), name, None)
    if not isinstance(found, Remediation) or found.id != id_:
        raise Bug(f"remediations/{name}.py does not declare {id_}")
    return found


def stage(id_: str, title: str, *remediations: str | Deferred) -> Stage:
    """Declare a stage by the ids of its remediations."""
    members = (one if isinstance(one, Deferred) else Deferred(one, load) for one in remediations)
    return Stage(id_, title, tuple(members))


def only(id_: str, *kinds: type[Ref]) -> Deferred:
    """Declare that a remediation is for these kinds of subject alone in its stage."""
    return Deferred(id_, load, kinds)


CONTAIN_INSTANCE = Runbook(
    id="contain-instance",
    title="Contain a compromised EC2 instance",
    subject=InstanceRef,
    stages=(
        stage(
            "isolate",
            "Cut it off the network",
            "isolate-instance",
            "cut-tracked-flows",
            "block-remote-address",
        ),
        stage(
            "preserve",
            "Keep it from being lost, and take its identity away",
            "leave-auto-scaling",
            "protect-termination",
            "keep-volumes",
            "leave-target-groups",
            "detach-instance-profile",
            "deny-instance-sessions",
            "disable-metadata",
            "revoke-role-sessions",
        ),
        stage(
            "collect",
            "Take the evidence",
            "snapshot-volumes",
            "tag-instance",
            "stop-instance",
        ),
    ),
)

CONTAIN_CREDENTIALS = Runbook(
    id="contain-credentials",
    title="Contain compromised credentials",
    subject=PrincipalRef,
    stages=(
        # A key is dead after one call; of a user or a session, the denial is what contains.
        stage(
            "disable",
            "Take the credentials' force away",
            only("deactivate-access-key", AccessKeyRef),
            only("deny-principal", UserRef, RoleSessionRef),
            only("report-principal", RootRef, OtherPrincipalRef),
        ),
        stage(
            "deny",
            "Cut off the sessions that outlive the key",
            only("deny-principal", AccessKeyRef),
        ),
        stage(
            "close",
            "Close the other ways in",
            "require-password-reset",
            "deactivate-other-credentials",
            "revoke-used-roles",
        ),
        stage("collect", "Collect the evidence", "collect-evidence"),
    ),
)

CATALOGUE: dict[str, Runbook] = {runbook.id: runbook for runbook in (CONTAIN_INSTANCE, CONTAIN_CREDENTIALS)}


@load_on_demand
def load_all() -> tuple[Remediation, ...]:
    """Import every remediation, and with it every class of step that the log may name; and findings."""
    import_module("ringfence.core.finding")
    return tuple(one for runbook in CATALOGUE.values() for one in runbook.remediations)
