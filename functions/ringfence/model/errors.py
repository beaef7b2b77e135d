"""The one tree of errors: retryable, refused, bad input, bug."""

from __future__ import annotations


class RingfenceError(Exception):
    """Anything that Ringfence raises on purpose."""


class Retryable(RingfenceError):
    """It did not work now and may work later: the message goes back to its queue."""


class Conflict(Retryable):
    """Somebody else wrote to the same chain or took the lease first: read again."""


class OutcomeUnknown(Retryable):
    """No answer came, or none that tells: whether it was done is found out by looking."""


class UnknownRecord(Retryable):
    """The log holds a fact that this version cannot read: a newer version wrote it, before a rollback say.

    It is neither bad input nor lost: the message waits until that version is back, or a person is alarmed.
    """


class AccessDenied(Retryable):
    """IAM does not allow the call. It is tried again, and nothing else waits for it."""


class Refused(RingfenceError):
    """It will not be done, now or later: a person has to look.

    `reason` is for that person.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NotFound(Refused):
    """The resource no longer exists."""


class BadInput(RingfenceError):
    """What came in cannot be used.

    `field` is a dotted path such as `detail.service.archived`, `problem` says what was expected there.
    The value is shown shortened and escaped: it may be hostile.
    """

    def __init__(self, field: str, problem: str, value: object = None) -> None:
        self.field = field
        self.problem = problem
        self.value = value
        shown = "" if value is None else f", not {ascii(value)[:80]}"
        super().__init__(f"{field}: {problem}{shown}")


class InternalError(RingfenceError):
    """A contradiction in Ringfence itself. Nothing is changed, and an alarm notifies a person."""
