"""Everything that is changed in the emulators, one module an area.

Each module has one public `install`, and each thing it changes has a docstring that says what is wrong in
the emulator. All of them reach into private parts of pinned versions: `tests/local` holds a contract test
for each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.local.hooks import (
    autoscaling,
    bus_policies,
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
    mount,
    profiles,
    s3,
    security_groups,
    snapshots,
    trails,
)

if TYPE_CHECKING:
    from ringfence.local.settings import Settings

# The mount comes first: others wrap the handlers it puts in place.
_AREAS = (
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
    event_sources,
    bus_policies,
    cloudformation,
    config,
    trails,
    guardduty,
    kms,
    iam,
    s3,
    conditions,
    enforcement,
)


def install(settings: Settings) -> None:
    """Change the emulators; to be called once, before the server starts."""
    for area in _AREAS:
        area.install()
    if settings.cloudtrail:
        cloudtrail.install()
