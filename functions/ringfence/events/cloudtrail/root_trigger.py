"""Uses of an account's root user, and the pattern for them.

What counts is what the CIS AWS Foundations Benchmark has monitored: the root user's own doing, neither a
service's in its name nor an event of a service. A refused call is a use as well. A sign-in that failed is
none: whoever knows the address can make it, as they can ask for a new password. Calls are recorded in the
region where they are made, sign-ins of the root user in us-east-1 ("AWS Management Console sign-in events").
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ringfence.events.cloudtrail.call_trigger import DETAIL_TYPE as CALL
from ringfence.model.frozen import frozen
from ringfence.model.kinds.root import RootRef

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.model.call import Permission
    from ringfence.model.finding import Finding

SIGN_IN = "AWS Console Sign In via CloudTrail"
SERVICE_EVENT = "AwsServiceEvent"
ANYBODYS = ("CheckMfa", "PasswordRecoveryRequested")
"""What is recorded as the root user's before anybody has signed in: told, it would hide a use of that day."""
ROOT = "Root"
SUCCESS = "Success"
CALLED, SIGNED_IN = "Root:Call", "Root:SignIn"
"""The types of such findings."""
SEVERITY = 9.0
"""Fixed, for CloudTrail gives none: critical. Its use by itself is no sign of an intruder, and GuardDuty
calls it low; but no work needs the root user, nothing in the account limits it, and no least severity that
a policy asks of what is acted on should keep a person from being told.
"""


@frozen
class RootTrigger:
    """Uses of the root user: calls, sign-ins or both."""

    id: str
    types: tuple[str, ...]

    family: ClassVar[str] = "root"
    permissions: ClassVar[tuple[Permission, ...]] = ()

    def patterns(self) -> tuple[Mapping[str, object], ...]:
        """Return the one pattern. Nobody but a service can put an event with a source of `aws.` on a bus."""
        kinds = {CALLED: CALL, SIGNED_IN: SIGN_IN}
        detail = {
            "eventName": [{"anything-but": list(ANYBODYS)}],
            "eventType": [{"anything-but": [SERVICE_EVENT]}],
            "responseElements": {"ConsoleLogin": [SUCCESS, {"exists": False}]},
            "userIdentity": {"type": [ROOT], "invokedBy": [{"exists": False}]},
        }
        types = [kinds[one] for one in self.types]
        return ({"source": [{"prefix": "aws."}], "detail-type": types, "detail": detail},)

    def matches(self, finding: Finding) -> bool:
        """Say whether the finding is of one of the types and names the root user."""
        return finding.type in self.types and any(isinstance(one, RootRef) for one in finding.subjects)


ROOT_USE = RootTrigger("root-use", (CALLED, SIGNED_IN))
"""Whatever the root user did itself."""
