"""A kind of resource is one file: with it, all that reads kinds knows the kind."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.model.arn import read_arn
from ringfence.model.errors import BadInput
from ringfence.model.kinds import every_kind, kind_of, parse_key

if TYPE_CHECKING:
    from ringfence.model.subject import Ref

ROOT = Path(__file__).resolve().parents[3]
KINDS = every_kind()
EACH = pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
QUEUE = '''"""Queues."""

import re
from typing import ClassVar

from ringfence.model.codec import value
from ringfence.model.subject import RecordedCalls, Ref, in_request


@value
class QueueRef(Ref):
    """A queue, by name."""

    kind: ClassVar = "queue"
    form: ClassVar = "a queue's name"
    pattern: ClassVar = re.compile(r"[A-Za-z0-9_-]{1,80}")
    example: ClassVar = "orders"
    arn_form: ClassVar = "arn:{partition}:sqs:{region}:{account}:{id}"
    config_type: ClassVar = "AWS::SQS::Queue"
    calls: ClassVar = (RecordedCalls("sqs", ("SetQueueAttributes",), in_request("queueName")),)
    records_activity: ClassVar = True
'''
ASKED = """
import json, sys
from ringfence.events.dispatch import findings
from ringfence.events.envelope import NotForUs
from ringfence.model.codec import decode, encode
from ringfence.model.kinds import parse_key
from ringfence.policy.check import flaws_of
from ringfence.policy.yaml_source import read_yaml
from tools.kinds import document

def subjects(event):
    told = findings(event)
    if isinstance(told, NotForUs):
        return told.reason
    return [[one.key for one in told[0].subjects], told[0].routine]

given = json.load(sys.stdin)
print(json.dumps({
    "events": [subjects(event) for event in given["events"]],
    "flaws": [flaw.problem for flaw in flaws_of(read_yaml(given["policy"]), {})],
    "row": next((line for line in document().splitlines() if "queue" in line), ""),
    "recorded": decode(given["recorded"]).key if given["known"] else "",
    "parsed": encode(parse_key(given["key"])) if given["known"] else None,
}))
"""
ACCOUNT, KEY = "111122223333", "queue/111122223333/eu-west-1/orders"
POLICY = f"""
version: 1
scope: {{accounts: ["{ACCOUNT}"]}}
exempt:
  - {{subject: "queue/*", reason: it is a test}}
"""


def call() -> dict[str, Any]:
    from ringfence.local.samples.calls import call_event

    return call_event("sqs", "SetQueueAttributes", {"queueName": f"arn:aws:sqs:us-east-1:{ACCOUNT}:orders"})


def asked(code: Path, *, known: bool) -> dict[str, Any]:
    """Ask a fresh process, with a copy of the code, what it knows of queues."""
    from ringfence.local.samples.config import verdict

    recorded = {"$": "QueueRef", "account": ACCOUNT, "region": "eu-west-1", "id": "orders"}
    events = [verdict("sqs-queue-encrypted", "AWS::SQS::Queue", "orders"), call()]
    given = {"events": events, "policy": POLICY, "recorded": recorded, "key": KEY, "known": known}
    ran = subprocess.run(  # noqa: S603 - this interpreter, with a program of our own
        [sys.executable, "-c", ASKED],
        cwd=ROOT,
        env={"PYTHONPATH": f"{code}:{ROOT}"},
        input=json.dumps(given),
        capture_output=True,
        check=True,
        text=True,
    )
    answers: dict[str, Any] = json.loads(ran.stdout)
    return answers


def test_a_kind_that_is_added_as_one_file_is_known_to_all_that_reads_kinds(tmp_path: Path) -> None:
    code = tmp_path / "functions"
    shutil.copytree(ROOT / "functions", code, ignore=shutil.ignore_patterns("local", "__pycache__"))
    before = asked(code, known=False)
    assert before["events"] == [
        "no runbook answers resources of type AWS::SQS::Queue",
        "no runbook answers the call sqs:SetQueueAttributes",
    ]
    assert any("does not start with a kind of resource" in one for one in before["flaws"])
    assert before["row"] == ""
    (code / "ringfence/model/kinds/queue.py").write_text(QUEUE, "utf-8")
    after = asked(code, known=True)
    assert after["events"] == [[[KEY], False], [[KEY.replace("eu-west-1", "us-east-1")], False]]
    assert not [one for one in after["flaws"] if "kind of resource" in one]
    assert "`AWS::SQS::Queue`" in after["row"]
    assert (after["recorded"], after["parsed"]["$"]) == (KEY, "QueueRef")


@EACH
def test_an_example_is_an_id_and_its_arn_says_it(kind: type[Ref]) -> None:
    assert kind.pattern.fullmatch(kind.example)
    parts = {"partition": "aws", "region": "eu-west-1", "account": ACCOUNT, "path": "", "id": kind.example}
    arn = read_arn(kind, kind.arn_form.format(**parts))
    assert (arn.id if arn else "") == (kind.example if kind.arn_form else "")


@EACH
def test_a_kind_is_declared_as_a_whole(kind: type[Ref]) -> None:
    assert kind_of(kind.kind) is kind
    assert kind.__doc__
    assert kind.form != "an id"
    assert kind.holder in {"", *KINDS}
    assert re.fullmatch(r"(AWS::[A-Za-z0-9]*::[A-Za-z0-9]+)?", kind.config_type)


def test_no_two_kinds_bear_one_type_of_config() -> None:
    types = [one.config_type for one in KINDS.values() if one.config_type]
    assert len(types) == len(set(types))


@pytest.mark.parametrize("id_", ["", "nothing", "os.path", "../kinds", "Instance", "-instance", "access_key"])
def test_what_is_no_kind_is_none(id_: str) -> None:
    assert kind_of(id_) is None
    with pytest.raises(BadInput, match="KIND/ACCOUNT/REGION/ID"):
        parse_key(f"{id_}/{ACCOUNT}/eu-west-1/x")


def test_an_id_that_shows_its_kind_comes_before_a_mere_name() -> None:
    shown = {kind for kind, one in KINDS.items() if one.precedence == 0}
    assert {"access-key", "instance", "root", "vpc"} <= shown
    assert shown.isdisjoint({"bucket", "iam-user", "other-principal", "recorder", "trail"})
