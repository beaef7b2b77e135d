"""The process that forks the workers of one copy of code: `python -P fork_server.py CODE`.

It imports the libraries in the code once, and the parts of Ringfence that most functions share. A worker
starts as a copy of this process, with its own folder, environment and streams. It runs only the standard
library and CODE, so it imports nothing of this package.

Standard input is a socket. A request is one line of JSON, sometimes with file descriptors; so is its answer.

    {"script": …, "folder": …, "environment": {…}}  with stdin, stdout, stderr and a pipe  → {"pid": …}
    {"ended": PID}                                                                          → {"code": …}
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import CodeType

LIBRARIES = (
    "argparse",
    "concurrent.futures.thread",
    "importlib.metadata",
    "botocore.auth",
    "botocore.client",
    "botocore.httpsession",
    "botocore.session",
    "botocore.waiter",
    "aws_lambda_powertools.logging",
    "aws_lambda_powertools.metrics",
)
"""What nearly all functions import, and what does nothing else when it is imported."""
SHARED = (
    "ringfence.aws.cloud",
    "ringfence.aws.dynamo",
    "ringfence.aws.notice",
    "ringfence.aws.record_keys",
    "ringfence.aws.sqs",
    "ringfence.engine.execution",
    "ringfence.engine.intake",
    "ringfence.events.guardduty.trigger",
    "ringfence.policy.compiled",
    "ringfence.record.control",
    "ringfence.record.notices.incident",
)
"""The core of Ringfence, which reads neither environment nor streams when it is imported. Handlers may."""
STREAMS = 4
_SIZE = 1 << 16


def main() -> None:
    """Serve until the other end of the socket is closed."""
    code = sys.argv[1]
    sys.path.insert(0, code)
    for name in (*LIBRARIES, *SHARED):
        with suppress(Exception):  # the worker meets it again, and says so
            importlib.import_module(name)
    sys.path.remove(code)  # each worker has its own path
    gc.freeze()  # the workers share this memory
    worker = _forked(socket.socket(fileno=os.dup(0)))
    if worker:
        script, program = worker
        sys.argv = [script]
        exec(program, {"__name__": "__main__", "__file__": script})  # noqa: S102 - the worker's program


def _forked(control: socket.socket) -> tuple[str, CodeType] | None:
    """Answer requests. Return in each forked process, with its program, and at the end."""
    programs: dict[str, CodeType] = {}
    while True:
        request, streams = _received(control)
        if request is None:
            return None
        if "ended" in request:
            _, status = os.waitpid(request["ended"], 0)
            _answer(control, {"code": os.waitstatus_to_exitcode(status)})
            continue
        script = request["script"]
        source = Path(script).read_text("utf-8")
        program = programs.setdefault(source, compile(source, script, "exec"))
        pid = os.fork()
        if not pid:
            control.close()
            _become(request, streams)
            return script, program
        for stream in streams:
            os.close(stream)
        _answer(control, {"pid": pid})


def _received(control: socket.socket) -> tuple[dict[str, Any] | None, list[int]]:
    data, streams, _, _ = socket.recv_fds(control, _SIZE, STREAMS)
    while data and not data.endswith(b"\n"):
        data += control.recv(_SIZE)
    return (json.loads(data) if data else None), streams


def _answer(control: socket.socket, answer: dict[str, int]) -> None:
    control.sendall(json.dumps(answer).encode() + b"\n")


def _become(request: dict[str, Any], streams: list[int]) -> None:
    """Take the place of a worker. The last stream stays open: it is closed when the process ends."""
    for number, stream in enumerate(streams[:3]):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])


if __name__ == "__main__":
    main()
