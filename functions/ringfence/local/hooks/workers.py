"""The processes of functions in ministack."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import types
from contextlib import suppress
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from ringfence.local import fork_server
from ringfence.local.hooks.patching import replace

_PROGRAM = "_worker.py"
_starting = threading.Lock()
_servers: dict[Path, _ForkServer] = {}


def install() -> None:
    """Fix what ministack gets wrong. The code below describes it."""
    from ministack.core import lambda_runtime

    replace(lambda_runtime, "subprocess", types.SimpleNamespace(**vars(subprocess) | {"Popen": _start}))


def stop() -> None:
    """End the processes that fork workers."""
    with _starting:
        for server in _servers.values():
            server.stop()
        _servers.clear()


def _start(words: list[str], **options: Any) -> Any:
    """Workers: each one is a new interpreter, which imports the SDK again.

    That takes most of the CPU time of a cold start. Here the workers of code that contains the SDK are forked
    from a process that has imported it. They import the function's own modules themselves.
    """
    script, folder = words[-1], options.get("cwd", "")
    forks = hasattr(os, "fork") and words[:-1] == [sys.executable] and Path(script).name == _PROGRAM
    if not forks or not Path(folder, "botocore").is_dir():
        return subprocess.Popen(words, **options)  # noqa: S603 - what ministack starts
    return _Worker(_server(Path(folder).resolve()), script, folder, options["env"])


def _server(code: Path) -> _ForkServer:
    with _starting:
        if code not in _servers:
            _servers[code] = _ForkServer(code)
        return _servers[code]


class _ForkServer:
    """A process that forks workers of one copy of code."""

    def __init__(self, code: Path) -> None:
        self._lock = threading.Lock()
        self._control, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-P", fork_server.__file__, str(code)], stdin=theirs.fileno()
            )

    def ask(self, request: dict[str, Any], streams: tuple[int, ...] = ()) -> dict[str, int]:
        """Send a request, and return its answer. Raises OSError if the process has ended."""
        data = json.dumps(request).encode() + b"\n"
        with self._lock:
            sent = socket.send_fds(self._control, [data], streams) if streams else 0
            self._control.sendall(data[sent:])
            answer = b""
            while not answer.endswith(b"\n"):
                more = self._control.recv(1024)
                if not more:
                    raise OSError("the process that forks workers has ended")
                answer += more
        found: dict[str, int] = json.loads(answer)
        return found

    def stop(self) -> None:
        self._control.close()
        self._process.wait()


class _Worker:
    """A forked worker, with the part of Popen's interface that ministack uses."""

    def __init__(self, server: _ForkServer, script: str, folder: str, environment: dict[str, str]) -> None:
        self.returncode: int | None = None
        self._server = server
        self._lock = threading.Lock()
        pipes = [os.pipe() for _ in range(fork_server.STREAMS)]
        (their_input, own_input), *outputs = pipes
        theirs = (their_input, *(write for _, write in outputs))
        self.stdin = os.fdopen(own_input, "w", buffering=1)
        self.stdout, self.stderr = (os.fdopen(read) for read, _ in outputs[:2])
        # Nothing is written to this pipe. It closes with the process.
        self._alive = os.fdopen(outputs[2][0], "rb", buffering=0)
        try:
            request = {"script": script, "folder": folder, "environment": environment}
            self.pid = server.ask(request, theirs)["pid"]
        finally:
            for end in theirs:
                os.close(end)

    def poll(self) -> int | None:
        """Return the exit code, or None while the worker runs."""
        with self._lock:
            if self.returncode is None and wait([self._alive.fileno()], 0):
                # It stays a zombie until now, so that no other process can have its id.
                self.returncode = self._server.ask({"ended": self.pid})["code"]
            return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait until the worker has ended."""
        if self.returncode is None:
            wait([self._alive.fileno()], timeout)
        code = self.poll()
        if code is None:
            raise subprocess.TimeoutExpired(_PROGRAM, timeout or 0)
        return code

    def terminate(self) -> None:
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        self._send(signal.SIGKILL)

    def _send(self, what: signal.Signals) -> None:
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, what)
