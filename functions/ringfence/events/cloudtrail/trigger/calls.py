"""The trigger for recorded API calls, and its patterns.

Event shape: "CloudTrail record contents" under `detail`. Event names are CloudTrail's, which sometimes
differ from those of the API. Failed calls and read-only calls do not match. Calls by Ringfence do not
match.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ringfence.events.patterns import OWN_ACCOUNT
from ringfence.model.frozen import frozen
from ringfence.model.resource_names import SESSION, acting_roles, session_arns

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.model.call import Permission
    from ringfence.model.finding import Finding

DETAIL_TYPE = "AWS API Call via CloudTrail"
PREFIX = "CloudTrail:"
"""The prefix of the finding types. The service and the event name follow."""
SEVERITY = 5.0
"""CloudTrail sets no severity. Medium: somebody changed a setting, which authorized people do too."""


@frozen
class CallTrigger:
    """Successful calls of one service. `types`: `CloudTrail:`, the service, a colon, the event name."""

    service: str
    types: tuple[str, ...]

    permissions: ClassVar[tuple[Permission, ...]] = ()

    @property
    def id(self) -> str:
        """The id: it contains the service."""
        return f"cloudtrail-{self.service}"

    @property
    def family(self) -> str:
        """The family: calls of one service share their EventBridge rule."""
        return self.service

    def patterns(self) -> tuple[Mapping[str, object], ...]:
        """Return the only pattern."""
        detail = {
            "eventSource": [f"{self.service}.amazonaws.com"],
            "eventName": [one.rpartition(":")[2] for one in self.types],
            **successful_and_not_ours(),
        }
        return ({"source": [f"aws.{self.service}"], "detail-type": [DETAIL_TYPE], "detail": detail},)

    def matches(self, finding: Finding) -> bool:
        """Return whether the finding has one of the types."""
        return finding.type in self.types


def recorded(service: str, *names: str) -> CallTrigger:
    """Return a trigger for successful calls of a service, by CloudTrail's names."""
    return CallTrigger(service, tuple(type_of(service, name) for name in names))


def type_of(service: str, name: str) -> str:
    """Return the finding type of a recorded call."""
    return f"{PREFIX}{service}:{name}"


def successful_and_not_ours() -> dict[str, object]:
    """Return the part of a pattern for successful writing calls by others than Ringfence.

    `OWN_ACCOUNT` in it is the account of the rule. An acting role acts in its own account only, so the rule
    of each account leaves out only the calls of that account's roles. The name of a role is unique within
    its account, whatever the paths. The parser compares the whole ARN.
    """
    return {
        "errorCode": [{"exists": False}],
        "readOnly": [False, {"exists": False}],
        "userIdentity": {
            "$or": [
                {
                    "sessionContext": {
                        "sessionIssuer": {
                            "userName": [{"anything-but": list(acting_roles())}, {"exists": False}]
                        }
                    }
                },
                {"arn": [{"anything-but": {"prefix": session_arns(OWN_ACCOUNT)}}]},
                {"arn": [{"anything-but": {"suffix": f"/{SESSION}"}}]},
            ]
        },
    }
