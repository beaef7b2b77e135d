"""The statement of a bucket policy that requires TLS, and others that do the same."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from ringfence.observations.s3.documents import VERSION, same, sids, statements, texts, with_statements

if TYPE_CHECKING:
    from ringfence.observations.s3.documents import Json

SID = "RingfenceRequireTls"
_EVERYTHING = frozenset({"*", "s3:*"})
_SECURE = "aws:securetransport"


def tls_statement(bucket: str, sid: str = SID) -> Json:
    """Return the statement that denies every request without TLS.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html
    """
    arn = f"arn:aws:s3:::{bucket}"
    return {
        "Sid": sid,
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def requires_tls(document: Json | None, bucket: str) -> bool:
    """Return whether a policy denies all requests without TLS to the bucket and to its objects."""
    denied = [
        resource
        for statement in (statements(document) if document else ())
        if isinstance(statement, Mapping) and _denies(statement)
        for resource in texts(statement.get("Resource", []))
    ]
    arn = f"arn:aws:s3:::{bucket}"
    covers_bucket = any(fnmatchcase(arn, _pattern(one)) for one in denied)
    # An object may have any name: only a pattern that ends in a star reaches all of them.
    covers_objects = any(
        one in {"*", f"{arn}/*"} or (one.endswith("*") and fnmatchcase(f"{arn}/", _pattern(one)))
        for one in denied
    )
    return covers_bucket and covers_objects


def has_statement(document: Json | None, bucket: str, sid: str) -> bool:
    """Return whether our statement is there under that id, as we write it."""
    ours = tls_statement(bucket, sid)
    return any(same(one, ours) for one in (statements(document) if document else ()))


def free_sid(document: Json | None) -> str:
    """Return an id for our statement that no other statement has."""
    taken = sids(document) if document else frozenset()
    return next(sid for sid in (SID, *(f"{SID}{number}" for number in range(2, 1000))) if sid not in taken)


def with_tls(document: Json | None, bucket: str, sid: str) -> Json:
    """Return the policy with our statement at the end. Other statements do not change."""
    found = document or {"Version": VERSION, "Statement": []}
    return with_statements(found, [*statements(found), tls_statement(bucket, sid)])


def without_tls(document: Json, bucket: str, sid: str) -> Json | None:
    """Return the policy without exactly our statement; None if nothing is left of it."""
    ours = tls_statement(bucket, sid)
    left = [one for one in statements(document) if not same(one, ours)]
    return with_statements(document, left) if left else None


def _denies(statement: Mapping[str, object]) -> bool:
    if statement.get("Effect") != "Deny" or not _is_everybody(statement.get("Principal")):
        return False
    if not _EVERYTHING.intersection(one.lower() for one in texts(statement.get("Action", []))):
        return False
    return _is_without_tls(statement.get("Condition"))


def _is_everybody(principal: object) -> bool:
    if isinstance(principal, Mapping):
        return "*" in texts(principal.get("AWS", []))
    return principal == "*"


def _is_without_tls(condition: object) -> bool:
    """Nothing else may be asked for: it would have to hold as well."""
    if not isinstance(condition, Mapping) or len(condition) != 1:
        return False
    ((operator, keys),) = condition.items()
    if (
        str(operator).lower() not in {"bool", "boolifexists"}
        or not isinstance(keys, Mapping)
        or len(keys) != 1
    ):
        return False
    ((key, values),) = keys.items()
    return str(key).lower() == _SECURE and "false" in {one.lower() for one in texts(values)}


def _pattern(resource: str) -> str:
    """Take brackets as they are: IAM's patterns know none."""
    return resource.replace("[", "[[]")
