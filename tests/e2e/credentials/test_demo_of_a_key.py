"""`ringfence demo --scenario credentials` ends well, on the deployment that the tests of this folder share.

`tests/e2e/test_demo_command.py` shows that the command starts its own AWS and deploys to it.
"""

from __future__ import annotations

import signal
from contextlib import nullcontext
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

import ringfence.local
from ringfence.cli.demo import demo
from ringfence.local.deployment import Deployment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ringfence.local import LocalAws
    from tests.e2e.places import Place

pytestmark = pytest.mark.e2e


@pytest.fixture
def deployed(place: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the command find its AWS and its deployment made."""

    def started(*, cloudtrail: bool) -> nullcontext[LocalAws]:
        assert cloudtrail == place.world.local.cloudtrail
        return nullcontext(place.world.local)

    def made(local: LocalAws, folder: Path) -> Deployment:
        assert local is place.world.local
        assert folder.is_dir()
        return place.world.deployment

    monkeypatch.setattr(ringfence.local, "LocalAws", started)
    monkeypatch.setattr(Deployment, "make", made)
    before = signal.getsignal(signal.SIGTERM)  # the command sets its own
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.usefixtures("deployed")
def test_the_demo_of_a_leaked_key_ends_with_the_key_dead_and_the_other_one_at_work() -> None:
    shown = CliRunner().invoke(demo, ["--scenario", "credentials", "--plain"])
    assert shown.exit_code == 0, shown.output
    assert shown.stderr == ""
    for words in (
        "verified: not contained",
        "the same as the archive's first versions",
        "Before and after, as AWS responds",
        "Residual risk",
        "It is not contained: a person must close or review what is still open to an intruder.",
    ):
        assert words in shown.stdout
