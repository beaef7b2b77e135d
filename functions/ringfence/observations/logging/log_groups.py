"""A log group: which trails deliver their events to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from ringfence.model.answers import accept
from ringfence.model.codec import value
from ringfence.model.kinds.log_group import LogGroupRef
from ringfence.model.observation import Observation
from ringfence.observations.logging.trails import DESCRIBE_TRAILS, describe_trails

if TYPE_CHECKING:
    from ringfence.model.call import SansIO
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref


@value
class LogGroupUse(Observation):
    """The trails that deliver to a log group. A group that was deleted can still be their destination.

    Attributes
    ----------
    trails : frozenset of str
        Names of the trails that are seen from the group's region.

    References
    ----------
    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_DescribeTrails.html
    """

    trails: frozenset[str] = frozenset()

    permissions: ClassVar = (DESCRIBE_TRAILS,)

    @classmethod
    def read(cls, ref: Ref, past: tuple[Step, ...]) -> SansIO[Self]:  # noqa: ARG003 - needs no clues
        """Read the trails."""
        if not isinstance(ref, LogGroupRef):
            return cls()
        (described,) = yield (describe_trails(),)
        trails = accept(described).children("trailList")
        return cls(
            frozenset(
                trail.text("Name")
                for trail in trails
                if _name(trail.optional_text("CloudWatchLogsLogGroupArn") or "") == ref.id
            )
        )


def _name(arn: str) -> str:
    """Return the name in the ARN of a log group, which ends in `:*`."""
    return arn.partition(":log-group:")[2].removesuffix(":*")
