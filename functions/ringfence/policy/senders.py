"""Who may send findings, about which resources, and what they may cause. Pure."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen
from ringfence.model.person import person
from ringfence.policy.decision import Mode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ringfence.model.claims import SentFinding
    from ringfence.model.finding import Finding
    from ringfence.model.subject import Ref

BUS_HIGHEST = Mode.APPROVE
"""The highest mode of a finding that came on the bus, which names no principal."""


@frozen
class Sender:
    """One entry of the policy's `senders`. Globs are case-sensitive and match the whole text.

    Attributes
    ----------
    subjects : tuple of str
        Globs over resources, `KIND/ACCOUNT/REGION/ID`.
    mode : Mode
        The highest mode.
    role : str
        The ARN of the IAM role that sends by the API. Empty: the entry is for the bus.
    account : str
        The account that sends on the bus.
    types : tuple of str
        Globs over types of findings. Empty: every type.
    runbooks : tuple of str
        The ids of the runbooks that may answer. Empty: every one.
    """

    subjects: tuple[str, ...]
    mode: Mode
    role: str = ""
    account: str = ""
    types: tuple[str, ...] = ()
    runbooks: tuple[str, ...] = ()

    def is_about(self, sent: SentFinding) -> bool:
        """Return whether the entry is about this sender."""
        if sent.by_bus:
            return bool(self.account) and self.account == sent.sender
        return bool(self.role) and person(self.role) == sent.person

    def covers(self, type_: str, ref: Ref, runbook: str = "") -> bool:
        """Return whether the entry covers such a finding. Without a runbook, every runbook may answer."""
        return (
            any(fnmatchcase(ref.key, glob) for glob in self.subjects)
            and self.has_type(type_)
            and (not runbook or not self.runbooks or runbook in self.runbooks)
        )

    def has_type(self, type_: str) -> bool:
        """Return whether the entry covers a type of finding."""
        return not self.types or any(fnmatchcase(type_, glob) for glob in self.types)


@frozen
class Refusal:
    """Why the policy refuses a sent finding: the field, its value, and the reason in words."""

    field: str
    value: str
    reason: str


def refusal(senders: Iterable[Sender], finding: Finding) -> Refusal | None:
    """Return why the policy refuses a sent finding. None if it does not."""
    sent = finding.sent
    if sent is None:
        return None
    own = [one for one in senders if one.is_about(sent)]
    if not own:
        what = "accounts that may send on the bus" if sent.by_bus else "roles that may send findings"
        return Refusal("sender", sent.sender, f"is not among the {what}, in `senders` of the policy")
    if not any(one.has_type(finding.type) for one in own):
        return Refusal(
            "type", finding.type, f"is no type that {sent.person} may send, by the policy's `senders`"
        )
    for number, ref in enumerate(finding.resources):
        if not any(one.covers(finding.type, ref) for one in own):
            words = (
                f"is no resource that {sent.person} may send such findings about, by the policy's `senders`"
            )
            return Refusal(f"subjects[{number}]", ref.key, words)
    return None


def highest(senders: Iterable[Sender], finding: Finding, ref: Ref, runbook: str) -> tuple[Mode, str]:
    """Return the highest mode of a sent finding, and why. The first entry that covers it decides."""
    sent = finding.sent
    if sent is None:
        return Mode.AUTO, ""
    for one in senders:
        if one.is_about(sent) and one.covers(finding.type, ref, runbook):
            mode = one.mode.at_most(BUS_HIGHEST) if sent.by_bus else one.mode
            return mode, f"the policy lets {sent.person} cause at most mode {mode}"
    return Mode.NOTIFY, f"the policy does not let {sent.person} send such findings to {runbook}"
