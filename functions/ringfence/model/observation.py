"""Observations of a subject. Each one is read by a generator without I/O."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, ClassVar, Self, TypeVar

from ringfence.model.errors import InternalError, Refused
from ringfence.model.frozen import frozen
from ringfence.model.resource_names import UNKNOWN_HOME

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ringfence.model.call import Permission, SansIO
    from ringfence.model.errors import RingfenceError
    from ringfence.model.resource_names import Home
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref
    from ringfence.model.symbol import Symbol
    from ringfence.model.traits import Traits

F = TypeVar("F", bound="Observation")
MOST_WORDS = 500
"""Maximum characters of the reason why an observation could not be read."""


@frozen
class Observation:
    """One aspect of a subject, as seen at one moment.

    A subclass is a `@value` class. Its fields are what was seen; `read` makes the calls that show it. For
    S3 and for the description of an instance there are base classes that make the call:
    `BucketObservation` and `InstanceObservation`.

    Attributes
    ----------
    permissions : tuple of Permission
        What the calls of `read` need, and nothing else.
    lags : bool
        Whether it reads a record that lags behind by minutes. It is then read once more later.

    Examples
    --------
    `read` is a generator. It yields the calls of one round trip, receives their answers and returns the
    observation. It does no I/O itself.

    >>> from ringfence.model.call import Call
    >>> from ringfence.model.codec import value
    >>> from ringfence.model.document import Document
    >>> from ringfence.model.subject import Ref
    >>> @value
    ... class Door(Observation):
    ...     shut: bool
    ...
    ...     @classmethod
    ...     def read(cls, ref, past):
    ...         (answer,) = yield (Call("doors", "GetDoor", {"Id": ref.id}),)
    ...         return cls(answer.flag("Shut"))
    >>> reading = Door.read(Ref("111122223333", "eu-west-1", "d-1"), past=())
    >>> [call.operation for call in next(reading)]
    ['GetDoor']
    >>> try:
    ...     reading.send((Document.of({"Shut": True}),))
    ... except StopIteration as end:
    ...     end.value.shut
    True
    """

    permissions: ClassVar[tuple[Permission, ...]]
    lags: ClassVar[bool] = False

    @classmethod
    def read(cls, ref: Ref, past: tuple[Step, ...]) -> SansIO[Self]:
        """Read the subject.

        Parameters
        ----------
        ref : Ref
            The subject: its kind, account, region and id.
        past : tuple of Step
            The steps that this incident intended before. They tell where to look.

        Raises
        ------
        NotFound
            If the subject does not exist.
        """
        raise NotImplementedError

    def names(self) -> Mapping[Symbol, str]:
        """Return the ids of symbols that exist according to this observation."""
        return {}

    def holders(self, ref: Ref) -> tuple[Ref, ...]:  # noqa: ARG002 - for observations of credentials
        """Return who holds the subject, as AWS says: the user of a key, or the role of a session."""
        return ()

    def cautions(self, ref: Ref, home: Home = UNKNOWN_HOME) -> tuple[str, ...]:  # noqa: ARG002 - for those of credentials
        """Return in words why the subject may be needed in an emergency, so that a person must decide.

        `home` is where Ringfence is deployed.
        """
        return ()

    def is_forgeable(self) -> bool:
        """Return whether everything that it says to hold a response back can be a tag that anybody wrote."""
        return False

    def trusting(self, provided: Mapping[str, frozenset[str]], *, strict: bool) -> Self:  # noqa: ARG002 - for those with symbols
        """Return it with only that as Ringfence's own which Ringfence recorded.

        Parameters
        ----------
        provided : mapping of str to frozenset of str
            The recorded ids, by the key of their symbol.
        strict : bool
            Whether nothing is Ringfence's own where no id is recorded. If False, name and tag count there.
        """
        return self

    def traits(self) -> Traits | None:
        """Return what the policy's rules of caution can match on. None if it does not show that."""
        return None

    def settling(self) -> str:
        """Return in words what is settling and must be read again. Empty if nothing is."""
        return ""

    def absent(self, ref: Ref) -> bool:  # noqa: ARG002 - for observations of what may be gone
        """Return whether this shows that the subject does not exist, without an error."""
        return False


@frozen
class Sized(Observation):
    """How large the group is that a subject belongs to.

    Attributes
    ----------
    size : int
        How many members the group is to have. 0: the subject belongs to none.
    """

    size: int = 0


@frozen
class ResourceState:
    """A subject and what was observed of it.

    Attributes
    ----------
    ref : Ref
        The subject.
    observations : mapping of type to Observation
        What was read, by its class: `state[Lifecycle]` returns the observation.
    unread : mapping of type to RingfenceError
        Why others could not be read.

    Raises
    ------
    InternalError
        By `state[kind]`, where that was not read.
    """

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
        """Return this state updated with a newer one. What cannot be read any more is unknown."""
        return self.updated(ResourceState(self.ref, {type(observation): observation}))

    def updated(self, newer: ResourceState) -> ResourceState:
        """Return this state updated with a newer one. What cannot be read any more is unknown."""
        observations = {kind: one for kind, one in self.observations.items() if kind not in newer.unread}
        unread = {kind: why for kind, why in self.unread.items() if kind not in newer.observations}
        return ResourceState(self.ref, {**observations, **newer.observations}, {**unread, **newer.unread})

    def of(self, kinds: Iterable[type[Observation]]) -> ResourceState:
        """Return the state with these observations only."""
        wanted = tuple(kinds)
        unread = {kind: self.unread[kind] for kind in wanted if kind in self.unread}
        return ResourceState(self.ref, {kind: self[kind] for kind in wanted if kind not in unread}, unread)

    def names(self) -> Mapping[Symbol, str]:
        """Return every symbol whose id the observations contain."""
        return {
            symbol: name
            for observation in self.observations.values()
            for symbol, name in observation.names().items()
        }

    def trusting(self, provided: Mapping[str, frozenset[str]], *, strict: bool) -> ResourceState:
        """Return the state with only that as Ringfence's own which Ringfence recorded."""
        observations = {
            kind: one.trusting(provided, strict=strict) for kind, one in self.observations.items()
        }
        return ResourceState(self.ref, observations, self.unread)

    def settling(self) -> tuple[str, ...]:
        """Return in words what is settling, and what may be readable later."""
        words = (observation.settling() for observation in self.observations.values())
        return (*filter(None, words), *self.unreadable(self.unread, for_good=False))

    def holders(self) -> tuple[Ref, ...]:
        """Return who holds the subject's credentials, according to the observations."""
        found = (one for observation in self.observations.values() for one in observation.holders(self.ref))
        return tuple(dict.fromkeys(found))

    def cautions(self, home: Home = UNKNOWN_HOME) -> tuple[str, ...]:
        """Return in words why the subject may be needed in an emergency."""
        each = (observation.cautions(self.ref, home) for observation in self.observations.values())
        return tuple(dict.fromkeys(one for found in each for one in found))

    def is_forgeable(self) -> bool:
        """Return whether what holds a response back can be tags that anybody wrote."""
        return any(observation.is_forgeable() for observation in self.observations.values())

    def traits(self) -> Traits | None:
        """Return what the policy's rules of caution can match on. None if it was not read."""
        found = (observation.traits() for observation in self.observations.values())
        return next((one for one in found if one is not None), None)

    def absent(self) -> bool:
        """Return whether any observation shows that the subject does not exist."""
        return any(observation.absent(self.ref) for observation in self.observations.values())

    def unreadable(self, kinds: Iterable[type[Observation]], *, for_good: bool) -> tuple[str, ...]:
        """Return in words which of these could not be read: permanently, or this time."""
        return tuple(
            f"{kind.__name__} could not be read: {str(self.unread[kind])[:MOST_WORDS]}"
            for kind in kinds
            if kind in self.unread and isinstance(self.unread[kind], Refused) is for_good
        )
