"""The stack for flow logs: its table, its saved queries, its schedule and its alarms."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from ringfence.insights.daily import ACCOUNT, DATABASE, DAY, REGION, SAVED, deployed
from ringfence.insights.daily_sql import daily_sql
from ringfence.insights.query import COLUMNS, FLOW_LOGS
from ringfence.model.errors import BadInput
from ringfence.self_check.places import HOME_STACKS, OPTIONAL_STACKS
from stacks.names import NETWORK_STACK
from stacks.network_settings import NetworkSettings
from tests.support.policy_evaluator import is_denied_by_resource
from tests.support.synthesis import HOME, MEMBER, SEARCHED, told

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.synthesis import Template

OWN = f"arn:aws:iam::{HOME}:role/ringfence-network-function"


def test_the_table_has_the_columns_of_flow_logs_and_finds_its_folders(network: Template) -> None:
    table = network.properties("AWS::Glue::Table")
    given = table["TableInput"]
    assert (table["DatabaseName"], given["Name"]) == (DATABASE, FLOW_LOGS)
    storage = given["StorageDescriptor"]
    assert [one["Name"] for one in storage["Columns"]] == [name for name, _ in COLUMNS]
    assert {one["Type"] for one in storage["Columns"]} == {"int", "bigint", "string"}
    assert [one["Name"] for one in given["PartitionKeys"]] == [ACCOUNT, REGION, DAY]
    assert storage["Location"] == "s3://flow-logs-bucket/vpc/AWSLogs/"
    projection = given["Parameters"]
    assert projection[f"projection.{ACCOUNT}.values"] == f"{HOME},{MEMBER}"
    assert projection[f"projection.{REGION}.values"] == "eu-west-1"
    folders = f"${{{ACCOUNT}}}/vpcflowlogs/${{{REGION}}}/${{{DAY}}}/"
    assert projection["storage.location.template"] == f"s3://flow-logs-bucket/vpc/AWSLogs/{folders}"


def test_each_query_is_saved_and_the_function_knows_its_id(network: Template) -> None:
    saved = {id_: one["Properties"] for id_, one in network.all("AWS::Athena::NamedQuery").items()}
    queries = deployed(listed=False)
    assert {one["QueryString"] for one in saved.values()} == {daily_sql(one) for one in queries}
    assert {one["WorkGroup"] for one in saved.values()} == {"ringfence-network"}
    environment = network.properties("AWS::Lambda::Function")["Environment"]["Variables"]
    told_ = json.dumps(environment[SAVED])
    assert all(id_ in told_ for id_ in saved)
    assert all(one.id in told_ for one in queries)


def test_results_are_encrypted_and_expire(network: Template) -> None:
    bucket = network.properties("AWS::S3::Bucket")
    (rule,) = bucket["LifecycleConfiguration"]["Rules"]
    assert (rule["ExpirationInDays"], rule["Status"]) == (7, "Enabled")
    configuration = network.properties("AWS::Athena::WorkGroup")["WorkGroupConfiguration"]
    assert configuration["EnforceWorkGroupConfiguration"] is True
    encryption = configuration["ResultConfiguration"]["EncryptionConfiguration"]
    assert encryption == {"EncryptionOption": "SSE_S3"}


def test_the_function_alone_writes_results_and_nobody_removes_them(network: Template) -> None:
    (policy,) = network.all("AWS::S3::BucketPolicy").values()
    assert policy["DeletionPolicy"] == "Retain", "it stays with the bucket"
    guards = [
        {**one, "Resource": ["arn:aws:s3:::results", "arn:aws:s3:::results/*"]}
        for one in policy["Properties"]["PolicyDocument"]["Statement"]
        if one.get("Sid", "").startswith("Nobody")
    ]
    plain = {**policy["Properties"]["PolicyDocument"], "Statement": guards}
    result = "arn:aws:s3:::results/x.csv"
    assert not is_denied_by_resource(plain, OWN, "s3:PutObject", result)
    for other in (f"{OWN}-2", f"arn:aws:iam::{HOME}:role/analyst"):
        assert is_denied_by_resource(plain, other, "s3:PutObject", result)
        assert is_denied_by_resource(plain, other, "s3:DeleteObject", result)
        assert is_denied_by_resource(plain, other, "s3:PutBucketPolicy", "arn:aws:s3:::results")


def test_it_runs_each_day_and_alarms_ring_if_it_does_not_come_to_an_end(network: Template) -> None:
    schedule = network.properties("AWS::Scheduler::Schedule")
    assert schedule["ScheduleExpression"] == "cron(0 3 * * ? *)"
    found = {one["Properties"]["AlarmName"] for one in network.all("AWS::CloudWatch::Alarm").values()}
    assert {"ringfence-network-errors", "ringfence-network-dead-letters", "ringfence-network-age"} == found


def test_the_logs_are_read_below_the_given_prefix_only(network: Template) -> None:
    role = next(one for id_, one in network.all("AWS::IAM::Role").items() if id_.startswith("Role"))
    declared = next(one for one in role["Properties"]["Policies"] if one["PolicyName"] == "declared")
    reads = json.dumps(
        [one for one in declared["PolicyDocument"]["Statement"] if "s3:GetObject" in one["Action"]]
    )
    assert "arn:aws:s3:::flow-logs-bucket/vpc/AWSLogs/*" in reads
    assert "flow-logs-bucket/*" not in reads


def test_it_is_a_stack_that_nobody_misses() -> None:
    assert NETWORK_STACK in OPTIONAL_STACKS
    assert NETWORK_STACK not in HOME_STACKS
    assert told().network == NetworkSettings()


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("my-logs", NetworkSettings("my-logs", "")),
        ("my-logs/", NetworkSettings("my-logs", "")),
        ("s3://my-logs/vpc/all/", NetworkSettings("my-logs", "vpc/all/")),
    ],
)
def test_a_bucket_can_have_a_prefix(given: str, found: NetworkSettings) -> None:
    assert told(**{**SEARCHED, "flow_logs": given}).network == found


def test_a_list_of_addresses_is_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "list.txt"
    file.write_text("203.0.113.9  # a server\n\n2001:DB8:0::1\n203.0.113.9\n", encoding="utf-8")
    found = told(**{**SEARCHED, "flow_logs_addresses": str(file)}).network
    assert found.addresses == ("203.0.113.9", "2001:db8::1")


@pytest.mark.parametrize(
    ("text", "words"),
    [("", "1 to 5000 addresses"), ("203.0.113.9\nexample.com", "example.com"), (None, "a file")],
)
def test_a_wrong_list_is_named(tmp_path: Path, text: str | None, words: str) -> None:
    file = tmp_path / "list.txt"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=words) as raised:
        told(**{**SEARCHED, "flow_logs_addresses": str(file)})
    assert raised.value.field == "flow_logs_addresses"


def test_a_list_needs_flow_logs() -> None:
    with pytest.raises(BadInput, match="needs flow_logs"):
        told(flow_logs_addresses="list.txt")


@pytest.mark.parametrize(
    ("context", "words"),
    [({"flow_logs": "my-logs"}, OWN), ({**SEARCHED, "flow_logs": "my-logs/*"}, "bucket")],
)
def test_a_wrong_setting_is_named(context: dict[str, str], words: str) -> None:
    with pytest.raises(BadInput, match=words) as raised:
        told(**context)
    assert raised.value.field == "flow_logs"
