"""What a person names, and neither is there nor was ever heard of, is no subject: nothing is recorded."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ringfence.engine.ports import Ports
from ringfence.engine.requests import ResponseRequest
from ringfence.engine.run import Engine
from ringfence.model.errors import NotFound
from ringfence.model.kinds.detector import DetectorRef
from ringfence.model.kinds.kms_key import KeyRef
from ringfence.model.kinds.recorder import RecorderRef
from ringfence.model.kinds.trail import TrailRef
from ringfence.model.observation import Observation, ResourceState
from ringfence.observations.logging.detectors import DetectorStatus
from ringfence.observations.logging.log_keys import LogKey
from ringfence.observations.logging.recorders import RecorderStatus
from ringfence.observations.logging.trails import TrailStatus
from ringfence.record.chain import ChainKey
from ringfence.record.facts import RunRequested
from ringfence.record.status import IncidentStatus
from ringfence.runbooks.restore_logging import RESTORE_LOGGING
from tests.support.fakes.memory_cloud import MemoryCloud
from tests.support.fakes.memory_log import MemoryLog
from tests.support.worlds import DRY_RUN, LEASE, NOON, Ticking, finding

if TYPE_CHECKING:
    from ringfence.model.subject import Ref

HERE = ("111122223333", "eu-west-1")
NOTHING: tuple[Observation, ...] = (TrailStatus(), DetectorStatus(), RecorderStatus(), LogKey())
REFS: tuple[Ref, ...] = (
    TrailRef(*HERE, "nosuch"),
    RecorderRef(*HERE, "nosuch"),
    DetectorRef(*HERE, "12abc34d567e8fa901bc2d34e56789f0"),
    KeyRef(*HERE, "1234abcd-12ab-34cd-56ef-1234567890ab"),
)
NAMED = pytest.mark.parametrize("ref", REFS, ids=lambda ref: ref.kind)


class Place:
    """A region in which nothing records anything."""

    def __init__(self, ref: Ref, *observations: Observation) -> None:
        self.log, clock = MemoryLog(), Ticking()
        world = ResourceState(ref, {type(one): one for one in (*NOTHING, *observations)})
        self.engine = Engine(
            Ports(MemoryCloud(world, clock), self.log, clock, lambda jobs: [j() for j in jobs])
        )
        self.order = ResponseRequest(
            RESTORE_LOGGING, ref, "a-1", "kim", NOON + LEASE, DRY_RUN, request=RunRequested("run", "a drill")
        )
        self.key = ChainKey(RESTORE_LOGGING.id, ref.key)


@NAMED
def test_what_a_person_names_must_be_there(ref: Ref) -> None:
    place = Place(ref)
    with pytest.raises(NotFound, match=r"neither AWS nor the audit log has \S+ in eu-west-1"):
        place.engine.respond(place.order)
    assert not place.log.read(place.key).entries


@NAMED
def test_a_finding_is_about_what_is_gone(ref: Ref) -> None:
    place = Place(ref)
    received = finding(subjects=(ref,))
    assert (
        place.engine.respond(replace(place.order, request=None, finding=received)).status
        is IncidentStatus.DRY_RUN
    )
    assert place.engine.respond(place.order).status is IncidentStatus.DRY_RUN, "it was heard of"


def test_a_key_that_trails_write_with_is_missed_where_it_is_gone() -> None:
    place = Place(REFS[-1], LogKey(trails=frozenset({"main"})))
    assert place.engine.respond(place.order).status is IncidentStatus.DRY_RUN
