"""What DynamoDB's errors mean for the audit log: a lost race, an invalid request, or a service that fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from botocore.exceptions import ClientError, ParamValidationError

from ringfence.aws.failures import DENIED
from ringfence.model.errors import AccessDenied, InternalError, Retryable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from botocore.exceptions import BotoCoreError

    from ringfence.record.chain import Slot

_LOST_RACE = frozenset({"ConditionalCheckFailed", "TransactionConflict"})
_INVALID = frozenset({"ValidationException", "ValidationError"})


def is_lost_race(error: ClientError | BotoCoreError) -> bool:
    """Return whether another writer, perhaps an earlier attempt of ours, was first."""
    return not _LOST_RACE.isdisjoint(_codes(error))


def refused_slots(error: ClientError | BotoCoreError, puts: int, slots: Sequence[Slot]) -> tuple[Slot, ...]:
    """Return the slots that others use, if the transaction was cancelled because of nothing else.

    Its first items are the `puts`, and the slots follow.
    """
    if not isinstance(error, ClientError):
        return ()
    reasons = _reasons(error)
    if any(map(_refused, reasons[:puts])) or not all(map(_lost, filter(_refused, reasons))):
        return ()
    return tuple(slot for slot, one in zip(slots, reasons[puts:], strict=False) if _lost(one))


def _codes(error: ClientError | BotoCoreError) -> frozenset[str]:
    """Return the error's code and, for a cancelled transaction, the codes of its items."""
    if not isinstance(error, ClientError):
        return frozenset()
    return frozenset(
        {error.response["Error"]["Code"], *(str(one.get("Code", "")) for one in _reasons(error))}
    )


def _reasons(error: ClientError) -> Sequence[Mapping[str, object]]:
    """Return why a transaction was cancelled: one reason for each item, in order."""
    return cast("Sequence[Mapping[str, object]]", error.response.get("CancellationReasons", ()))


def _refused(reason: Mapping[str, object]) -> bool:
    return reason.get("Code") not in {None, "", "None"}


def _lost(reason: Mapping[str, object]) -> bool:
    """Return whether another writer was first, or is at work on the same item."""
    return reason.get("Code") in _LOST_RACE


def translated(error: ClientError | BotoCoreError) -> Retryable | InternalError:
    """Return the error of Ringfence. A request that DynamoDB calls invalid is a bug. The rest is retried."""
    if isinstance(error, ParamValidationError) or not _INVALID.isdisjoint(_codes(error)):
        return InternalError(f"the audit log's request is invalid: {error}")
    kind = Retryable if DENIED.isdisjoint(_codes(error)) else AccessDenied
    return kind(f"the audit log cannot be used: {error}")
