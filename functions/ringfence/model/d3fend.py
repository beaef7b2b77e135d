"""The countermeasures of MITRE D3FEND that remediations name by their ids.

https://d3fend.mitre.org
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType

from ringfence.model.errors import InternalError
from ringfence.model.frozen import frozen

VERSION = "1.0.0"
"""The version of D3FEND to which names and tactics belong."""


class Tactic(StrEnum):
    """The tactics of D3FEND to which the techniques below belong."""

    HARDEN = "Harden"
    DETECT = "Detect"
    ISOLATE = "Isolate"
    EVICT = "Evict"
    RESTORE = "Restore"


@frozen
class Technique:
    """A technique. The name without spaces and hyphens is its name in the ontology.

    Examples
    --------
    >>> technique("D3-ITF").url
    'https://d3fend.mitre.org/technique/d3f:InboundTrafficFiltering/'
    """

    id: str
    name: str
    tactic: Tactic

    @property
    def url(self) -> str:
        """The page of the technique."""
        return f"https://d3fend.mitre.org/technique/d3f:{self.name.replace(' ', '')}/"


RESTORE_CONFIGURATION = "D3-RC"
"""The technique of each release: recorded values are restored."""

_TECHNIQUES = (
    Technique("D3-ANCI", "Authentication Cache Invalidation", Tactic.EVICT),
    Technique("D3-CR", "Credential Revocation", Tactic.EVICT),
    Technique("D3-CRO", "Credential Rotation", Tactic.HARDEN),
    Technique("D3-CTS", "Credential Transmission Scoping", Tactic.HARDEN),
    Technique("D3-ET", "Encrypted Tunnels", Tactic.ISOLATE),
    Technique("D3-FE", "File Encryption", Tactic.HARDEN),
    Technique("D3-HS", "Host Shutdown", Tactic.EVICT),
    Technique("D3-ITF", "Inbound Traffic Filtering", Tactic.ISOLATE),
    Technique("D3-NI", "Network Isolation", Tactic.ISOLATE),
    Technique("D3-NTA", "Network Traffic Analysis", Tactic.DETECT),
    Technique("D3-NTF", "Network Traffic Filtering", Tactic.ISOLATE),
    Technique("D3-OTF", "Outbound Traffic Filtering", Tactic.ISOLATE),
    Technique(RESTORE_CONFIGURATION, "Restore Configuration", Tactic.RESTORE),
    Technique("D3-SPP", "Strong Password Policy", Tactic.HARDEN),
    Technique("D3-UAP", "User Account Permissions", Tactic.ISOLATE),
)
TECHNIQUES = MappingProxyType({one.id: one for one in _TECHNIQUES})
"""The techniques by their ids."""


def technique(id_: str) -> Technique:
    """Return a technique. Raises InternalError for an id that is not in the table."""
    if id_ not in TECHNIQUES:
        raise InternalError(f"{id_} is no technique of D3FEND in {__name__}")
    return TECHNIQUES[id_]
