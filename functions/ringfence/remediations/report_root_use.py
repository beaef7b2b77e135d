"""Report a use of the root user. Nothing is changed, because nothing in the account could stop it.

The use can be legitimate. So the report says whom to ask, and what to do if nobody confirms it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.cloudtrail.trigger.root import ROOT_USE
from ringfence.model.remediation import remediation
from ringfence.model.root_advice import what_a_person_does
from ringfence.model.subject import IdentityRef

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step


def for_a_person(root: ResourceState, incident: Incident) -> Iterator[str]:  # noqa: ARG001 - planners' signature
    """Yield what a person must do."""
    yield from what_a_person_does(root.ref.account)


@remediation(
    id="report-root-use",
    title="Report a use of the root user",
    subject=IdentityRef,
    triggers=(ROOT_USE,),
    observations=(),
    steps=(),
    references=("NIST 800-53 AC-6(9)", "NIST 800-53 IR-6", "ATT&CK T1078.004"),
    controls=("root-use",),
    needs_review=for_a_person,
)
def report_root_use(root: ResourceState, incident: Incident) -> Iterator[Step]:  # noqa: ARG001 - planners' signature
    """Plan nothing."""
    return iter(())
