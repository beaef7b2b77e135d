"""Start, use and stop a local AWS from another process."""

from __future__ import annotations

import functools
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from ringfence.local.settings import ACCOUNT, REGION, SECRET, Settings
from ringfence.model.errors import Refused

if TYPE_CHECKING:
    from types import TracebackType

_SOURCES = Path(__file__).resolve().parents[2]
_READY_WITHIN = 60.0
_STOP_WITHIN = 10.0
_SWITCH_WITHIN = 60.0
_LOG_TAIL = 4000


class LocalAwsError(Refused):
    """The local AWS did not start, stop or respond. The message contains the end of its log."""


class LocalAws:
    """A running local AWS; use it as a context manager.

    Parameters
    ----------
    port
        Loopback port, 0 for a free one. `OSError` from `start` when it is taken.
    account, region
        The defaults of `client` and `environment`.
    functions_endpoint
        AWS_ENDPOINT_URL given to Lambda code instead of `endpoint`, such as a fault proxy in front of it.
    cloudtrail
        Record management calls (LookupEvents) and put them on the default event bus.
    enforce_iam
        Evaluate IAM policies from the start; `enforce` switches it at run time.
    log
        Where the server's log goes; by default a file that is removed with `stop`.

    """

    def __init__(  # noqa: PLR0913 - independent options, each with a default
        self,
        *,
        port: int = 0,
        account: str = ACCOUNT,
        region: str = REGION,
        functions_endpoint: str | None = None,
        cloudtrail: bool = False,
        enforce_iam: bool = False,
        log: Path | None = None,
    ) -> None:
        self.account = account
        self.region = region
        self.port = port
        self._functions_endpoint = functions_endpoint
        self.cloudtrail = cloudtrail
        self._enforce_iam = enforce_iam
        self._log = log
        self._scratch: tempfile.TemporaryDirectory[str] | None = None
        self._server: subprocess.Popen[bytes] | None = None
        self._clients: dict[object, Any] = {}
        self._making_clients = threading.Lock()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def endpoint(self) -> str:
        """The endpoint of all services."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        """The server's log file."""
        if self._log is not None:
            return self._log
        if self._scratch is None:
            raise LocalAwsError("the local AWS is not running")
        return Path(self._scratch.name, "server.log")

    def start(self) -> None:
        """Start the server and return once it answers.

        Raises
        ------
        OSError
            The port is taken.
        LocalAwsError
            The emulators are not installed; or the server ended, or did not answer in time.

        """
        if self._server is not None:
            raise LocalAwsError("the local AWS is already running")
        if missing := [name for name in ("ministack", "moto") if find_spec(name) is None]:
            raise LocalAwsError(f"{' and '.join(missing)} not installed: install ringfence[local]")
        # The socket is bound here and handed over: nobody can take the port in between, and a request made
        # before the server is up waits in the socket's queue instead of being refused.
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("127.0.0.1", self.port))
            listener.listen(1024)
            self.port = listener.getsockname()[1]
            self._scratch = tempfile.TemporaryDirectory(prefix="ringfence-local-", ignore_cleanup_errors=True)
            self._server = self._spawn(listener.fileno(), self._scratch.name)
        try:
            self._health(_READY_WITHIN)
        except BaseException:
            self.stop()
            raise

    def _spawn(self, listener: int, scratch: str) -> subprocess.Popen[bytes]:
        settings = Settings(
            port=self.port,
            listener=listener,
            account=self.account,
            region=self.region,
            functions_endpoint=self._functions_endpoint,
            cloudtrail=self.cloudtrail,
            enforce_iam=self._enforce_iam,
            scratch=scratch,
        )
        with self.log.open("wb") as log:
            return subprocess.Popen(  # noqa: S603 - our own interpreter, our own module
                [sys.executable, "-m", "ringfence.local.server", *settings.arguments()],
                pass_fds=(listener,),
                # A new session, so that Ctrl-C reaches only the owner, which then stops the server.
                start_new_session=True,
                env=os.environ | {"PYTHONPATH": _sources()},
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def stop(self) -> None:
        """Stop the server and its Lambda workers. Does nothing if it is not running."""
        server, self._server = self._server, None
        for client in self._clients.values():
            client.close()
        self._clients.clear()
        if server is not None:
            if server.stdin is not None:
                server.stdin.close()
            try:
                server.wait(_STOP_WITHIN)
            except subprocess.TimeoutExpired:
                os.killpg(server.pid, signal.SIGKILL)
                server.wait()
        scratch, self._scratch = self._scratch, None
        if scratch is not None:
            scratch.cleanup()

    def check(self) -> None:
        """Raise `LocalAwsError` if the server has ended on its own."""
        if self._running().poll() is not None:
            raise LocalAwsError(f"the local AWS has ended{self._tail()}")

    def enforce(self, on: bool) -> None:  # noqa: FBT001 - a switch: enforce(True), enforce(False)
        """Turn the evaluation of IAM policies on or off."""
        server = self._running()
        server.send_signal(signal.SIGUSR1 if on else signal.SIGUSR2)
        wanted = "enabled" if on else "disabled"
        deadline = time.monotonic() + _SWITCH_WITHIN
        while self._health(_SWITCH_WITHIN)["auth"] != wanted:
            if time.monotonic() > deadline:
                raise LocalAwsError(
                    f"IAM enforcement is not {wanted} after {_SWITCH_WITHIN:.0f} s{self._tail()}"
                )
            time.sleep(0.01)

    def environment(self, account: str | None = None, region: str | None = None) -> dict[str, str]:
        """Return the environment variables for AWS tools to use this AWS as root user of `account`."""
        account, region = account or self.account, region or self.region
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            # A 12-digit key id is the root user of that account.
            "AWS_ACCESS_KEY_ID": account,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_ACCOUNT_ID": account,
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(
        self,
        service: str,
        account: str | None = None,
        region: str | None = None,
        **options: Any,  # noqa: ANN401 - whatever boto3's client takes besides
    ) -> Any:  # noqa: ANN401 - boto3 makes its clients at run time
        """Return a boto3 client of this AWS, by default as the root user of `account`.

        The same arguments return the same client, because it takes longer to make a client than to call AWS.
        """
        settings = {
            "endpoint_url": self.endpoint,
            "region_name": region or self.region,
            "aws_access_key_id": account or self.account,
            "aws_secret_access_key": SECRET,
        }
        settings |= options
        key = (service, *sorted(settings.items()))
        with self._making_clients:  # boto3's sessions are not for several threads
            if key not in self._clients:
                self._clients[key] = self._session.client(service, **settings)
            return self._clients[key]

    @functools.cached_property
    def _session(self) -> Any:  # noqa: ANN401 - its clients have no type either
        import boto3

        return boto3.session.Session()

    def http_api(self, api_id: str) -> str:
        """Return the URL of an HTTP API's $default stage. Its own host name resolves only on AWS."""
        return f"{self.endpoint}/_aws/execute-api/{api_id}/$default"

    def _running(self) -> subprocess.Popen[bytes]:
        if self._server is None:
            raise LocalAwsError("the local AWS is not running")
        return self._server

    def _health(self, timeout: float) -> dict[str, Any]:
        self._running()
        try:
            with urllib.request.urlopen(f"{self.endpoint}/_ministack/health", timeout=timeout) as answer:  # noqa: S310 - http, loopback
                health: dict[str, Any] = json.load(answer)
        except (urllib.error.URLError, OSError, ValueError) as error:
            raise LocalAwsError(f"the local AWS does not respond: {error}{self._tail()}") from error
        return health

    def _tail(self) -> str:
        try:
            text = self.log.read_text(errors="replace")
        except OSError:
            return ""
        return f"\n{text[-_LOG_TAIL:]}" if text.strip() else ""


def _sources() -> str:
    return os.pathsep.join([str(_SOURCES), *filter(None, [os.environ.get("PYTHONPATH")])])
