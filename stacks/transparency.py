"""The transparency log of the audit table's entries: its key, its function, its schedule and its alarm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from ringfence.model.resource_names import CHECKPOINT, function_role
from ringfence.record import measures
from stacks import needs
from stacks.alarms import Alarms
from stacks.functions import Handler, Settled, function, log_group, role
from stacks.names import role_arn
from stacks.queues import dead_letters
from stacks.schedules import scheduled
from stacks.times import CHECKPOINT_EVERY_MINUTES, CHECKPOINT_LATE_HOURS, CHECKPOINT_TIMEOUT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import aws_sns as sns

ALIAS = "ringfence-log"


def log_key(scope: Construct) -> kms.Key:
    """Return the key that signs checkpoints. KMS does not rotate such keys.

    Its policy denies signing to everybody but the function that publishes the log, whatever IAM allows:
    everybody who can sign can make up another history. The public key is for everybody.
    """
    stack = Stack.of(scope)
    key = kms.Key(
        scope,
        "SigningKey",
        alias=f"alias/{ALIAS}",
        description="Ringfence: signs the checkpoints of the audit log",
        key_spec=kms.KeySpec.ECC_NIST_EDWARDS25519,
        key_usage=kms.KeyUsage.SIGN_VERIFY,
        pending_window=Duration.days(30),
        removal_policy=RemovalPolicy.RETAIN,
    )
    signer = role_arn(stack.account, function_role(CHECKPOINT))
    key.add_to_resource_policy(
        iam.PolicyStatement(
            sid="NobodyElse",
            effect=iam.Effect.DENY,
            actions=["kms:Sign"],
            principals=[iam.AnyPrincipal()],
            resources=["*"],
            conditions={"ArnNotEquals": {"aws:PrincipalArn": [signer]}},
        )
    )
    return key


class TransparencyLog(Construct):
    """Publishes the log on a schedule. An alarm rings if no checkpoint is signed for some hours."""

    def __init__(  # noqa: PLR0913 - what it is made of
        self,
        scope: Construct,
        *,
        settled: Settled,
        topic: sns.ITopic,
        places: Mapping[str, str],
        environment: Mapping[str, str],
        copies: str,
    ) -> None:
        super().__init__(scope, "Log")
        dead = dead_letters(self, CHECKPOINT)
        group = log_group(self, "Logs", settled.key)
        declared = (*needs.CHECKPOINT, *(needs.COPY_CHECKPOINT if copies else ()))
        more = {"checkpoint_copies": f"arn:aws:s3:::{copies}/ringfence/*"} if copies else {}
        self.role = role(self, CHECKPOINT, declared, {**places, **more, "logs": group.log_group_arn})
        self.function = function(
            Settled(self, settled.code, settled.key),
            Handler(
                CHECKPOINT,
                "checkpoint.handler",
                "Ringfence: publish the transparency log of the audit log's entries",
                CHECKPOINT_TIMEOUT,
                environment={**environment, **({"RINGFENCE_CHECKPOINT_BUCKET": copies} if copies else {})},
            ),
            self.role,
            group,
        )
        scheduled(
            self,
            CHECKPOINT,
            f"rate({CHECKPOINT_EVERY_MINUTES} minutes)",
            self.function,
            dead=dead,
        )
        alarms = Alarms(self, topic)
        alarms.errors(CHECKPOINT, self.function)
        alarms.depth(CHECKPOINT, dead)
        alarms.missing(
            "checkpoint-late",
            measures.Measure(measures.CHECKPOINT),
            CHECKPOINT_LATE_HOURS,
            (
                f"No checkpoint of the audit log was signed for {CHECKPOINT_LATE_HOURS} hours. Check whether "
                "the function ringfence-checkpoint and its schedule are enabled, and read its log."
            ),
        )
