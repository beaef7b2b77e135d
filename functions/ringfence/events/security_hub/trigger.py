"""The events of Security Hub that contain findings. The intake takes them in, not a runbook.

https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-cwe-event-types.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

SOURCE = "aws.securityhub"
IMPORTED = "Security Hub Findings - Imported"
INSIGHTS, CUSTOM_ACTION = "Security Hub Insight Results", "Security Hub Findings - Custom Action"
IMPORTED_V2 = "Findings Imported V2"
"""The event of the new Security Hub, with findings in OCSF. With both on, each finding arrives twice, and
becomes the same event of its service.
"""
TAKEN_IN: tuple[Mapping[str, list[str]], ...] = (
    {"source": [SOURCE], "detail-type": [IMPORTED, IMPORTED_V2]},
)
