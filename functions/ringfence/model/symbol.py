"""Symbols: names in plans for things whose ids are only known once they exist."""

from __future__ import annotations

from dataclasses import fields

from ringfence.model.codec import value


@value
class Symbol:
    """A name that a plan uses in place of an id; the outcome that provides it records the id."""

    @property
    def key(self) -> str:
        """A stable text: the class and its fields."""
        shown = ",".join(str(getattr(self, field.name)) for field in fields(self))
        return f"{type(self).__name__}({shown})"


@value
class QuarantineGroup(Symbol):
    """The security group of a VPC that allows nothing in or out."""

    vpc_id: str


@value
class TransitionGroup(Symbol):
    """The security group of a VPC that allows everything, so that flows stop being tracked."""

    vpc_id: str


@value
class Ready(Symbol):
    """A condition that steps of one stage order themselves by: `what` holds for `id`."""

    what: str
    id: str
