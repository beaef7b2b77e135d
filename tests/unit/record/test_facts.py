"""Facts that a containment seldom records are imported when the log names one of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import ringfence.record

SELDOM = sorted(path.stem for path in Path(ringfence.record.__path__[0]).glob("*_facts.py"))
FRESH = """
import sys
from ringfence.model.codec import decode
from ringfence.record import facts

def imported():
    return sorted(name.rpartition(".")[2] for name in sys.modules if name.endswith("_facts"))

print(*imported(), end=";")
print(type(decode({"$": "RecordUnsealed", "reason": "no key"})).__name__, end=";")
print(*imported())
"""


def test_the_first_one_that_is_read_imports_them_all() -> None:
    ran = subprocess.run(  # noqa: S603 - this interpreter, with a program of our own
        [sys.executable, "-c", FRESH], capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip().split(";") == ["", "RecordUnsealed", " ".join(SELDOM)]
