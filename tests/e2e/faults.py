"""Faults between the functions and AWS: a proxy that throttles, fails, resets and loses answers."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from tests.e2e.world import until

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

Rule = dict[str, Any]


@dataclass(frozen=True)
class Proxy:
    """The proxy's control interface, as its documentation describes it."""

    endpoint: str

    @contextmanager
    def injecting(self, *rules: Rule) -> Iterator[None]:
        """Inject these faults for a while."""
        self._ask("fired", "DELETE")
        self._ask("rules", "POST", rules)
        try:
            yield
        finally:
            self._ask("rules", "POST", ())

    def fired(self) -> list[Any]:
        """Return what was injected."""
        found: list[Any] = self._ask("fired?limit=1000")
        return found

    def healthy(self) -> bool:
        try:
            return bool(self._ask("health"))
        except OSError:
            return False

    def learn(self) -> None:
        """Forward one call. The proxy reads the models of all services first, which takes seconds.

        Otherwise the first calls of the functions would wait for it, some for longer than they do on AWS.
        """
        with urllib.request.urlopen(f"{self.endpoint}/_ministack/health", timeout=120) as answer:  # noqa: S310 - http, loopback
            assert answer.status == HTTPStatus.OK

    def _ask(self, path: str, method: str = "GET", data: Sequence[Rule] | None = None) -> Any:  # noqa: ANN401 - JSON
        body = None if data is None else json.dumps(list(data)).encode()
        request = urllib.request.Request(  # noqa: S310 - http, loopback
            f"{self.endpoint}/_microburst/{path}", body, {"Content-Type": "application/json"}, method=method
        )
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - likewise
            return json.load(answer)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(port: int, upstream: str, log: Path) -> Iterator[Proxy]:
    """Run the proxy in front of an endpoint."""
    words = ("-m", "microburst", "-u", upstream, "--host", "127.0.0.1", "-p", str(port))
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - a pinned tool, with words of our own
            [sys.executable, *words], stdout=output, stderr=output, stdin=subprocess.DEVNULL
        )
    made = Proxy(f"http://127.0.0.1:{port}")
    try:
        until(lambda: made.healthy() or process.poll() is not None, "the proxy answers", within=30)
        assert process.poll() is None, log.read_text()
        made.learn()
        yield made
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the proxy. It waits for its open connections, and functions can keep theirs for longer."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)


def throttled(service: str, code: str, status: int = 400) -> Rule:
    """Fail one call in four of a service, for want of capacity."""
    return {"service": service, "sequence": [1, 3], "error": {"code": code, "status": status}}


def broken(service: str, code: str = "InternalError") -> Rule:
    """Fail one call in four of a service with a 500."""
    return throttled(service, code, 500)


def cut(service: str) -> Rule:
    """Reset one connection in four to a service, before the call arrives there."""
    return {"service": service, "sequence": [1, 3], "reset": True}


def spared(operation: str) -> Rule:
    """Carry every call of an operation out. The first rule that matches a call decides."""
    return {"operation": operation, "latency": 0}


def not_arrived(operation: str) -> Rule:
    """Reset the connection of the first call of an operation, before the call arrives there."""
    return {"operation": operation, "times": 1, "reset": True}


def lost(operation: str) -> Rule:
    """Lose the answer to the first call of an operation, after it was carried out."""
    return {"operation": operation, "times": 1, "response": {"abort_bytes": 1}}


def refused(interface: str, code: str = "AuthFailure", status: int = 403) -> Rule:
    """Refuse every change of one network interface, as EC2 does for one that another service manages."""
    return {**_of(interface), "error": {"code": code, "status": status}}


def unreachable(interface: str) -> Rule:
    """Reset the connection of every change of one network interface."""
    return {**_of(interface), "reset": True}


def unreadable(interface: str) -> Rule:
    """Carry every change of one network interface out, and cut its answer off in the middle."""
    return {**_of(interface), "response": {"truncate_frac": 0.5}}


def _of(interface: str) -> Rule:
    return {
        "operation": "ModifyNetworkInterfaceAttribute",
        "body": f"NetworkInterfaceId == '{interface}'",
    }


def kept_active(key: str, code: str, status: int = 400) -> Rule:
    """Refuse every change of the status of one access key."""
    return {**_of_key(key), "error": {"code": code, "status": status}}


def out_of_reach(key: str) -> Rule:
    """Reset the connection of every change of the status of one access key."""
    return {**_of_key(key), "reset": True}


def _of_key(key: str) -> Rule:
    return {"operation": "UpdateAccessKey", "body": f"AccessKeyId == '{key}'"}


def unseen(operation: str) -> Rule:
    """Deny every call of an operation."""
    return {"operation": operation, "error": {"code": "UnauthorizedOperation", "status": 403}}


def no_group(vpc: str, code: str) -> Rule:
    """Refuse every new security group in one VPC."""
    return {
        "operation": "CreateSecurityGroup",
        "body": f"VpcId == '{vpc}'",
        "error": {"code": code, "status": 400},
    }
