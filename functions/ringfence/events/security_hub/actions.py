"""The custom actions with which people start Ringfence for findings that they choose in Security Hub CSPM.

https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-cwe-custom-actions.html
https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_CreateActionTarget.html
"""

from __future__ import annotations

import re
from types import MappingProxyType

from ringfence.model.call import Permission
from ringfence.model.frozen import frozen


@frozen
class CustomAction:
    """A custom action.

    Attributes
    ----------
    id : str
        Its id: at most 20 letters and digits.
    name : str
        What people choose in the console: at most 20 characters.
    description : str
        What the console says about it: at most 500 characters.
    mode : str
        The mode of the findings that a person chooses with it. It changes nothing without an approval,
        because the event does not name the person.
    """

    id: str
    name: str
    description: str
    mode: str

    def arn(self, account: str, region: str) -> str:
        """Return its ARN in an account and region."""
        return f"arn:aws:securityhub:{region}:{account}:action/custom/{self.id}"


_DECLARED = (
    CustomAction(
        "RingfencePlan",
        "Ringfence: plan",
        "Ringfence plans the response to these findings and changes nothing. A notice contains each plan.",
        "dry-run",
    ),
    CustomAction(
        "RingfenceContain",
        "Ringfence: contain",
        "Ringfence plans the response to these findings. Each plan waits for an approval.",
        "approve",
    ),
)
ACTIONS = MappingProxyType({one.id: one for one in _DECLARED})
"""The custom actions of Ringfence by their ids."""
ARN = re.compile(
    r"arn:aws:securityhub:(?P<region>[a-z0-9-]+):(?P<account>[0-9]{12}):action/custom/(?P<id>[A-Za-z0-9]+)"
)
OWN = re.compile(r"Ringfence[A-Za-z0-9]{0,11}")
"""The ids of Ringfence's custom actions, also of those that an earlier version declared."""
ACTION_ID = "ActionId"
"""The property with the id of the action, of its resource in CloudFormation."""
PERMISSIONS = tuple(
    Permission(f"securityhub:{name}", ("{hub}",))
    for name in ("CreateActionTarget", "DeleteActionTarget", "UpdateActionTarget")
)
"""The permissions to create, change and delete them."""
