"""The rules that are shipped: each with an example that passes and one that fails."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from ringfence.model.kinds import every_kind
from ringfence.posture.evaluate import result
from ringfence.posture.examples import misjudged
from ringfence.posture.fixes import command
from ringfence.posture.mappings import every_mapping
from ringfence.posture.rule import Resource, Status
from ringfence.runbooks.catalogue import CATALOGUE
from tests.support.posture import SHIPPED

if TYPE_CHECKING:
    from ringfence.posture.file import Loaded

RULES = SHIPPED
SERVICES = (
    *("S3", "EC2", "IAM", "RDS", "EFS", "CloudTrail", "Config", "GuardDuty", "KMS", "Lambda", "ECR", "ECS"),
    *("EKS", "ElasticLoadBalancingV2", "SNS", "SQS", "SecretsManager"),
)


def test_every_service_has_rules() -> None:
    counted = Counter(type_.split("::")[1] for one in RULES for type_ in one.rule.resource_types)
    assert [name for name in SERVICES if not counted[name]] == []
    assert len(RULES) >= 60


@pytest.mark.parametrize("loaded", RULES, ids=lambda one: one.rule.name)
def test_a_rule_passes_and_fails_its_examples_and_says_why_it_is_there(loaded: Loaded) -> None:
    assert [str(one) for one in misjudged([loaded])] == []
    assert {one.passes for one in loaded.examples} == {True, False}
    assert loaded.rule.rationale
    assert loaded.rule.references
    assert loaded.notes == ()


def test_each_remediation_that_a_rule_names_can_be_planned_with_a_command() -> None:
    examples = {one.config_type: one.example for one in every_kind().values()}
    named = [one.rule for one in RULES if one.rule.remediation]
    assert named
    for rule in named:
        for type_ in rule.resource_types:
            resource = Resource(type_, "111122223333", "eu-west-1", examples[type_], "", {}, {})
            assert f"--remediation {rule.remediation} " in command(rule, resource, CATALOGUE.values())


def test_a_command_names_the_region_also_if_it_is_that_of_global_events() -> None:
    rule = next(one.rule for one in RULES if one.rule.remediation == "require-imdsv2")
    id_ = "i-0123456789abcdef0"
    resource = Resource("AWS::EC2::Instance", "111122223333", "us-east-1", id_, "", {}, {})
    assert "--region us-east-1" in command(rule, resource, CATALOGUE.values())


def test_an_id_that_no_resource_can_have_is_in_no_command() -> None:
    rule = next(one.rule for one in RULES if one.rule.remediation == "require-imdsv2")
    for id_ in ("i-1; rm -rf /", "$(id)", "", "-x"):
        resource = Resource("AWS::EC2::Instance", "111122223333", "eu-west-1", id_, id_, {}, {})
        assert command(rule, resource, CATALOGUE.values()) == ""


@pytest.mark.parametrize("loaded", RULES, ids=lambda one: one.rule.name)
def test_no_rule_passes_what_was_not_looked_at(loaded: Loaded) -> None:
    """An advanced query can select the id of a resource alone."""
    for type_ in loaded.rule.resource_types:
        properties = every_mapping()[type_].properties({})
        resource = Resource(type_, "111122223333", "eu-west-1", "x", "", properties, {})
        assert result(loaded.rule, resource).status is Status.NOT_ASSESSED
