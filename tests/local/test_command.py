"""`ringfence local` says how to use the local AWS, and stops cleanly when told to."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence

SOURCES = Path(__file__).resolve().parents[2] / "functions"
COMMAND = "from ringfence.cli.local import local; local(prog_name='ringfence local')"


def ringfence_local(*words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - this interpreter
        [sys.executable, "-c", COMMAND, *words],
        env=os.environ | {"PYTHONPATH": str(SOURCES)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def exported(lines: Sequence[str]) -> dict[str, str]:
    return dict(line.removeprefix("export ").split("=", 1) for line in lines)


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_it_prints_what_to_export_and_ends_with_0_when_told_to_stop(signum: signal.Signals) -> None:
    with ringfence_local("--port", "0", "--enforce-iam") as command:
        assert command.stdout
        lines = [command.stdout.readline().strip() for _ in range(7)]
        variables = exported(lines)
        with urllib.request.urlopen(f"{variables['AWS_ENDPOINT_URL']}/_ministack/health") as health:  # noqa: S310
            assert b'"auth": "enabled"' in health.read()
        command.send_signal(signum)
        _, said = command.communicate(timeout=20)
    assert command.returncode == 0
    assert all(line.startswith("export AWS_") for line in lines)
    assert variables["AWS_ENDPOINT_URL"] in said
    assert "Ctrl-C" in said
    assert "Traceback" not in said


def test_a_port_that_is_taken_is_named_and_nothing_is_printed_to_evaluate() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        with ringfence_local("--port", port) as command:
            out, said = command.communicate(timeout=20)
    assert command.returncode == 1
    assert out == ""
    assert port in said
    assert "Traceback" not in said
