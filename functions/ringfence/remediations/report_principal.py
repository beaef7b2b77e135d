"""Report what a person must do about root credentials, which nothing in the account can limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.compromised import COMPROMISED_CREDENTIALS
from ringfence.model.kinds.root import RootRef
from ringfence.model.remediation import remediation
from ringfence.model.subject import PrincipalRef

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step


def for_a_person(principal: ResourceState, incident: Incident) -> Iterator[str]:  # noqa: ARG001 - planners' signature
    """Yield what a person must do.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user-privileged-task.html
    """
    if not isinstance(principal.ref, RootRef):
        yield (
            f"{principal.ref.id} is not a principal of this account: nothing was changed, and a person "
            "must check"
        )
        return
    account = principal.ref.account
    yield f"nothing was contained: no policy inside account {account} limits its root user"
    yield (
        "for a member account: delete the root credentials from the organization's management account, "
        "or its delegated administrator for IAM, with central root access: sts:AssumeRoot with the task "
        "policy IAMDeleteRootUserCredentials"
    )
    yield (
        "until then, stop the root user of a member account with a service control policy that denies "
        f"everything if aws:PrincipalArn is arn:aws:iam::{account}:root; it does not apply to a "
        "management account"
    )
    yield (
        "for a management account or an account without an organization: sign in as the root user, "
        "delete its access keys, change its password, check its MFA devices and its email address, and "
        "contact AWS Support"
    )


@remediation(
    id="report-principal",
    title="Report what a person must do about the root user",
    subject=PrincipalRef,
    triggers=COMPROMISED_CREDENTIALS,
    observations=(),
    steps=(),
    references=("NIST 800-53 IR-6", "NIST 800-61r2 3.2.7", "ATT&CK T1078.004"),
    needs_review=for_a_person,
)
def report_principal(principal: ResourceState, incident: Incident) -> Iterator[Step]:  # noqa: ARG001 - planners' signature
    """Plan nothing, because nothing can be done from here."""
    return iter(())
