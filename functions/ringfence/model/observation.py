"""What was observed: a subject seen through facets, each read by a pure conversation with AWS."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from dataclasses import field
from typing import TYPE_CHECKING, ClassVar, Self, TypeVar

from ringfence.model.errors import Bug, Refused
from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from ringfence.model.call import Answer, Call, Permission
    from ringfence.model.errors import RingfenceError
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref
    from ringfence.model.symbol import Symbol

F = TypeVar("F", bound="Facet")
Looking = Generator[tuple["Call", ...], tuple["Answer", ...], F]
"""Yields calls to be made side by side, is sent their answers, returns the facet."""
MOST_WORDS = 500
"""Characters that are kept of why a facet could not be read."""


@frozen
class Facet:
    """One aspect of a subject, as seen at one moment.

    Subclasses are frozen dataclasses that declare the `permissions` of their reads.
    """

    permissions: ClassVar[tuple[Permission, ...]]
    lags: ClassVar[bool] = False
    """Whether it reads a record that lags behind by minutes: it is looked at once more later."""

    @classmethod
    def look(cls, ref: Ref, past: tuple[Step, ...]) -> Looking[Self]:
        """Read the facet. `past`: the steps already intended for this incident, as clues where to look.

        Raises `Gone` where the subject does not exist.
        """
        raise NotImplementedError

    def names(self) -> Mapping[Symbol, str]:
        """Return the ids of symbols that this facet shows to exist."""
        return {}

    def settling(self) -> str:
        """Say in words what is still under way and must be looked at again; empty when nothing is."""
        return ""

    def absent(self, ref: Ref) -> bool:  # noqa: ARG002 - for facets that are about what may be gone
        """Say whether this shows that there is no such subject, which is no reason to raise `Gone`."""
        return False


@frozen
class Observed:
    """A subject and the facets of it that were read; `unread` says why others could not be."""

    ref: Ref
    facets: Mapping[type[Facet], Facet] = field(default_factory=dict)
    unread: Mapping[type[Facet], RingfenceError] = field(default_factory=dict)

    def __getitem__(self, kind: type[F]) -> F:
        facet = self.facets.get(kind)
        if not isinstance(facet, kind):
            raise Bug(f"{kind.__name__} of {self.ref.key} was not observed")
        return facet

    def __contains__(self, kind: object) -> bool:
        return kind in self.facets

    def seen(self, facet: Facet) -> Observed:
        """Return this observation with `facet` put in or replaced."""
        return self.updated(Observed(self.ref, {type(facet): facet}))

    def updated(self, newer: Observed) -> Observed:
        """Return this observation with a newer one put in: what cannot be read any more is not known."""
        facets = {kind: one for kind, one in self.facets.items() if kind not in newer.unread}
        unread = {kind: why for kind, why in self.unread.items() if kind not in newer.facets}
        return Observed(self.ref, {**facets, **newer.facets}, {**unread, **newer.unread})

    def of(self, kinds: Iterable[type[Facet]]) -> Observed:
        """Return the observation of these facets alone."""
        wanted = tuple(kinds)
        unread = {kind: self.unread[kind] for kind in wanted if kind in self.unread}
        return Observed(self.ref, {kind: self[kind] for kind in wanted if kind not in unread}, unread)

    def names(self) -> Mapping[Symbol, str]:
        """Return every symbol whose id the facets show."""
        return {symbol: name for facet in self.facets.values() for symbol, name in facet.names().items()}

    def settling(self) -> tuple[str, ...]:
        """Say in words what is still under way, and what may be readable later."""
        words = (facet.settling() for facet in self.facets.values())
        return (*filter(None, words), *self.unreadable(self.unread, for_good=False))

    def absent(self) -> bool:
        """Say whether any facet shows that there is no such subject."""
        return any(facet.absent(self.ref) for facet in self.facets.values())

    def unreadable(self, kinds: Iterable[type[Facet]], *, for_good: bool) -> tuple[str, ...]:
        """Say in words which of these facets could not be read: refused for good, or not this time."""
        return tuple(
            f"{kind.__name__} could not be read: {str(self.unread[kind])[:MOST_WORDS]}"
            for kind in kinds
            if kind in self.unread and isinstance(self.unread[kind], Refused) is for_good
        )
