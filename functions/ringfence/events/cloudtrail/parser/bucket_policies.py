"""The other accounts in a bucket policy that a call sets, for the title of its finding.

A title only informs. What is done rests on the policy as S3 shows it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.document import Document

SET = "s3:PutBucketPolicy"
_ACCOUNT = re.compile(r"(?:arn:aws[a-z-]*:(?:iam|sts)::)?([0-9]{12})(?::.*)?", re.DOTALL)
_SHOWN = 3


def let_in(detail: Document, account: str) -> str:
    """Return in words which other accounts a policy lets in. Empty if there are none."""
    parameters = detail.value.get("requestParameters")
    policy = parameters.get("bucketPolicy") if isinstance(parameters, dict) else None
    statements = policy.get("Statement") if isinstance(policy, dict) else None
    found = sorted({one for each in _list(statements) for one in _accounts(each)} - {account})
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    listed = ", ".join(found[:_SHOWN])
    return f"; the policy lets account {listed}{more} in" if found else ""


def _accounts(statement: object) -> Iterator[str]:
    if not isinstance(statement, dict) or statement.get("Effect") != "Allow":
        return
    principal = statement.get("Principal")
    for named in _list(principal.get("AWS")) if isinstance(principal, dict) else ():
        match = _ACCOUNT.fullmatch(named) if isinstance(named, str) else None
        if match:
            yield match[1]


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]
