"""What was published to topics of the local SNS: ministack delivers it to subscribers and keeps nothing.

ministack delivers no email. So the newest messages are kept, and `GET /local/messages` returns those of the
account and region, for the root user of the account.
"""

from __future__ import annotations

import json
from collections import deque
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ringfence.local.hooks.mount import Request
from ringfence.local.hooks.patching import around
from ringfence.local.messages import PATH

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ringfence.local.hooks.mount import Handler, Response

MOST = 1000
"""The number of messages that are kept, of all topics."""
_published: deque[dict[str, Any]] = deque(maxlen=MOST)


def install() -> None:
    """Keep what is published, and answer what was."""
    from ministack import app as gateway
    from ministack.services import sns

    around(sns, "_fanout", _keep)
    gateway.SERVICE_HANDLERS["sns"] = _answering(gateway.SERVICE_HANDLERS["sns"])


def _keep(original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    topic, id_, message, subject, _, attributes = args[:6]
    _published.append(
        {
            "id": id_,
            "at": datetime.now(UTC).isoformat(),
            "topic": topic,
            "subject": subject or "",
            "text": message,
            "attributes": {name: one.get("StringValue", "") for name, one in attributes.items()},
        }
    )
    return original(*args, **kwargs)


def _answering(sns: Handler) -> Handler:
    async def handle(*request: Any) -> Response:
        asked = Request(*request)
        return _answer(asked.headers) if asked.path == PATH else await sns(*request)

    return handle


def _answer(headers: Mapping[str, str]) -> Response:
    from ministack.core.iam_evaluator import is_root_access_key
    from ministack.core.responses import get_account_id, get_region
    from ministack.core.router import extract_access_key_id

    kind = {"Content-Type": "application/json"}
    if not is_root_access_key(extract_access_key_id(dict(headers), {}) or ""):
        return 403, kind, json.dumps({"message": "only the root user reads messages"}).encode()
    place = f":{get_region()}:{get_account_id()}:"
    found = [one for one in tuple(_published) if place in one["topic"]]
    return 200, kind, json.dumps({"messages": found}).encode()
