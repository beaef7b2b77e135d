"""Claims: what an event says, and what its source answers when it is asked again before the first change."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

from ringfence.model.call import Permission
from ringfence.model.codec import value
from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from ringfence.model.finding import Finding


class Verdict(StrEnum):
    """What the source of an event answers."""

    CONFIRMED = "confirmed"
    """It says the same."""
    REFUTED = "refuted"
    """It says something else, for example that the finding is about another resource."""
    ABSENT = "absent"
    """It does not know of it, or not yet."""
    UNKNOWN = "unknown"
    """It did not answer: it was throttled, access was denied, or its answer cannot be used."""
    BLINDED = "blinded"
    """It can no longer answer, for example because its detector was deleted."""

    @property
    def denies(self) -> bool:
        """Whether nothing may be changed because of the event."""
        return self in (Verdict.REFUTED, Verdict.ABSENT)

    @property
    def is_open(self) -> bool:
        """Whether a later answer can be another one."""
        return self in (Verdict.ABSENT, Verdict.UNKNOWN)


@value
class SourceAnswer:
    """The answer of an event's source.

    Attributes
    ----------
    verdict : Verdict
        What it says.
    reason : str
        Why, in words for people. Empty if it confirms the event.
    """

    verdict: Verdict
    reason: str = ""

    def __post_init__(self) -> None:
        """Convert the verdict from the text in the log. An unknown one raises an error."""
        object.__setattr__(self, "verdict", Verdict(self.verdict))


@frozen
class Checked:
    """A claim that was checked: the answer, and the finding as its source has it now, if it has it."""

    answer: SourceAnswer
    finding: Finding | None = None


CONFIRMED = SourceAnswer(Verdict.CONFIRMED)


ORIGIN = "ringfence:securityHub"
"""The member of an event with the id and the product of the finding of Security Hub that it was made of.

Only the intake can write it: EventBridge makes every other part of an envelope.
"""


@value
class HeldFinding:
    """The claim that GuardDuty holds this finding. `detector` is the id in the event; empty without one.

    `copied`: the event was made of a copy in Security Hub. Others can change the type and severity of a copy,
    so those that GuardDuty has count.
    """

    detector: str = ""
    copied: bool = False

    source: ClassVar[str] = "guardduty"
    """The folder in `events/` that knows how to ask."""
    waits: ClassVar[bool] = False
    """Whether nothing is changed without an answer."""


@value
class AttachedPolicy:
    """The claim that AWS attached a policy to a user. `policy` is its ARN, `event` CloudTrail's event id."""

    user: str
    policy: str
    event: str

    source: ClassVar[str] = "cloudtrail"
    waits: ClassVar[bool] = False


@value
class SentFinding:
    """The claim that a sender sent this finding: that Ringfence's API or bus established who it is.

    `sender` is an ARN, or for the bus an account id. `way` is `api` or `bus`. `proven`: the seal of the
    function that established the sender is authentic. An event can never say so itself.
    """

    sender: str
    way: str
    proven: bool = False

    source: ClassVar[str] = "sent"
    waits: ClassVar[bool] = True

    @property
    def by_bus(self) -> bool:
        """Whether it came on the bus, which names no principal."""
        return self.way == "bus"

    @property
    def person(self) -> str:
        """Who sent it: all sessions of a role are one sender."""
        from ringfence.model.person import person  # containment does not wait for it

        return f"account {self.sender}" if self.by_bus else person(self.sender)

    @property
    def words(self) -> str:
        """Who sent it and how, for people."""
        if not self.proven:
            return "a sender that nothing proves"
        return f"{self.person} ({'on the bus, which names no sender' if self.by_bus else 'by the API'})"


@value
class ImportedFinding:
    """The claim that Security Hub holds this finding of another product.

    `id` and `product` are the finding's own id and the ARN of its product. `v2`: in the form of the new
    Security Hub. It does not say that the finding is true: the product itself cannot be asked.
    """

    id: str
    product: str
    v2: bool = False

    source: ClassVar[str] = "security_hub"
    waits: ClassVar[bool] = False
    permissions: ClassVar = (
        Permission(
            "securityhub:GetFindings",
            (
                "arn:aws:securityhub:{region}:{account}:hub/default",
                "arn:aws:securityhub:{region}:{account}:hubv2/*",
            ),
            reason="Security Hub generates the ids of its V2 hubs",
        ),
    )

    @property
    def is_own(self) -> bool:
        """Whether the product belongs to an account: everybody there who may import findings can write one.

        https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-custom-providers.html
        """
        return bool(self.product.partition(":securityhub:")[2].split(":")[1:2] != [""])


Claim = AttachedPolicy | HeldFinding | SentFinding | ImportedFinding
"""The claims that are not about a rule of AWS Config."""
