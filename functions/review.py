"""Lambda: begin the scheduled look at what no event tells of, in every protected account and region."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ringfence.handlers import scheduled

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def handler(event: object, context: LambdaContext) -> dict[str, int]:  # noqa: ARG001 - a schedule says nothing
    """Send a message for each place. If one cannot be sent, Lambda tries twice more."""
    return {"places": scheduled.tour().begin(os.environ["AWS_REGION"])}
