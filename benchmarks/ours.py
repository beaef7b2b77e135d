"""The function: as the runtime does it, import the handler and hand it an event."""

import json
import sys
from dataclasses import dataclass

import respond


@dataclass
class Context:
    """What the Lambda runtime hands over."""

    aws_request_id: str = "00000000-0000-4000-8000-000000000000"

    def get_remaining_time_in_millis(self) -> int:
        """Thirty seconds are left."""
        return 30_000


def handle(event: str) -> None:
    """Handle one event."""
    record = {"messageId": "m-1", "body": event, "receiptHandle": "r-1"}
    respond.handler({"Records": [record]}, Context())  # type: ignore[arg-type]  # all that is used of it


if __name__ == "__main__":
    handle(json.loads(sys.stdin.read()))
