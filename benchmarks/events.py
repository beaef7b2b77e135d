"""The events of the benchmarks. This module imports nothing of Ringfence: imports are measured."""

from __future__ import annotations

from typing import Any

ACCOUNT = "111122223333"
KEY, USER = "AKIAIOSFODNN7EXAMPLE", "deploy"
DETECTOR = "12abc34d567e8fa901bc2d34e56789f0"
EVENT: dict[str, Any] = {
    "version": "0",
    "id": "11111111-2222-4333-8444-555555555555",
    "detail-type": "GuardDuty Finding",
    "source": "aws.guardduty",
    "account": "111122223333",
    "time": "2026-03-01T12:05:00Z",
    "region": "eu-west-1",
    "resources": [],
    "detail": {
        "schemaVersion": "2.0",
        "accountId": "111122223333",
        "region": "eu-west-1",
        "id": "5ac1f0b7e3d94c2a8b6f7d1e0c9a3b52",
        "type": "Backdoor:EC2/C&CActivity.B",
        "resource": {
            "resourceType": "Instance",
            "instanceDetails": {"instanceId": "i-0123456789abcdef0"},
        },
        "service": {"archived": False, "count": 1, "resourceRole": "TARGET", "detectorId": DETECTOR},
        "severity": 8,
        "title": "An instance talks to a command-and-control server.",
        "createdAt": "2026-03-01T12:00:00Z",
        "updatedAt": "2026-03-01T12:04:00Z",
    },
}
KEY_EVENT: dict[str, Any] = {
    **EVENT,
    "detail": {
        **EVENT["detail"],
        "id": "6bd2f1c8f4ea5d3b9c7081f2ad0b4c63",
        "type": "UnauthorizedAccess:IAMUser/MaliciousIPCaller",
        "resource": {
            "resourceType": "AccessKey",
            "accessKeyDetails": {"accessKeyId": KEY, "userName": USER, "userType": "IAMUser"},
        },
    },
}
FINDINGS = {one["detail"]["id"]: one["detail"] for one in (EVENT, KEY_EVENT)}
"""The findings that GuardDuty holds, by id. GetFindings names their fields as the event does."""
