"""Ringfence's tags on an instance."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from ringfence.model.answers import tags
from ringfence.model.codec import value
from ringfence.model.observation import Observation
from ringfence.observations.ec2.instance import describe_instance, described_instance, ec2_describes

if TYPE_CHECKING:
    from ringfence.model.call import SansIO
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref

INCIDENT_TAG = "ringfence:incident"
"""The tag that names the incident, on the instance and on its snapshots."""

IMAGE_TAG = "ringfence:unapproved-image"
"""The tag that says why the image of an instance is not approved."""


@value
class Tags(Observation):
    """The incident that the instance's tag names. Anybody may have written it: nothing relies on it."""

    incident: str | None

    permissions: ClassVar = ec2_describes("Instances")

    @classmethod
    def read(cls, ref: Ref, past: tuple[Step, ...]) -> SansIO[Self]:  # noqa: ARG003 - needs no clues
        """Read it from the instance."""
        (described,) = yield (describe_instance(ref),)
        return cls(tags(described_instance(described, ref)).get(INCIDENT_TAG))


@value
class ImageTag(Observation):
    """What the instance's tag says of its image. Anybody may have written it: nothing relies on it."""

    reason: str | None

    permissions: ClassVar = ec2_describes("Instances")

    @classmethod
    def read(cls, ref: Ref, past: tuple[Step, ...]) -> SansIO[Self]:  # noqa: ARG003 - needs no clues
        """Read it from the instance."""
        (described,) = yield (describe_instance(ref),)
        return cls(tags(described_instance(described, ref)).get(IMAGE_TAG))
