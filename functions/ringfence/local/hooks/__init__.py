"""The changes to the emulators, one module for each area.

Each module has one public function, `install`. The docstring of each change describes the emulator's error.
All of them use private parts of pinned versions. `tests/local` contains a contract test for each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.local.hooks import (
    autoscaling,
    bus_policies,
    chatbot,
    cloudformation,
    cloudtrail,
    conditions,
    config,
    ec2,
    elb,
    enforcement,
    event_sources,
    eventbridge,
    flow_logs,
    function_code,
    functions,
    guardduty,
    iam,
    kms,
    mfa,
    mount,
    profiles,
    published,
    repetition,
    s3,
    security_groups,
    security_hub,
    snapshots,
    sts,
    subscriptions,
    trails,
    workers,
)

if TYPE_CHECKING:
    from ringfence.local.settings import Settings

# Repetition comes before the emulators are imported; then the mount, because other hooks wrap its handlers.
_AREAS = (
    repetition,
    mount,
    ec2,
    security_groups,
    snapshots,
    flow_logs,
    profiles,
    elb,
    autoscaling,
    eventbridge,
    function_code,
    functions,
    workers,
    event_sources,
    bus_policies,
    chatbot,
    cloudformation,
    config,
    trails,
    guardduty,
    security_hub,
    kms,
    iam,
    sts,
    mfa,
    s3,
    subscriptions,
    published,
    conditions,
    enforcement,
)


def install(settings: Settings) -> None:
    """Change the emulators. Call it once, before the server starts."""
    for area in _AREAS:
        area.install()
    if settings.cloudtrail:
        cloudtrail.install()
