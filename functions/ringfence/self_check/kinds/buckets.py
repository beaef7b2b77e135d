"""S3 buckets: versions, lock, encryption, public access, lifecycle and policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.call import Call, Failed, Permission
from ringfence.model.document import Document
from ringfence.model.step import counted
from ringfence.self_check.compare import statements
from ringfence.self_check.kind import Kind, Settings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ringfence.model.call import Answer, SansIO
    from ringfence.self_check.template import Resource

_GONE = "NoSuchBucket"
_BUCKETS = ("arn:aws:s3:::ringfence-*",)
_ACTIONS = (
    "GetBucketLogging",
    "GetBucketObjectLockConfiguration",
    "GetBucketPolicy",
    "GetBucketPublicAccessBlock",
    "GetBucketVersioning",
    "GetEncryptionConfiguration",
    "GetLifecycleConfiguration",
)


def _declared(bucket: Resource) -> Settings:
    given = Document.of(bucket.properties)
    lock = given.optional_child("ObjectLockConfiguration").optional_child("Rule")
    policies = bucket.attachments("AWS::S3::BucketPolicy")
    rules = given.optional_child("BucketEncryption").children("ServerSideEncryptionConfiguration")
    return {
        "versioning": given.optional_child("VersioningConfiguration").optional_text("Status"),
        "object lock": _retention(lock.optional_child("DefaultRetention")),
        "encryption": _encryption(rules, "ServerSideEncryptionByDefault"),
        "public access block": dict(given.optional_child("PublicAccessBlockConfiguration").value),
        "lifecycle rules": tuple(_rule(one, "ExpirationInDays") for one in _lifecycle(given)),
        "access log": given.optional_child("LoggingConfiguration").optional_text("DestinationBucketName"),
        "policy": tuple(text for one in policies for text in statements(one.get("PolicyDocument"))),
    }


def _lifecycle(given: Document) -> Iterable[Document]:
    return given.optional_child("LifecycleConfiguration").children("Rules")


def _read(bucket: Resource) -> SansIO[Settings | None]:
    answers = yield tuple(
        Call("s3", operation, {"Bucket": bucket.id}, expected=(*absent, _GONE))
        for operation, absent in (
            ("GetBucketVersioning", ()),
            ("GetObjectLockConfiguration", ("ObjectLockConfigurationNotFoundError",)),
            ("GetBucketEncryption", ("ServerSideEncryptionConfigurationNotFoundError",)),
            ("GetPublicAccessBlock", ("NoSuchPublicAccessBlockConfiguration",)),
            ("GetBucketLifecycleConfiguration", ("NoSuchLifecycleConfiguration",)),
            ("GetBucketLogging", ()),
            ("GetBucketPolicy", ("NoSuchBucketPolicy",)),
        )
    )
    if any(isinstance(one, Failed) and one.code == _GONE for one in answers):
        return None
    versioning, lock, encryption, block, lifecycle, logging, policy = map(_document, answers)
    locked = lock.optional_child("ObjectLockConfiguration").optional_child("Rule")
    rules = encryption.optional_child("ServerSideEncryptionConfiguration").children("Rules")
    return {
        "versioning": versioning.optional_text("Status"),
        "object lock": _retention(locked.optional_child("DefaultRetention")),
        "encryption": _encryption(rules, "ApplyServerSideEncryptionByDefault"),
        "public access block": dict(block.optional_child("PublicAccessBlockConfiguration").value),
        "lifecycle rules": tuple(
            _rule(one.optional_child("Expiration"), "Days", one) for one in lifecycle.children("Rules")
        ),
        "access log": logging.optional_child("LoggingEnabled").optional_text("TargetBucket"),
        "policy": statements(policy.optional_text("Policy") or ""),
    }


def _document(answer: Answer) -> Document:
    return Document({}) if isinstance(answer, Failed) else answer


def _days(number: object) -> str:
    return counted(int(str(number)), "day") if str(number).isdecimal() else "an unknown time"


def _retention(given: Document) -> str:
    return f"{given.text('Mode')} for {_days(given.value.get('Days'))}" if given.value else ""


def _encryption(rules: Iterable[Document], name: str) -> str:
    for rule in rules:
        default = rule.optional_child(name)
        key = default.optional_text("KMSMasterKeyID") or ""
        return f"{default.optional_text('SSEAlgorithm')} {key.rpartition('/')[2]}".strip()
    return ""


def _rule(given: Document, days: str, rule: Document | None = None) -> str:
    status = (rule or given).optional_text("Status") or ""
    return f"{status}: expires after {_days(given.value.get(days))}"


_VERSIONED = "aws s3api put-bucket-versioning --bucket {id} --versioning-configuration Status=Enabled"
KINDS = (
    Kind(
        "AWS::S3::Bucket",
        "bucket",
        tuple(Permission(f"s3:{name}", _BUCKETS) for name in _ACTIONS),
        _declared,
        _read,
        {"versioning": _VERSIONED},
    ),
)
