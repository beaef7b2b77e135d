"""What several files of this folder need of the shared deployment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.world import World


@pytest.fixture(scope="module")
def enforcing(world: World) -> Iterator[World]:
    """The shared deployment, with every call's permission evaluated."""
    world.quiet()
    try:
        world.local.enforce(True)
        yield world
        world.quiet()
    finally:
        world.local.enforce(False)
