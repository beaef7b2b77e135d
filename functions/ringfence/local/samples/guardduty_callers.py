"""GuardDuty findings about callers: keys, users, sessions, and what they do to buckets and clusters."""

from __future__ import annotations

from typing import Any

from ringfence.local.samples.guardduty import (
    ACCOUNT,
    C2_SERVER,
    INSTANCE,
    OF_A_USER,
    OF_AN_INSTANCE,
    REGION,
    detail,
    event,
    instance_details,
)

Json = dict[str, Any]


def api_call(api: str = "ListBuckets", v4: str = C2_SERVER) -> Json:
    """Make the action of a call of an API."""
    return {
        "actionType": "AWS_API_CALL",
        "awsApiCallAction": {
            "api": api,
            "serviceName": "s3.amazonaws.com",
            "callerType": "Remote IP",
            "remoteIpDetails": {"ipAddressV4": v4, "country": {"countryName": "Nowhere"}},
        },
    }


def credentials_finding(
    type_: str = "UnauthorizedAccess:IAMUser/MaliciousIPCaller",
    details: Json | None = None,
    *,
    resource_type: str = "AccessKey",
    **resource: object,
) -> Json:
    """Make the event of a finding about a caller (a user's long-term key unless given)."""
    given = {"accessKeyDetails": dict(OF_A_USER if details is None else details), **resource}
    return event(detail(type_, {"resourceType": resource_type, **given}, action=api_call()))


def stolen_finding(
    type_: str = "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS",
    instance: str | None = INSTANCE,
) -> Json:
    """Make the event of a finding about an instance's credentials that are used elsewhere."""
    return credentials_finding(type_, OF_AN_INSTANCE, instanceDetails=instance_details(instance))


def bucket_finding(type_: str = "Exfiltration:S3/MaliciousIPCaller", details: Json | None = None) -> Json:
    """Make the event of a finding about a bucket, and about the caller."""
    buckets = [{"name": "sample-bucket", "arn": "arn:aws:s3:::sample-bucket", "type": "Destination"}]
    return credentials_finding(type_, details, resource_type="S3Bucket", s3BucketDetails=buckets)


def cluster_finding(
    type_: str = "Discovery:Kubernetes/MaliciousIPCaller", details: Json | None = None
) -> Json:
    """Make the event of a finding about a Kubernetes cluster, and about the caller."""
    cluster = {"name": "sample-cluster", "arn": f"arn:aws:eks:{REGION}:{ACCOUNT}:cluster/sample-cluster"}
    user = {"kubernetesUserDetails": {"username": "deployers", "groups": ["system:authenticated"]}}
    return credentials_finding(
        type_, details, resource_type="EKSCluster", eksClusterDetails=cluster, kubernetesDetails=user
    )


def actor(details: Json = OF_A_USER, account: str | None = ACCOUNT, issuer: str = "") -> Json:
    """Make an actor of an attack sequence."""
    user = {
        "credentialUid": details.get("accessKeyId"),
        "uid": details.get("principalId"),
        "type": details.get("userType"),
        "name": details.get("userName"),
        **({"account": {"uid": account, "account": "production"}} if account else {}),
    }
    session = {"uid": "1234567890", "mfaStatus": "DISABLED", "issuer": issuer}
    return {"id": f"USER:{details.get('principalId')}", "user": user, "session": session}


def key_resource(details: Json = OF_A_USER, account: str = ACCOUNT) -> Json:
    """Make an access key as attack sequences name it among the resources."""
    about = {name: details[name] for name in ("principalId", "userName", "userType")}
    return {
        "uid": details["accessKeyId"],
        "name": details["accessKeyId"],
        "accountId": account,
        "region": REGION,
        "resourceType": "ACCESS_KEY",
        "service": "iam",
        "cloudPartition": "aws",
        "data": {"accessKey": about},
    }


def credentials_sequence(
    actors: list[Json] | None = None,
    resources: list[Json] | None = None,
    type_: str = "AttackSequence:IAM/CompromisedCredentials",
) -> Json:
    """Make the event of an attack sequence by some actors (a user and an instance's role unless given)."""
    sequence = {
        "uid": "seq-2",
        "description": "A sequence of calls.",
        "actors": [actor(), actor(OF_AN_INSTANCE)] if actors is None else actors,
        "resources": [key_resource()] if resources is None else resources,
        "endpoints": [{"id": "e1", "ip": C2_SERVER, "port": 443}],
        "signals": [{"uid": "s1", "type": "CLOUD_TRAIL", "actorIds": ["a1"]}],
    }
    resource = {"resourceType": "AttackSequence"}
    found = detail(type_, resource, role=None, detection={"sequence": sequence}, action={})
    return event({**found, "severity": 9})
