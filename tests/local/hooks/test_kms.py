"""Keys of the local KMS are enabled and kept in the states that allow it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ringfence.record.tlog import public_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringfence.local import LocalAws


def test_a_key_that_is_to_be_deleted_is_kept_first_and_enabled_then(
    aws: LocalAws, refusal: Callable[..., str]
) -> None:
    kms = aws.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    assert refusal(kms.cancel_key_deletion, KeyId=key) == "KMSInvalidStateException"
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    assert refusal(kms.enable_key, KeyId=key) == "KMSInvalidStateException"
    kms.cancel_key_deletion(KeyId=key)
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Disabled"
    kms.enable_key(KeyId=key)
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Enabled"


def test_an_ed25519_key_signs_a_message_so_that_it_verifies_offline(aws: LocalAws) -> None:
    kms = aws.client("kms")
    key = kms.create_key(KeySpec="ECC_NIST_EDWARDS25519", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    asked = {"KeyId": key, "Message": b"text", "MessageType": "RAW", "SigningAlgorithm": "ED25519_SHA_512"}
    signature = kms.sign(**asked)["Signature"]
    public = public_key(kms.get_public_key(KeyId=key)["PublicKey"])
    Ed25519PublicKey.from_public_bytes(public).verify(signature, b"text")
    assert kms.verify(**asked, Signature=signature)["SignatureValid"]
