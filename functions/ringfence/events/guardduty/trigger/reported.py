"""GuardDuty's findings that no runbook acts on, and the trigger that reports them.

Source: the finding types in the Amazon GuardDuty User Guide. The table says why nothing is changed. A type
that is in no table is reported as well, so that new types of GuardDuty and the types of custom detection
rules reach a person.

https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_finding-types-active.html
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

from ringfence.events.guardduty.trigger import DETAIL_TYPE, SOURCE
from ringfence.model.frozen import frozen
from ringfence.model.kinds.finding import FindingRef

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.model.call import Permission
    from ringfence.model.finding import Finding

CRITICAL = 9.0
"""The lowest severity that GuardDuty calls critical."""

_ANONYMOUS = "the calls were anonymous: there are no credentials to contain"
_WORKLOAD = "it is about the deployment of a workload and does not show whose credentials were used"
_CLUSTER = "it is about the settings of a cluster and does not show compromised credentials"
_MALWARE = "the malware is in {}; no running instance is named"
_FUNCTION = "a Lambda function may be compromised, and no runbook contains functions"
_DATABASE = "it is about sign-ins to a database, and no runbook contains databases"
_OF = MappingProxyType(
    {
        _ANONYMOUS: (
            "CredentialAccess:Kubernetes/SuccessfulAnonymousAccess",
            "DefenseEvasion:Kubernetes/SuccessfulAnonymousAccess",
            "Discovery:Kubernetes/SuccessfulAnonymousAccess",
            "Impact:Kubernetes/SuccessfulAnonymousAccess",
            "Persistence:Kubernetes/SuccessfulAnonymousAccess",
        ),
        _WORKLOAD: (
            "Execution:Kubernetes/ExecInKubeSystemPod",
            "Persistence:Kubernetes/ContainerWithSensitiveMount",
            "PrivilegeEscalation:Kubernetes/PrivilegedContainer",
        ),
        _CLUSTER: (
            "Policy:Kubernetes/AdminAccessToDefaultServiceAccount",
            "Policy:Kubernetes/AnonymousAccessGranted",
            "Policy:Kubernetes/ExposedDashboard",
            "Policy:Kubernetes/KubeflowDashboardExposed",
        ),
        "it is about a setting of the whole account and names no bucket that became public": (
            "Policy:S3/AccountBlockPublicAccessDisabled",
        ),
        _MALWARE.format("an image"): ("Execution:EC2/MaliciousFile!AMI",),
        _MALWARE.format("a backup"): (
            "Execution:EC2/MaliciousFile!RecoveryPoint",
            "Execution:S3/MaliciousFile!RecoveryPoint",
        ),
        _MALWARE.format("a snapshot"): ("Execution:EC2/MaliciousFile!Snapshot",),
        _MALWARE.format("an object"): ("Object:S3/MaliciousFile", "S3Object:S3/MaliciousFile"),
        _FUNCTION: (
            "Backdoor:Lambda/C&CActivity.B",
            "CryptoCurrency:Lambda/BitcoinTool.B",
            "Trojan:Lambda/BlackholeTraffic",
            "Trojan:Lambda/DropPoint",
            "UnauthorizedAccess:Lambda/MaliciousIPCaller.Custom",
            "UnauthorizedAccess:Lambda/TorClient",
            "UnauthorizedAccess:Lambda/TorRelay",
        ),
        _DATABASE: (
            "CredentialAccess:RDS/AnomalousBehavior.FailedLogin",
            "CredentialAccess:RDS/AnomalousBehavior.SuccessfulBruteForce",
            "CredentialAccess:RDS/AnomalousBehavior.SuccessfulLogin",
            "CredentialAccess:RDS/MaliciousIPCaller.FailedLogin",
            "CredentialAccess:RDS/MaliciousIPCaller.SuccessfulLogin",
            "CredentialAccess:RDS/TorIPCaller.FailedLogin",
            "CredentialAccess:RDS/TorIPCaller.SuccessfulLogin",
            "Discovery:RDS/MaliciousIPCaller",
            "Discovery:RDS/TorIPCaller",
        ),
    }
)
REPORTED_TYPES = MappingProxyType({name: reason for reason, names in _OF.items() for name in names})
"""Why nothing is changed about findings of a type that was reviewed."""

_FAMILIES = MappingProxyType(
    {
        "Container": "a container",
        "EC2": "an instance",
        "ECS": "an ECS cluster",
        "EKS": "an EKS cluster",
        "IAM": "credentials",
        "IAMUser": "credentials",
        "Kubernetes": "a Kubernetes cluster",
        "Lambda": "a Lambda function",
        "RDS": "a database",
        "Runtime": "a workload",
        "S3": "a bucket or object",
    }
)
_ODD = re.compile(r"[^\w.:/-]+", re.ASCII)
_LONGEST_TYPE = 120


def reason_to_report(name: str) -> str:
    """Return why no runbook acts on findings of a type."""
    if reason := REPORTED_TYPES.get(name):
        return reason
    family = name.partition(":")[2].partition("/")[0]
    about = f"about {_FAMILIES[family]}" if family in _FAMILIES else "unknown to Ringfence"
    return f"the type is {about} and new: nobody has reviewed what to change for it"


def reported_ref(name: str, account: str, region: str, id_: str) -> FindingRef:
    """Return the subject of a finding that is reported. Its id is safe in keys and for terminals."""
    type_ = _ODD.sub("-", name[:_LONGEST_TYPE]).lstrip("-_.:/") or "unknown"
    return FindingRef(account, region, f"{type_}/{id_}")


@frozen
class ReportedTrigger:
    """All findings of GuardDuty. The parser names those that no other runbook acts on.

    A pattern with the names of all other types would be longer than EventBridge allows. It would also miss a
    finding of a known type that names no resource.
    """

    id: str
    types: tuple[str, ...]

    family: ClassVar[str] = "reported"
    open_ended: ClassVar[bool] = True
    """`types` are the reviewed ones. Findings of other types are reported as well."""
    permissions: ClassVar[tuple[Permission, ...]] = ()

    def patterns(self) -> tuple[Mapping[str, object], ...]:
        """Return the only pattern."""
        return ({"source": [SOURCE], "detail-type": [DETAIL_TYPE]},)

    def matches(self, finding: Finding) -> bool:
        """Return whether no other runbook acts on the finding."""
        return finding.source == SOURCE and any(isinstance(one, FindingRef) for one in finding.subjects)


REPORTED_FINDING = ReportedTrigger("guardduty-reported", tuple(sorted(REPORTED_TYPES)))
"""Every finding that no other runbook acts on, of known and of unknown types."""
