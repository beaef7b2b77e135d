"""Sample findings about credentials, in the shapes that the services publish.

https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings_eventbridge.html
https://docs.aws.amazon.com/health/latest/ug/aws-health-events-eventbridge-schema.html
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from ringfence.events.guardduty.trigger import DETAIL_TYPE, SOURCE
from ringfence.events.guardduty.trigger.credentials import ACCESS_KEY
from ringfence.events.guardduty.trigger.instances import TARGET
from ringfence.events.health import trigger as health
from ringfence.local.findings import DETECTOR, REMOTE_ADDRESS, formatted
from ringfence.model.kinds.role_session import RoleSessionRef
from ringfence.model.subject import GLOBAL

if TYPE_CHECKING:
    from ringfence.local.estate import Server
    from ringfence.local.principals import Credentials, KeyHolder

STOLEN = "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS"


@dataclass(frozen=True)
class CredentialFinding:
    """A GuardDuty finding about credentials. `details` is its `accessKeyDetails`, `updated` its time."""

    account: str
    region: str
    details: dict[str, str]
    type: str = "UnauthorizedAccess:IAMUser/MaliciousIPCaller"
    title: str = "APIs were called with the credentials of {name} from a known malicious address."
    severity: float = 8.0
    resource: dict[str, Any] = field(default_factory=dict)
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    updated: datetime = field(default_factory=lambda: datetime.now(UTC))

    @classmethod
    def of_key(cls, holder: KeyHolder, region: str, **more: Any) -> Self:  # noqa: ANN401 - the fields above
        """Return a finding about the leaked key of a user."""
        details = {
            "accessKeyId": holder.leaked.key,
            "principalId": "AIDAEXAMPLE000000001",
            "userName": holder.name,
            "userType": "IAMUser",
        }
        return cls(holder.account, region, details, **more)

    @classmethod
    def of_session(cls, holder: KeyHolder, session: Credentials, region: str, **more: Any) -> Self:  # noqa: ANN401 - likewise
        """Return a finding about a session of the role that a user assumed."""
        details = _of_role(session.key, session.principal, holder.role)
        return cls(holder.account, region, details, **more)

    @classmethod
    def of_theft(cls, server: Server, principal: str, role: str) -> Self:
        """Return a finding about an instance's session of its role, `AROA…:i-…`, used from elsewhere."""
        instance = {"instanceDetails": {"instanceId": server.ref.id, "instanceType": "m7i.large"}}
        ref = server.ref
        details = _of_role(f"ASIA{principal[4:20]}", principal, role)
        return cls(ref.account, ref.region, details, STOLEN, resource=instance)

    @property
    def session(self) -> RoleSessionRef:
        """The role session of this finding."""
        return RoleSessionRef(self.account, GLOBAL, self.details["principalId"], self.details["userName"])

    def detail(self) -> dict[str, Any]:
        """Return the finding as the `detail` of an event."""
        first = self.updated - timedelta(minutes=2)
        where = f"arn:aws:guardduty:{self.region}:{self.account}:detector/{DETECTOR}"
        return {
            "schemaVersion": "2.0",
            "accountId": self.account,
            "region": self.region,
            "partition": "aws",
            "id": self.id,
            "arn": f"{where}/finding/{self.id}",
            "type": self.type,
            "resource": {"resourceType": ACCESS_KEY, "accessKeyDetails": self.details, **self.resource},
            "service": {
                "serviceName": "guardduty",
                "detectorId": DETECTOR,
                "action": _call(),
                "resourceRole": TARGET,
                "additionalInfo": {"value": "{}", "type": "default"},
                "archived": False,
                "count": 1,
                "eventFirstSeen": formatted(first),
                "eventLastSeen": formatted(self.updated),
            },
            "severity": self.severity,
            "createdAt": formatted(first),
            "updatedAt": formatted(self.updated),
            "title": self.title.format(name=self.details["userName"]),
            "description": "An example for the local AWS.",
        }

    def entry(self) -> dict[str, str]:
        """Return the finding as an entry of PutEvents."""
        return {"Source": SOURCE, "DetailType": DETAIL_TYPE, "Detail": json.dumps(self.detail())}


def exposed_entry(holder: KeyHolder, at: datetime) -> dict[str, str]:
    """Return AWS Health's event at `at` about the earlier exposure of the key, for PutEvents."""
    code = "AWS_RISK_CREDENTIALS_EXPOSED"
    detail = {
        "eventArn": f"arn:aws:health:{GLOBAL}::event/RISK/{code}/{code}-{uuid.uuid4().hex}",
        "service": "RISK",
        "eventTypeCode": code,
        "eventTypeCategory": "issue",
        "eventScopeCode": "ACCOUNT_SPECIFIC",
        "startTime": _http_date(at - timedelta(minutes=2)),
        "lastUpdatedTime": _http_date(at),
        "statusCode": "open",
        "eventRegion": GLOBAL,
        "eventDescription": [{"language": "en_US", "latestDescription": "An example for the local AWS."}],
        "affectedEntities": [{"entityValue": holder.leaked.key}],
        "affectedAccount": holder.account,
    }
    return {"Source": health.SOURCE, "DetailType": health.DETAIL_TYPE, "Detail": json.dumps(detail)}


def _http_date(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")


def _of_role(key: str, principal: str, role: str) -> dict[str, str]:
    return {
        "accessKeyId": key,
        "principalId": principal,
        "userName": role,
        "userType": "AssumedRole",
    }


def _call() -> dict[str, Any]:
    return {
        "actionType": "AWS_API_CALL",
        "awsApiCallAction": {
            "api": "ListBuckets",
            "serviceName": "s3.amazonaws.com",
            "callerType": "Remote IP",
            "remoteIpDetails": {"ipAddressV4": REMOTE_ADDRESS},
        },
    }
