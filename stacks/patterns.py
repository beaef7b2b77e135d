"""The EventBridge patterns of a runbook: of its triggers, and of the policy's own names of rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.cloudtrail.trigger.undoing import undoing_patterns
from ringfence.events.patterns import filled, names_api
from ringfence.events.rules import patterns_in
from ringfence.events.taken_in import patterns as taken_in
from ringfence.policy.compiled import policy_from_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ringfence.events.rules import Patterns
    from ringfence.model.runbook import Runbook
    from stacks.settings import Settings


def patterns_of(runbook: Runbook, settings: Settings, api: str = "") -> Patterns:
    """Return the patterns of a runbook's rules. No event matches two of them.

    `api` is the id of the operators' API. Without it, there is no pattern for calls on the API.
    """
    names = dict(policy_from_json(settings.policy).config_rules)
    return patterns_in(runbook, names, settings.account, api)


def intake_patterns(home: str = "") -> Patterns:
    """Return the patterns of the events that the intake turns into those of other services.

    `home`: the home account, in which people choose findings.
    """
    return tuple(filled(one, home) for one in taken_in(home=bool(home)))


def api_patterns(runbooks: Iterable[Runbook], settings: Settings, api: str) -> Patterns:
    """Return the patterns for changes of one API. The operators' API has such patterns, too."""
    found = (pattern for one in runbooks for trigger in one.triggers for pattern in trigger.patterns())
    return tuple(filled(pattern, settings.account, api) for pattern in found if names_api(pattern))


def undoing_of(runbook: Runbook, settings: Settings) -> Patterns:
    """Return the patterns for the calls that can undo a runbook's changes."""
    return tuple(filled(pattern, settings.account) for pattern in undoing_patterns(runbook))
