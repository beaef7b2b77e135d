"""A function that reads the stream of one of the log's tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from stacks.alarms import MAXIMUM, MINUTE, Alarms
from stacks.functions import Handler, Settled, function, log_group, role
from stacks.needs import READ_STREAM, SET_ASIDE
from stacks.queues import dead_letters
from stacks.times import STREAM_LATE, STREAM_RETRIES, STREAM_TIMEOUT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import aws_dynamodb as dynamodb
    from aws_cdk import aws_sns as sns

    from ringfence.model.call import Permission

_BATCH = 100


class StreamFunction(Construct):
    """Handles every entry in order. A batch that keeps failing is set aside, and an alarm rings."""

    def __init__(  # noqa: PLR0913 - what one such function is made of
        self,
        scope: Construct,
        id_: str,
        *,
        settled: Settled,
        name: str,
        table: dynamodb.Table,
        topic: sns.ITopic,
        needs: Sequence[Permission],
        places: Mapping[str, str | tuple[str, ...]],
        environment: Mapping[str, str],
        window: int = 0,
    ) -> None:
        super().__init__(scope, id_)
        self.aside = dead_letters(self, name)
        group = log_group(self, "Logs", settled.key)
        stream = table.table_stream_arn or ""
        self.role = role(
            self,
            name,
            (*needs, *READ_STREAM, *SET_ASIDE),
            {
                **places,
                "logs": group.log_group_arn,
                "stream": stream,
                "set_aside": self.aside.queue_arn,
            },
        )
        handler = Handler(
            name,
            f"{name}.handler",
            f"Ringfence: {name} for changes of the log's tables",
            STREAM_TIMEOUT,
            environment={**environment, "RINGFENCE_STREAM_ARN": stream},
        )
        self.function = function(Settled(self, settled.code, settled.key), handler, self.role, group)
        lambda_.CfnEventSourceMapping(
            self,
            "Mapping",
            function_name=self.function.function_name,
            event_source_arn=stream,
            starting_position="TRIM_HORIZON",
            batch_size=_BATCH,
            maximum_batching_window_in_seconds=window,
            function_response_types=["ReportBatchItemFailures"],
            bisect_batch_on_function_error=True,
            maximum_retry_attempts=STREAM_RETRIES,
            destination_config=lambda_.CfnEventSourceMapping.DestinationConfigProperty(
                on_failure=lambda_.CfnEventSourceMapping.OnFailureProperty(destination=self.aside.queue_arn)
            ),
        )
        self._alarms(Alarms(self, topic), name)

    def deployed_after(self, reader: lambda_.Function) -> None:
        """Let CloudFormation update the function only after `reader`, which reads what it writes."""
        first = cast("lambda_.CfnFunction", reader.node.default_child)
        later = cast("lambda_.CfnFunction", self.function.node.default_child)
        later.add_override("DependsOn", [first.logical_id])

    def _alarms(self, alarms: Alarms, name: str) -> None:
        alarms.errors(name, self.function)
        alarms.depth(name, self.aside)
        alarms.silent(name)
        alarms.above(
            f"{name}-age",
            cloudwatch.Metric(
                namespace="AWS/Lambda",
                metric_name="IteratorAge",
                dimensions_map={"FunctionName": self.function.function_name},
                period=MINUTE,
                statistic=MAXIMUM,
            ),
            STREAM_LATE * 1000,
            (f"The function {name} is more than {STREAM_LATE} s behind its table. Check whether it fails."),
        )
