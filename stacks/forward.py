"""Forward events to the home region: from other regions, from other accounts, and from `GLOBAL`.

AWS delivers AWS Health events, IAM's CloudTrail events and root sign-ins only in `GLOBAL`.

https://docs.aws.amazon.com/health/latest/ug/choosing-a-region.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-account.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam

from ringfence.events.cloudtrail.trigger.quarantine import SOURCE as IAM
from ringfence.events.guardduty.trigger import SOURCE as GUARDDUTY
from ringfence.events.health.trigger import SOURCE as HEALTH
from ringfence.events.heartbeat import pattern as heartbeats
from ringfence.events.patterns import covers, rule_state
from ringfence.insights.activity.delivered import event_patterns
from ringfence.model.resource_names import BEAT_ROLE, FORWARD_ROLE, HOME_BEAT_ROLE
from ringfence.model.subject import GLOBAL
from ringfence.runbooks.catalogue import CATALOGUE
from stacks.alarms import Alarms
from stacks.heartbeat import beats, only_beats
from stacks.keys import encryption_key
from stacks.names import FORWARD, prefixed, role_arn
from stacks.notices import notices, only_published_by
from stacks.patterns import intake_patterns, patterns_of, undoing_of
from stacks.queues import dead_letters, take_from

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aws_cdk import Environment
    from aws_cdk import aws_sqs as sqs
    from constructs import Construct

    from ringfence.events.rules import Patterns
    from ringfence.model.runbook import Runbook
    from stacks.settings import Settings


def places(settings: Settings) -> dict[str, Patterns]:
    """Return the patterns to forward, by region.

    Each region of the scope forwards the events of all runbooks. If the scope names no regions, only the
    deployment's region does. GuardDuty findings that the delegated administrator also has arrive twice,
    which changes nothing.
    """
    if settings.region is None:
        return {}
    home = settings.home_region if settings.is_home else None
    found = {region: everything(settings) for region in settings.regions or (settings.region,)}
    found.setdefault(GLOBAL, delivered_globally(settings))
    own = heartbeats((settings.account,))
    return {region: (*patterns, own) for region, patterns in found.items() if region != home and patterns}


def everything(settings: Settings) -> Patterns:
    """Return the patterns of every runbook and of the intake, each once."""
    of_runbooks = (pattern for runbook in CATALOGUE.values() for pattern in all_of(runbook, settings))
    return _once((*of_runbooks, *intake_patterns(), *event_patterns(settings.activity.rules)))


def all_of(runbook: Runbook, settings: Settings) -> Patterns:
    """Return the patterns of a runbook: of its triggers, and of the calls that can undo its changes."""
    return (*patterns_of(runbook, settings), *undoing_of(runbook, settings))


def delivered_globally(settings: Settings) -> Patterns:
    """Return the patterns of events that AWS delivers only in `GLOBAL`, each once.

    These are the patterns of runbooks for global subjects, except GuardDuty's findings, which stay in the
    region of their detector. Of all other runbooks they are the patterns for calls of IAM and for AWS Health.
    Rules for activity are about calls of global services and sign-ins, too.
    """
    found = (
        pattern
        for runbook in CATALOGUE.values()
        for pattern in all_of(runbook, settings)
        if not runbook.subject.regional or pattern["source"] in ([IAM], [HEALTH])
    )
    activity = event_patterns(settings.activity.rules)
    return _once((*(pattern for pattern in found if pattern["source"] != [GUARDDUTY]), *activity))


def let_in(scope: Construct, settings: Settings) -> None:
    """Allow the other accounts of the scope to put events on the home bus with their forwarding role.

    One statement covers all, because the policy of a bus can have 10,240 characters ("Amazon EventBridge
    quotas").
    """
    only_beats(scope, (role_arn(settings.home, HOME_BEAT_ROLE), role_arn("*", FORWARD_ROLE)))
    others = [account for account in settings.accounts if account != settings.home]
    if not others:
        return
    name = prefixed("accounts")
    events.CfnEventBusPolicy(
        scope,
        "FromAccounts",
        statement_id=name,
        event_bus_name="default",
        statement={
            "Sid": name,
            "Effect": "Allow",
            "Principal": {"AWS": [f"arn:aws:iam::{account}:root" for account in others]},
            "Action": "events:PutEvents",
            "Resource": Stack.of(scope).format_arn(
                service="events", resource="event-bus", resource_name="default"
            ),
            "Condition": {"ArnLike": {"aws:PrincipalArn": role_arn("*", FORWARD_ROLE)}},
        },
    )


def forwarding_role(scope: Stack, settings: Settings) -> iam.Role:
    """Return the role with which EventBridge puts events on the home bus, for all regions of an account."""
    put = iam.PolicyStatement(actions=["events:PutEvents"], resources=[home_bus(settings)])
    return iam.Role(
        scope,
        "Forward",
        role_name=FORWARD_ROLE,
        description="Put events on the home region's event bus",
        assumed_by=iam.ServicePrincipal(
            "events.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": scope.account}}
        ),
        inline_policies={"declared": iam.PolicyDocument(statements=[put])},
    )


def home_bus(settings: Settings) -> str:
    """Return the ARN of the home region's default event bus."""
    return f"arn:aws:events:{settings.home_region}:{settings.home}:event-bus/default"


def _once(patterns: Iterable[Mapping[str, object]]) -> Patterns:
    """Return the patterns without those whose events another one forwards: an event is sent once."""
    found: list[Mapping[str, object]] = []
    found.extend(pattern for pattern in patterns if pattern not in found)
    return tuple(one for one in found if not any(covers(other, one) for other in found if other is not one))


class ForwardStack(Stack):
    """Rules in one region whose target is the home region's default event bus."""

    def __init__(
        self, scope: Construct, id_: str, *, env: Environment, settings: Settings, patterns: Patterns
    ) -> None:
        super().__init__(scope, id_, env=env, description=f"Ringfence: forwards the events of {env.region}")
        key = encryption_key(
            self, "ringfence-forward", "Ringfence's events that could not be forwarded", RemovalPolicy.RETAIN
        )
        dead = dead_letters(self, FORWARD, home=False)
        rules = [
            self._rule(number, pattern, settings, dead) for number, pattern in enumerate(patterns, start=1)
        ]
        take_from(dead, [rule.attr_arn for rule in rules])
        beats(self, role_arn(self.account, BEAT_ROLE))
        only_beats(self, (role_arn(self.account, BEAT_ROLE),))
        # An alarm can only notify topics in its region. No function publishes to this one.
        topic = notices(self, key, settings.notices_email)
        only_published_by(topic)
        alarms = Alarms(self, topic)
        alarms.depth(FORWARD, dead)
        alarms.undelivered(FORWARD, rules)

    def _rule(
        self, number: int, pattern: Mapping[str, object], settings: Settings, dead: sqs.Queue
    ) -> events.CfnRule:
        return events.CfnRule(
            self,
            f"Rule{number}",
            description=f"Ringfence: forwarded to {settings.home_region}, {number}",
            event_pattern=dict(pattern),
            state=rule_state(pattern),
            targets=[
                events.CfnRule.TargetProperty(
                    id="home",
                    arn=home_bus(settings),
                    role_arn=role_arn(self.account, FORWARD_ROLE),
                    dead_letter_config=events.CfnRule.DeadLetterConfigProperty(arn=dead.queue_arn),
                )
            ],
        )
