"""Clients of S3, DynamoDB and KMS in memory, for the calls that the archive and its log make.

They are fast enough for thousands of examples. `tests/contracts/test_memory_clients.py` holds them to moto.
"""

from __future__ import annotations

import io
import itertools
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ringfence.aws.audit_items import CHAIN, CONTROL_KEY, ENTRY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

START = datetime(2026, 11, 30, 12, tzinfo=UTC)


class Clock:
    """A clock that is set by hand."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def wait(self, **time: float) -> None:
        self.now += timedelta(**time)


class Calls:
    """Counts calls, and lets a test come between: `gate` is called before and after each call."""

    def __init__(self) -> None:
        self.made: list[tuple[str, str]] = []
        self.gate: Callable[[str], None] = lambda _: None

    def note(self, operation: str, name: str) -> None:
        self.made.append((operation, name))

    def count(self, operation: str) -> int:
        return sum(made == operation for made, _ in self.made)


def error(code: str, operation: str, **more: Any) -> ClientError:  # noqa: ANN401 - parts of a response
    response: Any = {"Error": {"Code": code, "Message": code}, **more}
    return ClientError(response, operation)


class MemoryS3:
    """A versioned bucket."""

    def __init__(self, calls: Calls | None = None, clock: Clock | None = None) -> None:
        self.calls, self.clock = calls or Calls(), clock or Clock()
        self.objects: dict[str, list[dict[str, Any]]] = {}
        self._ids = itertools.count(1)

    def put_object(self, **given: Any) -> dict[str, Any]:  # noqa: ANN401 - the request
        name = given["Key"]
        self.calls.gate("PutObject")
        self.calls.note("PutObject", name)
        kept = self.objects.setdefault(name, [])
        if given.get("IfNoneMatch") == "*" and kept and kept[-1]["Body"] is not None:
            raise error("PreconditionFailed", "PutObject")
        self._add(name, given["Body"], dict(given.get("Metadata", {})))
        self.calls.gate("PutObject done")
        return {}

    def delete_object(self, **given: Any) -> None:  # noqa: ANN401 - likewise
        """Put a delete marker, or take a version away that no lock holds."""
        if version := given.get("VersionId"):
            kept = self.objects[given["Key"]]
            kept[:] = [one for one in kept if one["VersionId"] != version]
        else:
            self._add(given["Key"], None, {})

    def get_object(self, **given: Any) -> dict[str, Any]:  # noqa: ANN401 - likewise
        self.calls.note("GetObject", given["Key"])
        kept = self.objects.get(given["Key"], [])
        wanted = given.get("VersionId") or (kept[-1]["VersionId"] if kept else "")
        for one in kept:
            if one["VersionId"] == wanted and one["Body"] is not None:
                return {"Body": io.BytesIO(one["Body"]), "Metadata": dict(one["Metadata"])}
        raise error("NoSuchKey", "GetObject")

    def list_object_versions(self, **given: Any) -> dict[str, Any]:  # noqa: ANN401 - likewise
        self.calls.note("ListObjectVersions", given["Prefix"])
        names = [one for one in sorted(self.objects) if one.startswith(given["Prefix"])]
        names = [one for one in names if one > given.get("KeyMarker", "")]
        listed = [{"Key": name, **one} for name in names for one in reversed(self.objects[name])]
        return {
            "Versions": [one for one in listed if one["Body"] is not None],
            "DeleteMarkers": [one for one in listed if one["Body"] is None],
            "IsTruncated": False,
        }

    def get_paginator(self, operation: str) -> MemoryPaginator:
        return MemoryPaginator(getattr(self, operation))

    def list_objects_v2(self, **given: Any) -> dict[str, Any]:  # noqa: ANN401 - likewise
        names = [name for name in sorted(self.objects) if name.startswith(given["Prefix"])]
        return {"Contents": [{"Key": name} for name in names if self.objects[name][-1]["Body"] is not None]}

    def _add(self, name: str, body: bytes | None, metadata: dict[str, str]) -> None:
        version = {"VersionId": f"v{next(self._ids)}", "LastModified": self.clock().replace(microsecond=0)}
        self.objects.setdefault(name, []).append({"Body": body, "Metadata": metadata, **version})


class MemoryPaginator:
    """All pages of an operation."""

    def __init__(self, operation: Callable[..., dict[str, Any]]) -> None:
        self._operation = operation

    def paginate(self, **given: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - the request
        yield self._operation(**given)


class MemoryDynamo:
    """The audit table and the control table."""

    def __init__(self, calls: Calls | None = None) -> None:
        self.calls = calls or Calls()
        self.control: dict[str, dict[str, Any]] = {}
        self.audit: dict[tuple[str, str], dict[str, Any]] = {}

    def get_item(self, **given: Any) -> dict[str, Any]:  # noqa: ANN401 - the request
        self.calls.note("GetItem", given["Key"][CONTROL_KEY]["S"])
        found = self.control.get(given["Key"][CONTROL_KEY]["S"])
        return {"Item": deepcopy(found)} if found else {}

    def put_item(self, **given: Any) -> None:  # noqa: ANN401 - likewise
        self.calls.gate("PutItem")
        self.calls.note("PutItem", given["Item"][CONTROL_KEY]["S"])
        self.control[given["Item"][CONTROL_KEY]["S"]] = dict(given["Item"])
        self.calls.gate("PutItem done")

    def delete_item(self, **given: Any) -> None:  # noqa: ANN401 - likewise
        self.calls.gate("DeleteItem")
        self.calls.note("DeleteItem", given["Key"][CONTROL_KEY]["S"])
        self.control.pop(given["Key"][CONTROL_KEY]["S"], None)
        self.calls.gate("DeleteItem done")

    def transact_write_items(self, **given: Any) -> None:  # noqa: ANN401 - likewise
        self.calls.gate("TransactWriteItems")
        self.calls.note("TransactWriteItems", "")
        puts = [one["Put"] for one in given["TransactItems"]]
        codes = [{"Code": "None" if self._holds(one) else "ConditionalCheckFailed"} for one in puts]
        if any(one["Code"] != "None" for one in codes):
            raise error("TransactionCanceledException", "TransactWriteItems", CancellationReasons=codes)
        for one in puts:
            self.control[one["Item"][CONTROL_KEY]["S"]] = dict(one["Item"])
        self.calls.gate("TransactWriteItems done")

    def query(self, **given: Any) -> dict[str, Any]:  # noqa: ANN401 - likewise
        values = {name: one["S"] for name, one in given["ExpressionAttributeValues"].items()}
        chain, first, last = values[":chain"], values[":first"], values[":last"]
        keys = sorted(at for at in self.audit if at[0] == chain and first <= at[1] <= last)
        return {"Items": [self.audit[at] for at in keys]}

    def scan(self, **given: Any) -> dict[str, Any]:  # noqa: ANN401 - likewise
        names = given["ExpressionAttributeNames"]
        asked = {names[one] for one in given["ProjectionExpression"].split(", ")}
        kept = (
            {CHAIN: {"S": chain}, ENTRY: {"S": entry}, **item} for (chain, entry), item in self.audit.items()
        )
        return {"Items": [{name: one for name, one in item.items() if name in asked} for item in kept]}

    def _holds(self, put: dict[str, Any]) -> bool:
        found = self.control.get(put["Item"][CONTROL_KEY]["S"])
        condition = put["ConditionExpression"]
        if condition == "attribute_not_exists(#key)":
            return found is None
        names, values = put["ExpressionAttributeNames"], put["ExpressionAttributeValues"]
        pairs = [one.split(" = ") for one in condition.split(" AND ")]
        return found is not None and all(found.get(names[name]) == values[value] for name, value in pairs)


class MemoryKms:
    """An Ed25519 key."""

    def __init__(self, calls: Calls | None = None, seed: bytes = bytes(32)) -> None:
        self.calls, self.private = calls or Calls(), Ed25519PrivateKey.from_private_bytes(seed)

    def get_public_key(self, **given: Any) -> dict[str, Any]:  # noqa: ANN401 - the request
        del given
        public = self.private.public_key()
        return {"PublicKey": public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)}

    def sign(self, **given: Any) -> dict[str, Any]:  # noqa: ANN401 - likewise
        self.calls.gate("Sign")
        assert (given["MessageType"], given["SigningAlgorithm"]) == ("RAW", "ED25519_SHA_512")
        self.calls.note("Sign", "")
        return {"Signature": self.private.sign(given["Message"])}

    def verify(self, **given: Any) -> dict[str, Any]:  # noqa: ANN401 - likewise
        try:
            self.private.public_key().verify(given["Signature"], given["Message"])
        except InvalidSignature:
            raise error("KMSInvalidSignatureException", "Verify") from None
        return {"SignatureValid": True}
