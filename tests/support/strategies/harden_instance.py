"""The worlds of `harden-instance`."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from ringfence.model.incident import Incident
from ringfence.model.observation import ResourceState
from ringfence.observations.ec2.first_start import FirstStart
from ringfence.observations.ec2.management import Management
from ringfence.observations.ec2.metadata import Metadata, MetadataOptions
from ringfence.observations.ec2.metadata_use import MetadataUse
from ringfence.observations.ec2.origin import Origin
from ringfence.observations.ec2.tags import ImageTag, Tags
from ringfence.runbooks.harden_instance import HARDEN_INSTANCE
from tests.support.runbook_worlds import Case, Worlds, independent, of, own
from tests.support.strategies.hardening import IMAGE, OFFERED, STARTED, incidents, seen
from tests.support.worlds import NOON, REF, network

if TYPE_CHECKING:
    from ringfence.model.observation import Observation
    from ringfence.model.step import Step

FIX = own(HARDEN_INSTANCE)


def busy() -> ResourceState:
    """An instance with everything to do."""
    observations: tuple[Observation, ...] = (
        Metadata(MetadataOptions(hop_limit=2)),
        MetadataUse(7),
        Origin("web", "lt-1"),
        FirstStart(),
        Management((), OFFERED),
        network("vpc-1"),
        Tags(None),
        IMAGE,
        ImageTag(None),
    )
    return ResourceState(REF, {type(one): one for one in observations})


@cache
def steps() -> tuple[Step, ...]:
    """Return every class of step, and its way back."""
    choices = (("image-age", "30"), ("image-owners", "self"), ("image-tag", ""))
    incident = Incident("inc-1", NOON, choices=choices, types=(STARTED,))
    states = (busy(), busy().with_observation(ImageTag("of last year")))
    planned = (step for state in states for step in FIX.stages[0].plan(state, incident))
    return tuple(one for step in planned for one in (step, step.inverse()))


TYPES = ("Config:ec2-imdsv2-check", "Config:ec2-instance-managed-by-systems-manager", STARTED)
CASES = {"instance": Case(HARDEN_INSTANCE, busy(), TYPES, {"image-age": "30", "image-owners": "self"})}
WORLDS = Worlds(
    FIX,
    CASES,
    independent(seen, incidents),
    steps,
    of(REF),
)
