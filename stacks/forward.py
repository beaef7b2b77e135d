"""What is delivered in one region only, brought home: AWS Health's events, and IAM's of CloudTrail.

Sign-ins of the root user are recorded there as well, and AWS Config judges IAM where its rule is.

https://docs.aws.amazon.com/health/latest/ug/choosing-a-region.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam

from ringfence.core.guardduty import SOURCE as GUARDDUTY
from ringfence.core.subject import GLOBAL
from ringfence.runbooks.catalogue import CATALOGUE
from stacks.alarms import Alarms
from stacks.keys import encryption_key, used_by
from stacks.names import FORWARD, prefixed
from stacks.notices import notices
from stacks.queues import dead_letters, take_from

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import Environment
    from constructs import Construct

    from stacks.settings import Settings


def forwarded() -> tuple[Mapping[str, object], ...]:
    """Return the patterns of what is delivered in `GLOBAL` alone, each once.

    That is what runbooks for global subjects answer to, but for GuardDuty's findings, which stay in the
    region of their detector.
    """
    found = (
        pattern
        for runbook in CATALOGUE.values()
        if not runbook.subject.regional
        for pattern in runbook.patterns()
    )
    patterns: list[Mapping[str, object]] = []
    for pattern in found:
        if pattern["source"] != [GUARDDUTY] and pattern not in patterns:
            patterns.append(pattern)
    return tuple(patterns)


def is_needed(settings: Settings) -> bool:
    """Say whether something has to be brought home: not where home is where it is delivered."""
    return settings.is_home and settings.region not in {None, GLOBAL} and bool(forwarded())


class ForwardStack(Stack):
    """Rules in `GLOBAL` whose target is the home region's default event bus."""

    def __init__(self, scope: Construct, id_: str, *, env: Environment, settings: Settings) -> None:
        super().__init__(
            scope, id_, env=env, description=f"Ringfence: brings home what is delivered in {GLOBAL} alone"
        )
        key = encryption_key(
            self, "ringfence-forward", "Ringfence's events that could not be forwarded", RemovalPolicy.RETAIN
        )
        used_by(key, "events.amazonaws.com", self.account)
        bus = f"arn:aws:events:{settings.region}:{settings.home}:event-bus/default"
        role = self._role(bus)
        dead = dead_letters(self, FORWARD, key)
        rules = [
            events.CfnRule(
                self,
                f"Rule{number}",
                description=f"Ringfence: brought home to {settings.region}, {number}",
                event_pattern=pattern,
                state="ENABLED",
                targets=[
                    events.CfnRule.TargetProperty(
                        id="home",
                        arn=bus,
                        role_arn=role.role_arn,
                        dead_letter_config=events.CfnRule.DeadLetterConfigProperty(arn=dead.queue_arn),
                    )
                ],
            )
            for number, pattern in enumerate(forwarded(), start=1)
        ]
        take_from(dead, [rule.attr_arn for rule in rules])
        # An alarm tells topics of its own region alone.
        Alarms(self, notices(self, key, settings.notices_email)).depth(FORWARD, dead)

    def _role(self, bus: str) -> iam.Role:
        """EventBridge puts events on a bus of another region in this role, and needs nothing there."""
        put = iam.PolicyStatement(actions=["events:PutEvents"], resources=[bus])
        return iam.Role(
            self,
            "Role",
            role_name=prefixed(FORWARD),
            description="Put events on the home region's event bus",
            assumed_by=iam.ServicePrincipal(
                "events.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": self.account}}
            ),
            inline_policies={"declared": iam.PolicyDocument(statements=[put])},
        )
