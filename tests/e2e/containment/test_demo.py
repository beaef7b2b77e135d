"""Whoever looks at the end of the demo names what is missing, and trusts no record."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ringfence.local.demo import Scene

if TYPE_CHECKING:
    from tests.e2e.world import World

pytestmark = pytest.mark.e2e


def test_a_scene_in_which_nothing_was_done_misses_everything(world: World) -> None:
    ending = Scene.build(world.deployment).end()
    assert "an interface of the web server is not isolated" in ending.missing
    assert "the audit log does not show that the instance is contained" in ending.missing
    assert "snapshots: none, not 1 of each of 2 volumes" in ending.missing
    assert any("the audit log is not verified" in words for words in ending.missing)
    assert not any("other server" in words for words in ending.missing)


def test_a_bystander_that_was_touched_is_named(world: World) -> None:
    scene = Scene.build(world.deployment, "touched")
    world.client("ec2").modify_instance_attribute(
        InstanceId=scene.estate.bystander.ref.id, DisableApiTermination={"Value": True}
    )
    assert "the other server was changed: termination protection: off became on" in scene.end().missing
