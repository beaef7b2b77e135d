"""Report an unused password of a user. AWS Config judges it together with the access keys.

Nothing is changed: a password cannot be disabled. It can only be deleted permanently, and nobody can
restore it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.config.trigger import judged_by
from ringfence.model.remediation import remediation
from ringfence.model.subject import IdentityRef
from ringfence.model.unused import RULE, UNUSED, is_unused
from ringfence.observations.iam.password_use import PasswordUse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step


def signs_in_no_more(user: ResourceState, incident: Incident) -> Iterator[str]:
    """Yield since when the password is unused, if that is as long as for an unused key."""
    seen = user[PasswordUse]
    if seen.created and is_unused(max(seen.used or seen.created, seen.created), incident):
        # The age of a new password counts from its creation, whenever the old one was last used.
        used = seen.used if seen.used and seen.used > seen.created else None
        use = f"last used on {used.date()}" if used else f"never used since {seen.created.date()}"
        yield (
            f"user {seen.user} has a password, {use}: it was not deleted, because that cannot be undone; "
            "a person must delete it if nobody needs it"
        )


@remediation(
    id="report-unused-password",
    title="Report an unused password of a user",
    subject=IdentityRef,
    triggers=(judged_by(RULE),),
    observations=(PasswordUse,),
    steps=(),
    references=("NIST 800-53 AC-2(3)", "ATT&CK T1078.004"),
    options=(UNUSED,),
    residual_risk=signs_in_no_more,
)
def report_unused_password(user: ResourceState, incident: Incident) -> Iterator[Step]:  # noqa: ARG001 - planners' signature
    """Plan nothing."""
    return iter(())
