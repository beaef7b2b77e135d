"""A sample of GuardDuty as GetFindings answers it: what botocore makes of the service's JSON."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from botocore.parsers import RestJSONParser
from botocore.session import get_session

from ringfence.local.hooks.guardduty_shapes import answered

Json = dict[str, Any]


@cache
def _shape() -> Any:  # noqa: ANN401 - botocore's shapes are made at run time
    return get_session().get_service_model("guardduty").operation_model("GetFindings").output_shape


def as_answer(detail: Json) -> Json:
    """Return a finding as the SDK returns it, from the `detail` of its event."""
    body = json.dumps({"findings": [answered(detail)]}).encode()
    response = {"status_code": 200, "headers": {}, "body": body}
    found: Json = RestJSONParser().parse(response, _shape())["Findings"][0]
    return found
