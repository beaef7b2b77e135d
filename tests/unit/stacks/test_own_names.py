"""Every resource that the stacks create has a name by which a call on it is recognized."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ringfence.events.cloudtrail.trigger.own_resources import STACKS
from ringfence.model.resource_names import PREFIX

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support.synthesis import Template

NAMES = {
    "AWS::Lambda::Function": "FunctionName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::Scheduler::Schedule": "Name",
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::KMS::Alias": "AliasName",
}
"""Resources that the stacks name, and the property with the name."""
NAMED_BY_CLOUDFORMATION = {
    "AWS::Events::Rule": "Name",
    "AWS::SNS::Topic": "TopicName",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::Logs::LogGroup": "LogGroupName",
}
"""Resources whose names begin with the name of their stack."""


def test_the_stacks_have_the_prefix(templates: Mapping[str, Template]) -> None:
    assert all(name.startswith(STACKS) for name in templates)


@pytest.mark.parametrize("kind", NAMES)
def test_a_named_resource_has_the_prefix(templates: Mapping[str, Template], kind: str) -> None:
    found = [one["Properties"][NAMES[kind]] for each in templates.values() for one in each.all(kind).values()]
    assert found
    assert all(name.removeprefix("alias/").startswith(PREFIX) for name in found)


@pytest.mark.parametrize("kind", NAMED_BY_CLOUDFORMATION)
def test_cloudformation_names_the_others(templates: Mapping[str, Template], kind: str) -> None:
    found = [one["Properties"] for each in templates.values() for one in each.all(kind).values()]
    assert found
    assert not [one for one in found if NAMED_BY_CLOUDFORMATION[kind] in one]
