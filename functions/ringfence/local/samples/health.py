"""Events of AWS Health as EventBridge delivers them, made by us in the shape the service publishes."""

from __future__ import annotations

from typing import Any

from ringfence.local.samples.guardduty import ACCOUNT, ADMINISTRATOR, INSTANCE, KEY, REGION, changed

Json = dict[str, Any]

INSTANCE_ARN = f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/{INSTANCE}"
ARN = (
    "arn:aws:health:us-east-1::event/RISK/AWS_RISK_CREDENTIALS_EXPOSED/"
    "AWS_RISK_CREDENTIALS_EXPOSED-0f1e2d3c4b5a69788796a5b4c3d2e1f0"
)


def health_event(
    *entities: str,
    code: str = "AWS_RISK_CREDENTIALS_EXPOSED",
    account: str | None = ACCOUNT,
    region: str = "us-east-1",
) -> Json:
    """Make an event that names some entities (one access key unless given)."""
    return {
        "version": "0",
        "id": "9b6c2a1d-3e4f-4a5b-8c7d-1e2f3a4b5c6d",
        "detail-type": "AWS Health Event",
        "source": "aws.health",
        "account": ADMINISTRATOR if account else ACCOUNT,
        "time": "2026-03-01T12:00:20Z",
        "region": region,
        "resources": list(entities or (KEY,)),
        "detail": {
            "eventArn": ARN,
            "service": "RISK",
            "eventTypeCode": code,
            "eventTypeCategory": "issue",
            "eventScopeCode": "ACCOUNT_SPECIFIC",
            "communicationId": "0123456789abcdef",
            "startTime": "Sun, 01 Mar 2026 11:58:09 GMT",
            "lastUpdatedTime": "Sun, 1 Mar 2026 12:00:09 GMT",
            "statusCode": "open",
            "eventRegion": "us-east-1",
            "eventDescription": [{"language": "en_US", "latestDescription": "What happened."}],
            "affectedEntities": [{"entityValue": one, "status": "IMPAIRED"} for one in entities or (KEY,)],
            "page": "1",
            "totalPages": "1",
            **({"affectedAccount": account} if account else {}),
        },
    }


def abuse_event(*entities: str, code: str = "AWS_ABUSE_DOS_REPORT", service: str = "ABUSE") -> Json:
    """Make an event that reports abuse by some entities."""
    event = {**health_event(*entities, code=code), "detail-type": "AWS Health Abuse Event"}
    named = [{"entityValue": one} for one in entities]
    return changed(changed(event, "detail.service", service), "detail.affectedEntities", named)
