"""The EventBridge patterns of a runbook: of its triggers, and of the policy's own names of rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.config.trigger import own_patterns
from ringfence.events.patterns import filled, names_api

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.model.runbook import Runbook

    Patterns = tuple[Mapping[str, object], ...]


def patterns_in(runbook: Runbook, names: Mapping[str, str], account: str, api: str = "") -> Patterns:
    """Return the patterns of a runbook's rules in one account. No event matches two of them.

    Parameters
    ----------
    runbook
        The runbook.
    names
        The policy's own names of rules of AWS Config, each with the name of the managed rule.
    account
        The account, or a token of the CDK.
    api
        The id of the operators' API. Without it, there is no pattern for calls on the API.
    """
    types = (name for trigger in runbook.triggers for name in trigger.types)
    found = (*runbook.patterns(), *own_patterns(types, names))
    here = (pattern for pattern in found if api or not names_api(pattern))
    return tuple(filled(pattern, account, api) for pattern in here)
