"""The managed policies for people: what each one allows. The stacks create them, and errors name them."""

from __future__ import annotations

from dataclasses import dataclass

from ringfence.aws import (
    archive,
    containments,
    incidents,
    log_files,
    log_signer,
    outputs,
    scan_items,
    scan_reads,
)
from ringfence.handlers.operator_routes import (
    APPROVER,
    CHECKER,
    OPERATOR,
    PAUSER,
    RELEASER,
    RESETTER,
    paths_of,
)
from ringfence.handlers.sent_routes import FINDINGS
from ringfence.model import resource_names
from ringfence.model.call import Permission
from ringfence.model.resource_names import PREFIX


@dataclass(frozen=True)
class ManagedPolicy:
    """A managed policy of the home account, attached to nobody.

    Attributes
    ----------
    who : str
        Whom it is for. Its name is `ringfence-` and this word.
    does : str
        What it allows, in words.
    routes : tuple of str
        The paths of the API that it allows.
    permissions : tuple of Permission
        What else it allows, except for the keys of what it reads.
    """

    who: str
    does: str
    routes: tuple[str, ...] = ()
    permissions: tuple[Permission, ...] = ()

    @property
    def name(self) -> str:
        """Its name."""
        return f"{PREFIX}{self.who}"

    def allows(self, action: str, route: str) -> bool:
        """Return whether it allows an IAM action, or a path of the API."""
        return route in self.routes if route else any(one.action == action for one in self.permissions)


_DOES = {
    OPERATOR: "Start runs with Ringfence, and replay dead letters",
    RELEASER: "Release what Ringfence did",
    APPROVER: "Approve or reject plans of Ringfence",
    PAUSER: "Pause the changes of Ringfence, and resume",
    RESETTER: "Reset limits of Ringfence",
    CHECKER: "Have Ringfence check the seals of its record",
}
CALLERS = tuple(ManagedPolicy(who, _DOES[who], paths_of(who)) for who in resource_names.CALLERS)
"""The policies of those who call the API."""
SENDER = ManagedPolicy("finding-sender", "Send findings to Ringfence", (FINDINGS.path,))
"""The policy of systems that send findings. The policy's `senders` decide what these may cause."""
AUDITOR = ManagedPolicy(
    "auditor",
    "Read and verify the audit log of Ringfence",
    permissions=(
        *incidents.PERMISSIONS,
        *containments.LIST_PERMISSIONS,
        *incidents.EVERY_PERMISSIONS,
        *archive.READ_PERMISSIONS,
        *log_files.READ_PERMISSIONS,
        *log_signer.READ_PERMISSIONS,
        *scan_items.READ_PERMISSIONS,
        *scan_reads.READ_PERMISSIONS,
        *outputs.PERMISSIONS,
    ),
)
"""The policy of those who read the audit log and its archive."""
DOCTOR = ManagedPolicy(
    "doctor",
    "Run the self-check of Ringfence",
    permissions=(Permission("sts:AssumeRole", ("{doctors}",)),),
)
"""The policy of those who run the self-check."""

SCANNER = ManagedPolicy(
    "scanner",
    "Scan accounts with rules as code",
    permissions=(Permission("sts:AssumeRole", ("{scanners}",)),),
)
"""The policy of those who scan: `ringfence scan --live`."""


def allowing(action: str = "", route: str = "") -> tuple[str, ...]:
    """Return the names of the policies that allow an IAM action, or a path of the API.

    Examples
    --------
    >>> allowing("dynamodb:Query"), allowing(route="/releases")
    (('ringfence-auditor',), ('ringfence-releaser',))
    """
    return tuple(
        one.name for one in (*CALLERS, SENDER, AUDITOR, DOCTOR, SCANNER) if one.allows(action, route)
    )
