"""What holds for every test."""

from __future__ import annotations

import functools
import gc
import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]  # it has no types

from ringfence.record.measures import SERVICE
from tests.support.effort import USUAL

if TYPE_CHECKING:
    from collections.abc import Generator

    from xdist.remote import Producer  # type: ignore[import-untyped]  # likewise

    from tests.support.bundles import Store

LONGEST = (
    "tests/e2e/intake/",
    "tests/e2e/credentials/",
    "tests/e2e/containment/",
    "tests/e2e/hardening/",
    "tests/e2e/test_faults.py",
    "tests/e2e/test_documented_commands.py",
    "tests/e2e/outputs/",
    "tests/e2e/",
    "tests/unit/stacks/",
    "tests/laws/test_nothing_before_the_record.py",
    "tests/laws/test_the_simulation_can_fail.py",
    "tests/laws/test_containment_comes_first.py",
    "tests/laws/test_convergence.py",
    "tests/local/",
    "tests/laws/",
    "tests/unit/insights/activity/test_sorted_sights.py",
    "tests/unit/handlers/test_many_places.py",
    "tests/unit/tools/",
)
"""What takes longest begins first: its worker would go on alone at the end."""
SHARED = tuple(start for start in LONGEST if start.count("/") > 2 and start.endswith("/"))
"""Folders whose tests share one deployment, or one synthesis, and hence one worker."""

# In `make test` the examples are the same each time; `make laws` has ten times as many, at random.
settings.register_profile("laws", deadline=None, print_blob=True, max_examples=10 * USUAL, derandomize=False)
settings.register_profile("facts", deadline=None, print_blob=True, max_examples=USUAL, derandomize=True)
settings.load_profile("facts")


@pytest.fixture(scope="session")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """The bundles of the session, which its workers share."""
    from tests.support.bundles import Store  # only now: it brings the CDK and Node with it

    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "bundles"
    folder.mkdir(exist_ok=True)
    return Store(folder)


def pytest_configure(config: pytest.Config) -> None:
    """Let each worker begin to collect with other files.

    A file is compiled, with its assertions rewritten, by the first worker that needs it. If all workers
    collected in the same order, each would compile every file, at the same time as the others.
    """
    _share_models()
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if config.args == config.getini("testpaths") and worker:
        files = sorted(str(path) for path in Path(__file__).parent.rglob("test_*.py"))
        first = len(files) * int(worker.removeprefix("gw")) // int(os.environ["PYTEST_XDIST_WORKER_COUNT"])
        config.args[:] = [*files[first:], *files[:first]]


def _share_models() -> None:
    """Let all sessions of a process read the SDK's models once. Each command of a test makes a session."""
    import botocore.session

    shared = functools.cache(botocore.session.create_loader)
    pytest.MonkeyPatch().setattr(botocore.session, "create_loader", shared)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Do not look for garbage among what collecting makes: it lives as long as the session does."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_finish() -> None:
    """Keep reports of failures short. All values that the tests use are imported by now.

    moto computes once what is the same for each call, as in the local AWS.
    """
    from tests.support.short_reports import shorten  # only now: it is not needed before

    shorten()
    if "moto" in sys.modules:
        from ringfence.local.hooks.repetition import remember_in_moto

        remember_in_moto()


def pytest_runtest_setup() -> None:
    """Log to this test's output: a process makes its logger once, with the output of the test that did so.

    This is no fixture, because each fixture costs every test of the session a part of a millisecond.
    """
    for handler in logging.getLogger(SERVICE).handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.stream = sys.stdout  # not setStream, which flushes the closed one


class ByFile(LoadScopeScheduling):  # type: ignore[misc]  # likewise
    """Keeps the tests of one file on one worker, and those that share a deployment or a synthesis."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        return next((folder for folder in SHARED if path.startswith(folder)), path)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Take the longest first; xdist keeps the order (`--no-loadscope-reorder`).

    The order is the same for all workers, whatever they collected first.
    """
    items.sort(key=lambda item: (_rank(item.nodeid), item.path))


def _rank(nodeid: str) -> int:
    return next((rank for rank, start in enumerate(LONGEST) if nodeid.startswith(start)), len(LONGEST))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Any:  # noqa: ANN401 - xdist's protocol
    """Schedule by file: xdist 3.8 reads its own group marks in vain from pytest 9.2's node ids."""
    return ByFile(config, log)
