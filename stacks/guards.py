"""Who may destroy what keeps the record: nobody but break-glass roles, whatever IAM allows.

Resource policies deny also what IAM policies allow. Two kinds of principals are exempt:

- the account's root user and the break-glass roles, from everything;
- CloudFormation's role of `cdk bootstrap`, from changes of settings. Without it, no deployment could update a
  key or the archive. KMS also refuses a policy that would lock out the principal that writes it.

https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms

from stacks.names import role_arn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_s3 as s3

    from stacks.settings import Settings

DESTROY_KEY = ("kms:DeleteImportedKeyMaterial", "kms:DisableKey", "kms:ScheduleKeyDeletion")
CHANGE_KEY = ("kms:DisableKeyRotation", "kms:PutKeyPolicy")

WRITE = ("s3:PutObject",)
REMOVE = (
    "s3:BypassGovernanceRetention",
    "s3:DeleteBucket",
    "s3:DeleteObject",
    "s3:DeleteObjectVersion",
    "s3:PutObjectLegalHold",
    "s3:PutObjectRetention",
)
CHANGE_BUCKET = (
    "s3:DeleteBucketPolicy",
    "s3:PutBucketAcl",
    "s3:PutBucketLogging",
    "s3:PutBucketObjectLockConfiguration",
    "s3:PutBucketOwnershipControls",
    "s3:PutBucketPolicy",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketVersioning",
    "s3:PutEncryptionConfiguration",
    "s3:PutLifecycleConfiguration",
    "s3:PutReplicationConfiguration",
)


def guardians(settings: Settings) -> tuple[str, ...]:
    """Return the ARNs of an account's root user and of its break-glass roles."""
    roles = (role_arn(settings.account, name) for name in settings.break_glass_roles)
    return (f"arn:aws:iam::{settings.account}:root", *roles)


def deployers(stack: Stack, settings: Settings) -> tuple[str, ...]:
    """Return the ARN of the role with which CloudFormation deploys to a stack's account and region."""
    name = f"cdk-{settings.qualifier}-cfn-exec-role-{settings.account}-{stack.region}"
    return (role_arn(settings.account, name),)


def guard_keys(stack: Stack, settings: Settings) -> None:
    """Deny changes that would destroy a key of this stack to everybody else."""
    keep, both = guardians(settings), (*guardians(settings), *deployers(stack, settings))
    for key in stack.node.find_all():
        if isinstance(key, kms.Key):
            key.add_to_resource_policy(_denied("NobodyDestroys", DESTROY_KEY, ["*"], keep))
            key.add_to_resource_policy(_denied("NobodyElseChanges", CHANGE_KEY, ["*"], both))


def guard_archive(bucket: s3.Bucket, settings: Settings, writers: Sequence[str]) -> None:
    """Let these roles alone write a bucket, and nobody remove from it or change how it is kept."""
    stack = Stack.of(bucket)
    objects = bucket.arn_for_objects("*")
    own = tuple(role_arn(settings.account, name) for name in writers)
    keep, both = guardians(settings), (*guardians(settings), *deployers(stack, settings))
    for statement in (
        _denied("NobodyElseWrites", WRITE, [objects], own),
        _denied("NobodyRemoves", REMOVE, [bucket.bucket_arn, objects], keep),
        _denied("NobodyElseChanges", CHANGE_BUCKET, [bucket.bucket_arn], both),
    ):
        bucket.add_to_resource_policy(statement)


def _denied(
    sid: str, actions: Sequence[str], resources: Sequence[str], but: Sequence[str]
) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        sid=sid,
        effect=iam.Effect.DENY,
        principals=[iam.StarPrincipal()],
        actions=list(actions),
        resources=list(resources),
        conditions={"ArnNotLike": {"aws:PrincipalArn": list(but)}},
    )
