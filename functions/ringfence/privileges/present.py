"""The present policy of a principal, as a file has it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ringfence.model.errors import BadInput

_WRAPPERS = ("PolicyVersion", "PolicyDocument", "Document")
"""Where `aws iam get-policy-version`, `get-role-policy` and `get-user-policy` have the document."""


def present_policy(given: object) -> Mapping[str, object]:
    """Return the document of a policy, or of an answer of IAM that contains one.

    Raises
    ------
    BadInput
        It is no policy. What is no policy allows nothing, so it would differ from everything.

    """
    document = given
    for name in _WRAPPERS:
        if isinstance(document, Mapping) and name in document:
            document = document[name]
    if not isinstance(document, Mapping) or "Statement" not in document:
        raise BadInput("Statement", "is required: the file must contain an IAM policy")
    for number, one in enumerate(statements_of(document)):
        if not isinstance(one, Mapping) or one.get("Effect") not in {"Allow", "Deny"}:
            raise BadInput(f"Statement[{number}].Effect", "must be Allow or Deny")
        if not {"Action", "NotAction"} & one.keys():
            raise BadInput(f"Statement[{number}].Action", "is required")
    return document


def statements_of(document: Mapping[str, object]) -> Sequence[object]:
    """Return the statements of a policy, which writes a single one without a list."""
    given = document["Statement"]
    return given if isinstance(given, Sequence) and not isinstance(given, str) else (given,)
