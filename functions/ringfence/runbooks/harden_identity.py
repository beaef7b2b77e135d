"""Fix unused access keys and the password policy, and report uses of the root user."""

from __future__ import annotations

from ringfence.model.kinds.account import AccountRef
from ringfence.model.kinds.iam_user import UserRef
from ringfence.model.kinds.root import RootRef
from ringfence.model.reviews import Review
from ringfence.model.runbook import Runbook
from ringfence.model.subject import IdentityRef
from ringfence.model.unused import REVIEW
from ringfence.observations.iam.user_ids import EVERY_USER
from ringfence.observations.iam.users import KEYS_OF_USERS, by_name, users_with_active_keys
from ringfence.runbooks import EVALUATE, only, stage

HARDEN_IDENTITY = Runbook(
    id="harden-identity",
    title="Fix compliance violations of users and keys",
    subject=IdentityRef,
    position=70,
    stages=(
        stage(
            "fix",
            "Fix the violation",
            only("deactivate-unused-keys", UserRef),
            only("report-unused-password", UserRef),
            only("set-password-policy", AccountRef),
            only("report-root-use", RootRef),
        ),
        EVALUATE,
    ),
    closes_when_complete=True,
    review=Review(
        REVIEW, "cron(0 3 * * ? *)", users_with_active_keys, permissions=(EVERY_USER, KEYS_OF_USERS)
    ),
    canonical_subject=by_name,
)
