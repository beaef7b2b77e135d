"""What the end of the first event changes for the next ones."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

from botocore.auth import AUTH_TYPE_MAPS, SigV4Auth
from botocore.parsers import PROTOCOL_PARSERS, EC2QueryParser

from ringfence.aws.parsing import QuickEC2QueryParser
from ringfence.aws.signing import QuickSigV4Auth
from ringfence.handlers import cold_start

if TYPE_CHECKING:
    import pytest


def test_after_the_first_event_requests_are_signed_and_answers_are_read_quickly(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(AUTH_TYPE_MAPS, "v4", SigV4Auth)
    monkeypatch.setitem(PROTOCOL_PARSERS, "ec2", EC2QueryParser)
    done = list[str]()
    monkeypatch.setattr(gc, "isenabled", lambda: bool(done))
    monkeypatch.setattr(gc, "freeze", lambda: done.append("frozen"))
    monkeypatch.setattr(gc, "enable", lambda: done.append("enabled"))
    cold_start.over()
    found: list[object] = [AUTH_TYPE_MAPS["v4"], PROTOCOL_PARSERS["ec2"]]
    assert found == [QuickSigV4Auth, QuickEC2QueryParser]
    cold_start.over()
    assert done == ["frozen", "enabled"]
