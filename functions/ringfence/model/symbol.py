"""Symbols: names in plans for things whose ids are only known once they exist."""

from __future__ import annotations

from ringfence.model.codec import value
from ringfence.model.frozen import field_names


@value
class Symbol:
    """A name that a plan uses instead of an id. The outcome of its provider records the id."""

    @property
    def key(self) -> str:
        """A stable text: the class and its fields."""
        shown = ",".join(str(getattr(self, name)) for name in field_names(type(self)))
        return f"{type(self).__name__}({shown})"


@value
class QuarantineGroup(Symbol):
    """The security group of a VPC that allows no traffic."""

    vpc_id: str


@value
class TransitionGroup(Symbol):
    """The security group of a VPC that allows all traffic, so that flows are no longer tracked."""

    vpc_id: str


@value
class Ready(Symbol):
    """A condition that orders the steps of a stage: `what` is true for `id`."""

    what: str
    id: str
