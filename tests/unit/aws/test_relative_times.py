"""The driver fills in instants that a call counts back from when it is made."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from ringfence.aws.cloud import AwsCloud
from ringfence.observations.ec2.metadata_use import DAYS, MetadataUse
from tests.support.worlds import NOON, REF, Ticking

if TYPE_CHECKING:
    from botocore.client import BaseClient

    from ringfence.model.subject import Ref


@dataclass
class Metrics:
    """CloudWatch, which notes what it is asked."""

    asked: list[dict[str, Any]] = field(default_factory=list)

    def client(self, ref: Ref, service: str, *, single_attempt: bool = False) -> BaseClient:  # noqa: ARG002
        return cast("BaseClient", self)

    def get_metric_statistics(self, **parameters: object) -> dict[str, Any]:
        self.asked.append(parameters)
        return {"Datapoints": []}


def test_a_look_ends_when_it_is_taken_and_begins_so_many_days_before() -> None:
    metrics, clock = Metrics(), Ticking()
    cloud = AwsCloud(metrics, clock, lambda jobs: [job() for job in jobs])
    for _ in range(2):
        cloud.observe(REF, (MetadataUse,))
        clock.tick(hours=1)
    first, second = metrics.asked
    assert (first["StartTime"], first["EndTime"]) == (NOON - timedelta(days=DAYS), NOON)
    assert second["EndTime"] == NOON + timedelta(hours=1)
