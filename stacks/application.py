"""The CDK app: its stacks, their shared parts, and their checks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_cdk import Environment, Stack, Tags, Validations
from cdk_nag import AwsSolutionsChecks

from stacks import forward
from stacks.activity import ActivityStack
from stacks.audit import AuditStack
from stacks.bundle import Bundle
from stacks.dashboard import DashboardStack
from stacks.detection import DetectionStack
from stacks.guards import guard_keys
from stacks.intake import IntakeStack
from stacks.member import MemberStack
from stacks.names import (
    ACTIVITY_STACK,
    AUDIT_STACK,
    DASHBOARD_STACK,
    DETECTION_STACK,
    INTAKE_STACK,
    MEMBER_STACK,
    NETWORK_STACK,
    NOTICES_STACK,
    OUTPUTS_STACK,
    RESPONSE_STACK,
    SCANS_STACK,
    forward_stack,
)
from stacks.network import NetworkStack
from stacks.next_steps import next_steps
from stacks.notice_routes import NoticesStack
from stacks.operations import operations
from stacks.outputs import OutputsStack
from stacks.response import ResponseStack
from stacks.scans import ScansStack
from stacks.version import show_version

if TYPE_CHECKING:
    from aws_cdk import App

    from stacks.settings import Settings


_COMPACT = "@aws-cdk/core:suppressTemplateIndentation"
"""A template has at most 1 MB, and indentation was a third of the response stack's.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
https://docs.aws.amazon.com/cdk/api/v2/python/aws_cdk/Stack.html
"""


def build(app: App, settings: Settings, bundle: Bundle | None = None) -> None:
    """Add the stacks of one account to the app, checked by the AwsSolutions rules."""
    app.node.set_context(_COMPACT, True)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    Tags.of(app).add("application", "ringfence")
    env = Environment(account=settings.account, region=settings.region)
    if settings.is_home:
        bundle = bundle or Bundle(operations(), settings.policy)
        audit = AuditStack(app, AUDIT_STACK, env=env, settings=settings, bundle=bundle)
        response = ResponseStack(app, RESPONSE_STACK, env=env, settings=settings, bundle=bundle, audit=audit)
        next_steps(response, settings)
        intake = IntakeStack(
            app,
            INTAKE_STACK,
            env=env,
            settings=settings,
            bundle=bundle,
            audit=audit,
            key=response.key,
        )
        if settings.notices.is_needed:
            NoticesStack(
                app,
                NOTICES_STACK,
                env=env,
                settings=settings,
                bundle=bundle,
                audit=audit,
                response=response,
            )
        if settings.dashboard:
            DashboardStack(app, DASHBOARD_STACK, env=env)
        _watching(app, env, _Home(settings, bundle, audit, response, intake))
        OutputsStack(app, OUTPUTS_STACK, env=env, settings=settings, bundle=bundle, audit=audit)
    member = MemberStack(app, MEMBER_STACK, env=env, settings=settings)
    for region, patterns in forward.places(settings).items():
        there = Environment(account=settings.account, region=region)
        made = forward.ForwardStack(
            app, forward_stack(region), env=there, settings=settings, patterns=patterns
        )
        made.add_stack_dependency(member, "its role is in that stack, one for all regions")
    for stack in app.node.children:
        if isinstance(stack, Stack):
            guard_keys(stack, settings)
            show_version(stack, settings)


@dataclass(frozen=True)
class _Home:
    """What the stacks of the home account are made of, and those that every deployment has."""

    settings: Settings
    bundle: Bundle
    audit: AuditStack
    response: ResponseStack
    intake: IntakeStack


def _watching(app: App, env: Environment, home: _Home) -> None:
    """Add the optional stacks that look for something: in logs, and in the configuration of resources."""
    settings, api = home.settings, home.intake.findings.api
    if settings.detection.log_group:
        DetectionStack(app, DETECTION_STACK, env=env, given=settings.detection, audit=home.audit)
    if settings.activity.rules:
        ActivityStack(
            app,
            ACTIVITY_STACK,
            env=env,
            settings=settings,
            bundle=home.bundle,
            audit=home.audit,
            key=home.response.key,
            api=api,
        )
    if settings.network.bucket:
        NetworkStack(
            app,
            NETWORK_STACK,
            env=env,
            settings=settings,
            bundle=home.bundle,
            audit=home.audit,
            key=home.response.key,
            api=api,
        )
    if settings.scans.schedule:
        ScansStack(
            app,
            SCANS_STACK,
            env=env,
            settings=settings,
            bundle=home.bundle,
            audit=home.audit,
            findings=api,
        )
