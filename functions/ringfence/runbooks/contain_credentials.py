"""Contain compromised credentials: the key, the sessions, the other ways in."""

from __future__ import annotations

from ringfence.model.runbook import Runbook
from ringfence.model.subject import (
    AccessKeyRef,
    OtherPrincipalRef,
    PrincipalRef,
    RoleSessionRef,
    RootRef,
    UserRef,
)
from ringfence.runbooks import only, stage

CONTAIN_CREDENTIALS = Runbook(
    id="contain-credentials",
    title="Contain compromised credentials",
    subject=PrincipalRef,
    stages=(
        # A key is dead after one call; of a user or a session, the denial is what contains. Of a user whom
        # AWS has put into quarantine, the key that was exposed is another way in.
        stage(
            "disable",
            "Disable the credentials",
            only("deactivate-access-key", AccessKeyRef, UserRef),
            only("deny-principal", UserRef, RoleSessionRef),
            only("report-principal", RootRef, OtherPrincipalRef),
        ),
        stage(
            "deny",
            "Deny the sessions that were started with the key",
            only("deny-principal", AccessKeyRef),
        ),
        stage(
            "close",
            "Disable the other credentials of the principal",
            "require-password-reset",
            "deactivate-other-credentials",
            "revoke-used-roles",
        ),
        stage("collect", "Collect the evidence", "collect-evidence"),
    ),
)
