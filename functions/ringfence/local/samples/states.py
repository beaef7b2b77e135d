"""Changes of an instance's state as EventBridge delivers them, made by us in the published shape.

Shape: "EC2 Instance State-change Notification".
"""

from __future__ import annotations

from typing import Any

from ringfence.local.samples.guardduty import ACCOUNT, INSTANCE, REGION

Json = dict[str, Any]


def state_change(
    state: str = "running",
    instance: str = INSTANCE,
    account: str = ACCOUNT,
    region: str = REGION,
    at: str = "2026-03-01T12:00:00Z",
) -> Json:
    """Make the event of an instance that entered a state."""
    return {
        "version": "0",
        "id": "e5f60718-2930-4a1b-8c2d-3e4f5a6b7c8d",
        "detail-type": "EC2 Instance State-change Notification",
        "source": "aws.ec2",
        "account": account,
        "time": at,
        "region": region,
        "resources": [f"arn:aws:ec2:{region}:{account}:instance/{instance}"],
        "detail": {"instance-id": instance, "state": state},
    }
