"""The environment in which the function runs against the stub."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.events import ACCOUNT, EVENT, KEY, KEY_EVENT
from benchmarks.stub import RECORD_KEY
from ringfence.policy.file import PolicyFile
from ringfence.runbooks.catalogue import CATALOGUE
from stacks.bytecode import compile_all
from stacks.function_code import FunctionCode
from stacks.operations import operations

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
POLICY = {"version": 1, "scope": {"accounts": ["home"]}, "default": "auto"}


@contextmanager
def deployed() -> Iterator[Path]:
    """Make the folder that is deployed, with bytecode for this interpreter, which the others have too."""
    with tempfile.TemporaryDirectory() as folder:
        code = Path(folder) / "code"
        FunctionCode(operations(), PolicyFile(POLICY, CATALOGUE).compile(ACCOUNT)).make(code)
        compile_all(code, sys.executable)
        yield code


def environment(code: Path, runbook: str = "contain-instance") -> dict[str, str]:
    """Return what the deployment gives the function, but for the endpoints."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "RINGFENCE_"))}
    return {
        **kept,
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "example",
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_LAMBDA_FUNCTION_NAME": "ringfence-contain-instance",
        "RINGFENCE_RUNBOOK": runbook,
        "RINGFENCE_ROLE": f"ringfence-{runbook}",
        "RINGFENCE_AUDIT_TABLE": "audit",
        "RINGFENCE_CONTROL_TABLE": "control",
        "RINGFENCE_RECORD_KEYS": f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/{RECORD_KEY}",
        "PYTHONPATH": f"{code}{os.pathsep}{ROOT}",
    }


def event() -> str:
    """Return the event about an instance as the queue delivers it."""
    return json.dumps(EVENT)


def key_event() -> str:
    """Return an event about a user's access key."""
    return json.dumps(KEY_EVENT)


def health_event() -> str:
    """Return an event of AWS Health about the same key, which does not name its user."""
    arn = "arn:aws:health:global::event/RISK/AWS_RISK_CREDENTIALS_EXPOSED/example"
    detail = {
        "eventArn": arn,
        "service": "RISK",
        "eventTypeCode": "AWS_RISK_CREDENTIALS_EXPOSED",
        "eventTypeCategory": "issue",
        "startTime": "Sun, 01 Mar 2026 12:00:00 GMT",
        "affectedAccount": ACCOUNT,
        "affectedEntities": [{"entityValue": KEY}],
    }
    told = {"source": "aws.health", "detail-type": "AWS Health Event", "detail": detail}
    return json.dumps({**EVENT, **told})
