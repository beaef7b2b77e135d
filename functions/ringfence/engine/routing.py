"""Which runbooks answer an event, as their EventBridge rules would deliver it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.config.names import with_own_names
from ringfence.events.dispatch import findings
from ringfence.events.envelope import NotForUs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.model.runbook import Runbook


def answering(
    event: object, runbooks: Mapping[str, Runbook], names: Mapping[str, str]
) -> tuple[str, ...] | NotForUs:
    """Return the ids of the runbooks that answer an event of any source, or why there is none.

    Parameters
    ----------
    event
        The event as EventBridge delivers it. Raises BadInput for one that should be a finding and is invalid.
    runbooks
        The runbooks by their ids.
    names
        The policy's `config-rules`: an owner's name of a rule, and the name of the managed rule.

    """
    found = findings(event)
    if isinstance(found, NotForUs):
        return found
    told = with_own_names(found, names)
    ids = tuple(id_ for id_, one in runbooks.items() if any(one.answers(finding) for finding in told))
    if ids:
        return ids
    return NotForUs(f"no runbook answers findings of type {' or '.join(one.type for one in told)}")
