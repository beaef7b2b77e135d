"""A local AWS starts, says how to use it, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import EndpointConnectionError

from ringfence.local import LocalAws
from ringfence.local.process import LocalAwsError
from ringfence.local.settings import ACCOUNT, Settings

if TYPE_CHECKING:
    from collections.abc import Callable

SOURCES = Path(__file__).resolve().parents[2] / "functions"
LINUX = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="looks into /proc, which is Linux's")


def test_settings_survive_the_way_to_the_other_process() -> None:
    for settings in (
        Settings(port=1),
        Settings(2, 3, "444455556666", "eu-west-1", "http://127.0.0.1:9", True, True, "/scratch"),
    ):
        assert Settings.from_arguments(settings.arguments()) == settings


def test_the_environment_is_all_that_another_tool_needs(aws: LocalAws) -> None:
    ask = "import boto3; print(boto3.client('sts').get_caller_identity()['Account'])"
    bare = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    for account in (aws.account, "444455556666"):
        told = subprocess.run(  # noqa: S603 - this interpreter
            [sys.executable, "-c", ask],
            env=bare | aws.environment(account),
            capture_output=True,
            text=True,
            check=True,
        )
        assert told.stdout.strip() == account


def test_a_port_that_is_taken_is_an_error_that_says_so() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(OSError, match="already in use"):
            LocalAws(port=other.getsockname()[1]).start()


def test_what_is_not_running_says_so(aws: LocalAws) -> None:
    stopped = LocalAws()
    stopped.stop()
    with pytest.raises(LocalAwsError, match="not running"):
        stopped.enforce(True)
    with pytest.raises(LocalAwsError, match="not running"):
        _ = stopped.log
    with pytest.raises(LocalAwsError, match="already running"):
        aws.start()


def test_a_server_that_does_not_start_is_an_error_with_the_end_of_its_log(tmp_path: Path) -> None:
    broken = LocalAws(region="--no-such-option", log=tmp_path / "log")
    with pytest.raises(LocalAwsError, match="usage:"):
        broken.start()


def processes() -> dict[int, str]:
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                found[int(entry.name)] = (entry / "cmdline").read_text()
            except OSError:  # it has ended
                continue
    return found


@LINUX
def test_it_listens_on_loopback_only_and_on_its_one_port(aws: LocalAws) -> None:
    (server,) = [pid for pid, words in processes().items() if f"--port\0{aws.port}\0" in words]
    sockets = {str(fd.readlink()) for fd in Path(f"/proc/{server}/fd").iterdir()}
    listening = set()
    for family in ("tcp", "tcp6"):
        for line in Path(f"/proc/{server}/net/{family}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in sockets:
                listening.add(fields[1])
    assert listening == {f"0100007F:{aws.port:04X}"}


def test_no_docker_daemon_is_asked_for_anything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX) as daemon:
        daemon.bind(str(tmp_path / "docker.sock"))
        daemon.listen()
        daemon.setblocking(False)
        monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path / 'docker.sock'}")
        with LocalAws():
            pass
        with pytest.raises(BlockingIOError):  # nobody has knocked
            daemon.accept()


def test_the_same_arguments_return_the_same_client_and_others_another() -> None:
    local = LocalAws(port=9)
    made = local.client("iam")
    assert local.client("iam", ACCOUNT) is made
    others = [
        local.client("sts"),
        local.client("iam", "444455556666"),
        local.client("iam", region="eu-north-1"),
    ]
    assert len({id(made), *map(id, others)}) == 4


@LINUX
def test_stopping_ends_the_server_its_workers_and_its_files(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with LocalAws(functions_endpoint="http://127.0.0.1:9", log=log) as running:
        endpoint = warm_worker(running)
        client = running.client("sts", config=no_retries())
        (server,) = [pid for pid, words in processes().items() if f"--port\0{running.port}\0" in words]
        workers = children(server)
        scratch = scratch_of(server)
        assert scratch.is_dir()
    assert endpoint == "http://127.0.0.1:9"
    assert workers
    assert not {server, *workers} & set(processes())
    assert not scratch.exists()
    with pytest.raises(EndpointConnectionError):
        client.get_caller_identity()
    assert "Traceback" not in log.read_text()


def scratch_of(server: int) -> Path:
    words = Path(f"/proc/{server}/cmdline").read_text().split("\0")
    return Path(words[words.index("--scratch") + 1])


def children(parent: int) -> set[int]:
    found = set()
    for pid in processes():
        try:
            status = Path(f"/proc/{pid}/stat").read_text()
        except OSError:  # it has ended
            continue
        if int(status.rpartition(")")[2].split()[1]) == parent:
            found.add(pid)
    return found


@LINUX
def test_a_server_ends_with_the_process_that_started_it(eventually: Callable[..., Any]) -> None:
    start = (
        "import time; from ringfence.local import LocalAws; aws = LocalAws(); aws.start()\n"
        "print(aws.port, flush=True); time.sleep(60)"
    )
    with subprocess.Popen(  # noqa: S603 - this interpreter
        [sys.executable, "-c", start],
        env=os.environ | {"PYTHONPATH": str(SOURCES)},
        stdout=subprocess.PIPE,
        text=True,
    ) as owner:
        assert owner.stdout
        port = owner.stdout.readline().strip()
        (server,) = [pid for pid, words in processes().items() if f"--port\0{port}\0" in words]
        scratch = scratch_of(server)
        assert scratch.is_dir()
        owner.send_signal(signal.SIGKILL)
    eventually(lambda: server not in processes())
    assert not scratch.exists()


def no_retries() -> Any:
    from botocore.config import Config

    return Config(retries={"total_max_attempts": 1}, connect_timeout=1, read_timeout=1)


def warm_worker(running: LocalAws) -> str:
    """Invoke a function once, so that a worker process is there; give the endpoint it was told to use."""
    import io
    import json
    import zipfile

    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as bundle:
        bundle.writestr("index.py", "import os\ndef handler(e, c): return os.environ['AWS_ENDPOINT_URL']\n")
    client = running.client("lambda")
    client.create_function(
        FunctionName="warm",
        Runtime="python3.13",
        Role=f"arn:aws:iam::{running.account}:role/warm",
        Handler="index.handler",
        Code={"ZipFile": archive.getvalue()},
    )
    endpoint: str = json.load(client.invoke(FunctionName="warm")["Payload"])
    return endpoint
