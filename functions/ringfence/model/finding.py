"""A security finding of any service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.claims import Claim, HeldFinding, SentFinding
from ringfence.model.codec import value

if TYPE_CHECKING:
    from datetime import datetime

    from ringfence.model.rule_confirmation import ManagedRule
    from ringfence.model.subject import Ref


@value
class Finding:
    """A finding, reduced to the fields that decisions need.

    `account` and `region` are those of the affected resource, not of the envelope. `severity` is on
    GuardDuty's scale, 0-10. `digest` is the SHA-256 of the received event. `advice` is the reason for a
    notification instead of a change. Empty if changes are right. `advices` are such reasons for single
    subjects, by their keys. `first_seen` is the start of the activity, if the finding contains it. `claim`
    is checked at its source before any change. `suspects` are the callers, in words. `routine`: it does not
    say that anything is wrong, only that it is time to check. If nothing is wrong, nothing is recorded.
    `urgent`: what a person must do about it is urgent, because nothing else responds to it, or because it
    stops or deletes logs.
    `containers` are the containers that it is about, in words. `at_most` is the highest mode and the reason
    for it. Empty: the policy alone decides. `chosen` is the mode that a person chose for it, and how.
    """

    source: str
    id: str
    type: str
    severity: float
    account: str
    region: str
    title: str
    updated_at: datetime
    last_seen: datetime
    count: int = 1
    archived: bool = False
    sample: bool = False
    subjects: tuple[Ref, ...] = ()
    remote_addresses: tuple[str, ...] = ()
    advice: str = ""
    advices: tuple[tuple[str, str], ...] = ()
    digest: str = ""
    first_seen: datetime | None = None
    claim: Claim | ManagedRule | None = None
    suspects: tuple[str, ...] = ()
    routine: bool = False
    urgent: bool = False
    containers: tuple[str, ...] = ()
    at_most: tuple[str, ...] = ()
    chosen: tuple[str, ...] = ()

    @property
    def rule(self) -> ManagedRule | None:
        """The rule of AWS Config behind it, if there is one."""
        return None if isinstance(self.claim, Claim) else self.claim

    @property
    def resources(self) -> tuple[Ref, ...]:
        """Its subjects without the finding itself, which stands for one of which Ringfence has no kind."""
        return tuple(one for one in self.subjects if one.kind != "finding")

    @property
    def sent(self) -> SentFinding | None:
        """Who sent it, if it is no finding of an AWS service."""
        return self.claim if isinstance(self.claim, SentFinding) else None

    @property
    def copied(self) -> bool:
        """Whether it was read of a copy in Security Hub, and GuardDuty has not confirmed it."""
        return isinstance(self.claim, HeldFinding) and self.claim.copied

    def notify_only_reason_for(self, ref: Ref) -> str:
        """Return why `ref` needs a notification instead of a change. Empty if changes are right."""
        return self.advice or dict(self.advices).get(ref.key, "")
