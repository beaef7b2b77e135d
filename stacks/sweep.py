"""The sweeps: their queue, function and schedules. What they find goes to the queue of the intake."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

from aws_cdk import Stack
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from ringfence.aws.notice import TOPIC
from ringfence.model.resource_names import SWEEP, SWEEP_ROLE, function_role
from ringfence.policy.sweeps import sweeps_from_json
from ringfence.record.measures import FOUND_BY_SWEEP, HEARTBEAT, Measure
from stacks import needs, times
from stacks.alarms import Alarms
from stacks.functions import Handler, Settled, function, log_group, role
from stacks.names import role_arn
from stacks.queues import handled_by, mapping, queue, sent_by
from stacks.schedules import also_scheduled, scheduled

if TYPE_CHECKING:
    from ringfence.policy.sweeps import SweepSettings
    from stacks.audit import AuditStack
    from stacks.queues import Queue
    from stacks.settings import Settings

_HOUR = 3600


class Sweep(Construct):
    """Reads the sources of findings on schedules. `intake` is the queue that events are handed on to."""

    def __init__(
        self, scope: Stack, *, settled: Settled, audit: AuditStack, settings: Settings, intake: Queue
    ) -> None:
        super().__init__(scope, "Sweep")
        source = queue(self, SWEEP, settled.key, times.SWEEP)
        group = log_group(self, "Logs", settled.key)
        own = role(
            self,
            SWEEP,
            needs.SWEEP,
            {
                "roles": tuple(role_arn(one, SWEEP_ROLE) for one in settings.accounts),
                "audit_table": audit.audit_table.table_arn,
                "control_table": audit.control_table.table_arn,
                "audit_key": audit.key.key_arn,
                "queue_key": settled.key.key_arn,
                "queues": source.main.queue_arn,
                "sweep_queues": (source.main.queue_arn, intake.main.queue_arn),
                "topic": audit.notices.topic_arn,
                "logs": group.log_group_arn,
            },
        )
        account = Stack.of(self).account
        handled_by(source.main, role_arn(account, function_role(SWEEP)))
        sent_by(source.main, (role_arn(account, function_role(SWEEP)),))
        made = function(
            Settled(self, settled.code, settled.key),
            Handler(
                SWEEP,
                "sweep.handler",
                "Ringfence: reads at the sources of findings what they reported",
                times.SWEEP.timeout,
                environment={
                    "RINGFENCE_AUDIT_TABLE": audit.audit_table.table_name,
                    "RINGFENCE_CONTROL_TABLE": audit.control_table.table_name,
                    "RINGFENCE_QUEUE_URL": source.main.queue_url,
                    "RINGFENCE_INTAKE_QUEUE_URL": intake.main.queue_url,
                    TOPIC: audit.notices.topic_arn,
                },
            ),
            own,
            group,
        )
        mapping(self, "Mapping", made.function_name, source, times.SWEEP)
        given = sweeps_from_json(settings.policy)
        self._schedules(given, made, source)
        self._alarms(Alarms(self, audit.notices), given, source, made)

    def _schedules(self, given: SweepSettings, made: lambda_.Function, source: Queue) -> None:
        """Invoke the function for each sweep of the policy, with its name."""
        first = None
        for name, rate in given.rates().items():
            text = json.dumps({SWEEP: name})
            if first is None:
                first = scheduled(self, SWEEP, rate, made, dead=source.dead, given=text)
            else:
                also_scheduled(self, f"{SWEEP}-{name}", rate, first, text, retries=times.REVIEW_RETRIES)

    def _alarms(self, alarms: Alarms, given: SweepSettings, source: Queue, made: lambda_.Function) -> None:
        alarms.of_worker(source, made, times.SWEEP.late)
        alarms.own(
            "found-by-sweep",
            Measure(FOUND_BY_SWEEP),
            0,
            "A sweep found findings whose events did not arrive for 15 minutes, and handed them on. The "
            "notice names the source and the places. Run `ringfence doctor`.",
        )
        if given.every:
            shortest = min(seconds for _, seconds in given.every)
            alarms.missing(
                "sweep-silent",
                Measure(HEARTBEAT, link=SWEEP),
                math.ceil(shortest / _HOUR) + times.SWEEP_SILENT_HOURS,
                "No sweep ran for some hours. The log of the function ringfence-sweep shows why. Run "
                "`ringfence doctor`: it names what differs from the deployment.",
            )
