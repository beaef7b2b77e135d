"""What holds for every test."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]  # it has no types

from ringfence.record.measures import SERVICE

if TYPE_CHECKING:
    from xdist.remote import Producer  # type: ignore[import-untyped]  # likewise

GROUPS = {
    "tests/e2e/test_faults.py": "e2e-others",
    "tests/e2e/test_demo_command.py": "e2e-others",
    "tests/e2e/": "e2e",
}
"""Where tests that share a deployment stand, and the name of each such group; the others balance it."""

settings.register_profile("facts", deadline=None, print_blob=True)
settings.load_profile("facts")


@pytest.fixture(autouse=True)
def _log_to_this_tests_output() -> None:
    """A process makes its logger once: it would write to the closed output of the test that made it."""
    for handler in logging.getLogger(SERVICE).handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.stream = sys.stdout  # not setStream, which flushes the closed one


class ByFile(LoadScopeScheduling):  # type: ignore[misc]  # likewise
    """Keeps the tests of one file on one worker, and those that share a deployment."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        return next((name for start, name in GROUPS.items() if path.startswith(start)), path)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Any:  # noqa: ANN401 - xdist's protocol
    """Schedule by file: xdist 3.8 reads its own group marks in vain from pytest 9.2's node ids."""
    return ByFile(config, log)
