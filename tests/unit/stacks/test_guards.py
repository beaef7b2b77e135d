"""Nobody but break-glass roles and the root user can destroy a key or the archive, whatever IAM allows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from stacks.guards import CHANGE_BUCKET, CHANGE_KEY, DESTROY_KEY, REMOVE, WRITE
from stacks.names import AUDIT_STACK, RESPONSE_STACK, forward_stack
from tests.support.synthesis import HOME, Template, listed, synthesize_without_code, told

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = f"arn:aws:iam::{HOME}:root"
GLASS = f"arn:aws:iam::{HOME}:role/ops/break-glass"
WRITERS = {f"arn:aws:iam::{HOME}:role/ringfence-{name}-function" for name in ("archive", "checkpoint")}
STACKS = {AUDIT_STACK: "eu-west-1", RESPONSE_STACK: "eu-west-1", forward_stack("us-east-1"): "us-east-1"}


def deployer(region: str) -> str:
    return f"arn:aws:iam::{HOME}:role/cdk-hnb659fds-cfn-exec-role-{HOME}-{region}"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Template]:
    given = replace(told(), break_glass_roles=("ops/break-glass",))
    return synthesize_without_code(tmp_path_factory.mktemp("cdk.out"), given)


def exempt(policy: Mapping[str, Any], action: str) -> set[str]:
    """Return who is exempt from every statement that denies an action to everybody."""
    found = [
        set(listed(one["Condition"]["ArnNotLike"]["aws:PrincipalArn"]))
        for one in policy["Statement"]
        if one["Effect"] == "Deny"
        and one["Principal"] in ("*", {"AWS": "*"})
        and action in listed(one["Action"])
        and "ArnNotLike" in one["Condition"]
    ]
    assert found, action
    return set.intersection(*found)


@pytest.mark.parametrize("stack", STACKS)
def test_every_key_is_guarded(guarded: Mapping[str, Template], stack: str) -> None:
    keys = guarded[stack].all("AWS::KMS::Key")
    assert keys
    for key in keys.values():
        policy = key["Properties"]["KeyPolicy"]
        assert all(exempt(policy, action) == {ROOT, GLASS} for action in DESTROY_KEY)
        changed = {ROOT, GLASS, deployer(STACKS[stack])}
        assert all(exempt(policy, action) == changed for action in CHANGE_KEY)


def test_a_deployment_can_still_update_a_key_so_that_nobody_is_locked_out(
    guarded: Mapping[str, Template],
) -> None:
    """KMS refuses a policy after which its writer could not write the next one."""
    assert "kms:PutKeyPolicy" not in DESTROY_KEY
    assert "kms:EnableKey" not in {*DESTROY_KEY, *CHANGE_KEY}, "and what was disabled can be put back"
    assert "kms:CancelKeyDeletion" not in {*DESTROY_KEY, *CHANGE_KEY}
    assert guarded


def archive(templates: Mapping[str, Template]) -> dict[str, Any]:
    bucket, _ = templates[AUDIT_STACK].only("AWS::S3::Bucket", "Archive")
    (policy,) = [
        one["Properties"]["PolicyDocument"]
        for one in templates[AUDIT_STACK].all("AWS::S3::BucketPolicy").values()
        if one["Properties"]["Bucket"] == {"Ref": bucket}
    ]
    found: dict[str, Any] = policy
    return found


def test_the_archives_function_alone_writes(guarded: Mapping[str, Template]) -> None:
    assert all(set(exempt(archive(guarded), action)) >= WRITERS for action in WRITE)
    assert not {ROOT, GLASS} & exempt(archive(guarded), "s3:PutObject")


def test_nobody_removes_from_the_archive_or_lifts_its_lock(guarded: Mapping[str, Template]) -> None:
    assert {"s3:BypassGovernanceRetention", "s3:DeleteObjectVersion"} <= set(REMOVE)
    assert all(exempt(archive(guarded), action) == {ROOT, GLASS} for action in REMOVE)


def test_deployments_alone_change_how_the_archive_is_kept(guarded: Mapping[str, Template]) -> None:
    expected = {ROOT, GLASS, deployer("eu-west-1")}
    assert all(exempt(archive(guarded), action) == expected for action in CHANGE_BUCKET)


def test_without_a_break_glass_role_the_root_user_is_left(templates: Mapping[str, Template]) -> None:
    assert exempt(archive(templates), "s3:DeleteObjectVersion") == {ROOT}
