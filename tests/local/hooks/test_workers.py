"""Workers of code that contains the SDK are forked from a process that has imported it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.local import LocalAws, fork_server
from ringfence.local.deploy import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Callable

SDK = {
    "botocore/__init__.py": "",
    "botocore/handlers.py": "BUILTIN_HANDLERS = []",
    "botocore/session.py": "import os\nIMPORTED_BY = os.getpid()",
}
"""As much of the SDK as a worker needs."""
SOURCE = """
    import os, sys, time
    from botocore.session import IMPORTED_BY
    STATE = []
    def handler(event, context):
        STATE.append(event)
        if event == "crash":
            os._exit(3)
        if event == "sleep":
            time.sleep(60)
        print("said", event, file=sys.stderr)
        return {
            "imported by": IMPORTED_BY, "process": os.getpid(), "count": len(STATE),
            "name": os.environ["AWS_LAMBDA_FUNCTION_NAME"], "own": os.environ.get("OWN"),
            "folder": os.getcwd(), "path": sys.path, "arguments": len(sys.argv),
        }
"""


@pytest.fixture
def ask(aws: LocalAws) -> Callable[..., Any]:
    """Give a function that invokes another one."""

    def invoke(function: str, event: object = None) -> Any:
        answer = aws.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event))
        return json.load(answer["Payload"])

    return invoke


def test_functions_of_the_same_code_share_what_was_imported_and_nothing_else(
    make_function: Callable[..., str], ask: Callable[..., Any]
) -> None:
    first = make_function(SOURCE, SDK, Environment={"Variables": {"OWN": "first"}})
    second = make_function(SOURCE, SDK)
    one, again, other = ask(first), ask(first), ask(second)
    assert one["imported by"] == other["imported by"] != one["process"]
    assert again["process"] == one["process"] != other["process"]
    assert (one["count"], again["count"], other["count"]) == (1, 2, 1)
    assert [one["own"], other["own"]] == ["first", None]
    assert one["name"] == first.rsplit(":", 1)[-1]
    assert one["folder"] == other["folder"]
    assert not any("ringfence" in Path(each).parts for each in one["path"])


def test_code_without_the_sdk_starts_in_a_process_of_its_own(
    make_function: Callable[..., str], ask: Callable[..., Any]
) -> None:
    source = "import os, sys\ndef handler(event, context): return sys.argv"
    (program,) = ask(make_function(source))
    assert Path(program).name == "_worker.py"


def test_a_worker_that_crashes_or_takes_too_long_is_replaced(
    make_function: Callable[..., str], ask: Callable[..., Any]
) -> None:
    function = make_function(SOURCE, SDK, Timeout=1)
    before = ask(function)["process"]
    assert ask(function, "crash")["errorMessage"] == "Worker process died"
    after = ask(function)["process"]
    assert "timed out" in ask(function, "sleep")["errorMessage"]
    last = ask(function)["process"]
    assert len({before, after, last}) == 3
    for ended in (before, after):
        with pytest.raises(ProcessLookupError):
            os.kill(ended, 0)


def test_an_import_that_fails_is_told_as_it_is_without_the_other_process(
    make_function: Callable[..., str], ask: Callable[..., Any]
) -> None:
    function = make_function(SOURCE, {**SDK, "botocore/session.py": "import nothing_like_this"})
    assert "No module named 'nothing_like_this'" in ask(function)["errorMessage"]


def test_stopping_ends_the_process_that_forks_and_its_workers() -> None:
    with LocalAws() as running:
        client = running.client("lambda")
        client.create_function(
            FunctionName="forked",
            Runtime="python3.13",
            Role=f"arn:aws:iam::{running.account}:role/forked",
            Handler="index.handler",
            Code={"ZipFile": bundle()},
        )
        answer = json.load(client.invoke(FunctionName="forked")["Payload"])
    for ended in (answer["process"], answer["imported by"]):
        with pytest.raises(ProcessLookupError):
            os.kill(ended, 0)


def test_what_functions_share_reads_no_variable_and_no_stream_and_starts_nothing() -> None:
    """Otherwise it would have what it read from the process that forks, and not the worker's own."""
    program = f"""
import importlib, os, sys, threading
for name in {fork_server.LIBRARIES}:
    importlib.import_module(name)
open_before = set(os.listdir("/dev/fd"))
for stream in ("stdin", "stdout", "stderr"):
    setattr(sys, stream, None)
type(os.environ).__getitem__ = lambda self, name: sys.__stdout__.write(f"reads {{name}}\\n")
for name in {fork_server.SHARED}:
    importlib.import_module(name)
handlers = [name for name in sys.modules if name.startswith("ringfence.handlers")]
opened = set(os.listdir("/dev/fd")) - open_before
print(threading.active_count(), handlers, opened, "ringfence.engine" in sys.modules, file=sys.__stdout__)
"""
    ran = subprocess.run(  # noqa: S603 - our own interpreter and words
        [sys.executable, "-c", program],
        env={"PYTHONPATH": str(REPOSITORY / "functions")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.stdout, ran.stderr, ran.returncode) == ("1 [] set() True\n", "", 0)


def bundle() -> bytes:
    import io
    import textwrap
    import zipfile

    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as made:
        for path, text in {"index.py": SOURCE, **SDK}.items():
            made.writestr(path, textwrap.dedent(text))
    return archive.getvalue()
