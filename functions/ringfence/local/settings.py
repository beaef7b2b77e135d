"""The settings of a local AWS, shared by the parent process and the server process."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

ACCOUNT = "111122223333"
REGION = "us-east-1"
SECRET = "test"  # noqa: S105 - the emulator's fixed secret: it guards nothing and leaves no loopback


@dataclass(frozen=True)
class Settings:
    """One local AWS.

    Parameters
    ----------
    port
        The loopback port it answers on.
    listener
        File descriptor of a socket already bound to `port`, or None to bind one.
    account, region
        The account and region of callers that name none.
    functions_endpoint
        AWS_ENDPOINT_URL of Lambda code, when it must differ from the server's own (a fault proxy, say).
    cloudtrail
        Record management calls and put them on the default event bus, as a trail does.
    enforce_iam
        Evaluate IAM policies from the first request on.
    scratch
        Folder for the server's temporary files, which it removes when it ends.

    """

    port: int
    listener: int | None = None
    account: str = ACCOUNT
    region: str = REGION
    functions_endpoint: str | None = None
    cloudtrail: bool = False
    enforce_iam: bool = False
    scratch: str | None = None

    def arguments(self) -> list[str]:
        """Return the command line that `from_arguments` reads back."""
        words = ["--port", str(self.port), "--account", self.account, "--region", self.region]
        if self.listener is not None:
            words += ["--listener", str(self.listener)]
        if self.functions_endpoint:
            words += ["--functions-endpoint", self.functions_endpoint]
        if self.scratch:
            words += ["--scratch", self.scratch]
        words += ["--cloudtrail"] if self.cloudtrail else []
        return words + (["--enforce-iam"] if self.enforce_iam else [])

    @classmethod
    def from_arguments(cls, words: Sequence[str] | None = None) -> Settings:
        """Read a command line. An invalid one ends the process with usage and exit code 2."""
        parser = argparse.ArgumentParser(prog="python -m ringfence.local.server", description=__doc__)
        parser.add_argument("--port", type=int, required=True)
        parser.add_argument("--listener", type=int)
        parser.add_argument("--account", default=ACCOUNT)
        parser.add_argument("--region", default=REGION)
        parser.add_argument("--functions-endpoint")
        parser.add_argument("--scratch")
        parser.add_argument("--cloudtrail", action="store_true")
        parser.add_argument("--enforce-iam", action="store_true")
        return cls(**vars(parser.parse_args(words)))

    def environment(self) -> dict[str, str]:
        """Return the variables that the emulators read at import and pass to Lambda code."""
        variables = {
            # Loopback only, without ministack's other listeners.
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self.port),
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            # This turns off its container management. Nothing here needs Docker.
            "DOCKER_HOST": "unix:///dev/null/docker.sock",
            "MINISTACK_ACCOUNT_ID": self.account,
            "MINISTACK_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_ACCESS_KEY_ID": SECRET,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_EC2_METADATA_DISABLED": "true",
            "LAMBDA_ASYNC_RETRY_BASE_SECONDS": "0.2",
            "CLOUDTRAIL_RECORDING": "1" if self.cloudtrail else "0",
            "AUTH": "true" if self.enforce_iam else "false",
            "LOG_LEVEL": "WARNING",
        }
        if self.functions_endpoint:
            variables["AWS_ENDPOINT_URL"] = self.functions_endpoint
        if self.scratch:
            variables["TMPDIR"] = self.scratch
        return variables
