"""Encrypted queues with their dead-letter queues."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from aws_cdk import Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

from ringfence.model.resource_names import ARCHIVE, CONTROL, NOTIFY, function_role, home_roles
from ringfence.runbooks.catalogue import CATALOGUE
from stacks.acknowledgements import acknowledge
from stacks.names import prefixed, role_arn
from stacks.times import DEAD_LETTERS_KEPT_DAYS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import aws_kms as kms
    from constructs import Construct

    from stacks.times import QueueTimes


@dataclass(frozen=True)
class Queue:
    """A queue and its dead-letter queue."""

    name: str
    main: sqs.Queue
    dead: sqs.Queue


def dead_letters(
    scope: Construct, name: str, *, home: bool = True, schedules: Sequence[str] = ()
) -> sqs.Queue:
    """Return a dead-letter queue with the longest retention of SQS.

    An operator can replay its messages, so people and other roles may not send any. AWS services have no ARN
    as a principal: EventBridge, and SQS itself. `home`: also the schedules and the functions of streams send.
    `schedules` are the roles of schedules that only some deployments have.

    SQS encrypts it with another key. A mistake in the policy of the queues' key would otherwise also
    keep events from the dead-letter queue, and would stay unnoticed.
    """
    dead = sqs.Queue(
        scope,
        "DeadLetters",
        queue_name=f"{prefixed(name)}-dead-letters",
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        enforce_ssl=True,
        retention_period=Duration.days(DEAD_LETTERS_KEPT_DAYS),
    )
    acknowledge(dead, "SQS3", "it is itself a dead-letter queue")
    account = Stack.of(scope).account
    senders = (*_senders(account), *(role_arn(account, one) for one in schedules)) if home else ()
    _deny_others(dead, "SetAside", ("sqs:SendMessage",), senders, {"Null": {"aws:PrincipalArn": "false"}})
    return dead


def _senders(account: str) -> tuple[str, ...]:
    """Return the roles that set failed invocations aside."""
    schedules = (name for name in home_roles(CATALOGUE.values()) if name.endswith("-schedule"))
    streams = (function_role(name) for name in (ARCHIVE, NOTIFY, CONTROL))
    return tuple(role_arn(account, name) for name in (*schedules, *streams))


def queue(
    scope: Construct,
    name: str,
    key: kms.IKey | None,
    times: QueueTimes,
    *,
    schedules: Sequence[str] = (),
) -> Queue:
    """Return an encrypted queue with a visibility timeout slightly longer than its function's timeout.

    Without a key, SQS encrypts it with its own. `schedules` are roles that set failed invocations aside.
    """
    dead = dead_letters(scope, name, schedules=schedules)
    main = sqs.Queue(
        scope,
        "Queue",
        queue_name=prefixed(name),
        encryption=sqs.QueueEncryption.KMS if key else sqs.QueueEncryption.SQS_MANAGED,
        encryption_master_key=key,
        # KMS errors only matter at a renewal, so an hour is better than five minutes.
        data_key_reuse=Duration.hours(1) if key else None,
        enforce_ssl=True,
        visibility_timeout=Duration.seconds(times.visibility),
        dead_letter_queue=sqs.DeadLetterQueue(queue=dead, max_receive_count=times.receives),
    )
    return Queue(name, main, dead)


def take_from(target: sqs.Queue, rules: Sequence[str]) -> None:
    """Allow these EventBridge rules to send to the queue."""
    target.add_to_resource_policy(
        iam.PolicyStatement(
            sid="TheseRules",
            actions=["sqs:SendMessage"],
            principals=[iam.ServicePrincipal("events.amazonaws.com")],
            resources=[target.queue_arn],
            conditions={"ArnEquals": {"aws:SourceArn": list(rules)}},
        )
    )


def take_from_topic(target: sqs.Queue, topic: str) -> None:
    """Allow an SNS topic to send to the queue."""
    target.add_to_resource_policy(
        iam.PolicyStatement(
            sid="ThisTopic",
            actions=["sqs:SendMessage"],
            principals=[iam.ServicePrincipal("sns.amazonaws.com")],
            resources=[target.queue_arn],
            conditions={"ArnEquals": {"aws:SourceArn": topic}},
        )
    )


def sent_by(target: sqs.Queue, roles: Sequence[str]) -> None:
    """Deny everybody but these roles to send to a queue that no rule sends to."""
    _deny_others(target, "SentBy", ("sqs:SendMessage",), roles)


def mapping(scope: Construct, id_: str, invoked: str, source: Queue, given: QueueTimes) -> None:
    """Let a function take messages from a queue, one at a time."""
    lambda_.CfnEventSourceMapping(
        scope,
        id_,
        function_name=invoked,
        event_source_arn=source.main.queue_arn,
        batch_size=1,
        function_response_types=["ReportBatchItemFailures"],
        scaling_config=lambda_.CfnEventSourceMapping.ScalingConfigProperty(
            maximum_concurrency=given.concurrency
        ),
    )


def handled_by(target: sqs.Queue, role: str) -> None:
    """Deny everybody but this function's role to receive messages, and everybody to purge them.

    A receipt handle proves that a message came by the queue. So nobody else may get one.
    """
    actions = (
        "sqs:ChangeMessageVisibility",
        "sqs:DeleteMessage",
        "sqs:PurgeQueue",
        "sqs:ReceiveMessage",
    )
    _deny_others(target, "HandledBy", actions, (role,))


def _deny_others(
    target: sqs.Queue,
    sid: str,
    actions: Sequence[str],
    roles: Sequence[str],
    where: Mapping[str, object] = MappingProxyType({}),
) -> None:
    """Deny these actions to everybody but some roles, under further conditions."""
    others = {"ArnNotEquals": {"aws:PrincipalArn": list(roles)}} if roles else {}
    target.add_to_resource_policy(
        iam.PolicyStatement(
            sid=sid,
            effect=iam.Effect.DENY,
            actions=list(actions),
            principals=[iam.StarPrincipal()],
            resources=[target.queue_arn],
            conditions={**others, **where},
        )
    )


def take_from_nobody_else(target: sqs.Queue, rules: Sequence[str], senders: Sequence[str] = ()) -> None:
    """Deny everybody else to send, whatever their own policies allow, because events can be forged.

    The roles `senders` may send too: one puts dead letters back, for operators that it has verified, and the
    intake passes findings on.
    """
    others = {"aws:PrincipalArn": list(senders)} if senders else {}
    target.add_to_resource_policy(
        iam.PolicyStatement(
            sid="NobodyElse",
            effect=iam.Effect.DENY,
            actions=["sqs:SendMessage"],
            principals=[iam.StarPrincipal()],
            resources=[target.queue_arn],
            conditions={"ArnNotEquals": {"aws:SourceArn": list(rules), **others}},
        )
    )
