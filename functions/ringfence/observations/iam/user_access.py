"""What several remediations ask about a user: whether everything is denied, and what is verified."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.kinds.access_key import AccessKeyRef
from ringfence.model.kinds.iam_user import UserRef
from ringfence.model.remediation import Option
from ringfence.observations.iam.denial import Denial
from ringfence.observations.iam.reach import Reach

if TYPE_CHECKING:
    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState

_OPEN, _TRUSTED = "open", "trusted"
OTHER_ACCESS = Option(
    "other-access",
    (_OPEN, _TRUSTED),
    "open: the response is not contained while the user's password or another key works; trusted: a person "
    "has verified that the intruder knows neither, and gives the reason with the run",
)


def has_own_credentials(principal: ResourceState) -> bool:
    """Return whether credentials of a user can let the intruder in. No denial of everything is in force."""
    is_user = isinstance(principal.ref, AccessKeyRef | UserRef)
    return is_user and not (Denial in principal and principal[Denial].covers(Reach()))


def trusts_other_access(incident: Incident) -> bool:
    """Return whether a person has verified the user's other credentials."""
    return dict(incident.choices).get(OTHER_ACCESS.name) == _TRUSTED
