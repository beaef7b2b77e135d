"""The events of Security Hub that contain findings. The intake takes them in, not a runbook.

https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-cwe-event-types.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.patterns import OWN_ACCOUNT
from ringfence.events.security_hub.state import ASFF, PRODUCT, PRODUCT_V2, V2, open_findings
from ringfence.model.told_sources import SECURITY_HUB

if TYPE_CHECKING:
    from collections.abc import Mapping

SOURCE = SECURITY_HUB
IMPORTED = "Security Hub Findings - Imported"
INSIGHTS, CUSTOM_ACTION = "Security Hub Insight Results", "Security Hub Findings - Custom Action"
IMPORTED_V2 = "Findings Imported V2"
"""The event of the new Security Hub, with findings in OCSF. With both on, each finding arrives twice, and
becomes the same event of its service.
"""
TAKEN_IN: tuple[Mapping[str, object], ...] = (
    {"source": [SOURCE], "detail-type": [IMPORTED], "detail": open_findings(ASFF, PRODUCT)},
    {"source": [SOURCE], "detail-type": [IMPORTED_V2], "detail": open_findings(V2, PRODUCT_V2)},
)
"""Findings that are closed are not delivered: see `state.py`."""
TAKEN_IN_AT_HOME: tuple[Mapping[str, object], ...] = (
    {"source": [SOURCE], "detail-type": [CUSTOM_ACTION], "account": [OWN_ACCOUNT]},
)
"""Only actions of the home account count, because other accounts may create some with the same ids."""
