"""The condition keys of KMS calls that ministack does not determine.

Source: Service Authorization Reference, the condition keys of AWS KMS.
"""

from __future__ import annotations

import json

_FROM = {
    "MacAlgorithm": "kms:macalgorithm",
    "MessageType": "kms:messagetype",
    "SigningAlgorithm": "kms:signingalgorithm",
}
"""The condition key for each field of a request."""


def context(body: bytes | str | None) -> dict[str, str]:
    """Return the condition keys of a call by the fields of its request."""
    try:
        found = json.loads(body or "{}")
    except ValueError:
        return {}
    return {key: str(found[name]) for name, key in _FROM.items() if name in found}
