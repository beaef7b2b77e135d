"""GuardDuty findings as EventBridge delivers them, made by us in the shape the service publishes."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

Json = dict[str, Any]

ADMINISTRATOR = "999900001111"
ACCOUNT = "111122223333"
REGION = "eu-west-1"
INSTANCE = "i-0a1b2c3d4e5f60718"
FINDING = "5ac1f0b7e3d94c2a8b6f7d1e0c9a3b52"
C2_SERVER = "198.51.100.7"
KEY = "AKIA4MADEUPBYUS00001"
SESSION_KEY = "ASIA4MADEUPBYUS00002"
USER, USER_ID = "sample-user", "AIDA4MADEUPBYUS00003"
ROLE, ROLE_ID = "sample-role", "AROA4MADEUPBYUS00004"
OF_A_USER = {"accessKeyId": KEY, "principalId": USER_ID, "userType": "IAMUser", "userName": USER}
OF_AN_INSTANCE = {
    "accessKeyId": SESSION_KEY,
    "principalId": f"{ROLE_ID}:{INSTANCE}",
    "userType": "AssumedRole",
    "userName": ROLE,
}


def event(detail: Json, *, account: str = ADMINISTRATOR, region: str = REGION) -> Json:
    """Wrap a finding: the envelope is that of the delegated administrator's account."""
    return {
        "version": "0",
        "id": "c7b2f1de-40aa-4b1e-9a53-1f0d6a7be210",
        "detail-type": "GuardDuty Finding",
        "source": "aws.guardduty",
        "account": account,
        "time": "2026-03-01T12:05:00Z",
        "region": region,
        "resources": [],
        "detail": detail,
    }


def detail(type_: str, resource: Json, *, role: str | None = "TARGET", **service: object) -> Json:
    """Make a finding; `service` adds to, or replaces, what stands under `service`."""
    return {
        "schemaVersion": "2.0",
        "accountId": ACCOUNT,
        "region": REGION,
        "partition": "aws",
        "id": FINDING,
        "arn": f"arn:aws:guardduty:{REGION}:{ACCOUNT}:detector/3eb1a8c2/finding/{FINDING}",
        "type": type_,
        "resource": resource,
        "service": {
            "serviceName": "guardduty",
            "detectorId": "3eb1a8c2",
            "action": connection(),
            "archived": False,
            "count": 3,
            "eventFirstSeen": "2026-03-01T11:40:00.000Z",
            "eventLastSeen": "2026-03-01T12:01:30.000Z",
            "additionalInfo": {"value": "{}", "type": "default"},
            **({} if role is None else {"resourceRole": role}),
            **service,
        },
        "severity": 8,
        "createdAt": "2026-03-01T11:45:10.123Z",
        "updatedAt": "2026-03-01T12:04:59.456Z",
        "title": f"Activity of type {type_}.",
        "description": "GuardDuty describes here what happened.",
    }


def connection(v4: str = C2_SERVER, v6: str = "2001:DB8::7") -> Json:
    """Make the action of a network connection."""
    return {
        "actionType": "NETWORK_CONNECTION",
        "networkConnectionAction": {
            "blocked": False,
            "connectionDirection": "OUTBOUND",
            "protocol": "TCP",
            "localPortDetails": {"port": 49152, "portName": "Unknown"},
            "remoteIpDetails": {"ipAddressV4": v4, "ipAddressV6": v6, "country": {"countryName": "Nowhere"}},
            "remotePortDetails": {"port": 443, "portName": "HTTPS"},
        },
    }


def instance_details(instance: str | None = INSTANCE) -> Json:
    """Make `instanceDetails`, with two interfaces in different VPCs."""
    return {
        **({} if instance is None else {"instanceId": instance}),
        "instanceType": "m7g.large",
        "launchTime": "2026-02-01T08:00:00.000Z",
        "networkInterfaces": [
            {"networkInterfaceId": "eni-0aa1", "vpcId": "vpc-0aa", "securityGroups": [{"groupId": "sg-1"}]},
            {"networkInterfaceId": "eni-0bb2", "vpcId": "vpc-0bb", "securityGroups": [{"groupId": "sg-2"}]},
        ],
        "tags": [{"key": "Name", "value": "sample-instance"}],
    }


def instance_finding(
    type_: str = "Backdoor:EC2/C&CActivity.B", *, role: str | None = "TARGET", **service: object
) -> Json:
    """Make the event of a finding about an instance."""
    resource = {"resourceType": "Instance", "instanceDetails": instance_details()}
    return event(detail(type_, resource, role=role, **service))


def workload_finding(
    type_: str = "Execution:Runtime/ReverseShell",
    resource_type: str = "Instance",
    host: str | None = INSTANCE,
) -> Json:
    """Make the event of a finding about an instance's or a container's inside; such have no role."""
    resource: Json = {"resourceType": resource_type}
    if host is not None:
        resource["instanceDetails"] = instance_details(host)
    return event(detail(type_, resource, role=None))


def sequence_resource(instance: str = INSTANCE, account: str = ACCOUNT, region: str = REGION) -> Json:
    """Make an instance as attack sequences name it."""
    return {
        "uid": f"arn:aws:ec2:{region}:{account}:instance/{instance}",
        "name": instance,
        "accountId": account,
        "region": region,
        "resourceType": "EC2_INSTANCE",
        "service": "ec2",
        "cloudPartition": "aws",
        "data": {"ec2Instance": {"instanceState": "running", "ec2NetworkInterfaceUids": ["eni-0aa1"]}},
    }


def sequence_finding(*resources: Json) -> Json:
    """Make the event of an attack sequence over some resources (one instance unless given)."""
    sequence = {
        "uid": "seq-1",
        "description": "A sequence of actions.",
        "resources": list(resources) or [sequence_resource()],
        "endpoints": [{"id": "e1", "ip": C2_SERVER, "port": 443}],
        "signals": [{"uid": "s1", "type": "FINDING", "resourceUids": ["r1"]}],
    }
    found = detail(
        "AttackSequence:EC2/CompromisedInstanceGroup",
        {"resourceType": "AttackSequence"},
        role=None,
        detection={"sequence": sequence},
        action={},
    )
    return event({**found, "severity": 9})


def reported_finding(type_: str = "UnauthorizedAccess:Lambda/TorClient", resource_type: str = "") -> Json:
    """Make the event of a finding about a resource that Ringfence has no kind for."""
    name = type_.partition(":")[2].partition("/")[0]
    resource = {"resourceType": resource_type or _RESOURCES.get(name, "SomethingNew")}
    return event(detail(type_, resource))


_RESOURCES = {"Kubernetes": "EKSCluster", "Lambda": "Lambda", "RDS": "RDSDBInstance", "S3": "S3Object"}


def changed(event_: Json, path: str, value: object) -> Json:
    """Return a copy of an event with one field set, by its dotted path."""
    copy = deepcopy(event_)
    *parents, last = path.split(".")
    place = copy
    for key in parents:
        place = place[key]
    place[last] = value
    return copy


def without(event_: Json, path: str) -> Json:
    """Return a copy of an event with one field taken out, by its dotted path."""
    copy = deepcopy(event_)
    *parents, last = path.split(".")
    place = copy
    for key in parents:
        place = place[key]
    del place[last]
    return copy
