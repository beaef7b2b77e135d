"""Contain compromised credentials: disable the key, its sessions and the principal's other credentials."""

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
        # One call disables a key. A user or a session is contained by the denial. If AWS quarantined a user,
        # the exposed key must be deactivated as well.
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
