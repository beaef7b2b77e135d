"""How an event is put on a bus as the service does that it is from."""

from __future__ import annotations

import json
from typing import Any

Json = dict[str, Any]


def entry(event: Json) -> Json:
    """Turn an event into an entry of PutEvents; the bus gives it its account, region and time."""
    return {
        "Source": event["source"],
        "DetailType": event["detail-type"],
        "Detail": json.dumps(event["detail"]),
        "Resources": list(event["resources"]),
    }
