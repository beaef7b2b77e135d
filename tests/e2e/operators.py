"""Operators at their terminals."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3

from ringfence.local.deploy import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.e2e.world import World

WITHIN = 120
"""Seconds that a command may take."""


@dataclass(frozen=True)
class Operator:
    """A person at a terminal, with an IAM user's keys."""

    arn: str
    environment: Mapping[str, str]

    def client(self, service: str) -> Any:  # noqa: ANN401 - made at run time
        """Return a client with these keys."""
        names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
        key, secret = (self.environment[name] for name in names)
        session: Any = boto3.Session(key, secret)
        region, endpoint = (self.environment[name] for name in ("AWS_REGION", "AWS_ENDPOINT_URL"))
        return session.client(service, region_name=region, endpoint_url=endpoint)

    def types(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run `ringfence` with these words."""
        return subprocess.run(  # noqa: S603 - our own command, with words of our own
            [sys.executable, "-m", "ringfence.cli.main", *words],
            env=dict(self.environment),
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            timeout=WITHIN,
            check=False,
        )

    def answers(self, meanwhile: Callable[[], object], *words: str) -> subprocess.CompletedProcess[str]:
        """Run `ringfence` at a terminal, and say yes when it asks, but not before something has happened."""
        terminal, theirs = pty.openpty()
        process = subprocess.Popen(  # noqa: S603 - likewise
            [sys.executable, "-m", "ringfence.cli.main", *words],
            env=dict(self.environment),
            cwd=REPOSITORY,
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        try:
            shown = _until_asked(process)
            meanwhile()
            os.write(terminal, b"y\n")
            rest, _ = process.communicate(timeout=WITHIN)
        finally:
            process.kill()
            process.wait()
            os.close(terminal)
            os.close(theirs)
        return subprocess.CompletedProcess(words, process.returncode, (shown + rest).decode())


def _until_asked(process: subprocess.Popen[bytes]) -> bytes:
    assert process.stdout
    shown = b""
    while b"[y/N]" not in shown:
        ready, _, _ = select.select([process.stdout], [], [], WITHIN)
        assert ready, f"it asks nothing: {shown.decode()}"
        more = os.read(process.stdout.fileno(), 4096)
        assert more, f"it ended without a question: {shown.decode()}"
        shown += more
    return shown


def policies(world: World) -> tuple[str, str]:
    """Return the policies of somebody who may run and release."""
    return policy(world, "operator"), policy(world, "releaser")


def policy(world: World, name: str) -> str:
    """Return the ARN of one of the deployment's policies for people."""
    return f"arn:aws:iam::{world.local.account}:policy/ringfence-{name}"


def member(world: World, role: str, *policies: str) -> Operator:
    """Create a role with these managed policies, and begin a session of it."""
    iam = world.client("iam")
    starter = operator(world, allowed=("sts:AssumeRole",))
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": starter.arn}}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    made = iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust)["Role"]
    for arn in policies:
        iam.attach_role_policy(RoleName=role, PolicyArn=arn)
    started = starter.client("sts").assume_role(RoleArn=made["Arn"], RoleSessionName="session")
    session = _session(started["Credentials"])
    return Operator(started["AssumedRoleUser"]["Arn"], {**starter.environment, **session})


def with_second_factor(world: World, who: Operator) -> Operator:
    """Give a user a device for multi-factor authentication, and begin a session with it."""
    iam, name = world.client("iam"), who.arn.rpartition("/")[2]
    made = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]
    device = {"UserName": name, "SerialNumber": made["SerialNumber"]}
    iam.enable_mfa_device(**device, AuthenticationCode1="123456", AuthenticationCode2="654321")
    sts = who.client("sts")
    given = sts.get_session_token(SerialNumber=made["SerialNumber"], TokenCode="123456")
    return Operator(who.arn, {**who.environment, **_session(given["Credentials"])})


def _session(keys: Mapping[str, str]) -> dict[str, str]:
    return {
        "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
        "AWS_SESSION_TOKEN": keys["SessionToken"],
    }


def operator(world: World, *policies: str, allowed: tuple[str, ...] = ()) -> Operator:
    """Hire somebody with these managed policies, and who may make these calls on everything."""
    iam, name = world.client("iam"), world.builder().name
    user = iam.create_user(UserName=name)["User"]
    for arn in policies:
        iam.attach_user_policy(UserName=name, PolicyArn=arn)
    if allowed:
        statement = {"Effect": "Allow", "Action": list(allowed), "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_user_policy(UserName=name, PolicyName="more", PolicyDocument=document)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "RINGFENCE_"))
    }
    given = {
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
        "PYTHONPATH": str(REPOSITORY / "functions"),
    }
    return Operator(user["Arn"], inherited | world.local.environment() | given)
