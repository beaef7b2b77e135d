"""Contain compromised credentials: disable the key, its sessions and the principal's other credentials."""

from __future__ import annotations

from ringfence.model.kinds.access_key import AccessKeyRef
from ringfence.model.kinds.iam_user import UserRef
from ringfence.model.kinds.other_principal import OtherPrincipalRef
from ringfence.model.kinds.role_session import RoleSessionRef
from ringfence.model.kinds.root import RootRef
from ringfence.model.runbook import Runbook
from ringfence.model.subject import PrincipalRef
from ringfence.runbooks import only, stage

CONTAIN_CREDENTIALS = Runbook(
    id="contain-credentials",
    title="Contain compromised credentials",
    subject=PrincipalRef,
    position=20,
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
            contains=True,
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
