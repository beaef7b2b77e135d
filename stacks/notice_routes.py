"""The stack that sends notices on: to the topics of routes, and to chat channels.

It reads the topic for notices through its own queue, so it delays and loses no notice. No subscription
of that topic has a filter policy: an alarm rings if one drops a message, because an intruder could add one.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_sns as sns
from constructs import Construct

from ringfence.aws.notice import CHAT_TOPIC, ROUTE_TOPICS, ROUTES, TOPIC
from ringfence.model.resource_names import ROUTE, function_role
from stacks import needs, times
from stacks.alarms import Alarms
from stacks.chat import Chat
from stacks.functions import Handler, Settled, function, log_group, role
from stacks.names import role_arn
from stacks.notices import only_published_by
from stacks.queues import handled_by, mapping, queue, take_from_nobody_else, take_from_topic

if TYPE_CHECKING:
    from aws_cdk import Environment

    from stacks.audit import AuditStack
    from stacks.bundle import Bundle
    from stacks.queues import Queue
    from stacks.response import ResponseStack
    from stacks.settings import Settings


class NoticesStack(Stack):
    """The routes of notices and the chat channels."""

    def __init__(  # noqa: PLR0913 - a stack's own parameters beside the CDK's
        self,
        scope: Construct,
        id_: str,
        *,
        env: Environment,
        settings: Settings,
        bundle: Bundle,
        audit: AuditStack,
        response: ResponseStack,
    ) -> None:
        super().__init__(scope, id_, env=env, description="Ringfence: routes of notices, and chat channels")
        self.audit = audit
        given = settings.notices
        self.topics = {one.name: self._topic(f"Route-{one.name}") for one in given.routes}
        settled = Settled(self, bundle.code(), audit.key)
        self.chat = self._topic("Chat") if given.has_chat else None
        self._route(settled, settings)
        if self.chat:
            Chat(self, settled=settled, settings=settings, topic=self.chat, audit=audit, response=response)

    def _topic(self, name: str) -> sns.Topic:
        id_ = "".join(part.title() for part in name.split("-"))
        topic = sns.Topic(self, id_, display_name="Ringfence", master_key=self.audit.key, enforce_ssl=True)
        only_published_by(topic, [role_arn(self.account, function_role(ROUTE))])
        CfnOutput(self, f"{id_}Topic", value=topic.topic_arn)
        return topic

    def _route(self, settled: Settled, settings: Settings) -> None:
        scope = Construct(self, "Router")
        source = queue(scope, ROUTE, None, times.ROUTE)
        self._subscribe(scope, source)
        group = log_group(scope, "Logs", settled.key)
        named = {name: topic.topic_arn for name, topic in self.topics.items()}
        topics = (*named.values(), *((self.chat.topic_arn,) if self.chat else ()))
        own = role(
            scope,
            ROUTE,
            needs.ROUTE,
            {
                "queues": source.main.queue_arn,
                "routed": topics,
                "topic": self.audit.notices.topic_arn,
                "audit_key": self.audit.key.key_arn,
                "logs": group.log_group_arn,
            },
        )
        handled_by(source.main, role_arn(self.account, function_role(ROUTE)))
        made = function(
            Settled(scope, settled.code, settled.key),
            Handler(
                ROUTE,
                "route.handler",
                "Ringfence: sends notices on to the topics of routes and of chat channels",
                times.ROUTE.timeout,
                environment={
                    "RINGFENCE_QUEUE_URL": source.main.queue_url,
                    TOPIC: self.audit.notices.topic_arn,
                    ROUTES: json.dumps([one.as_json for one in settings.notices.routes]),
                    ROUTE_TOPICS: self.to_json_string(named),
                    **({CHAT_TOPIC: self.chat.topic_arn} if self.chat else {}),
                },
            ),
            own,
            group,
        )
        mapping(scope, "Mapping", made.function_name, source, times.ROUTE)
        alarms = Alarms(scope, self.audit.notices)
        alarms.of_worker(source, made, times.ROUTE.late)

    def _subscribe(self, scope: Construct, source: Queue) -> None:
        """Subscribe the queue. What SNS cannot deliver there goes to the dead-letter queue."""
        topic = self.audit.notices.topic_arn
        for one in (source.main, source.dead):
            take_from_topic(one, topic)
        take_from_nobody_else(source.main, [topic])
        sns.CfnSubscription(
            scope,
            "Subscription",
            topic_arn=topic,
            protocol="sqs",
            endpoint=source.main.queue_arn,
            redrive_policy={"deadLetterTargetArn": source.dead.queue_arn},
        )
