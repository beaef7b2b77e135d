"""GuardDuty's finding types about credentials. Each one was reviewed.

Source: the IAM, S3, EKS audit log and attack sequence finding types in the Amazon GuardDuty User Guide,
including retired ones. Some types mean that credentials are compromised: containing them is right, and the
severity, which the policy weighs, says how certain GuardDuty is. The other types describe actions that
administrators also take: they lead to a notification.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType

from ringfence.model.frozen import frozen


class Actor(StrEnum):
    """Where a finding type names its principals."""

    SUBJECT = "subject"
    """In `resource.accessKeyDetails`: the finding is about them."""
    CALLER = "caller"
    """In the same place if an access key made the calls. Otherwise the finding is about the resource only."""
    SEQUENCE = "sequence"
    """In `service.detection.sequence`: `actors`, and `resources` that are access keys."""
    CLUSTER = "cluster"
    """In the same place, next to instances. Often there are only instances."""


@frozen
class CredentialType:
    """One finding type.

    `notify_only_reason` says why Ringfence only notifies a person. Empty if it may make changes.
    """

    name: str
    actor: Actor
    notify_only_reason: str = ""


_IN_THE_WRONG_HANDS = (
    "Behavior:IAMUser/InstanceLaunchUnusual",
    "CredentialAccess:IAMUser/AnomalousBehavior",
    "CredentialAccess:IAMUser/CompromisedCredentials",
    "DefenseEvasion:IAMUser/AnomalousBehavior",
    "Discovery:IAMUser/AnomalousBehavior",
    "Exfiltration:IAMUser/AnomalousBehavior",
    "Impact:IAMUser/AnomalousBehavior",
    "Impact:IAMUser/AnomalousModelInvocation",
    "Impact:IAMUser/CostHarvesting",
    "InitialAccess:IAMUser/AnomalousBehavior",
    "PenTest:IAMUser/KaliLinux",
    "PenTest:IAMUser/ParrotLinux",
    "PenTest:IAMUser/PentooLinux",
    "Persistence:IAMUser/AnomalousBehavior",
    "Persistence:IAMUser/NetworkPermissions",
    "Persistence:IAMUser/ResourcePermissions",
    "Persistence:IAMUser/UserPermissions",
    "PrivilegeEscalation:IAMUser/AnomalousBehavior",
    "Recon:IAMUser/MaliciousIPCaller",
    "Recon:IAMUser/MaliciousIPCaller.Custom",
    "Recon:IAMUser/NetworkPermissions",
    "Recon:IAMUser/ResourcePermissions",
    "Recon:IAMUser/TorIPCaller",
    "Recon:IAMUser/UserPermissions",
    "ResourceConsumption:IAMUser/ComputeResources",
    "Stealth:IAMUser/LoggingConfigurationModified",
    "UnauthorizedAccess:IAMUser/AnomalousBehavior",
    "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration",
    "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.InsideAWS",
    "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS",
    "UnauthorizedAccess:IAMUser/MaliciousIPCaller",
    "UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom",
    "UnauthorizedAccess:IAMUser/ResourceCredentialExfiltration.OutsideAWS",
    "UnauthorizedAccess:IAMUser/TorIPCaller",
    "UnauthorizedAccess:IAMUser/UnusualASNCaller",
)

_SIGN_IN = (
    "an unusual sign-in shows a new location, and a journey or a VPN can cause that too; a person must "
    "ask the user"
)
_SETTING = (
    "somebody changed a setting that administrators also change; that does not show that the credentials "
    "are compromised; a person must check"
)
_PROMPT = (
    "a prompt that tries to override its model was sent with these credentials, which usually belong to "
    "an application and are not compromised; a person must check who wrote the prompt"
)
_FOR_A_PERSON = {
    "Impact:IAMUser/PromptInjection.Direct": _PROMPT,
    "Policy:IAMUser/RootCredentialUsage": (
        "the root user was used, which is bad practice and does not by itself show an intruder; a person "
        "must ask its owner"
    ),
    "Policy:IAMUser/ShortTermRootCredentialUsage": (
        "a short root session was used, as central root access creates them for single tasks; a person "
        "must ask who requested it"
    ),
    "PrivilegeEscalation:IAMUser/AdministrativePermissions": _SETTING,
    "DefenseEvasion:IAMUser/BedrockLoggingDisabled": _SETTING,
    "Stealth:IAMUser/CloudTrailLoggingDisabled": _SETTING,
    "Stealth:IAMUser/PasswordPolicyChange": _SETTING,
    "Stealth:IAMUser/PasswordPolicyChanged": _SETTING,
    "Stealth:IAMUser/S3ServerAccessLoggingDisabled": _SETTING,
    "UnauthorizedAccess:IAMUser/ConsoleLogin": _SIGN_IN,
    "UnauthorizedAccess:IAMUser/ConsoleLoginSuccess.B": _SIGN_IN,
}

_CALLED_BY_AN_INTRUDER = (
    "CredentialAccess:Kubernetes/AnomalousBehavior.SecretsAccessed",
    "CredentialAccess:Kubernetes/MaliciousIPCaller",
    "CredentialAccess:Kubernetes/MaliciousIPCaller.Custom",
    "CredentialAccess:Kubernetes/TorIPCaller",
    "DefenseEvasion:Kubernetes/MaliciousIPCaller",
    "DefenseEvasion:Kubernetes/MaliciousIPCaller.Custom",
    "DefenseEvasion:Kubernetes/TorIPCaller",
    "Discovery:Kubernetes/AnomalousBehavior.PermissionChecked",
    "Discovery:Kubernetes/MaliciousIPCaller",
    "Discovery:Kubernetes/MaliciousIPCaller.Custom",
    "Discovery:Kubernetes/TorIPCaller",
    "Execution:Kubernetes/AnomalousBehavior.ExecInPod",
    "Execution:Kubernetes/AnomalousBehavior.WorkloadDeployed",
    "Impact:Kubernetes/MaliciousIPCaller",
    "Impact:Kubernetes/MaliciousIPCaller.Custom",
    "Impact:Kubernetes/TorIPCaller",
    "Persistence:Kubernetes/AnomalousBehavior.WorkloadDeployed!ContainerWithSensitiveMount",
    "Persistence:Kubernetes/MaliciousIPCaller",
    "Persistence:Kubernetes/MaliciousIPCaller.Custom",
    "Persistence:Kubernetes/TorIPCaller",
    "PrivilegeEscalation:Kubernetes/AnomalousBehavior.RoleBindingCreated",
    "PrivilegeEscalation:Kubernetes/AnomalousBehavior.RoleCreated",
    "PrivilegeEscalation:Kubernetes/AnomalousBehavior.WorkloadDeployed!ContainerWithSensitiveMount",
    "PrivilegeEscalation:Kubernetes/AnomalousBehavior.WorkloadDeployed!PrivilegedContainer",
    "Discovery:S3/AnomalousBehavior",
    "Discovery:S3/BucketEnumeration.Unusual",
    "Discovery:S3/MaliciousIPCaller",
    "Discovery:S3/MaliciousIPCaller.Custom",
    "Discovery:S3/TorIPCaller",
    "Exfiltration:S3/AnomalousBehavior",
    "Exfiltration:S3/MaliciousIPCaller",
    "Exfiltration:S3/ObjectRead.Unusual",
    "Impact:S3/AnomalousBehavior.Delete",
    "Impact:S3/AnomalousBehavior.Permission",
    "Impact:S3/AnomalousBehavior.Write",
    "Impact:S3/MaliciousIPCaller",
    "Impact:S3/ObjectDelete.Unusual",
    "Impact:S3/PermissionsModification.Unusual",
    "PenTest:S3/KaliLinux",
    "PenTest:S3/ParrotLinux",
    "PenTest:S3/PentooLinux",
    "UnauthorizedAccess:S3/MaliciousIPCaller.Custom",
    "UnauthorizedAccess:S3/TorIPCaller",
)

_SEQUENCES = ("AttackSequence:IAM/CompromisedCredentials", "AttackSequence:S3/CompromisedData")
_CLUSTERS = (
    "AttackSequence:EC2/CompromisedInstanceGroup",
    "AttackSequence:ECS/CompromisedCluster",
    "AttackSequence:EKS/CompromisedCluster",
)

CREDENTIAL_TYPES = MappingProxyType(
    {
        one.name: one
        for one in (
            *(CredentialType(name, Actor.SUBJECT) for name in _IN_THE_WRONG_HANDS),
            *(CredentialType(name, Actor.SUBJECT, advice) for name, advice in _FOR_A_PERSON.items()),
            *(CredentialType(name, Actor.CALLER) for name in _CALLED_BY_AN_INTRUDER),
            *(CredentialType(name, Actor.SEQUENCE) for name in _SEQUENCES),
            *(CredentialType(name, Actor.CLUSTER) for name in _CLUSTERS),
        )
    }
)
"""Every type about credentials that leads to containment or a notification, by name."""
