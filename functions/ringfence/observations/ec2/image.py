"""The image that an instance was started from, and whose, how tagged and how old it is."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, Self

from ringfence.model.answers import first, tags
from ringfence.model.call import Call, Failed, SansIO
from ringfence.model.codec import value
from ringfence.model.observation import Observation
from ringfence.observations.ec2.instance import describe_instance, described_instance, ec2_describes

if TYPE_CHECKING:
    from ringfence.model.call import Answer
    from ringfence.model.document import Document
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref

_GONE = ("InvalidAMIID.NotFound", "InvalidAMIID.Unavailable", "InvalidAMIID.Malformed")
_UNREADABLE = ("UnauthorizedOperation", "RequestLimitExceeded", "InternalError", "Unavailable")


class Shown(StrEnum):
    """Whether EC2 shows the image."""

    YES = "yes"
    NO = "no"
    """It is deregistered, or is not, or no longer, shared with the account."""
    UNREADABLE = "unreadable"


@value
class Image(Observation):
    """The image that an instance was launched from.

    Attributes
    ----------
    id : str
        The image, such as `ami-0123456789abcdef0`.
    shown : Shown
        Whether EC2 showed it.
    owner : str
        The account that owns it.
    alias : str
        The owner's alias, such as `amazon`; empty without one.
    tags : frozenset of (str, str)
        Keys and values.
    created : datetime or None
        When it was made, in UTC; None if the image does not say.

    References
    ----------
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeImages.html
    """

    id: str
    shown: Shown = Shown.YES
    owner: str = ""
    alias: str = ""
    tags: frozenset[tuple[str, str]] = frozenset()
    created: datetime | None = None

    permissions: ClassVar = ec2_describes("Instances", "Images")

    @classmethod
    def read(cls, ref: Ref, past: tuple[Step, ...]) -> SansIO[Self]:  # noqa: ARG003 - needs no clues
        """Read the instance, then its image: deprecated and disabled ones are shown too.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeImages.html
        """
        (described,) = yield (describe_instance(ref.id),)
        id_ = described_instance(described, ref).text("ImageId")
        (answer,) = yield (
            Call(
                "ec2",
                "DescribeImages",
                {"ImageIds": [id_], "IncludeDeprecated": True, "IncludeDisabled": True},
                expected=(*_GONE, *_UNREADABLE),
            ),
        )
        if isinstance(answer, Failed) and answer.code in _UNREADABLE:
            return cls(id_, Shown.UNREADABLE)
        found = _image_in(answer)
        if found is None:
            return cls(id_, Shown.NO)
        return cls(
            id_,
            Shown.YES,
            found.optional_text("OwnerId") or "",
            found.optional_text("ImageOwnerAlias") or "",
            frozenset(tags(found).items()),
            _instant(found.optional_text("CreationDate") or ""),
        )


def _image_in(answer: Answer) -> Document | None:
    """Return the image; a deregistered one is shown for a while, then the answer is empty, then an error."""
    if isinstance(answer, Failed):
        return None
    found = first(answer.children("Images"))
    return None if found and found.optional_text("State") == "deregistered" else found


def _instant(text: str) -> datetime | None:
    """Return the instant in a text such as `2026-03-01T12:00:00.000Z`."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
