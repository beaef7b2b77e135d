"""The findings that a remediation answers, and the EventBridge patterns for them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ringfence.model.call import Permission
    from ringfence.model.finding import Finding


class Trigger(Protocol):
    """One family of findings that a remediation answers.

    Each source has its own class of trigger, beside its parser in `events/`. An implementation is a frozen
    value with a field `types`.

    Examples
    --------
    >>> from ringfence.events.config.trigger import judged_by
    >>> trigger = judged_by("restricted-ssh")
    >>> trigger.types
    ('Config:restricted-ssh',)
    >>> [pattern["source"] for pattern in trigger.patterns()]
    [['aws.config']]

    References
    ----------
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
    """

    @property
    def id(self) -> str:
        """A stable name, used in rule names: lower case and hyphens."""
        ...

    @property
    def types(self) -> tuple[str, ...]:
        """Return the types of the findings, `Finding.type`: what a policy may name."""
        ...

    @property
    def family(self) -> str:
        """The family: triggers of one family and class differ only in their types."""
        ...

    @property
    def permissions(self) -> tuple[Permission, ...]:
        """Return the permissions to confirm such findings."""
        ...

    def patterns(self) -> tuple[Mapping[str, object], ...]:
        """Return EventBridge patterns, each within the service's limit of 2,048 characters."""
        ...

    def matches(self, finding: Finding) -> bool:
        """Return whether `finding` belongs to this family. Agrees with the patterns."""
        ...


def joined(triggers: Iterable[Trigger]) -> tuple[Trigger, ...]:
    """Join triggers of one family, so that an event for two remediations is delivered once."""
    families: dict[tuple[type[Trigger], str], Trigger] = {}
    for trigger in triggers:
        key = (type(trigger), trigger.family)
        known = families.get(key)
        families[key] = _with(known, trigger.types) if known else trigger
    return tuple(families.values())


def _with(trigger: Trigger, types: tuple[str, ...]) -> Trigger:
    known = tuple(dict.fromkeys((*trigger.types, *types)))
    return replace(trigger, types=known)  # type: ignore[type-var]  # every trigger is a frozen value
