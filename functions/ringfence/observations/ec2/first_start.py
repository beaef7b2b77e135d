"""Whether an instance runs for the first time: then nobody can have looked at it before."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

from ringfence.model.codec import value
from ringfence.observations.ec2.instance import InstanceObservation

if TYPE_CHECKING:
    from ringfence.model.document import Document

_AT_ONCE = timedelta(minutes=1)
"""How far apart launch and attachment of the primary interface lie at most where both are one launch."""


@value
class FirstStart(InstanceObservation):
    """Whether an instance runs for the first time.

    Attributes
    ----------
    first : bool
        False once it was started again. True where the description does not tell.

    References
    ----------
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Instance.html
    """

    first: bool = True

    @classmethod
    def of_instance(cls, instance: Document) -> Self:
        """Compare when it was launched, which each start moves on, with when it got its primary interface.

        That is attached with the making of the instance and can never be detached.
        https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-eni.html
        """
        launched, made = _instant(instance, "LaunchTime"), _made(instance)
        return cls(launched is None or made is None or launched - made <= _AT_ONCE)


def _made(instance: Document) -> datetime | None:
    for interface in instance.children("NetworkInterfaces"):
        attachment = interface.optional_child("Attachment")
        if attachment.value.get("DeviceIndex") == 0:
            return _instant(attachment, "AttachTime")
    return None


def _instant(document: Document, key: str) -> datetime | None:
    at = document.value.get(key)
    return at if isinstance(at, datetime) else None
