"""The errors of Ringfence: retryable, refused, bad input, internal."""

from __future__ import annotations


class RingfenceError(Exception):
    """The base class of all errors that Ringfence raises on purpose."""


class Retryable(RingfenceError):
    """It failed and can succeed later. The message returns to its queue."""


class Conflict(Retryable):
    """Another execution wrote to the chain or took the lease first. Read again."""


class ProofSlotTaken(Retryable):
    """Another proof of identity has the same slot. Nothing was done: sign the request again."""


class OutcomeUnknown(Retryable):
    """The result is unknown: there was no clear response. A later read finds it out."""


class UnknownRecord(Retryable):
    """The log contains a fact that this version cannot read.

    A newer version can have written it before a rollback. It is neither bad input nor lost. The message
    waits until that version is back, or until an alarm notifies a person.
    """


class AccessDenied(Retryable):
    """IAM denies the call. It is retried, and nothing else waits for it.

    `action` is the denied IAM action. Empty if it is not known.
    """

    def __init__(self, message: str, action: str = "") -> None:
        super().__init__(message)
        self.action = action


class LimitReached(RingfenceError):
    """A limit on automatic changes is used up. What it limits waits for a person; nothing was written.

    `limit` is its name, `holder` the last one of those who used it, and `most` how many may.
    """

    def __init__(self, limit: str, holder: str, most: int = 1) -> None:
        super().__init__(f"{limit} is used by {holder or 'another subject'}")
        self.limit, self.holder, self.most = limit, holder, most


class Refused(RingfenceError):
    """A permanent refusal: a person must check.

    `reason` is for that person.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Forged(Refused):
    """The input did not come from the caller that it claims. Nothing is read from it, and an alarm rings."""


class Tampered(Refused):
    """An entry of the audit log is not authentic, so what the log says is not obeyed."""


class Drifted(Refused):
    """Somebody has changed values since. A release leaves them only if a person says so."""


class NotFound(Refused):
    """The resource no longer exists."""


class BadInput(RingfenceError):
    """The input is invalid.

    `field` is a dotted path such as `detail.service.archived`. `problem` says what was expected there. The
    value is shortened and escaped, because it is untrusted. `hint` is a sentence about what may be meant.
    """

    def __init__(self, field: str, problem: str, value: object = None, hint: str = "") -> None:
        self.field = field
        self.problem = problem
        self.value = value
        self.hint = hint
        shown = "" if value is None else f", not {ascii(value)[:80]}"
        super().__init__(f"{field}: {problem}{shown}{'. ' if hint else ''}{hint}")


class InternalError(RingfenceError):
    """A contradiction in Ringfence itself. Nothing is changed, and an alarm notifies a person."""
