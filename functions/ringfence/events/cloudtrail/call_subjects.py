"""Where the CloudTrail records of each service name the resource of a call.

Names of calls and paths are CloudTrail's, which sometimes differ from those of the API. Each one was
checked in published records. CloudTrail records newer EC2 calls as their XML: a request under its own name,
and repeated elements as `{"tag": 1, "content": "…"}` or a list of these.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from ringfence.events import resource_refs as named
from ringfence.model.errors import BadInput
from ringfence.model.frozen import frozen
from ringfence.model.subject import (
    AccountRef,
    BucketRef,
    DetectorRef,
    FlowLogRef,
    InstanceRef,
    KeyRef,
    RecorderRef,
    SecurityGroupRef,
    TrailRef,
    VpcRef,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.document import Document
    from ringfence.model.subject import Ref

ANY = "*"
"""Every call of a service."""
_PARAMETERS, _RESPONSE = "requestParameters", "responseElements"


@frozen
class Place:
    """A kind of resource, and the dotted paths that can name it. The first existing path counts.

    `otherwise` is the service's name for a resource that the call leaves out.
    """

    kind: type[Ref]
    paths: tuple[str, ...]
    otherwise: str = ""


def _asked(kind: type[Ref], path: str, *others: str) -> Place:
    return Place(kind, (f"{_PARAMETERS}.{path}", *others))


def _made(kind: type[Ref], path: str) -> Place:
    return Place(kind, (f"{_RESPONSE}.{path}",))


def _group(answer: str) -> Place:
    """A request can name a group of the default VPC by its name. The response contains its id."""
    return _asked(SecurityGroupRef, "groupId", f"{_RESPONSE}.{answer}.groupId")


def _trail(path: str) -> Place:
    """The response contains the ARN, which includes the home region."""
    return Place(TrailRef, (f"{_RESPONSE}.trailARN", f"{_PARAMETERS}.{path}"))


_ADDED, _REVOKED = _group("securityGroupRuleSet"), _group("revokedSecurityGroupRuleSet")
_RECORDER = _asked(RecorderRef, "configurationRecorderName")
_DETECTOR = _asked(DetectorRef, "detectorId")
_KEY = _asked(KeyRef, "keyId")
_ACCOUNT = Place(AccountRef, ())

PLACES: Mapping[str, Mapping[str, Place]] = MappingProxyType(
    {
        "cloudtrail": {
            "DeleteTrail": _trail("name"),
            "PutEventSelectors": _trail("trailName"),
            "PutInsightSelectors": _trail("trailName"),
            "StartLogging": _trail("name"),
            "StopLogging": _trail("name"),
            "UpdateTrail": _trail("name"),
        },
        "config": {
            "DeleteConfigurationRecorder": _RECORDER,
            "PutConfigurationRecorder": Place(
                RecorderRef, (f"{_PARAMETERS}.configurationRecorder.name",), otherwise="default"
            ),
            "StartConfigurationRecorder": _RECORDER,
            "StopConfigurationRecorder": _RECORDER,
        },
        "ec2": {
            "AuthorizeSecurityGroupEgress": _ADDED,
            "AuthorizeSecurityGroupIngress": _ADDED,
            "CreateSecurityGroup": _made(SecurityGroupRef, "groupId"),
            "CreateVpc": _made(VpcRef, "vpc.vpcId"),
            "DeleteFlowLogs": _asked(FlowLogRef, "DeleteFlowLogsRequest.FlowLogId"),
            "ModifyInstanceMetadataOptions": _asked(
                InstanceRef, "ModifyInstanceMetadataOptionsRequest.InstanceId"
            ),
            "ModifySecurityGroupRules": _asked(SecurityGroupRef, "ModifySecurityGroupRulesRequest.GroupId"),
            "RevokeSecurityGroupEgress": _REVOKED,
            "RevokeSecurityGroupIngress": _REVOKED,
            "RunInstances": _made(InstanceRef, "instancesSet.instanceId"),
        },
        "guardduty": {"DeleteDetector": _DETECTOR, "UpdateDetector": _DETECTOR},
        "iam": {"DeleteAccountPasswordPolicy": _ACCOUNT, "UpdateAccountPasswordPolicy": _ACCOUNT},
        "kms": {"DisableKey": _KEY, "ScheduleKeyDeletion": _KEY},
        "s3": {ANY: _asked(BucketRef, "bucketName")},
    }
)
"""By service, then by CloudTrail's name of the call."""


def place(service: str, name: str) -> Place | None:
    """Return where the records of a call name its resource. None for calls that no runbook answers."""
    known = PLACES.get(service, {})
    return known.get(name) or known.get(ANY)


def subjects(where: Place, detail: Document, account: str, region: str) -> tuple[Ref, ...]:
    """Return the resources of a call, each once. Raises BadInput if the record names none."""
    if not where.paths:
        return (named.ref(where.kind, "recipientAccountId", account, account, region),)
    for path in where.paths:
        found = tuple(_texts(detail.value, detail.path, path.split(".")))
        if found:
            return tuple(
                dict.fromkeys(named.ref(where.kind, field, text, account, region) for field, text in found)
            )
    field = f"{detail.path}.{where.paths[0]}"
    if where.otherwise:
        return (named.ref(where.kind, field, where.otherwise, account, region),)
    raise BadInput(field, f"is required: it names the {where.kind.kind.replace('-', ' ')}")


def _texts(value: object, at: str, path: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the values at a path, and the path. Looks into lists, `items` and `content`."""
    if value is None:
        return
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _texts(item, f"{at}[{index}]", path)
    elif isinstance(value, Mapping):
        key = "items" if "items" in value else path[0] if path else "content"
        rest = path if key == "items" else path[1:]
        yield from _texts(value.get(key), f"{at}.{key}", rest)
    elif not isinstance(value, str):
        raise BadInput(at, "must be a string", value)
    elif value and not path:  # an empty element is recorded as an empty text
        yield at, value
