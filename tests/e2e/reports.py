"""Events of other services about credentials, of this moment, in the shapes that the services publish."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from ringfence.local.findings import formatted
from ringfence.local.samples import cloudtrail
from ringfence.local.samples import guardduty_callers as callers

if TYPE_CHECKING:
    from ringfence.local.principals import Credentials, KeyHolder

Json = dict[str, Any]


def of_key(holder: KeyHolder, key: Credentials) -> Json:
    """Return what GuardDuty says of whoever uses a key of a user."""
    return {
        "accessKeyId": key.key,
        "principalId": "AIDAEXAMPLE000000001",
        "userType": "IAMUser",
        "userName": holder.name,
    }


def of_session(holder: KeyHolder, session: Credentials) -> Json:
    """Return what GuardDuty says of whoever uses a session of the role."""
    return {
        "accessKeyId": session.key,
        "principalId": session.principal,
        "userType": "AssumedRole",
        "userName": holder.role,
    }


def attack_sequence(actors: list[Json], resources: list[Json]) -> Json:
    """Return the finding that several principals took part in an attack; both are `accessKeyDetails`."""
    return _now(
        callers.credentials_sequence(
            [callers.actor(one) for one in actors],
            [callers.key_resource(one) for one in resources],
        )
    )


def about_a_bucket(caller: Json) -> Json:
    """Return the finding that somebody steals what is in a bucket."""
    return _now(callers.bucket_finding(details=caller))


def about_a_cluster(caller: Json) -> Json:
    """Return the finding that somebody calls a Kubernetes cluster from a known malicious address."""
    return _now(callers.cluster_finding(details=caller))


def quarantine(holder: KeyHolder, policy: str) -> Json:
    """Return the record that AWS attached a policy to a user, and names none of the user's keys."""
    parameters = {"userName": holder.name, "policyArn": policy}
    at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return cloudtrail.attachment(eventTime=at, eventID=str(uuid.uuid4()), requestParameters=parameters)


def _now(event: Json) -> Json:
    """Give a sample an id of its own and the times of a finding of this moment."""
    updated, first = (formatted(datetime.now(UTC) - timedelta(minutes=ago)) for ago in (0, 2))
    times = {"createdAt": first, "updatedAt": updated}
    seen = {"eventFirstSeen": first, "eventLastSeen": updated}
    detail = event["detail"]
    service = {**detail["service"], **seen}
    return {**event, "detail": {**detail, **times, "id": uuid.uuid4().hex, "service": service}}
