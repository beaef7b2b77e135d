"""Everything that is changed in the emulators, one module an area.

Each module has one public `install`, and each thing it changes has a docstring that says what is wrong in the
emulator. All of them reach into private parts of pinned versions: `tests/local` holds a contract test for each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.local.hooks import autoscaling, cloudformation, ec2, mount, profiles, security_groups

if TYPE_CHECKING:
    from ringfence.local.settings import Settings


def install(settings: Settings) -> None:
    """Change the emulators for `settings`; to be called once, before the server starts."""
    for area in (mount, ec2, security_groups, profiles, autoscaling, cloudformation):
        area.install()
