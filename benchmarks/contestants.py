"""Who is measured: the bundle's function, plain boto3, and Cloud Custodian where it can be installed.

All run on the same interpreter, have bytecode, and answer the same event against the same stub.
"""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.environment import ROOT, environment
from benchmarks.events import ACCOUNT
from benchmarks.stub import QUARANTINE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from benchmarks.stub import Stub

OURS, PLAIN, CUSTODIAN = "ringfence", "plain boto3", "custodian"
CUSTODIAN_PIN = "c7n==0.9.53"
"""https://pypi.org/project/c7n/"""
BUILD = ROOT / "build" / CUSTODIAN_PIN.replace("==", "-")
POLICY = {
    "execution-options": {"account_id": ACCOUNT},
    "policies": [
        {
            "name": "isolate",
            "resource": "ec2",
            "mode": {"type": "guard-duty", "role": "isolate"},
            "actions": [{"type": "modify-security-groups", "remove": "all", "isolation-group": QUARANTINE}],
        }
    ],
}
"""What Custodian deploys for the same answer: the finding's instance is left with one group."""


@dataclass(frozen=True)
class Contestant:
    """One way to isolate an instance: the module that handles an event, and where its imports come from."""

    name: str
    module: str
    paths: tuple[Path, ...]
    folder: Path = ROOT
    environment: Mapping[str, str] = field(default_factory=dict)

    def start(self, stub: Stub) -> subprocess.Popen[str]:
        """Start a process that waits for events."""
        script = str(ROOT / "benchmarks" / "contestant.py")
        return subprocess.Popen(
            [sys.executable, "-I", "-S", script, self.module, *map(str, (*self.paths, ROOT))],
            cwd=self.folder,
            env={**self.environment, **stub.environment},
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )


@contextmanager
def handling(contestant: Contestant, stub: Stub) -> Iterator[Handling]:
    """Start a process, and end it afterwards."""
    process = contestant.start(stub)
    try:
        yield Handling(contestant.name, process)
    finally:
        process.kill()
        process.communicate()


@dataclass(frozen=True)
class Handling:
    """A process that handles one event after another."""

    name: str
    process: subprocess.Popen[str]

    def handle(self, event: str) -> float:
        """Handle an event; return the CPU seconds that the process has used since it started."""
        if self.process.stdin is None or self.process.stdout is None:
            raise RuntimeError("the process has no pipes")
        self.process.stdin.write(f"{event}\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"{self.name} ended before it handled the event")
        return float(answer)


def contestants(code: Path) -> tuple[Contestant, ...]:
    """Return everybody who takes part; `code` is the bundle."""
    given = environment(code)
    libraries = Path(sysconfig.get_path("purelib"))
    ours = Contestant(OURS, "benchmarks.ours", (code,), environment=given)
    plain = Contestant(PLAIN, "benchmarks.plain", (libraries,), environment=given)
    if not _install_custodian():
        print(f"{CUSTODIAN_PIN} cannot be installed here: it is not measured")
        return (ours, plain)
    (BUILD / "config.json").write_text(json.dumps(POLICY), "utf-8")
    custodian = Contestant(CUSTODIAN, "benchmarks.custodian", (BUILD,), BUILD, given)
    return (ours, plain, custodian)


def _install_custodian() -> bool:
    """Install Custodian, which pins all that it needs, beside the build's other products."""
    if (BUILD / "c7n").is_dir():
        return True
    words = ("pip", "install", "--quiet", "--compile-bytecode", "--target", str(BUILD), CUSTODIAN_PIN)
    run = subprocess.run([sys.executable, "-m", "uv", *words], capture_output=True, check=False)
    return run.returncode == 0
