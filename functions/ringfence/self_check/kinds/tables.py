"""DynamoDB tables: what keeps their items and their stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.call import Call, Failed, Permission
from ringfence.model.document import Document
from ringfence.self_check.compare import statements
from ringfence.self_check.kind import Kind, Settings

if TYPE_CHECKING:
    from ringfence.model.call import SansIO
    from ringfence.self_check.template import Resource

_MISSING = "ResourceNotFoundException"
_ACTIONS = ("DescribeContinuousBackups", "DescribeTable", "DescribeTimeToLive", "GetResourcePolicy")


def _declared(table: Resource) -> Settings:
    given = Document.of(table.properties)
    encryption = given.optional_child("SSESpecification")
    recovery = given.optional_child("PointInTimeRecoverySpecification")
    return {
        "status": "ACTIVE",
        "deletion protection": given.flag("DeletionProtectionEnabled"),
        "encryption": _encryption(encryption.optional_text("KMSMasterKeyId")),
        "stream": given.optional_child("StreamSpecification").optional_text("StreamViewType"),
        "point-in-time recovery": "ENABLED" if recovery.flag("PointInTimeRecoveryEnabled") else "DISABLED",
        "time to live": "DISABLED",
        "policy": statements(given.optional_child("ResourcePolicy").value.get("PolicyDocument")),
    }


def _read(table: Resource) -> SansIO[Settings | None]:
    name, arn = {"TableName": table.id}, _arn(table)
    answer, backups, expiry, policy = yield (
        Call("dynamodb", "DescribeTable", name, expected=(_MISSING,)),
        Call("dynamodb", "DescribeContinuousBackups", name, expected=(_MISSING, "TableNotFoundException")),
        Call("dynamodb", "DescribeTimeToLive", name, expected=(_MISSING,)),
        Call(
            "dynamodb",
            "GetResourcePolicy",
            {"ResourceArn": arn},
            expected=("PolicyNotFoundException", _MISSING),
        ),
    )
    if isinstance(answer, Failed) or isinstance(backups, Failed) or isinstance(expiry, Failed):
        return None
    found = answer.child("Table")
    recovery = backups.child("ContinuousBackupsDescription").optional_child("PointInTimeRecoveryDescription")
    return {
        "status": found.text("TableStatus"),
        "deletion protection": found.flag("DeletionProtectionEnabled"),
        "encryption": _encryption(found.optional_child("SSEDescription").optional_text("KMSMasterKeyArn")),
        "stream": found.optional_child("StreamSpecification").optional_text("StreamViewType"),
        "point-in-time recovery": recovery.optional_text("PointInTimeRecoveryStatus") or "DISABLED",
        "time to live": expiry.child("TimeToLiveDescription").text("TimeToLiveStatus"),
        "policy": () if isinstance(policy, Failed) else statements(policy.optional_text("Policy") or ""),
    }


def _arn(table: Resource) -> str:
    return f"arn:aws:dynamodb:{table.stack.region}:{table.stack.account}:table/{table.id}"


def _encryption(key: str | None) -> str:
    return f"KMS key {key.rpartition('/')[2]}" if key else "a key of AWS"


_PROTECT = "aws dynamodb update-table --table-name {id} --deletion-protection-enabled --region {region}"
KINDS = (
    Kind(
        "AWS::DynamoDB::Table",
        "table",
        tuple(
            Permission(f"dynamodb:{name}", ("arn:aws:dynamodb:*:{account}:table/Ringfence-*",))
            for name in _ACTIONS
        ),
        _declared,
        _read,
        {"deletion protection": _PROTECT},
    ),
)
