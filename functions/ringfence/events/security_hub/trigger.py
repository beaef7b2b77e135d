"""The events of Security Hub that contain findings. The intake takes them in, not a runbook.

https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-cwe-event-types.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

SOURCE = "aws.securityhub"
IMPORTED = "Security Hub Findings - Imported"
TAKEN_IN: tuple[Mapping[str, object], ...] = ({"source": [SOURCE], "detail-type": [IMPORTED]},)
