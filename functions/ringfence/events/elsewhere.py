"""Events of other services whose findings reach Ringfence in another way, or that are no findings."""

from __future__ import annotations

from types import MappingProxyType

_HUB = "Ringfence takes the findings of {} from Security Hub, and not from this event"
REASONS = MappingProxyType(
    {
        ("aws.inspector2", "Inspector2 Finding"): _HUB.format("Amazon Inspector"),
        ("aws.inspector2", "Inspector2 Scan"): "the end of a scan of Amazon Inspector is no finding",
        ("aws.macie", "Macie Finding"): _HUB.format("Amazon Macie"),
        ("aws.ecr", "ECR Image Scan"): (
            "the end of a scan of an image is no finding; Ringfence takes those of Amazon Inspector about "
            "images from Security Hub"
        ),
    }
)
"""Why no runbook answers an event, by its source and type."""
