"""A site with a limit that findings about two instances reach, so that the second one waits for a person."""

from __future__ import annotations

from dataclasses import replace

from ringfence.engine.run import Engine
from ringfence.policy.limits import Limit, Limits
from ringfence.record.slots import LIMIT
from tests.support.fakes.memory_cloud import MemoryCloud
from tests.support.fakes.site import OTHER, POLICY, RUNBOOK, Site
from tests.support.worlds import AUTO, REF, finding, instance, order

LIMITS = Limits((Limit("overall", 1), Limit("account", 5)), (Limit("overall", 2),))


class Limited(Site):
    """The site."""

    def __init__(self) -> None:
        super().__init__(replace(POLICY, limits=LIMITS))

    def reach(self) -> None:
        """Respond to both findings. Each one is about an instance that nothing has isolated."""
        for ref in (REF, OTHER):
            self.cloud = MemoryCloud(instance(), self.clock)
            received = finding(f"f-{ref.id}", subjects=(ref,), updated=self.clock())
            given = order(
                self.clock(), attempt=f"a-{ref.id}", received=received, runbook=RUNBOOK, decision=AUTO
            )
            Engine(self.ports("")).respond(replace(given, ref=ref, limits=LIMITS))

    @property
    def free(self) -> list[bool]:
        """Whether each place of the overall limit that was ever used is free."""
        places = (one for key, one in self.log.slots.items() if key.startswith(f"{LIMIT}overall"))
        return [not one.owner for one in places]
