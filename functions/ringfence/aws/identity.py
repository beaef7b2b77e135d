"""Sign proofs of identity, verify them with STS, and let each one be used once."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, cast
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError, ClientError
from botocore.httpsession import URLLib3Session

from ringfence.aws.audit_items import CONTROL_KEY
from ringfence.aws.failures import code_of, raised
from ringfence.model.call import Permission
from ringfence.model.codec import instant_text
from ringfence.model.errors import Forged, ProofSlotTaken, Retryable
from ringfence.model.signed_identity import (
    ACTION,
    EXPIRES,
    SIGNED_HEADER,
    VERSION,
    SignedIdentity,
    arn_in,
    request_digest,
)
from ringfence.record.control import PROOF_SLOTS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from botocore.credentials import ReadOnlyCredentials
    from mypy_boto3_dynamodb import DynamoDBClient

PERMISSIONS = (
    Permission(
        "dynamodb:PutItem",
        ("{control_table}",),
        (("ForAllValues:StringLike", "dynamodb:LeadingKeys", (f"{PROOF_SLOTS}*",)),),
    ),
)
"""The permission to remember the proofs that were used. `sts:GetCallerIdentity` needs none."""
KEPT = timedelta(minutes=3)
"""How long a used proof is remembered: longer than it is valid, by any of the clocks."""
_SLOT_DIGITS = 3
"""Hexadecimal digits of a slot's name. So the table never contains more than 4,096 of these items."""
_TIMEOUT = 5
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_JSON = {"Accept": "application/json"}


def sts_endpoint(region: str, override: str = "") -> str:
    """Return the endpoint of STS in a region. `override` counts only if it is on this machine."""
    if override and urlsplit(override).hostname in _LOOPBACK:
        return override.rstrip("/")
    return f"https://sts.{region}.amazonaws.com"


def signed_identity(
    credentials: ReadOnlyCredentials, region: str, endpoint: str, path: str, body: bytes
) -> SignedIdentity:
    """Sign a call to STS for one request."""
    nonce = secrets.token_hex(16)
    digest = request_digest(path, body, nonce)
    query = urlencode({"Action": ACTION, "Version": VERSION})
    call = AWSRequest("GET", f"{endpoint}/?{query}", {SIGNED_HEADER: digest})
    SigV4QueryAuth(credentials, "sts", region, expires=EXPIRES).add_auth(call)
    signed = {name: values[0] for name, values in parse_qs(urlsplit(str(call.url)).query).items()}
    return SignedIdentity(
        nonce,
        signed["X-Amz-Credential"].partition("/")[0],
        signed["X-Amz-Date"],
        signed.get("X-Amz-Security-Token", ""),
        signed["X-Amz-Signature"],
    )


@dataclass(frozen=True)
class Sts:
    """STS in the function's own region. Follows no redirect, and verifies the certificate."""

    endpoint: str
    region: str

    def arn(self, identity: SignedIdentity, digest: str, account: str) -> str:
        """Return the ARN of who signed the call. Raises Forged, and Retryable if STS does not answer."""
        query = urlencode(identity.query(self.region), quote_via=quote)
        call = AWSRequest("GET", f"{self.endpoint}/?{query}", {SIGNED_HEADER: digest, **_JSON})
        transport = URLLib3Session(verify=True, timeout=_TIMEOUT)
        try:
            answer = transport.send(call.prepare())
        except BotoCoreError as error:  # the message contains the URL, and so the session token
            raise Retryable(f"sts:{ACTION}: {type(error).__name__}") from error
        finally:
            transport.close()
        return arn_in(answer.status_code, answer.content, account)


@dataclass(frozen=True)
class UsedProofs:
    """The proofs that were used, in a fixed number of items of the control table."""

    client: DynamoDBClient
    table: str

    def use(self, identity: SignedIdentity, now: datetime) -> None:
        """Use a proof. Raises Forged if it was used before, and Retryable if the table does not say.

        Raises ProofSlotTaken if another proof has the same slot. Then the caller signs the request again.
        """
        digest = hashlib.sha256(identity.signature.encode()).hexdigest()
        slot = f"{PROOF_SLOTS}{digest[:_SLOT_DIGITS]}"
        with raised("dynamodb:PutItem"):
            try:
                self.client.put_item(
                    TableName=self.table,
                    Item={CONTROL_KEY: {"S": slot}, "of": {"S": digest}, "at": {"S": instant_text(now)}},
                    ConditionExpression="attribute_not_exists(#key) OR #at < :ago",
                    ExpressionAttributeNames={"#key": CONTROL_KEY, "#at": "at"},
                    ExpressionAttributeValues={":ago": {"S": instant_text(now - KEPT)}},
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            except ClientError as error:
                if code_of(error) != "ConditionalCheckFailedException":
                    raise
                used = _used(error)
                if used == digest:
                    raise Forged("the request was sent before: its proof of identity is used up") from error
                raise ProofSlotTaken("another request uses the same slot: sign the request again") from error


def _used(error: ClientError) -> str:
    """Return which proof has the slot. Empty if the answer does not say."""
    response = cast("Mapping[str, Mapping[str, Mapping[str, str]]]", error.response)
    return response.get("Item", {}).get("of", {}).get("S", "")
