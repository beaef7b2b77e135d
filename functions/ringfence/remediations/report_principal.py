"""Say what a person does about credentials that nothing in the account can take away: the root user's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.compromised import COMPROMISED_CREDENTIALS
from ringfence.model.remediation import remediation
from ringfence.model.subject import PrincipalRef, RootRef

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step


def for_a_person(principal: ResourceState, incident: Incident) -> Iterator[str]:  # noqa: ARG001 - planners' signature
    """List what a person does.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user-privileged-task.html
    """
    if not isinstance(principal.ref, RootRef):
        yield f"{principal.ref.id} is no principal of this account: nothing was changed, a person has to look"
        return
    account = principal.ref.account
    yield f"nothing was contained: no policy inside account {account} limits its root user"
    yield (
        "a member account's root credentials are deleted from the organization's management account, or its "
        "delegated administrator for IAM, by central root access: sts:AssumeRoot with the task policy "
        "IAMDeleteRootUserCredentials"
    )
    yield (
        f"a service control policy that denies everything where aws:PrincipalArn is arn:aws:iam::{account}:"
        "root stops a member account's root user meanwhile; it does not reach a management account"
    )
    yield (
        "in a management account or one without an organization, sign in as the root user: delete its access "
        "keys, change its password, check its MFA devices and its email address, and tell AWS Support"
    )


@remediation(
    id="report-principal",
    title="Say what a person does about the root user",
    subject=PrincipalRef,
    triggers=COMPROMISED_CREDENTIALS,
    observations=(),
    steps=(),
    references=("NIST 800-53 IR-6", "NIST 800-61r2 3.2.7", "ATT&CK T1078.004"),
    needs_review=for_a_person,
)
def report_principal(principal: ResourceState, incident: Incident) -> Iterator[Step]:  # noqa: ARG001 - planners' signature
    """Plan nothing: there is nothing that could be done."""
    return iter(())
