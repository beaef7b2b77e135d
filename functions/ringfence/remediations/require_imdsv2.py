"""Require IMDSv2: the metadata service refuses requests without a token.

A server-side request forgery cannot get a token. The hop limit and all other options stay.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ringfence.events.config.trigger import judged_by
from ringfence.model.kinds.instance import InstanceRef
from ringfence.model.remediation import remediation
from ringfence.model.step import counted
from ringfence.observations.ec2.metadata import DISABLED, REQUIRED, Metadata
from ringfence.observations.ec2.metadata_use import DAYS, MetadataUse
from ringfence.observations.ec2.origin import Origin
from ringfence.steps.ec2.metadata import SetMetadataOptions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step


def what_depends_on_it(instance: ResourceState, incident: Incident) -> Iterator[str]:  # noqa: ARG001 - planners' signature
    """Yield how many calls have no token, and what launches the next instance."""
    options = instance[Metadata].options
    if options.endpoint == DISABLED:
        yield "the metadata service is off, so it has no tokens to require, whatever the rule says"
        return
    yield _use(instance[MetadataUse].calls, required=options.tokens == REQUIRED)
    if options.hop_limit == 1:
        yield (
            "the hop limit is 1: a token does not reach containers with their own network. If "
            "they use the metadata service, set the hop limit to 2 first"
        )
    if words := instance[Origin].next_one("require a token"):
        yield words


def _use(calls: int | None, *, required: bool) -> str:
    if calls is None:
        return f"CloudWatch did not return the number of calls without a token in the last {DAYS} days"
    if not calls:
        return f"no call without a token was counted in the last {DAYS} days"
    fails = "fails because a token is required now" if required else "will fail"
    return (
        f"{counted(calls, 'call')} without a token in the last {DAYS} days: the software that makes them "
        f"{fails}"
    )


@remediation(
    id="require-imdsv2",
    title="Require IMDSv2 on an instance",
    subject=InstanceRef,
    triggers=(judged_by("ec2-imdsv2-check"),),
    observations=(Metadata, MetadataUse, Origin),
    steps=(SetMetadataOptions,),
    references=("NIST 800-53 CM-7", "ATT&CK T1552.005"),
    countermeasures=("D3-CTS",),
    controls=("imdsv2",),
    workload_risk="software on the instance that calls the metadata service without a token stops working",
    residual_risk=what_depends_on_it,
)
def require_imdsv2(instance: ResourceState, incident: Incident) -> Iterator[Step]:  # noqa: ARG001 - planners' signature
    """Change only that option. A disabled service stays disabled."""
    options = instance[Metadata].options
    if options.endpoint != DISABLED and options.tokens != REQUIRED:
        yield SetMetadataOptions(instance.ref.id, options, replace(options, tokens=REQUIRED))
