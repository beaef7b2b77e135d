"""A notice as a value: what happened, where, what was done, what is open, and what to type next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen, replace
from ringfence.record.brief import severity_word
from ringfence.record.measures import NOTICES, Measure
from ringfence.record.notices.kinds import NoticeKind, Urgency
from ringfence.record.notices.rendering import subject_of, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ringfence.record.summary import Reported

NO_SEVERITY = "none"
"""The severity of a notice about an incident without a finding, in metrics."""


@frozen
class Command:
    """A command that a person can type next, and what for: `To {purpose}: {line}`."""

    purpose: str
    line: str


@frozen
class About:
    """The resource of a notice. Empty fields are not known.

    `name` is its name tag. `addresses` are the remote addresses in its findings. `account_name` is the name
    that the policy gives the account.
    """

    kind: str = ""
    id: str = ""
    account: str = ""
    region: str = ""
    name: str = ""
    addresses: tuple[str, ...] = ()
    account_name: str = ""

    @classmethod
    def of_key(cls, key: str) -> About:
        """Return the resource with a key, `kind/account/region/id`. The key can be untrusted."""
        kind, account, region, id_ = (*key.split("/", 3), "", "", "")[:4]
        return cls(kind, id_, account, region)


@frozen
class Asked:
    """A plan that waits for the answer of a person: the id of the approval, and the digest of the plan."""

    approval: str
    plan: str


@frozen
class Notice:
    """A message for a person, in plain text and for programs. `measures` are its metrics.

    `what` says what happened in a few words. `who` are the people who caused it, with their reasons.
    `commands` are what to type next, the most likely one first. `escalated`: it also goes to the topic
    for escalations. `batch`: the answer that several plans got together. Only its first notice is sent.
    `endless`: an intruder can cause any number of these notices, so that many become one although each
    is urgent. `asked`: the plan that waits for an answer. All texts can be untrusted. They are
    shortened and escaped where they are shown.
    """

    kind: NoticeKind
    what: str
    about: About = About()
    urgency: Urgency = Urgency.ACTION
    at: datetime | None = None
    incident: str = ""
    runbook: str = ""
    findings: tuple[Reported, ...] = ()
    who: tuple[str, ...] = ()
    parts: tuple[tuple[str, tuple[str, ...]], ...] = ()
    commands: tuple[Command, ...] = ()
    measures: tuple[Measure, ...] = ()
    escalated: bool = False
    batch: str = ""
    endless: bool = False
    asked: Asked | None = None

    @property
    def severity(self) -> float | None:
        """The severity of the worst finding. None without a finding."""
        return max((one.severity for one in self.findings), default=None)

    @property
    def severity_word(self) -> str:
        """The severity in a word, as GuardDuty calls it. Empty without a finding."""
        return "" if self.severity is None else severity_word(self.severity)

    def with_account(self, names: Mapping[str, str]) -> Notice:
        """Return the notice with the name of its account, if that has one."""
        name = names.get(self.about.account, "")
        return replace(self, about=replace(self.about, account_name=name)) if name else self

    @property
    def counted(self) -> tuple[Measure, ...]:
        """The metrics of the notice, and that it was sent if it is about an incident."""
        if not self.incident:
            return self.measures
        severity = self.severity_word or NO_SEVERITY
        return (*self.measures, Measure(NOTICES, kind=self.kind.code, severity=severity))

    @property
    def subject(self) -> str:
        """The subject of the SNS message: urgency, severity, what and where."""
        return subject_of(self)

    @property
    def text(self) -> str:
        """The message in plain text. The commands are at its end."""
        return text_of(self)
