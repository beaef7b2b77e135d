"""Cloud Custodian's function: as it is deployed, with the policy beside it in config.json."""

import json

from c7n import handler


def handle(event: str) -> None:
    """Handle one event."""
    handler.dispatch_event(json.loads(event), None)
