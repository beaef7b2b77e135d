"""A runbook of our own for tests of what surrounds runbooks: it plans nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.guardduty.trigger.instances import COMPROMISED_INSTANCE
from ringfence.model.kinds.instance import InstanceRef
from ringfence.model.remediation import Option, remediation
from ringfence.model.runbook import Runbook, Stage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.remediation import Remediation
    from ringfence.model.step import Step
    from ringfence.model.trigger import Trigger


def idle(
    id_: str,
    *,
    optional: bool = False,
    choices: tuple[Option, ...] = (),
    breaks: str = "",
    controls: tuple[str, ...] = (),
    references: tuple[str, ...] = (),
) -> Remediation:
    """Declare a remediation that has nothing to do."""
    triggers: tuple[Trigger, ...] = (COMPROMISED_INSTANCE,)

    @remediation(
        id=id_,
        title=id_,
        subject=InstanceRef,
        triggers=triggers,
        observations=(),
        steps=(),
        references=references,
        options=choices,
        optional=optional,
        workload_risk=breaks,
        controls=controls,
    )
    def plan(observed: ResourceState, incident: Incident) -> Iterator[Step]:
        del observed, incident
        return iter(())

    return plan


CONTAIN = Runbook(
    "contain-instance",
    "Contain an instance",
    InstanceRef,
    (
        Stage("isolate", "Isolate", (idle("isolate-instance"),)),
        Stage(
            "keep",
            "Keep the evidence",
            (
                idle("leave-group", choices=(Option("group", ("detach", "standby"), "How."),)),
                idle("imds-off", optional=True),
            ),
        ),
    ),
)
CATALOGUE = {CONTAIN.id: CONTAIN}


def controlled(id_: str, *controls: str, breaks: str = "", references: tuple[str, ...] = ()) -> Runbook:
    """Return a runbook of one remediation that is for these controls."""
    one = idle(id_, breaks=breaks, controls=controls, references=references)
    return Runbook(f"harden-{id_}", f"Harden by {id_}", InstanceRef, (Stage("fix", "Fix", (one,)),))
