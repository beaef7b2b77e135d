"""GuardDuty's finding types about EC2 instances. Each one was reviewed.

Source: the finding types in the Amazon GuardDuty User Guide, including retired ones. Ringfence never acts
on a type that is not in `TYPES`, even if its name is similar.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType

from ringfence.model.frozen import frozen


class Shape(StrEnum):
    """Where a finding type names its instances."""

    INSTANCE = "instance"
    """In `resource.instanceDetails`. `resource.resourceType` is Instance."""
    WORKLOAD = "workload"
    """In the same place. If the workload is a container, the details describe its host, if any."""
    SEQUENCE = "sequence"
    """In `service.detection.sequence.resources`."""
    STOLEN = "stolen"
    """In `resource.instanceDetails`, next to the credentials that were stolen from it."""


@frozen
class FindingType:
    """One type. `target` says what happens to an instance that is only the TARGET of the activity.

    `contact` says what an instance is that others can contact from outside: it is compromised only if it
    opened the connection itself. If both are empty, the type itself means that the instance is compromised,
    whatever its role and the direction: GuardDuty also calls an instance TARGET if it contacts its
    command-and-control server, and an intruder can also connect to a backdoor from outside.
    """

    name: str
    shape: Shape
    target: str = ""
    contact: str = ""


_COMPROMISED_INSTANCE = (
    "Backdoor:EC2/C&CActivity.B",
    "Backdoor:EC2/C&CActivity.B!DNS",
    "Backdoor:EC2/DenialOfService.Dns",
    "Backdoor:EC2/DenialOfService.Tcp",
    "Backdoor:EC2/DenialOfService.Udp",
    "Backdoor:EC2/DenialOfService.UdpOnTcpPorts",
    "Backdoor:EC2/DenialOfService.UnusualProtocol",
    "Backdoor:EC2/Spambot",
    "Backdoor:EC2/XORDDOS",
    "CryptoCurrency:EC2/BitcoinTool",
    "CryptoCurrency:EC2/BitcoinTool.A",
    "CryptoCurrency:EC2/BitcoinTool.B",
    "CryptoCurrency:EC2/BitcoinTool.B!DNS",
    "DefenseEvasion:EC2/UnusualDNSResolver",
    "DefenseEvasion:EC2/UnusualDoHActivity",
    "DefenseEvasion:EC2/UnusualDoTActivity",
    "Execution:EC2/MaliciousFile",
    "Execution:EC2/SuspiciousFile",
    "Impact:EC2/AbusedDomainRequest.Reputation",
    "Impact:EC2/BitcoinDomainRequest.Reputation",
    "Impact:EC2/MaliciousDomainRequest.Custom",
    "Impact:EC2/MaliciousDomainRequest.Reputation",
    "Impact:EC2/SuspiciousDomainRequest.Reputation",
    "Trojan:EC2/BlackholeTraffic",
    "Trojan:EC2/BlackholeTraffic!DNS",
    "Trojan:EC2/DGADomainRequest.B",
    "Trojan:EC2/DGADomainRequest.C!DNS",
    "Trojan:EC2/DNSDataExfiltration",
    "Trojan:EC2/DriveBySourceTraffic!DNS",
    "Trojan:EC2/DropPoint",
    "Trojan:EC2/DropPoint!DNS",
    "Trojan:EC2/PhishingDomainRequest!DNS",
    "UnauthorizedAccess:EC2/MetadataDNSRebind",
    "UnauthorizedAccess:EC2/TorClient",
    "UnauthorizedAccess:EC2/TorRelay",
)

_BY_ROLE = {
    "Impact:EC2/PortSweep": "swept for open ports",
    "Impact:EC2/WinRMBruteForce": "under a brute-force attack",
    "Recon:EC2/PortProbeEMRUnprotectedPort": "probed on an open port",
    "Recon:EC2/PortProbeUnprotectedPort": "probed on an open port",
    "Recon:EC2/Portscan": "scanned for open ports",
    "UnauthorizedAccess:EC2/RDPBruteForce": "under a brute-force attack",
    "UnauthorizedAccess:EC2/SSHBruteForce": "under a brute-force attack",
    "UnauthorizedAccess:EC2/TorIPCaller": "contacted from a Tor exit node",
}

_BY_DIRECTION = {
    "Behavior:EC2/NetworkPortUnusual": "contacted on an unusual port",
    "Behavior:EC2/TrafficVolumeUnusual": "sent or asked for much data",
    "UnauthorizedAccess:EC2/MaliciousIPCaller.Custom": "contacted from an address on a threat list",
}

_COMPROMISED_WORKLOAD = (
    "Backdoor:Runtime/C&CActivity.B",
    "Backdoor:Runtime/C&CActivity.B!DNS",
    "CryptoCurrency:Runtime/BitcoinTool.B",
    "CryptoCurrency:Runtime/BitcoinTool.B!DNS",
    "DefenseEvasion:Runtime/FilelessExecution",
    "DefenseEvasion:Runtime/KernelModuleLoaded",
    "DefenseEvasion:Runtime/ProcessInjection.Proc",
    "DefenseEvasion:Runtime/ProcessInjection.Ptrace",
    "DefenseEvasion:Runtime/ProcessInjection.VirtualMemoryWrite",
    "DefenseEvasion:Runtime/PtraceAntiDebugging",
    "DefenseEvasion:Runtime/SuspiciousCommand",
    "Discovery:Runtime/SuspiciousCommand",
    "Execution:Container/MaliciousFile",
    "Execution:Container/SuspiciousFile",
    "Execution:ECS/MaliciousFile",
    "Execution:ECS/SuspiciousFile",
    "Execution:Kubernetes/MaliciousFile",
    "Execution:Kubernetes/SuspiciousFile",
    "Execution:Runtime/MaliciousFileExecuted",
    "Execution:Runtime/NewBinaryExecuted",
    "Execution:Runtime/NewLibraryLoaded",
    "Execution:Runtime/ReverseShell",
    "Execution:Runtime/SuspiciousCommand",
    "Execution:Runtime/SuspiciousShellCreated",
    "Execution:Runtime/SuspiciousTool",
    "Impact:Runtime/AbusedDomainRequest.Reputation",
    "Impact:Runtime/BitcoinDomainRequest.Reputation",
    "Impact:Runtime/CryptoMinerExecuted",
    "Impact:Runtime/MaliciousDomainRequest.Reputation",
    "Impact:Runtime/SuspiciousDomainRequest.Reputation",
    "Persistence:Runtime/SuspiciousCommand",
    "PrivilegeEscalation:Runtime/CGroupsReleaseAgentModified",
    "PrivilegeEscalation:Runtime/ContainerMountsHostDirectory",
    "PrivilegeEscalation:Runtime/DockerSocketAccessed",
    "PrivilegeEscalation:Runtime/ElevationToRoot",
    "PrivilegeEscalation:Runtime/RuncContainerEscape",
    "PrivilegeEscalation:Runtime/SuspiciousCommand",
    "PrivilegeEscalation:Runtime/UserfaultfdUsage",
    "Trojan:Runtime/BlackholeTraffic",
    "Trojan:Runtime/BlackholeTraffic!DNS",
    "Trojan:Runtime/DGADomainRequest.C!DNS",
    "Trojan:Runtime/DriveBySourceTraffic!DNS",
    "Trojan:Runtime/DropPoint",
    "Trojan:Runtime/DropPoint!DNS",
    "Trojan:Runtime/PhishingDomainRequest!DNS",
    "UnauthorizedAccess:Runtime/MetadataDNSRebind",
    "UnauthorizedAccess:Runtime/TorClient",
    "UnauthorizedAccess:Runtime/TorRelay",
)

_COMPROMISED_GROUP = (
    "AttackSequence:EC2/CompromisedInstanceGroup",
    "AttackSequence:ECS/CompromisedCluster",
    "AttackSequence:EKS/CompromisedCluster",
)

_ROBBED_INSTANCE = (
    "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration",
    "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.InsideAWS",
    "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS",
)

TYPES = MappingProxyType(
    {
        one.name: one
        for one in (
            *(FindingType(name, Shape.INSTANCE) for name in _COMPROMISED_INSTANCE),
            *(FindingType(name, Shape.INSTANCE, target) for name, target in _BY_ROLE.items()),
            *(FindingType(name, Shape.INSTANCE, contact=how) for name, how in _BY_DIRECTION.items()),
            *(FindingType(name, Shape.WORKLOAD) for name in _COMPROMISED_WORKLOAD),
            *(FindingType(name, Shape.SEQUENCE) for name in _COMPROMISED_GROUP),
            *(FindingType(name, Shape.STOLEN) for name in _ROBBED_INSTANCE),
        )
    }
)
"""Every type that can lead to the isolation of an instance, by name."""
