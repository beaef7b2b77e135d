"""A stub of the AWS endpoints on the path to isolation: each answer is one packet, each call is noted."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qs

from benchmarks.events import FINDINGS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

EC2 = "http://ec2.amazonaws.com/doc/2016-11-15/"
INSTANCE, INTERFACE, VPC = "i-0123456789abcdef0", "eni-0123456789abcdef0", "vpc-0123456789abcdef0"
GROUP, QUARANTINE = "sg-0aaaaaaaaaaaaaaaa", "sg-0bbbbbbbbbbbbbbbb"
OWNER = "111122223333"
MAC = base64.b64encode(bytes(32)).decode()
"""The answer of KMS, from which the key of the record is derived."""
RECORDED = f'{{"QuarantineGroup({VPC})":["{QUARANTINE}"]}}'
"""The recorded id of the quarantine group. This module imports nothing of Ringfence: imports are measured."""


RECORD_KEY = "11111111-2222-3333-4444-555555555555"
"""The id of the KMS key of the record."""


def _sealed(key: str, text: str) -> str:
    """Return the MAC of recorded ids, as the functions write it. Without it, the ids count for nothing."""
    covered = ["ringfence provided ids", "1", RECORD_KEY, key, text]
    data = json.dumps(covered, sort_keys=True, separators=(",", ":")).encode()
    return f"1:{RECORD_KEY}:{hmac.new(base64.b64decode(MAC), data, hashlib.sha256).hexdigest()}"


def _of_path(path: str) -> str:
    """Return the operation of GuardDuty that a path stands for, as a target. Empty for other paths."""
    return "GuardDuty.GetFindings" if path.endswith("/findings/get") else ""


@dataclass(frozen=True)
class Noted:
    """One call: what, and when it came and was answered, in seconds of a monotonic clock."""

    operation: str
    came: float
    answered: float


@dataclass
class Stub:
    """Answers as an account with one instance does.

    `has_group`: whether its VPC has a quarantine group. `provided`: the recorded ids of what Ringfence
    created. Ringfence uses no other group. The stub keeps no chains and no leases.
    """

    delay: float = 0.0
    has_group: bool = True
    calls: list[Noted] = field(default_factory=list)
    on_call: Callable[[str], None] = lambda _: None
    provided: str = RECORDED
    _lock: Lock = field(default_factory=Lock)
    _rules: bool = False

    def __enter__(self) -> Self:
        stub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:  # the name that the base class calls
                stub.answer(self)

            def log_message(self, *args: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """The endpoint."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def environment(self) -> dict[str, str]:
        """What makes a function take the stub for every endpoint."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "RINGFENCE_QUEUE_URL": f"{self.url}/queue",
            "RINGFENCE_CONTINUATION_QUEUE_URL": f"{self.url}/continuation",
        }

    def reset(self, *, has_group: bool = True) -> None:
        """Forget the calls, and whatever was made and recorded."""
        self.calls, self.has_group, self._rules = [], has_group, False
        self.provided = RECORDED if has_group else ""

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer one request."""
        came = time.monotonic()
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        target = handler.headers.get("X-Amz-Target") or _of_path(handler.path)
        operation = target.split(".")[1] if target else parse_qs(body.decode())["Action"][0]
        self.on_call(operation)
        payload = self._json(operation, json.loads(body)) if target else self._xml(operation)
        time.sleep(self.delay)
        kind = "application/x-amz-json-1.0" if target else "text/xml"
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(payload)}\r\n\r\n"
        with self._lock:
            self.calls.append(Noted(operation, came, time.monotonic()))
        handler.wfile.write(head.encode() + payload)

    def _json(self, operation: str, request: Mapping[str, Any]) -> bytes:
        answers = {
            "Query": {"Items": [], "Count": 0, "ScannedCount": 0},
            "BatchGetItem": self._control_items(request),
            "TransactWriteItems": {},
            "GenerateMac": {"Mac": MAC},
            "GetFindings": {"findings": [FINDINGS[one] for one in request.get("findingIds", ())]},
        }
        for one in request.get("TransactItems", ()):
            self.provided = one["Put"]["Item"].get("provided", {"S": self.provided})["S"]
        return json.dumps(answers.get(operation, {"MessageId": "m", "MD5OfMessageBody": ""})).encode()

    def _control_items(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        keys = [key for one in request.get("RequestItems", {}).values() for key in one["Keys"]]
        recorded = [key for key in keys if self.provided and "#provided/" in key["key"]["S"]]
        items = [
            {**key, "provided": {"S": self.provided}, "mac": {"S": _sealed(key["key"]["S"], self.provided)}}
            for key in recorded
        ]
        return {"Responses": {"control": items}}

    def _xml(self, operation: str) -> bytes:
        if operation == "AssumeRole":
            return _ASSUMED.encode()
        if operation == "ListAccessKeys":
            return _KEYS.encode()
        if operation == "GetAccessKeyLastUsed":
            return _OWNER.encode()
        if operation == "CreateSecurityGroup":
            self.has_group = self._rules = True
        if operation == "RevokeSecurityGroupEgress":
            self._rules = False
        inner = {
            "DescribeInstances": _INSTANCE,
            "DescribeSecurityGroups": self._groups(),
            "DescribeSecurityGroupRules": _RULES if self._rules else "<securityGroupRuleSet/>",
            "CreateSecurityGroup": f"<groupId>{QUARANTINE}</groupId>",
        }.get(operation, "<return>true</return>")
        head = f'<{operation}Response xmlns="{EC2}"><requestId>r</requestId>'
        return f"{head}{inner}</{operation}Response>".encode()

    def _groups(self) -> str:
        if not self.has_group:
            return "<securityGroupInfo/>"
        egress = _ALL if self._rules else ""
        return (
            f"<securityGroupInfo><item><ownerId>{OWNER}</ownerId><groupId>{QUARANTINE}</groupId>"
            f"<groupName>ringfence-quarantine</groupName><vpcId>{VPC}</vpcId><ipPermissions/><ipPermissionsEgress>{egress}</ipPermissionsEgress>"
            "<tagSet><item><key>ringfence:role</key><value>quarantine</value></item></tagSet>"
            "</item></securityGroupInfo>"
        )


_ALL = "<item><ipProtocol>-1</ipProtocol><ipRanges><item><cidrIp>0.0.0.0/0</cidrIp></item></ipRanges></item>"
_RULES = (
    "<securityGroupRuleSet><item><securityGroupRuleId>sgr-1</securityGroupRuleId>"
    f"<groupId>{QUARANTINE}</groupId><isEgress>true</isEgress></item></securityGroupRuleSet>"
)
_INSTANCE = (
    f"<reservationSet><item><instancesSet><item><instanceId>{INSTANCE}</instanceId>"
    "<instanceState><code>16</code><name>running</name></instanceState>"
    "<tagSet><item><key>Name</key><value>web</value></item></tagSet>"
    f"<networkInterfaceSet><item><networkInterfaceId>{INTERFACE}</networkInterfaceId><subnetId>subnet-1</subnetId>"
    f"<vpcId>{VPC}</vpcId><groupSet><item><groupId>{GROUP}</groupId><groupName>web</groupName></item></groupSet>"
    "</item></networkInterfaceSet></item></instancesSet></item></reservationSet>"
)
_ASSUMED = (
    '<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>'
    "<AccessKeyId>ASIAEXAMPLE</AccessKeyId><SecretAccessKey>example</SecretAccessKey>"
    "<SessionToken>example</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>"
    "<AssumedRoleUser><AssumedRoleId>AROA:x</AssumedRoleId><Arn>arn:aws:sts::111122223333:assumed-role/r/x</Arn>"
    "</AssumedRoleUser></AssumeRoleResult></AssumeRoleResponse>"
)


_KEYS = (
    '<ListAccessKeysResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ListAccessKeysResult>'
    "<AccessKeyMetadata><member><UserName>deploy</UserName><AccessKeyId>AKIAIOSFODNN7EXAMPLE</AccessKeyId>"
    "<Status>Active</Status></member></AccessKeyMetadata><IsTruncated>false</IsTruncated>"
    "</ListAccessKeysResult></ListAccessKeysResponse>"
)
_OWNER = (
    '<GetAccessKeyLastUsedResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">'
    "<GetAccessKeyLastUsedResult><UserName>deploy</UserName><AccessKeyLastUsed><ServiceName>N/A</ServiceName>"
    "<Region>N/A</Region></AccessKeyLastUsed></GetAccessKeyLastUsedResult></GetAccessKeyLastUsedResponse>"
)


def depth(calls: list[Noted]) -> int:
    """Return the number of round trips in a row: the most calls of which each began after the last's end."""
    count, end = 0, float("-inf")
    for call in sorted(calls, key=lambda call: call.answered):
        if call.came >= end:
            count, end = count + 1, call.answered
    return count


def until(operation: str, calls: list[Noted]) -> list[Noted]:
    """Return the calls up to and with the first of an operation: the isolating call, say."""
    first = min(call.answered for call in calls if call.operation == operation)
    return [call for call in calls if call.came < first]
