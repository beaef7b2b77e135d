"""Report other accounts that a new bucket policy lets in (ATT&CK T1537, Transfer Data to Cloud Account).

Such a policy is not public, and nobody but its owner knows which accounts are meant to have access. So
nothing is changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.cloudtrail.trigger.calls import recorded
from ringfence.model.kinds.bucket import BucketRef
from ringfence.model.remediation import Option, remediation
from ringfence.model.suspects import suspected
from ringfence.observations.s3.policy import BucketPolicy
from ringfence.observations.s3.public import others

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step

POLICY_SET = recorded("s3", "PutBucketPolicy")
KNOWN = "known-accounts"
_SHOWN = 10


def let_in(bucket: ResourceState, incident: Incident) -> Iterator[str]:
    """Yield whom the policy lets in, if somebody set it."""
    known = frozenset(filter(None, incident.choice(KNOWN).split(",")))
    found = [one for one in others(bucket[BucketPolicy].text, bucket.ref.account) if not _is_of(one, known)]
    if not found or not set(POLICY_SET.types).intersection(incident.types):
        return
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    yield (
        f"the policy of bucket {bucket.ref.id} lets principals of other accounts in: "
        f"{', '.join(found[:_SHOWN])}{more}; remove them, or list their accounts in the option {KNOWN}"
    )


def who(bucket: ResourceState, incident: Incident) -> Iterator[str]:
    """Yield the suspects, if the policy lets somebody in."""
    if any(True for _ in let_in(bucket, incident)):
        yield from suspected(incident)


def _is_of(principal: str, accounts: frozenset[str]) -> bool:
    return any(part in accounts for part in principal.split(":"))


@remediation(
    id="report-foreign-access",
    title="Report other accounts that a bucket policy lets in",
    subject=BucketRef,
    triggers=(POLICY_SET,),
    observations=(BucketPolicy,),
    steps=(),
    references=("NIST 800-53 AC-3", "ATT&CK T1537"),
    options=(
        Option(
            KNOWN,
            ("",),
            "the ids of other accounts that bucket policies may let in, separated by commas. Empty: none",
            r"([0-9]{12}(,[0-9]{12}){0,49})?",
        ),
    ),
    residual_risk=who,
    needs_review=let_in,
)
def report_foreign_access(bucket: ResourceState, incident: Incident) -> Iterator[Step]:  # noqa: ARG001 - planners' signature
    """Plan nothing."""
    return iter(())
