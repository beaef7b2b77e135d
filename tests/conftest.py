"""What holds for every test."""

from __future__ import annotations

import logging
import sys

import pytest
from hypothesis import settings

from ringfence.core.measures import SERVICE

settings.register_profile("facts", deadline=None, print_blob=True)
settings.load_profile("facts")


@pytest.fixture(autouse=True)
def _log_to_this_tests_output() -> None:
    """A process makes its logger once: it would write to the closed output of the test that made it."""
    for handler in logging.getLogger(SERVICE).handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.stream = sys.stdout  # not setStream, which flushes the closed one
