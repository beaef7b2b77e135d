"""The resources of one runbook: its rules, queues, functions, role and alarms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from ringfence.aws.audit_items import PROVIDED
from ringfence.aws.notice import TOPIC
from ringfence.aws.record_keys import RECORD_KEYS
from ringfence.events.heartbeat import pattern as heartbeats
from ringfence.events.patterns import rule_state
from ringfence.model.resource_names import APPROVALS_SCHEDULE, INTAKE, OPERATE, function_role
from ringfence.record.measures import NOT_CONTAINED, TIME_TO_CONTAINMENT, Measure
from ringfence.runbooks import keeper
from stacks import needs, times
from stacks.alarms import Alarms
from stacks.functions import FULL_CORE, MODEST, Handler, Settled, function, log_group, provisioned, role
from stacks.names import prefixed, role_arn
from stacks.patterns import patterns_of, undoing_of
from stacks.queues import Queue, handled_by, mapping, queue, sent_by, take_from, take_from_nobody_else
from stacks.schedules import scheduled

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aws_cdk import aws_logs as logs

    from ringfence.model.reviews import Review
    from ringfence.model.runbook import Runbook
    from stacks.audit import AuditStack
    from stacks.settings import Settings
    from stacks.times import QueueTimes

CONTAIN, CONTINUE, RECHECK = "respond.handler", "respond.resume", "recheck.handler"


class Pipeline(Construct):
    """The path of an event from its rule to the function, and the second queue after containment."""

    def __init__(  # noqa: PLR0913 - the parts of the stack that it connects
        self,
        scope: Construct,
        runbook: Runbook,
        *,
        settled: Settled,
        audit: AuditStack,
        settings: Settings,
        api: str,
    ) -> None:
        super().__init__(scope, "".join(word.title() for word in runbook.id.split("-")))
        self.runbook = runbook
        contains = not runbook.closes_when_complete
        self.environments = settings.provisioned_concurrency if contains else 0
        self.reserved = (settings.reserved_concurrency or None) if contains else None
        self.first = queue(Construct(self, "First"), runbook.id, settled.key, times.CONTAIN)
        self.second = queue(
            Construct(self, "Second"), f"{runbook.id}-continuation", settled.key, times.CONTINUE
        )
        self.rules = self._rules(
            self, self.first, (*patterns_of(runbook, settings, api), self._beats()), (OPERATE, INTAKE)
        )
        self.undoing: tuple[events.CfnRule, ...] = ()
        self.recheck = self._recheck_queue(settled, settings) if runbook.undone_by else None
        names = (
            *("Contain", "Continue"),
            *(("Review",) if runbook.review else ()),
            *(("Recheck",) if self.recheck else ()),
        )
        groups = [log_group(self, f"{name}Logs", settled.key) for name in names]
        queues = (self.first, self.second, *((self.recheck,) if self.recheck else ()))
        self.role = role(
            self,
            runbook.id,
            needs.RECHECK if self.recheck else needs.RESPOND,
            {
                "runbook": runbook.id,
                "provided": _kept_elsewhere(runbook.id),
                "roles": tuple(role_arn(one, prefixed(runbook.id)) for one in settings.accounts),
                "audit_table": audit.audit_table.table_arn,
                "control_table": audit.control_table.table_arn,
                "audit_key": audit.key.key_arn,
                "record_keys": audit.record_keys,
                "queue_key": settled.key.key_arn,
                "topic": audit.notices.topic_arn,
                "queues": tuple(one.main.queue_arn for one in queues),
                "continuations": self.second.main.queue_arn,
                "logs": tuple(group.log_group_arn for group in groups),
            },
        )
        self._closed(queues)
        self.environment = {
            "RINGFENCE_RUNBOOK": runbook.id,
            "RINGFENCE_ROLE": prefixed(runbook.id),
            "RINGFENCE_AUDIT_TABLE": audit.audit_table.table_name,
            "RINGFENCE_CONTROL_TABLE": audit.control_table.table_name,
            RECORD_KEYS: " ".join(audit.record_keys),
            "RINGFENCE_CONTINUATION_QUEUE_URL": self.second.main.queue_url,
            TOPIC: audit.notices.topic_arn,
        }
        here = Settled(self, settled.code, settled.key)
        self.contain = self._function(here, self.first, CONTAIN, times.CONTAIN, groups[0])
        self.resume = self._function(here, self.second, CONTINUE, times.CONTINUE, groups[1])
        alarms = Alarms(self, audit.notices)
        self._alarms(alarms)
        if runbook.review:
            self._review(runbook.review, here, groups[2], alarms)
        if self.recheck:
            self._recheck(
                self.recheck, Settled(Construct(self, "Recheck"), here.code, here.key), groups[-1], alarms
            )

    def _closed(self, queues: Iterable[Queue]) -> None:
        """Let only this runbook's functions handle the messages.

        Only they, operators and the schedules of approvals continue a response.
        """
        account = Stack.of(self).account
        own, operate = (role_arn(account, function_role(name)) for name in (self.runbook.id, OPERATE))
        approvals = role_arn(account, APPROVALS_SCHEDULE)
        for one in queues:
            handled_by(one.main, own)
        sent_by(self.second.main, (own, operate, approvals))

    def _recheck_queue(self, settled: Settled, settings: Settings) -> Queue:
        """Return the queue for calls that can undo a containment, with its rules."""
        scope = Construct(self, "Undoing")
        made = queue(scope, f"{self.runbook.id}-recheck", settled.key, times.RECHECK)
        self.undoing = self._rules(scope, made, (*undoing_of(self.runbook, settings), self._beats()))
        return made

    def _beats(self) -> Mapping[str, object]:
        """Return the pattern for the heartbeats of this region. Those of others say nothing of its links."""
        stack = Stack.of(self)
        return heartbeats((stack.account,), (stack.region,))

    def _rules(
        self,
        scope: Construct,
        target: Queue,
        patterns: Iterable[Mapping[str, object]],
        senders: tuple[str, ...] = (OPERATE,),
    ) -> tuple[events.CfnRule, ...]:
        """Create one rule for each pattern. Together they deliver all events to a queue.

        `senders`: the functions that may send to it too.
        """
        rules = tuple(
            self._rule(scope, target, number, pattern) for number, pattern in enumerate(patterns, start=1)
        )
        arns = [rule.attr_arn for rule in rules]
        take_from(target.main, arns)
        account = Stack.of(self).account
        others = [role_arn(account, function_role(name)) for name in senders]
        take_from_nobody_else(target.main, arns, others)
        take_from(target.dead, arns)
        return rules

    def _rule(
        self, scope: Construct, target: Queue, number: int, pattern: Mapping[str, object]
    ) -> events.CfnRule:
        return events.CfnRule(
            scope,
            f"Rule{number}",
            description=f"{self.runbook.title}, {number}",
            event_pattern=dict(pattern),
            state=rule_state(pattern),
            targets=[
                events.CfnRule.TargetProperty(
                    id="queue",
                    arn=target.main.queue_arn,
                    # Undeliverable events are kept as dead letters.
                    dead_letter_config=events.CfnRule.DeadLetterConfigProperty(arn=target.dead.queue_arn),
                )
            ],
        )

    def _function(
        self, settled: Settled, source: Queue, handler: str, given: QueueTimes, group: logs.LogGroup
    ) -> lambda_.Function:
        first = handler == CONTAIN
        made = function(
            settled,
            Handler(
                source.name,
                handler,
                f"{self.runbook.title}: {'the first stage' if first else 'the stages after containment'}",
                given.timeout,
                FULL_CORE if first else MODEST,
                {**self.environment, "RINGFENCE_QUEUE_URL": source.main.queue_url},
                self.reserved if first else None,
            ),
            self.role,
            group,
        )
        id_, invoked = (
            ("ContainMapping", self._invoked(made)) if first else ("ContinueMapping", made.function_name)
        )
        mapping(self, id_, invoked, source, given)
        return made

    def _invoked(self, contain: lambda_.Function) -> str:
        """Return what the first queue invokes: an alias where environments are kept initialized for it."""
        if not self.environments:
            return contain.function_name
        return provisioned(contain, self.runbook.id, self.environments).function_arn

    def _review(self, review: Review, settled: Settled, group: logs.LogGroup, alarms: Alarms) -> None:
        """Schedule the review of problems without events."""
        name = f"{self.runbook.id}-review"
        made = function(
            settled,
            Handler(
                name,
                "review.handler",
                f"{self.runbook.title}: the scheduled review",
                times.REVIEW_TIMEOUT,
                environment={**self.environment, "RINGFENCE_QUEUE_URL": self.second.main.queue_url},
            ),
            self.role,
            group,
        )
        scheduled(self, name, review.schedule, made, dead=self.first.dead)
        alarms.errors(name, made)

    def _recheck(self, source: Queue, settled: Settled, group: logs.LogGroup, alarms: Alarms) -> None:
        """Verify open contained incidents again: after a call that can undo one, and on a schedule."""
        made = function(
            settled,
            Handler(
                source.name,
                RECHECK,
                f"{self.runbook.title}: verify open contained incidents again",
                times.RECHECK.timeout,
                environment={**self.environment, "RINGFENCE_QUEUE_URL": source.main.queue_url},
            ),
            self.role,
            group,
        )
        mapping(settled.scope, "Mapping", made.function_name, source, times.RECHECK)
        every = self.runbook.verified_every
        scheduled(settled.scope, source.name, every, made, dead=source.dead)
        alarms.of_worker(source, made, times.RECHECK.late)
        alarms.silent(source.name)

    def _alarms(self, alarms: Alarms) -> None:
        for source, made, given in (
            (self.first, self.contain, times.CONTAIN),
            (self.second, self.resume, times.CONTINUE),
        ):
            alarms.of_worker(source, made, given.late)
            alarms.silent(source.name)
        alarms.undelivered(self.runbook.id, self.rules)
        alarms.undelivered(f"{self.runbook.id}-recheck", self.undoing)
        if self.runbook.closes_when_complete:  # compliance runbooks can wait for people, which is no alarm
            return
        alarms.own(
            f"{self.runbook.id}-time",
            Measure(TIME_TO_CONTAINMENT, runbook=self.runbook.id),
            times.CONTAINMENT_LATE,
            (
                f"Containment took more than {times.CONTAINMENT_LATE} s after the finding. The audit log "
                "shows the delay."
            ),
        )
        alarms.own(
            f"{self.runbook.id}-open",
            Measure(NOT_CONTAINED, runbook=self.runbook.id),
            0,
            (
                "Verification shows that the resource of a finding is not contained. The incident lists the "
                "remaining steps."
            ),
        )


def _kept_elsewhere(id_: str) -> tuple[str, ...]:
    """Return the keys of what a runbook creates for another one."""
    kept = keeper(id_)
    return () if kept == id_ else (f"{kept}#{PROVIDED}/*",)
