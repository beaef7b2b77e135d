"""What was observed: a subject seen through facets, each read by a pure conversation with AWS."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, ClassVar, Self, TypeVar

from ringfence.model.errors import InternalError, Refused
from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ringfence.model.call import Permission, SansIO
    from ringfence.model.errors import RingfenceError
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref
    from ringfence.model.symbol import Symbol

F = TypeVar("F", bound="Observation")
MOST_WORDS = 500
"""Characters that are kept of why a facet could not be read."""


@frozen
class Observation:
    """One aspect of a subject, as seen at one moment.

    Subclasses are frozen dataclasses that declare the `permissions` of their reads.
    """

    permissions: ClassVar[tuple[Permission, ...]]
    lags: ClassVar[bool] = False
    """Whether it reads a record that lags behind by minutes: it is looked at once more later."""

    @classmethod
    def read(cls, ref: Ref, past: tuple[Step, ...]) -> SansIO[Self]:
        """Read the facet. `past`: the steps already intended for this incident, as clues where to look.

        Raises `NotFound` where the subject does not exist.
        """
        raise NotImplementedError

    def names(self) -> Mapping[Symbol, str]:
        """Return the ids of symbols that this facet shows to exist."""
        return {}

    def settling(self) -> str:
        """Say in words what is still under way and must be looked at again; empty when nothing is."""
        return ""

    def absent(self, ref: Ref) -> bool:  # noqa: ARG002 - for facets that are about what may be gone
        """Say whether this shows that there is no such subject, which is no reason to raise `NotFound`."""
        return False


@frozen
class ResourceState:
    """A subject and the facets of it that were read; `unread` says why others could not be."""

    ref: Ref
    observations: Mapping[type[Observation], Observation] = field(default_factory=dict)
    unread: Mapping[type[Observation], RingfenceError] = field(default_factory=dict)

    def __getitem__(self, kind: type[F]) -> F:
        observation = self.observations.get(kind)
        if not isinstance(observation, kind):
            raise InternalError(f"{kind.__name__} of {self.ref.key} was not observed")
        return observation

    def __contains__(self, kind: object) -> bool:
        return kind in self.observations

    def with_observation(self, observation: Observation) -> ResourceState:
        """Return this observation with `observation` put in or replaced."""
        return self.updated(ResourceState(self.ref, {type(observation): observation}))

    def updated(self, newer: ResourceState) -> ResourceState:
        """Return this observation with a newer one put in: what cannot be read any more is not known."""
        observations = {kind: one for kind, one in self.observations.items() if kind not in newer.unread}
        unread = {kind: why for kind, why in self.unread.items() if kind not in newer.observations}
        return ResourceState(self.ref, {**observations, **newer.observations}, {**unread, **newer.unread})

    def of(self, kinds: Iterable[type[Observation]]) -> ResourceState:
        """Return the observation of these facets alone."""
        wanted = tuple(kinds)
        unread = {kind: self.unread[kind] for kind in wanted if kind in self.unread}
        return ResourceState(self.ref, {kind: self[kind] for kind in wanted if kind not in unread}, unread)

    def names(self) -> Mapping[Symbol, str]:
        """Return every symbol whose id the facets show."""
        return {
            symbol: name
            for observation in self.observations.values()
            for symbol, name in observation.names().items()
        }

    def settling(self) -> tuple[str, ...]:
        """Say in words what is still under way, and what may be readable later."""
        words = (observation.settling() for observation in self.observations.values())
        return (*filter(None, words), *self.unreadable(self.unread, for_good=False))

    def absent(self) -> bool:
        """Say whether any facet shows that there is no such subject."""
        return any(observation.absent(self.ref) for observation in self.observations.values())

    def unreadable(self, kinds: Iterable[type[Observation]], *, for_good: bool) -> tuple[str, ...]:
        """Say in words which of these facets could not be read: refused for good, or not this time."""
        return tuple(
            f"{kind.__name__} could not be read: {str(self.unread[kind])[:MOST_WORDS]}"
            for kind in kinds
            if kind in self.unread and isinstance(self.unread[kind], Refused) is for_good
        )
