"""The trigger for uses of an account's root user, and its pattern.

It follows the CIS AWS Foundations Benchmark: actions of the root user itself, without service events and
calls by services in its name. A refused call counts as a use. A failed sign-in does not: anybody who knows
the email address can cause one, or request a new password. Calls are recorded in their region, root
sign-ins in us-east-1 ("AWS Management Console sign-in events").
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ringfence.events.cloudtrail.trigger.calls import DETAIL_TYPE as CALL
from ringfence.model.frozen import frozen
from ringfence.model.kinds.root import RootRef

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.model.call import Permission
    from ringfence.model.finding import Finding

SIGN_IN = "AWS Console Sign In via CloudTrail"
CONSOLE_ACTION = "AWS Console Action via CloudTrail"
"""What the console does without a public API, for example in Billing: eventType AwsConsoleAction."""
SERVICE_EVENT = "AwsServiceEvent"
ANYBODYS = ("CheckMfa", "PasswordRecoveryRequested")
"""Events before anybody has signed in. Reporting one would hide a real use on the same day."""
ROOT = "Root"
SUCCESS = "Success"
CALLED, SIGNED_IN = "Root:Call", "Root:SignIn"
"""The finding types."""
SEVERITY = 9.0
"""CloudTrail sets no severity. Critical: nothing in the account limits the root user and no work needs it.
GuardDuty rates its use as low. But a minimum severity in a policy must not suppress this notification.
"""


@frozen
class RootTrigger:
    """Uses of the root user: calls, sign-ins or both."""

    id: str
    types: tuple[str, ...]

    family: ClassVar[str] = "root"
    permissions: ClassVar[tuple[Permission, ...]] = ()

    def patterns(self) -> tuple[Mapping[str, object], ...]:
        """Return the only pattern. Only AWS services can send events with a source of `aws.`.

        It does not exclude calls that only read, so its rules have the state that delivers them.
        """
        kinds = {CALLED: (CALL, CONSOLE_ACTION), SIGNED_IN: (SIGN_IN,)}
        detail = {
            "eventName": [{"anything-but": list(ANYBODYS)}],
            "eventType": [{"anything-but": [SERVICE_EVENT]}],
            "responseElements": {"ConsoleLogin": [SUCCESS, {"exists": False}]},
            "userIdentity": {"type": [ROOT], "invokedBy": [{"exists": False}]},
        }
        types = [kind for one in self.types for kind in kinds[one]]
        return ({"source": [{"prefix": "aws."}], "detail-type": types, "detail": detail},)

    def matches(self, finding: Finding) -> bool:
        """Return whether the finding has one of the types and names the root user."""
        return finding.type in self.types and any(isinstance(one, RootRef) for one in finding.subjects)


ROOT_USE = RootTrigger("root-use", (CALLED, SIGNED_IN))
"""All actions of the root user itself."""
