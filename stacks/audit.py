"""The audit stack: the log, its archive, its notices and their alarms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import CfnOutput, Duration, RemovalPolicy, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from ringfence.aws.audit_items import CHAIN, CONTAINMENTS, CONTROL_KEY, ENTRY, INCIDENTS, MONTH, OPEN
from ringfence.aws.record_keys import RECORD_KEYS
from ringfence.aws.schedules import QUEUE_ARNS
from ringfence.model.output_places import OUTPUTS_ON, OUTPUTS_QUEUE
from ringfence.model.resource_names import (
    APPROVALS_SCHEDULE,
    ARCHIVE,
    CHECKPOINT,
    CONTROL,
    NOTIFY,
    OUTPUTS,
    SCANS,
    SWEEP,
    function_role,
    home_roles,
    hub_action_roles,
)
from ringfence.record.measures import FORGED, REVIEW_FAILED, TAMPER, UNSEALED, Measure
from ringfence.runbooks.catalogue import CATALOGUE
from stacks import needs
from stacks.alarms import Alarms
from stacks.approvals import APPROVALS_GROUP
from stacks.functions import Settled
from stacks.guards import guard_archive
from stacks.keys import encryption_key
from stacks.names import prefixed, role_arn
from stacks.notices import escalations, notices, only_published_by
from stacks.people import auditors, doctors, scanners
from stacks.record_key import record_key
from stacks.settings import COMPLIANCE
from stacks.stream import StreamFunction
from stacks.table_policies import writers_only
from stacks.times import ARCHIVE_WINDOW
from stacks.transparency import TransparencyLog, log_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import Environment
    from constructs import Construct

    from ringfence.model.call import Permission
    from stacks.bundle import Bundle
    from stacks.settings import Settings

_ACCESS_LOGS_KEPT = Duration.days(365)


class AuditStack(Stack):
    """The audit log, its archive and the notices."""

    def __init__(
        self, scope: Construct, id_: str, *, env: Environment, settings: Settings, bundle: Bundle
    ) -> None:
        super().__init__(
            scope,
            id_,
            env=env,
            description="Ringfence: the audit log, its archive and its notices",
            termination_protection=True,
        )
        self.key = encryption_key(
            self, "ringfence-audit", "Ringfence's audit log, archive and notices", RemovalPolicy.RETAIN
        )
        self.record_key = record_key(self)
        self.record_keys = (self.record_key.key_arn, *settings.retired_record_keys)
        self.audit_table = self._audit_table(writers_only(settings))
        # The archive's function and the checkpoint's keep the state of the transparency log there. That for
        # notices keeps which of them wait for a summary, that of the sweeps how far they read, and that of
        # scheduled scans their results.
        scans = (SCANS,) if settings.scans.schedule else ()
        kept = writers_only(settings, adds=(ARCHIVE, CHECKPOINT, NOTIFY, SWEEP, *scans))
        self.control_table = self._control_table(kept)
        self.archive = self._archive(settings)
        self.notices = notices(self, self.key, settings.notices_email)
        self.escalations = escalations(self, self.key, settings.escalations_email)
        for topic in (self.notices, self.escalations):
            only_published_by(topic, _tellers(settings))
        self.log_key = log_key(self)
        places = {
            "audit_table": self.audit_table.table_arn,
            "control_table": self.control_table.table_arn,
            "archive": self.archive.bucket_arn,
            "topic": self.notices.topic_arn,
            "escalations": self.escalations.topic_arn,
            "schedules": self._schedules(),
            "schedule_role": role_arn(settings.home, APPROVALS_SCHEDULE),
            "audit_key": self.key.key_arn,
            "log_key": self.log_key.key_arn,
            "outputs_queue": self.format_arn(service="sqs", resource=prefixed(OUTPUTS)),
        }
        self._watch(Settled(self, bundle.code(), self.key), places, settings)
        auditors(self, places)
        every = tuple(dict.fromkeys((settings.home, *settings.accounts)))
        doctors(self, every)
        scanners(self, every)
        for name, shown in {
            "AuditTable": self.audit_table.table_name,
            "ControlTable": self.control_table.table_name,
            "ArchiveBucket": self.archive.bucket_name,
            "NoticesTopic": self.notices.topic_arn,
            "EscalationsTopic": self.escalations.topic_arn,
            "LogKey": self.log_key.key_arn,
        }.items():
            CfnOutput(self, name, value=shown)

    def _audit_table(self, writers: iam.PolicyDocument) -> dynamodb.Table:
        table = self._table(
            "AuditTable",
            writers,
            dynamodb_key(CHAIN),
            dynamodb_key(ENTRY),
            stream=dynamodb.StreamViewType.NEW_AND_OLD_IMAGES,
        )
        table.add_global_secondary_index(
            index_name=INCIDENTS,
            partition_key=dynamodb_key(MONTH),
            sort_key=dynamodb_key(ENTRY),
            projection_type=dynamodb.ProjectionType.KEYS_ONLY,
        )
        return table

    def _control_table(self, writers: iam.PolicyDocument) -> dynamodb.Table:
        table = self._table(
            "ControlTable",
            writers,
            dynamodb_key(CONTROL_KEY),
            stream=dynamodb.StreamViewType.NEW_AND_OLD_IMAGES,
        )
        table.add_global_secondary_index(
            index_name=CONTAINMENTS,
            partition_key=dynamodb_key(OPEN),
            sort_key=dynamodb_key(CONTROL_KEY),
            projection_type=dynamodb.ProjectionType.ALL,
        )
        return table

    def _table(
        self,
        id_: str,
        writers: iam.PolicyDocument,
        partition: dynamodb.Attribute,
        sort: dynamodb.Attribute | None = None,
        stream: dynamodb.StreamViewType | None = None,
    ) -> dynamodb.Table:
        """Create a table without a time to live, so its items never expire."""
        return dynamodb.Table(
            self,
            f"{id_}Store",
            partition_key=partition,
            sort_key=sort,
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
            encryption_key=self.key,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            stream=stream,
            resource_policy=writers,
            deletion_protection=True,
            removal_policy=RemovalPolicy.RETAIN,
        )

    def _archive(self, settings: Settings) -> s3.Bucket:
        days = Duration.days(settings.retention_days)
        locked = s3.ObjectLockRetention
        archive = s3.Bucket(
            self,
            "Archive",
            versioned=True,
            object_lock_enabled=True,
            object_lock_default_retention=(
                locked.compliance(days) if settings.retention_mode == COMPLIANCE else locked.governance(days)
            ),
            # With a KMS key, nobody could read the objects after the key is deleted.
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            server_access_logs_bucket=self._access_logs(),
            server_access_logs_prefix="archive/",
            removal_policy=RemovalPolicy.RETAIN,
        )
        guard_archive(archive, settings, [function_role(ARCHIVE), function_role(CHECKPOINT)])
        if archive.policy:  # it stays with the archive, so that deleting the stack opens nothing
            archive.policy.apply_removal_policy(RemovalPolicy.RETAIN)
        return archive

    def _access_logs(self) -> s3.Bucket:
        self.access_logs = s3.Bucket(
            self,
            "AccessLogs",
            # S3 does not deliver access logs to a bucket with a KMS key as default.
            encryption=s3.BucketEncryption.S3_MANAGED,
            versioned=True,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            lifecycle_rules=[
                s3.LifecycleRule(
                    expiration=_ACCESS_LOGS_KEPT, noncurrent_version_expiration=Duration.days(30)
                )
            ],
            removal_policy=RemovalPolicy.RETAIN,
        )
        return self.access_logs

    def _schedules(self) -> str:
        """Return a pattern for the ARNs of the schedules that lead back to an approval."""
        return self.format_arn(service="scheduler", resource="schedule", resource_name=f"{APPROVALS_GROUP}/*")

    def _asking(self, settings: Settings) -> dict[str, str]:
        """Return what the function for notices needs to schedule what follows an approval.

        The queues and the role are in the response stack, which needs this one. So they go by their names.
        """
        queues = {
            id_: self.format_arn(service="sqs", resource=prefixed(f"{id_}-continuation")) for id_ in CATALOGUE
        }
        return {
            "RINGFENCE_ESCALATIONS_ARN": self.escalations.topic_arn,
            "RINGFENCE_SCHEDULE_GROUP": APPROVALS_GROUP,
            "RINGFENCE_SCHEDULE_ROLE_ARN": role_arn(settings.home, APPROVALS_SCHEDULE),
            QUEUE_ARNS: self.to_json_string(queues),
        }

    def _notify_needs(self, settings: Settings) -> tuple[Permission, ...]:
        return (*needs.NOTIFY, *(needs.TELL_OUTPUTS if settings.outputs else ()))

    def _telling(self, settings: Settings) -> dict[str, str]:
        """Return what the function for notices needs to tell the outputs. Their stack needs this one."""
        if not settings.outputs:
            return {}
        queue = prefixed(OUTPUTS)
        return {
            OUTPUTS_ON: " ".join(id_ for id_, _ in settings.outputs),
            OUTPUTS_QUEUE: f"https://sqs.{self.region}.{self.url_suffix}/{self.account}/{queue}",
        }

    def _watch(self, settled: Settled, places: Mapping[str, str], settings: Settings) -> None:
        """Archive the log, publish it, send notices from its stream, and watch the control table."""
        environment = {
            "RINGFENCE_AUDIT_TABLE": self.audit_table.table_name,
            "RINGFENCE_ARCHIVE_BUCKET": self.archive.bucket_name,
            "RINGFENCE_CONTROL_TABLE": self.control_table.table_name,
            "RINGFENCE_TOPIC_ARN": self.notices.topic_arn,
        }
        more = {
            NOTIFY: {**self._asking(settings), **self._telling(settings)},
            ARCHIVE: {RECORD_KEYS: " ".join(self.record_keys)},
        }
        streams = {}
        for name, needed, table, window in (
            (ARCHIVE, needs.ARCHIVE, self.audit_table, ARCHIVE_WINDOW),
            (NOTIFY, self._notify_needs(settings), self.audit_table, 0),
            (CONTROL, needs.CONTROL, self.control_table, 0),
        ):
            streams[name] = StreamFunction(
                self,
                name.title() + "Stream",
                settled=settled,
                name=name,
                table=table,
                topic=self.notices,
                needs=needed,
                places={**places, "record_keys": self.record_keys},
                environment={**environment, **more.get(name, {})},
                window=window,
            )
        log = TransparencyLog(
            self,
            settled=settled,
            topic=self.notices,
            places=places,
            environment={**environment, "RINGFENCE_LOG_KEY": self.log_key.key_arn},
            copies=settings.checkpoint_bucket,
        )
        # What reads leaves is updated before what writes them, so it knows their form.
        streams[ARCHIVE].deployed_after(log.function)
        Alarms(self, self.escalations).unheard("notices", self.notices)
        Alarms(self, self.notices).own(
            "not-looked-at",
            Measure(REVIEW_FAILED),
            0,
            "A scheduled look failed several times in a place, or did not read everything. The log of the "
            "runbook's continuation function, or of the function of flow logs, says where and why, under "
            "`not looked at`.",
        )
        Alarms(self, self.notices).own(
            "tampering",
            Measure(TAMPER),
            0,
            "An entry of the audit log was changed or removed, or somebody wrote to the control table. "
            "Ringfence never does that. Run `ringfence audit verify`, and find out who did it.",
        )
        Alarms(self, self.notices).own(
            "unsealed",
            Measure(UNSEALED),
            0,
            "A function could not derive the key of the seals, so entries of the audit log have no MAC. "
            "Check that its role can call kms:GenerateMac with the key alias/ringfence-record, and that the "
            "key is enabled.",
        )
        Alarms(self, self.notices).own(
            "forged",
            Measure(FORGED),
            0,
            "Somebody invoked a function of Ringfence directly, with a made-up message or request, and was "
            "refused. The function's log says what was wrong. Find out who may invoke the functions.",
        )


def _tellers(settings: Settings) -> tuple[str, ...]:
    """Return the ARNs of the roles of all functions. Each of them can have something to tell people."""
    silent = hub_action_roles(on=True)  # CloudFormation shows what this function has to tell
    names = (*home_roles(CATALOGUE.values()), *settings.optional_roles)
    return tuple(
        role_arn(settings.home, one) for one in names if one.endswith("-function") and one not in silent
    )


def dynamodb_key(name: str) -> dynamodb.Attribute:
    """Return a key attribute; all of them are strings."""
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)
