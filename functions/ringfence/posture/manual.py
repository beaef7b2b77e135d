"""Manual controls: what no rule can see, such as training. Their evidence has an owner and expires. Pure."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen
from ringfence.posture.rule import Resource, Result, Rule, Status

if TYPE_CHECKING:
    from collections.abc import Iterable

MANUAL_TYPE = "Ringfence::ManualControl"
"""What is in the place of a resource's type."""
SOON = timedelta(days=30)
"""Evidence that expires within this time is named."""


@frozen
class Evidence:
    """What proves that somebody did it.

    Parameters
    ----------
    words
        What it is, in words. It can be empty if there is a file.
    file, sha256
        The name of a file, and its SHA-256 in hexadecimal. Empty without a file.
    made
        When it was made.
    expires
        The last day on which it counts.
    compared
        Whether the file was beside the rules and had this digest, when the rules were read.

    """

    words: str
    file: str
    sha256: str
    made: date
    expires: date
    compared: bool = False

    @property
    def text(self) -> str:
        """The evidence on one line."""
        told = "" if self.compared else ", not compared with the file"
        file = f"{self.file} (SHA-256 {self.sha256}{told})" if self.file else ""
        return ", ".join(filter(None, (self.words, file)))


@frozen
class ManualControl:
    """Something that people do and that no rule can see.

    Parameters
    ----------
    name
        Lower case with hyphens. No rule has the same name.
    title
        One line for people.
    owner
        Who answers for it.
    evidence
        The evidence. None: there is none yet.
    severity
        Its weight in the score, as that of a rule.
    controls
        Ids of controls.
    supports
        The numbers of the requirements that it supports, by the id of their framework.

    """

    name: str
    title: str
    owner: str
    evidence: Evidence | None = None
    severity: str = "medium"
    controls: tuple[str, ...] = ()
    supports: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def rule(self) -> Rule:
        """The control as a rule: so it has a weight, a profile, and a place in each report."""
        return Rule(
            self.name,
            self.title,
            (MANUAL_TYPE,),
            severity=self.severity,
            controls=self.controls,
            supports=self.supports,
        )

    def result(self, today: date) -> Result:
        """Return whether its evidence counts today. Evidence that expired or is dated later does not."""
        resource = Resource(MANUAL_TYPE, "", "", self.name, self.title, {}, {})
        status, why = self._judged(today)
        return Result(self.name, resource, status, (f"{why}; owner: {self.owner}",) if why else ())

    def as_json(self, today: date) -> dict[str, object]:
        """Return it with its evidence and its result of a day, as JSON data."""
        result, evidence = self.result(today), self.evidence
        return {
            "name": self.name,
            "title": self.title,
            "owner": self.owner,
            "status": result.status.value,
            "reasons": list(result.reasons),
            "evidence": evidence.text if evidence else None,
            "date": evidence.made.isoformat() if evidence else None,
            "expires": evidence.expires.isoformat() if evidence else None,
            "expires_soon": self.soon(today),
        }

    def soon(self, today: date) -> bool:
        """Return whether its evidence counts today, and expires within `SOON`."""
        passed = self._judged(today)[0] is Status.PASSED
        return passed and self.evidence is not None and self.evidence.expires - today <= SOON

    def _judged(self, today: date) -> tuple[Status, str]:
        if self.evidence is None:
            return Status.NOT_ASSESSED, "there is no evidence yet"
        if self.evidence.made > today:
            return Status.FAILED, f"the evidence is of {self.evidence.made}, which is in the future"
        if self.evidence.expires < today:
            return Status.FAILED, f"the evidence expired on {self.evidence.expires}"
        return Status.PASSED, ""


def warnings(controls: Iterable[ManualControl], today: date) -> tuple[str, ...]:
    """Return a sentence for each control whose evidence does not count, or soon will not."""
    told: list[str] = []
    for one in controls:
        told += [f"manual control {one.name}: {reason}" for reason in one.result(today).reasons]
        if one.evidence and one.soon(today):
            left = f"the evidence expires on {one.evidence.expires}"
            told.append(f"manual control {one.name}: {left}; owner: {one.owner}")
    return tuple(told)
