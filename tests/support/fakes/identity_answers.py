"""Answers to what `harden-identity` asks, in the shapes that IAM publishes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.worlds import NOON, REF

if TYPE_CHECKING:
    from collections.abc import Mapping

USER_ID = "AIDAIOSFODNN7EXAMPLE"
LISTED: Mapping[str, object] = {
    "UserName": "deploy",
    "UserId": USER_ID,
    "Path": "/team/",
    "Arn": f"arn:aws:iam::{REF.account}:user/team/deploy",
    "CreateDate": NOON,
}
IDENTITY_ANSWERS: dict[str, tuple[Mapping[str, object], ...]] = {
    "iam:GetAccountPasswordPolicy": (
        {
            "PasswordPolicy": {
                "MinimumPasswordLength": 8,
                "RequireSymbols": False,
                "RequireNumbers": True,
                "RequireUppercaseCharacters": False,
                "RequireLowercaseCharacters": False,
                "AllowUsersToChangePassword": True,
                "ExpirePasswords": True,
                "MaxPasswordAge": 180,
                "PasswordReusePrevention": 3,
                "HardExpiry": False,
            }
        },
        {"PasswordPolicy": {"MinimumPasswordLength": 6, "ExpirePasswords": False}},
    ),
    "iam:ListUsers": ({"Users": [LISTED], "IsTruncated": False}, {"Users": [], "IsTruncated": False}),
}
