"""Log groups: whether they keep what Ringfence logs, readable by those who may read it.

The metrics of Ringfence are lines of its logs. A data protection policy can mask what they say.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogGroups.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.call import Call, Failed, Permission
from ringfence.self_check.kind import Kind, Settings

if TYPE_CHECKING:
    from ringfence.model.call import SansIO
    from ringfence.self_check.template import Resource

_MASKS = "ACTIVATED"
NOTHING, GROUP, ACCOUNT = "nothing", "a policy of the log group", "a policy of the account"
"""What masks what is logged."""
_OF_THE_ACCOUNT = "ACCOUNT_DATA_PROTECTION"


def _declared(group: Resource) -> Settings:
    return {
        "days kept": _number(group.properties.get("RetentionInDays")),
        "encryption": _key(group.properties.get("KmsKeyId")),
        "masked by": NOTHING,
    }


def _read(group: Resource) -> SansIO[Settings | None]:
    (answer,) = yield (Call("logs", "DescribeLogGroups", {"logGroupNamePrefix": group.id}, pages=True),)
    if isinstance(answer, Failed):
        return None
    for found in answer.children("logGroups"):
        if found.text("logGroupName") == group.id:
            inherited = found.value.get("inheritedProperties")
            by_account = isinstance(inherited, list) and _OF_THE_ACCOUNT in inherited
            masked = GROUP if found.optional_text("dataProtectionStatus") == _MASKS else ""
            return {
                "days kept": _number(found.value.get("retentionInDays")),
                "encryption": _key(found.optional_text("kmsKeyId")),
                "masked by": masked or (ACCOUNT if by_account else NOTHING),
            }
    return None


def _number(given: object) -> int | None:
    return None if given is None else int(str(given))


def _key(given: object) -> str:
    return f"KMS key {str(given).rpartition('/')[2]}" if given else "none"


KINDS = (
    Kind(
        "AWS::Logs::LogGroup",
        "log group",
        (Permission("logs:DescribeLogGroups", ("*",), reason="the action has no resource types"),),
        _declared,
        _read,
        {
            "masked by": (
                "aws logs delete-data-protection-policy --log-group-identifier {id} --region {region}, or "
                "delete-account-policy for a policy of the account"
            )
        },
    ),
)
