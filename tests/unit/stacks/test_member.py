"""A protected account's roles may do what is declared, for Ringfence's functions alone."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.session import Session

from ringfence.policy.compiled import policy_from_json
from ringfence.runbooks.catalogue import CATALOGUE
from stacks import needs
from stacks.names import MEMBER_STACK, forward_stack
from stacks.permissions import INLINE_LIMIT
from stacks.settings import settings
from tests.support.synthesis import HOME, MEMBER, allowed, expected, listed, told

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ringfence.model.call import Permission
    from stacks.settings import Settings
    from tests.support.synthesis import Template

ROLE = "AWS::IAM::Role"
DECLARED: dict[str, tuple[Permission, ...]] = {
    **{f"ringfence-{id_}": runbook.permissions() for id_, runbook in CATALOGUE.items()},
    **{f"ringfence-release-{id_}": runbook.release_permissions() for id_, runbook in CATALOGUE.items()},
}
OTHERS = (
    *("ringfence-beat", "ringfence-forward", "ringfence-doctor", "ringfence-outputs", "ringfence-sweep"),
    "ringfence-scan",
)
"""The roles that belong to no runbook."""
EACH = pytest.mark.parametrize("name", DECLARED)


@pytest.fixture
def deployed(templates: Mapping[str, Template]) -> frozenset[str]:
    """The roles of the home account, as its templates create them."""
    named = [
        one["Properties"].get("RoleName") for each in templates.values() for one in each.all(ROLE).values()
    ]
    return frozenset(filter(None, named))


def role_named(template: Template, name: str) -> dict[str, Any]:
    (found,) = [
        one["Properties"] for one in template.all(ROLE).values() if one["Properties"]["RoleName"] == name
    ]
    properties: dict[str, Any] = found
    return properties


def test_there_is_a_role_for_each_runbook_and_one_that_undoes_it_and_nothing_else(member: Template) -> None:
    assert {one["Type"] for one in member.body["Resources"].values()} == {ROLE}
    named = {one["Properties"]["RoleName"] for one in member.all(ROLE).values()}
    assert named == {*DECLARED, *OTHERS}


@EACH
def test_a_role_may_do_exactly_what_is_declared(member: Template, name: str) -> None:
    assert allowed(role_named(member, name)) == expected(DECLARED[name], account=HOME, region="*")


def test_the_role_of_the_sweeps_reads_what_is_declared_for_their_function_only(member: Template) -> None:
    role = role_named(member, "ringfence-sweep")
    assert allowed(role) == expected(needs.SWEEP_READS, account=HOME, region="*")
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    caller = f"arn:aws:iam::{HOME}:role/ringfence-sweep-function"
    assert trust["Condition"] == {"ArnEquals": {"aws:PrincipalArn": caller}}


def test_the_role_of_scans_reads_what_is_declared_for_those_whom_the_home_account_lets(
    member: Template,
) -> None:
    role = role_named(member, "ringfence-scan")
    assert allowed(role) == expected(needs.SCAN_READS, account=HOME, region="*")
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"AWS": f"arn:aws:iam::{HOME}:root"}
    assert "Condition" not in trust


def test_a_release_may_give_back_a_group_that_another_account_shares(member: Template) -> None:
    """The ARN of such a group names its owner. The interface belongs to the account of the instance."""
    granted = {
        resource
        for action, resource, _ in allowed(role_named(member, "ringfence-release-contain-instance"))
        if action == "ec2:ModifyNetworkInterfaceAttribute"
    }
    assert granted == {
        "arn:aws:ec2:*:*:security-group/*",
        f"arn:aws:ec2:*:{HOME}:network-interface/*",
    }


def test_a_runbook_that_only_reports_has_roles_without_a_permission(member: Template) -> None:
    """So has that of the outputs, if none is on that acts in the account."""
    for name in ("ringfence-report-findings", "ringfence-release-report-findings", "ringfence-outputs"):
        assert "Policies" not in role_named(member, name)


@EACH
def test_a_roles_policies_are_inline_and_within_the_limit(member: Template, name: str) -> None:
    role = role_named(member, name)
    assert "ManagedPolicyArns" not in role
    texts = [json.dumps(one["PolicyDocument"], separators=(",", ":")) for one in role.get("Policies", [])]
    assert sum(map(len, texts)) <= INLINE_LIMIT


NEVER = (
    *(
        f"arn:aws:iam::{HOME}:role/cdk-hnb659fds-{one}-role-{HOME}-*"
        for one in ("cfn-exec", "deploy", "file-publishing", "image-publishing", "lookup")
    ),
    *(
        f"arn:aws:iam::{HOME}:role/{one}"
        for one in (
            "AWSControlTowerExecution",
            "OrganizationAccountAccessRole",
            "aws-reserved/*",
            "aws-service-role/*",
        )
    ),
)
"""The roles by which people and AWS get into an account when everything else fails."""


def test_no_role_may_change_a_break_glass_role_or_those_of_another_bootstrap(
    variant: Callable[[Settings], dict[str, Template]],
) -> None:
    given = replace(told(), break_glass_roles=("ops/break-glass",), qualifier="mine")
    text = json.dumps(variant(given)[MEMBER_STACK].body)
    assert f"arn:aws:iam::{HOME}:role/ops/break-glass" in text
    assert f"arn:aws:iam::{HOME}:role/cdk-mine-cfn-exec-role-{HOME}-*" in text
    assert "hnb659fds-cfn-exec" not in text


@EACH
def test_no_role_may_change_a_role_of_ringfences_own(
    member: Template, deployed: frozenset[str], name: str
) -> None:
    """Whoever may write policies into any role could otherwise widen itself."""
    role = role_named(member, name)
    changing = {
        action
        for action, resource, _ in allowed(role)
        if resource == f"arn:aws:iam::{HOME}:role/*" and not re.match("iam:(Get|List|Pass)", action)
    }
    never = [
        one["PolicyDocument"]["Statement"] for one in role.get("Policies", []) if one["PolicyName"] == "never"
    ]
    denied = {
        (action, resource)
        for statements in never
        for one in statements
        for action in listed(one["Action"])
        for resource in listed(one["Resource"])
        if one["Effect"] == "Deny"
    }
    own = [f"arn:aws:iam::{HOME}:role/{one}" for one in deployed]
    assert denied == {(action, role) for action in changing for role in (*own, *NEVER)}


def test_the_policy_knows_the_roles_that_the_deployment_creates(
    scoped: Settings, deployed: frozenset[str]
) -> None:
    own = policy_from_json(scoped.policy).own
    assert (own.home, frozenset(own.at_home)) == (HOME, deployed)
    assert frozenset(own.member) == {*DECLARED, *OTHERS}


def test_in_another_account_a_role_may_change_what_is_merely_called_like_a_role_of_the_home_account(
    scoped: Settings, variant: Callable[[Settings], dict[str, Template]]
) -> None:
    """Anybody there can create it, because Ringfence does not."""
    elsewhere = variant(replace(scoped, account=MEMBER))[MEMBER_STACK]
    text = json.dumps(elsewhere.body)
    assert "ringfence-operate-function" not in json.dumps(
        [one["Properties"].get("Policies") for one in elsewhere.all(ROLE).values()]
    )
    assert f"arn:aws:iam::{MEMBER}:role/ringfence-forward" in text


def test_without_another_region_the_home_account_has_no_role_that_forwards(
    variant: Callable[[Settings], dict[str, Template]],
) -> None:
    given = settings(
        dict[str, object]().get, {"CDK_DEFAULT_ACCOUNT": HOME, "CDK_DEFAULT_REGION": "us-east-1"}
    )
    roles = {one["Properties"]["RoleName"] for one in variant(given)[MEMBER_STACK].all(ROLE).values()}
    assert "ringfence-forward" not in {*roles, *policy_from_json(given.policy).own.at_home}


def test_what_denies_sessions_may_change_roles_but_not_ringfences_own(member: Template) -> None:
    names = {one["PolicyName"] for one in role_named(member, "ringfence-contain-credentials")["Policies"]}
    assert names == {"declared", "never"}


@EACH
def test_a_role_trusts_the_functions_that_act_through_it_alone(member: Template, name: str) -> None:
    (trust,) = role_named(member, name)["AssumeRolePolicyDocument"]["Statement"]
    own = [] if name.startswith("ringfence-release-") else [f"arn:aws:iam::{HOME}:role/{name}-function"]
    assert trust == {
        "Action": "sts:AssumeRole",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{HOME}:root"},
        "Condition": {
            "ArnEquals": {"aws:PrincipalArn": [*own, f"arn:aws:iam::{HOME}:role/ringfence-operate-function"]}
        },
    }


WRITES_LOGS = ("StringEquals", "iam:PassedToService", ("cloudtrail.amazonaws.com",))
"""To whom a trail's own role goes back, whatever its name: CloudTrail does nothing with it but write."""


def test_undoing_needs_rights_that_responding_does_not_have(member: Template) -> None:
    """Decision 11: what runs by itself must never be able to hand out a role, but those made to be given."""
    passed = [
        (resource, conditions)
        for name in DECLARED
        if not name.startswith("ringfence-release-")
        for action, resource, conditions in allowed(role_named(member, name))
        if action == "iam:PassRole"
    ]
    assert passed
    assert [one for one, conditions in passed if "*" in one and WRITES_LOGS not in conditions] == []


def test_in_another_account_there_are_these_roles_alone_trusting_home(
    scoped: Settings, variant: Callable[[Settings], dict[str, Template]]
) -> None:
    templates = variant(replace(scoped, account=MEMBER))
    assert templates.keys() == {MEMBER_STACK, forward_stack("eu-west-1"), forward_stack("us-east-1")}
    role = role_named(templates[MEMBER_STACK], "ringfence-contain-instance")
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"AWS": f"arn:aws:iam::{HOME}:root"}
    resources = {resource for _, resource, _ in allowed(role)} - {"*"}
    # A VPC or a security group that is shared with the account belongs to another.
    shared = (":*:vpc/*", ":*:security-group/*")
    assert all(f":{MEMBER}:" in one or "::" in one or one.endswith(shared) for one in resources)
    assert not any(HOME in one for one in resources)


ANY_REGION = tuple(
    f"arn:aws:{service}:*:"
    for service in (
        *("autoscaling", "cloudformation", "cloudtrail", "config", "ec2", "elasticloadbalancing", "events"),
        *("guardduty", "kms", "lambda", "securityhub"),
    )
)
ASKED_ANYWHERE = {"guardduty:GetDetector"}
"""A finding about a principal comes from any region. Its source is asked there and nothing is changed."""
REGIONS = tuple(sorted(Session().get_available_regions("ec2")))
"""Every region of the partition that botocore knows."""


@pytest.fixture
def everywhere(variant: Callable[[Settings], dict[str, Template]]) -> Template:
    """The roles of an account in all regions, each named in the scope."""
    return variant(replace(told(), account=MEMBER, region=None, regions=REGIONS))[MEMBER_STACK]


def test_outside_a_scope_of_regions_everything_is_denied_that_is_done_in_regions(
    everywhere: Template,
) -> None:
    for name, declared in DECLARED.items():
        role = role_named(everywhere, name)
        regional = {action for action, resource, _ in allowed(role) if resource.startswith(ANY_REGION)}
        never = [
            one["PolicyDocument"]["Statement"]
            for one in role.get("Policies", [])
            if one["PolicyName"] == "never"
        ]
        denied = {
            action
            for statements in never
            for one in statements
            if one.get("Condition") == {"StringNotEquals": {"aws:RequestedRegion": list(REGIONS)}}
            and (one["Effect"], one["Resource"]) == ("Deny", "*")
            for action in listed(one["Action"])
        }
        asks = "guardduty:GetFindings" in {one.action for one in declared}
        asking = ASKED_ANYWHERE if asks else set()
        assert regional == denied | asking, f"{name}; a service that is new here belongs in ANY_REGION"


def test_a_scope_may_name_every_region(everywhere: Template) -> None:
    assert len(REGIONS) > 30
    for name in DECLARED:
        texts = [
            json.dumps(one["PolicyDocument"], separators=(",", ":"))
            for one in role_named(everywhere, name).get("Policies", [])
        ]
        assert sum(map(len, texts)) <= INLINE_LIMIT, name
