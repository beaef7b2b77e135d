"""What EventBridge would deliver: patterns, and whether an event passes them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ministack.services.eventbridge import _event_pattern_error, _EventView, _matches_pattern_view

from ringfence.events.dispatch import findings
from ringfence.events.envelope import NotForUs
from ringfence.events.patterns import filled
from ringfence.local.samples.calls import API
from ringfence.local.samples.guardduty import ACCOUNT
from ringfence.model.errors import BadInput

if TYPE_CHECKING:
    from ringfence.model.trigger import Trigger


class Delivery:
    """The rules of some triggers."""

    def __init__(self, *triggers: Trigger) -> None:
        self.triggers = triggers
        self.patterns = tuple(
            json.dumps(filled(pattern, ACCOUNT, API)) for one in triggers for pattern in one.patterns()
        )

    def errors(self) -> list[object]:
        """Return what is wrong with the patterns."""
        return [error for pattern in self.patterns if (error := _event_pattern_error(pattern))]

    def count(self, event: dict[str, Any]) -> int:
        """Count the patterns that let an event through."""
        envelope = {key: value for key, value in event.items() if key != "detail"}
        view = _EventView(envelope, json.dumps(event.get("detail", {})))
        return sum(bool(_matches_pattern_view(pattern, view)) for pattern in self.patterns)

    def answered(self, event: object) -> bool | None:
        """Say whether the code takes an event as its own; None for bad input."""
        try:
            told = findings(event)
        except BadInput:
            return None
        found = () if isinstance(told, NotForUs) else told
        return any(trigger.matches(finding) for trigger in self.triggers for finding in found)

    def agrees(self, event: dict[str, Any]) -> bool:
        """Say whether an event that can be used is delivered once if it is answered, and never if not."""
        answered = self.answered(event)
        return self.count(event) <= 1 and (answered is None or self.count(event) == int(answered))
