"""The logger. Imported late, because nothing before the isolating call needs it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger


@cache
def logger() -> Logger:
    """Return the structured logger of this process."""
    from aws_lambda_powertools import Logger

    from ringfence.record.measures import SERVICE

    return Logger(service=SERVICE)
