"""The function that watches the control table reads real chains in a process that read none before."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ringfence.aws.audit_items import CONTROL_KEY
from ringfence.aws.containments import to_put
from ringfence.model.frozen import replace
from ringfence.record.chain import ChainKey, Stamp, link
from ringfence.record.containments import containment
from ringfence.record.facts import Released
from ringfence.record.history import History
from ringfence.record.wording import is_containment
from ringfence.runbooks.catalogue import CATALOGUE
from tests.support.fakes.audit_home import CONTROL
from tests.support.recorded_chains import read

ROOT = Path(__file__).parents[3]
CHAINS = [(id_, case) for id_ in CATALOGUE if is_containment(id_) for case in read(id_)]
WATCH = """
import json, sys
from ringfence.handlers.control import Guard
from ringfence.record.chain import Entry

given = json.load(sys.stdin)


class Reader:
    def entries(self, response):
        return tuple(Entry(*one) for one in given["entries"])


class Topic:
    def publish(self, *notice):
        print(notice)


assert not any(name.startswith("ringfence.steps.") for name in sys.modules), "the process is fresh"
Guard(Reader(), Topic()).act(given["record"])
"""


def told(id_: str, case: str, *, released: bool) -> str:
    """Return what a fresh process tells of an incident that leaves the list of containments."""
    entries = read(id_)[case]
    _, subject, incident, *_ = entries[-1].names
    key = ChainKey(id_, str(subject))
    if released:
        at = entries[-1].at + timedelta(minutes=5)
        stamp = Stamp(key, str(incident), "ringfence", "attempt-of-release", at)
        entries = (*entries, *link(stamp, entries[-1], (Released(),)))
    listed = containment(key, History(entries))
    assert listed is not None
    assert listed.open is not released
    old, new = (dict(to_put(CONTROL, replace(listed, open=open_))["Put"]["Item"]) for open_ in (True, False))
    images: dict[str, Any] = {
        "Keys": {CONTROL_KEY: old[CONTROL_KEY]},
        "ApproximateCreationDateTime": listed.verified_at.timestamp(),
        "OldImage": old,
        "NewImage": new,
    }
    given = {
        "record": {"eventName": "MODIFY", "dynamodb": images},
        "entries": [[one.incident, one.seq, one.body, one.hash] for one in entries],
    }
    ran = subprocess.run(  # noqa: S603 - this interpreter, with a program of our own
        [sys.executable, "-c", WATCH],
        env={"PYTHONPATH": str(ROOT / "functions")},
        input=json.dumps(given),
        capture_output=True,
        check=True,
        text=True,
    )
    return ran.stdout


@pytest.mark.parametrize(("id_", "case"), CHAINS)
def test_a_release_is_no_tampering(id_: str, case: str) -> None:
    assert "TAMPERING" not in told(id_, case, released=True)


def test_an_open_incident_that_is_taken_from_the_list_is_tampering() -> None:
    assert "TAMPERING" in told("contain-instance", "defaults", released=False)
