"""Sample GuardDuty findings about instances, in the shape that the service publishes.

https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings_eventbridge.html
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from ringfence.events.guardduty.trigger import DETAIL_TYPE, SOURCE
from ringfence.events.guardduty.trigger.instances import TARGET

if TYPE_CHECKING:
    from ringfence.local.estate import Server

DETECTOR = "d0c1e2f3a4b5c6d7e8f90a1b2c3d4e5f"
REMOTE_ADDRESS = "198.51.100.7"
"""An address from the block for documentation."""


@dataclass(frozen=True)
class InstanceFinding:
    """A GuardDuty finding about one instance. `updated`: its last update. `count`: its occurrences."""

    server: Server
    id: str
    updated: datetime
    type: str = "Backdoor:EC2/C&CActivity.B"
    title: str = "{instance} is communicating with a known command-and-control server."
    severity: float = 8.0
    count: int = 1

    @classmethod
    def about(cls, server: Server, **more: Any) -> Self:  # noqa: ANN401 - the fields above
        """Return a finding of the current time."""
        return cls(server, uuid.uuid4().hex, datetime.now(UTC), **more)

    def again(self) -> Self:
        """Return an update of the finding with another occurrence."""
        return replace(self, updated=self.updated + timedelta(minutes=5), count=self.count + 1)

    def detail(self) -> dict[str, Any]:
        """Return the finding as the `detail` of an event."""
        ref, first = self.server.ref, self.updated - timedelta(minutes=2)
        return {
            "schemaVersion": "2.0",
            "accountId": ref.account,
            "region": ref.region,
            "partition": "aws",
            "id": self.id,
            "arn": f"arn:aws:guardduty:{ref.region}:{ref.account}:detector/{DETECTOR}/finding/{self.id}",
            "type": self.type,
            "resource": {"resourceType": "Instance", "instanceDetails": self._instance()},
            "service": {
                "serviceName": "guardduty",
                "detectorId": DETECTOR,
                "action": _connection(),
                "resourceRole": TARGET,
                "additionalInfo": {"threatListName": "example", "value": "{}", "type": "default"},
                "archived": False,
                "count": self.count,
                "eventFirstSeen": formatted(first),
                "eventLastSeen": formatted(self.updated),
            },
            "severity": self.severity,
            "createdAt": formatted(first),
            "updatedAt": formatted(self.updated),
            "title": self.title.format(instance=ref.id),
            "description": f"EC2 instance {ref.id} communicated with {REMOTE_ADDRESS} on port 443.",
        }

    def entry(self) -> dict[str, str]:
        """Return the finding as an entry of PutEvents."""
        return {"Source": SOURCE, "DetailType": DETAIL_TYPE, "Detail": json.dumps(self.detail())}

    def _instance(self) -> dict[str, Any]:
        server = self.server
        return {
            "instanceId": server.ref.id,
            "instanceType": "m7i.large",
            "launchTime": formatted(self.updated - timedelta(days=9)),
            "networkInterfaces": [
                {"networkInterfaceId": interface, "vpcId": server.ground.vpc, "subnetId": subnet}
                for interface, subnet in zip(server.interfaces, server.ground.subnets, strict=True)
            ],
            "tags": [{"key": "Name", "value": server.name}],
        }


def _connection() -> dict[str, Any]:
    return {
        "actionType": "NETWORK_CONNECTION",
        "networkConnectionAction": {
            "blocked": False,
            "connectionDirection": "OUTBOUND",
            "protocol": "TCP",
            "localPortDetails": {"port": 49152, "portName": "Unknown"},
            "remoteIpDetails": {"ipAddressV4": REMOTE_ADDRESS},
            "remotePortDetails": {"port": 443, "portName": "HTTPS"},
        },
    }


def formatted(instant: datetime) -> str:
    """Return a time in GuardDuty's format."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
