"""The EventBridge patterns of a runbook: of its triggers, and of the policy's own names of rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.config.trigger import own_patterns
from ringfence.policy.compiled import policy_from_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.model.runbook import Runbook
    from stacks.settings import Settings

    Patterns = tuple[Mapping[str, object], ...]


def patterns_of(runbook: Runbook, settings: Settings) -> Patterns:
    """Return the patterns of a runbook's rules. No event matches two of them."""
    names = dict(policy_from_json(settings.policy).config_rules)
    types = (name for trigger in runbook.triggers for name in trigger.types)
    return (*runbook.patterns(), *own_patterns(types, names))
