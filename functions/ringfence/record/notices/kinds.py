"""The kinds of notices: their codes, how urgent they usually are, and when they are sent.

This is the only list of them. The documentation shows it.
"""

from __future__ import annotations

from enum import Enum, StrEnum


class Urgency(StrEnum):
    """How urgent a notice is for a person."""

    URGENT = "urgent"
    """Somebody must act now."""
    ACTION = "action"
    """Somebody must decide, check or repair something, but not at night."""
    INFORMATION = "information"
    """Nobody has to do anything."""

    @property
    def tag(self) -> str:
        """The first word of the subject line."""
        return {Urgency.URGENT: "URGENT", Urgency.ACTION: "action", Urgency.INFORMATION: "info"}[self]


class NoticeKind(Enum):
    """What a notice is about.

    `code` names it for programs. `urgency` is the usual one: a notice can be more urgent. `meaning` says when
    it is sent.
    """

    code: str
    urgency: Urgency
    meaning: str

    def __init__(self, code: str, urgency: Urgency, meaning: str) -> None:
        self.code, self.urgency, self.meaning = code, urgency, meaning

    CONTAINED = (
        "contained",
        Urgency.INFORMATION,
        "A verification found the resource contained, or remediated.",
    )
    NOT_CONTAINED = (
        "not-contained",
        Urgency.URGENT,
        "A verification found that the resource is not contained. Urgent if a compromise is severe.",
    )
    COMPLETE = (
        "complete",
        Urgency.INFORMATION,
        "All stages of the response are complete, some time after it was contained.",
    )
    REVIEW_NEEDED = (
        "review-needed",
        Urgency.ACTION,
        "A person must check something before the response is complete.",
    )
    QUOTA_REACHED = "quota-reached", Urgency.URGENT, "An AWS quota prevents the containment."
    PREVENTED = (
        "containment-prevented",
        Urgency.URGENT,
        "AWS denies a call that the containment needs, or every name that it could use is taken.",
    )
    REFUSED = (
        "refused",
        Urgency.ACTION,
        "A change is refused permanently, for example because somebody changed the value meanwhile.",
    )
    CONTAINMENT_UNDONE = "containment-undone", Urgency.URGENT, "Somebody undid a containment."
    FIX_UNDONE = "fix-undone", Urgency.ACTION, "Somebody undoes the same fix again and again."
    LEFT_UNFINISHED = (
        "left-unfinished",
        Urgency.URGENT,
        "The policy permits no more changes, and a response is half done.",
    )
    DRY_RUN = "dry-run", Urgency.ACTION, "The policy permits a plan, but no changes."
    DECISION_NEEDED = "decision-needed", Urgency.ACTION, "A finding is left to a person: nothing is changed."
    NOT_CONFIRMED = (
        "finding-not-confirmed",
        Urgency.URGENT,
        "The source of a finding does not confirm it. If it only gave no answer, it is not urgent.",
    )
    APPROVAL_NEEDED = "approval-needed", Urgency.ACTION, "A plan waits for the answer of a person."
    APPROVAL_ANSWERED = (
        "approval-answered",
        Urgency.INFORMATION,
        "A person answered. Urgent if the answer rejects a severe finding's containment or a limit's plans.",
    )
    APPROVAL_ENDED = "approval-ended", Urgency.ACTION, "An approval expired or is void."
    RELEASED = "released", Urgency.INFORMATION, "A release undid the changes of an incident."
    RELEASE_STOPPED = "release-not-finished", Urgency.ACTION, "A release stopped before its end."
    SUBJECT_GONE = (
        "subject-gone",
        Urgency.ACTION,
        "The resource no longer exists. Urgent if the severity of a finding is high.",
    )
    TAMPERING = "tampering", Urgency.URGENT, "Somebody wrote into Ringfence's tables, archive or log."
    UNSEALED = "record-unsealed", Urgency.ACTION, "Entries of the audit log have no MAC."
    PAUSES_WRONG = "pauses-wrong", Urgency.URGENT, "What is paused cannot be read, or is too old."
    PAUSE_CHANGED = "pause-changed", Urgency.ACTION, "A pause began, ends soon, ended, or was ended."
    LIMIT_REACHED = "limit-reached", Urgency.URGENT, "A limit on automatic responses was reached."
    LIMIT_RESET = "limit-reset", Urgency.ACTION, "A person reset a limit."
    NO_HEARTBEAT = "no-heartbeat", Urgency.URGENT, "Events of an account and region may not arrive any more."
    FOUND_BY_SWEEP = (
        "found-by-sweep",
        Urgency.ACTION,
        "Events of findings did not arrive. A sweep found the findings, and Ringfence answered them.",
    )
    SUPPRESSED = (
        "suppressed-findings",
        Urgency.ACTION,
        "GuardDuty archived findings and sent no events, and the policy asks for a notice.",
    )
    SCORE_FELL = (
        "score-fell",
        Urgency.ACTION,
        "The score of a scheduled scan fell, or a critical rule failed that passed before.",
    )
    SELF_CHECK = "self-check", Urgency.URGENT, "Ringfence's resources differ from what its stacks declare."
    FORGED_INPUT = "forged-input", Urgency.URGENT, "A function refused an input that somebody made up."
    FINDING_REFUSED = (
        "finding-refused",
        Urgency.ACTION,
        "Ringfence refused a finding, because the policy does not allow its sender to send it.",
    )
    SUMMARY = "summary", Urgency.ACTION, "There were many notices of the same kind. It names them."

    @property
    def can_be_summed_up(self) -> bool:
        """Whether many notices of this kind may become one, because none of them asks for an answer."""
        return self in _MANY


_MANY = frozenset(
    {
        NoticeKind.CONTAINED,
        NoticeKind.NOT_CONTAINED,
        NoticeKind.COMPLETE,
        NoticeKind.REVIEW_NEEDED,
        NoticeKind.REFUSED,
        NoticeKind.FIX_UNDONE,
        NoticeKind.DRY_RUN,
        NoticeKind.FINDING_REFUSED,
        NoticeKind.DECISION_NEEDED,
        NoticeKind.NOT_CONFIRMED,
        NoticeKind.SUBJECT_GONE,
        NoticeKind.UNSEALED,
    }
)
