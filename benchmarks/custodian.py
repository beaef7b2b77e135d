"""Cloud Custodian's function with its policy in config.json, as deployed."""

import json

from c7n import handler


def handle(event: str) -> None:
    """Handle one event."""
    handler.dispatch_event(json.loads(event), None)
