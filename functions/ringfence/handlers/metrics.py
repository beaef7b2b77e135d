"""Write metrics to the log in CloudWatch's embedded metric format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.record.measures import HEARTBEAT, NAMESPACE, Measure

if TYPE_CHECKING:
    from collections.abc import Iterable


def emit(measures: Iterable[Measure]) -> None:
    """Write one line for each measure, because their dimensions differ."""
    from aws_lambda_powertools.metrics import MetricUnit, single_metric

    for one in measures:
        with single_metric(
            name=one.name,
            unit=MetricUnit(one.unit),
            value=one.value,
            namespace=NAMESPACE,
            default_dimensions=one.dimensions,
        ):
            pass


def arrived(link: str) -> None:
    """Write that a heartbeat came through a link."""
    emit((Measure(HEARTBEAT, link=link),))
