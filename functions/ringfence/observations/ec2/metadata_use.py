"""How much an instance's metadata service is used without a token: what IMDSv2 would end."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Self

from ringfence.model.call import Ago, Call, Failed, Permission, SansIO
from ringfence.model.codec import value
from ringfence.model.observation import Observation

if TYPE_CHECKING:
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref

DAYS = 14
"""How far back calls are counted."""
_A_DAY = timedelta(days=1)
UNREADABLE = (
    "AccessDenied",
    "AccessDeniedException",
    "InternalFailure",
    "InternalServiceFault",
    "Throttling",
    "ThrottlingException",
)
"""Refusals that must not stand in the way of what is read beside this."""


@value
class MetadataUse(Observation):
    """How often the metadata service was called without a token.

    Attributes
    ----------
    calls : int or None
        Calls in the last `DAYS` days; None if CloudWatch did not say.

    References
    ----------
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html
    """

    calls: int | None

    permissions: ClassVar = (
        Permission(
            "cloudwatch:GetMetricStatistics", ("*",), reason="CloudWatch metrics are not IAM resources"
        ),
    )

    @classmethod
    def read(cls, ref: Ref, past: tuple[Step, ...]) -> SansIO[Self]:  # noqa: ARG003 - needs no clues
        """Add up the metric's days. A metric that does not exist has none.

        https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/viewing_metrics_with_cloudwatch.html
        """
        (answer,) = yield (
            Call(
                "cloudwatch",
                "GetMetricStatistics",
                {
                    "Namespace": "AWS/EC2",
                    "MetricName": "MetadataNoToken",
                    "Dimensions": [{"Name": "InstanceId", "Value": ref.id}],
                    "StartTime": Ago(DAYS * _A_DAY),
                    "EndTime": Ago(),
                    "Period": int(_A_DAY.total_seconds()),
                    "Statistics": ["Sum"],
                },
                expected=UNREADABLE,
            ),
        )
        if isinstance(answer, Failed):
            return cls(None)
        return cls(round(sum(day.number("Sum") for day in answer.children("Datapoints"))))
