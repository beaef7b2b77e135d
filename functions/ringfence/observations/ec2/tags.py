"""Ringfence's tags on an instance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from ringfence.model.answers import tags
from ringfence.model.codec import value
from ringfence.observations.ec2.instance import InstanceObservation

if TYPE_CHECKING:
    from ringfence.model.document import Document

INCIDENT_TAG = "ringfence:incident"
"""The tag that names the incident, on the instance and on its snapshots."""

IMAGE_TAG = "ringfence:unapproved-image"
"""The tag that says why the image of an instance is not approved."""


@value
class Tags(InstanceObservation):
    """The incident that the instance's tag names. Anybody may have written it: nothing relies on it.

    Attributes
    ----------
    incident : str or None
        The id of the incident; None without the tag.

    References
    ----------
    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html
    """

    incident: str | None

    @classmethod
    def of_instance(cls, instance: Document) -> Self:
        """Read it from the instance."""
        return cls(tags(instance).get(INCIDENT_TAG))


@value
class ImageTag(InstanceObservation):
    """What the instance's tag says of its image. Anybody may have written it: nothing relies on it.

    Attributes
    ----------
    reason : str or None
        Why the image is not approved; None without the tag.

    References
    ----------
    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html
    """

    reason: str | None

    @classmethod
    def of_instance(cls, instance: Document) -> Self:
        """Read it from the instance."""
        return cls(tags(instance).get(IMAGE_TAG))
