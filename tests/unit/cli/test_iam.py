"""`ringfence iam generate`: from files of records and for environments."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from ringfence.cli.main import main
from tests.support.json_forms import check

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

ROLE = "arn:aws:iam::111122223333:role/web"


def record(name: str, **more: object) -> dict[str, object]:
    return {
        "eventSource": "dynamodb.amazonaws.com",
        "eventName": name,
        "awsRegion": "eu-west-1",
        "recipientAccountId": "111122223333",
        "userIdentity": {"arn": ROLE},
        "requestParameters": {"tableName": "orders"},
        **more,
    }


RECORDS = [
    record("PutItem"),
    record("GetItem", userIdentity={"arn": "arn:aws:iam::111122223333:user/somebody"}),
    record("DeleteItem", errorCode="AccessDenied"),
    record("PutObject", eventSource="s3.amazonaws.com", requestParameters={"bucketName": "b", "key": "k"}),
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "trail.json.gz"
    path.write_bytes(gzip.compress(json.dumps({"Records": RECORDS}).encode()))
    return path


def generate(*words: str) -> Result:
    done = CliRunner().invoke(main, ["iam", "generate", *words])
    if "--json" in words and done.exit_code != 2:
        check(("iam", "generate", *words), done.stdout)
    return done


def actions(done: Result) -> list[str]:
    return [action for one in json.loads(done.stdout)["Statement"] for action in one["Action"]]


def test_the_policy_is_what_the_principal_did(file: Path) -> None:
    done = generate("--from-cloudtrail", str(file), "--principal", "web")
    assert done.exit_code == 0
    assert actions(done) == ["dynamodb:PutItem", "s3:PutObject"]
    assert "Left out:\n  dynamodb:DeleteItem: denied, 1 time" in done.stderr
    assert actions(generate("--from-cloudtrail", str(file))) == [
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "s3:PutObject",
    ]


def test_services_leave_out_the_others(file: Path) -> None:
    assert actions(generate("--from-cloudtrail", str(file), "--services", "s3")) == ["s3:PutObject"]


def test_events_of_eventbridge_are_read_too(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text("\n".join(json.dumps({"detail": one}) for one in RECORDS), "utf-8")
    assert actions(generate("--from-cloudtrail", str(path), "--principal", ROLE))


def test_the_difference_to_a_policy_is_shown(file: Path, tmp_path: Path) -> None:
    path = tmp_path / "now.json"
    path.write_text(json.dumps({"Statement": {"Effect": "Allow", "Action": "dynamodb:*"}}), "utf-8")
    done = generate("--from-cloudtrail", str(file), "--compare", str(path), "--json")
    told = json.loads(done.stdout)
    assert told["difference"] == {
        "added": ["s3:PutObject"],
        "unused": [],
        "wider": ["dynamodb:*: only dynamodb:GetItem, dynamodb:PutItem"],
        "not_compared": [],
    }
    assert told["left_out"] == ["dynamodb:DeleteItem: denied, 1 time"]


@pytest.mark.parametrize(
    ("allowed", "wider"),
    [
        ("*", ["*: only dynamodb:GetItem, dynamodb:PutItem, s3:PutObject"]),
        ("s3:Put*", ["s3:Put*: only s3:PutObject"]),
        ("s3:PutObjec?", []),
        ("s3:PutObject", []),
        ("ec2:*", []),
    ],
)
def test_a_wildcard_is_told_with_what_of_it_is_used(
    file: Path, tmp_path: Path, allowed: str, wider: list[str]
) -> None:
    path = tmp_path / "now.json"
    path.write_text(json.dumps({"Statement": {"Effect": "Allow", "Action": allowed}}), "utf-8")
    done = generate("--from-cloudtrail", str(file), "--compare", str(path), "--json")
    assert json.loads(done.stdout)["difference"]["wider"] == wider
    told = generate("--from-cloudtrail", str(file), "--compare", str(path)).stderr
    assert ("Wildcards of the present policy, and what of them is used" in told) is bool(wider)


def test_a_record_that_cannot_be_read_is_told_and_the_others_count(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    path.write_text("\n".join(map(json.dumps, [{"eventSource": 3}, *RECORDS])), "utf-8")
    done = generate("--from-cloudtrail", str(path))
    assert done.exit_code == 1
    assert "records.jsonl, line 1: eventSource: must be a string" in done.stderr
    assert actions(done)


def test_a_policy_for_an_environment_gives_the_reason_of_each_wildcard() -> None:
    done = generate("--environment", "production", "--services", "ec2,s3", "--regions", "eu-west-1")
    assert "ec2:Describe*" in actions(done)
    assert "ec2:Describe*: every action with this prefix only reads" in done.stderr
    told = json.loads(generate("--environment", "test", "--services", "ec2", "--json").stdout)
    starred = [one for one in told["policy"]["Statement"][0]["Action"] if one.endswith("*")]
    assert all(any(why.startswith(f"{one}: ") for why in told["reasons"]) for one in starred)


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--environment", "production"),
        ("--services", "s3"),
        ("--environment", "staging", "--services", "s3"),
        ("--environment", "production", "--services", "nothing"),
        ("--environment", "production", "--services", "s3", "--from-cloudtrail", "x"),
        ("--environment", "production", "--services", "s3", "--principal", "web"),
        ("--environment", "production", "--services", "s3", "--compare", "/nowhere.json"),
        ("--environment", "production", "--services", "s3", "--regions", "mars"),
    ],
)
def test_what_cannot_be_meant_is_bad_input(words: tuple[str, ...]) -> None:
    assert generate(*words).exit_code == 2


READS = record("ListObjectsV2", eventSource="s3.amazonaws.com", requestParameters={"bucketName": "b"})


@pytest.mark.parametrize(
    ("environment", "allowed", "left"),
    [
        ("production", ["dynamodb:GetItem", "s3:ListBucket"], ["PutItem", "PutObject"]),
        ("development", ["dynamodb:GetItem", "dynamodb:PutItem", "s3:ListBucket", "s3:PutObject"], []),
    ],
)
def test_what_was_done_is_cut_to_what_people_may_do_in_an_environment(
    tmp_path: Path, environment: str, allowed: list[str], left: list[str]
) -> None:
    path = tmp_path / "records.jsonl"
    path.write_text("\n".join(map(json.dumps, [*RECORDS, READS])), "utf-8")
    words = ("--environment", environment, "--services", "s3,dynamodb", "--from-cloudtrail", str(path))
    done = generate(*words)
    assert done.exit_code == 0
    assert actions(done) == allowed
    assert [one for one in left if f":{one}: not for people in production, 1 time" in done.stderr] == left
    tag = {"StringEquals": {"aws:PrincipalTag/Environment": ["development"]}}
    conditions = [one.get("Condition") for one in json.loads(done.stdout)["Statement"]]
    assert conditions == [tag if environment == "development" else None] * len(conditions)
    elsewhere = generate(*words, "--regions", "eu-north-1", "--json")
    assert elsewhere.exit_code == 2
    assert json.loads(elsewhere.stdout)["error"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("90d",), "--principal: is required by an age"),
        (("91d", "--principal", "web"), "--from-cloudtrail: must be from 1d to 90d"),
        (("0d", "--principal", "web"), "--from-cloudtrail: must be from 1d to 90d"),
        (("90d", "--from-cloudtrail", "x", "--principal", "web"), "--from-cloudtrail: must be one age, or"),
        (("./90d", "--principal", "web"), "90d"),
    ],
)
def test_an_age_is_checked_before_anything_is_read(words: tuple[str, ...], told: str) -> None:
    done = generate("--from-cloudtrail", *words)
    assert done.exit_code == 2
    assert told in done.stderr


def test_a_principal_without_calls_is_bad_input(file: Path) -> None:
    done = generate("--from-cloudtrail", str(file), "--principal", "nobody")
    assert done.exit_code == 2
    assert "--principal: must be a principal with recorded calls" in done.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--regions", "eu-west-1"), "--regions: needs --environment or an age"),
        (("--days", "30"), "--days: needs --access-analyzer"),
        (("--access-role", ROLE), "--access-role: needs --access-analyzer"),
        (("--environment", "production"), "--services: is required by --environment"),
        (
            ("--environment", "production", "--services", "s3", "--access-analyzer", "all"),
            "--access-analyzer: cannot be combined with --environment",
        ),
        (
            ("--access-analyzer", "all", "--services", "s3"),
            "--services: cannot be combined with --access-analyzer",
        ),
    ],
)
def test_no_option_is_left_out_without_a_word(file: Path, words: tuple[str, ...], told: str) -> None:
    done = generate("--from-cloudtrail", str(file), *words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert told in done.stderr


def test_records_without_an_allowed_call_are_bad_input_and_say_what_was_read(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    path.write_text(f"{json.dumps(record('DeleteItem', errorCode='AccessDenied'))}\n{{\n", "utf-8")
    done = generate("--from-cloudtrail", str(path))
    assert done.exit_code == 2
    assert "dynamodb:DeleteItem: denied, 1 time" in done.stderr
    assert "records.jsonl, line 2: " in done.stderr
    assert "--from-cloudtrail: must contain a call that was allowed" in done.stderr


@pytest.mark.parametrize(
    "wrapped",
    [
        lambda one: {"PolicyVersion": {"Document": one, "VersionId": "v1"}},
        lambda one: {"PolicyDocument": one},
    ],
)
def test_what_iam_answers_is_a_present_policy(
    file: Path, tmp_path: Path, wrapped: Callable[[object], object]
) -> None:
    path = tmp_path / "now.json"
    path.write_text(json.dumps(wrapped({"Statement": {"Effect": "Allow", "Action": "dynamodb:*"}})), "utf-8")
    done = generate("--from-cloudtrail", str(file), "--compare", str(path), "--json")
    assert json.loads(done.stdout)["difference"]["added"] == ["s3:PutObject"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "{\n",
            "is not one complete JSON document: Expecting property name enclosed in double quotes at line 2",
        ),
        ("{}", "Statement: is required: the file must contain an IAM policy"),
        ('{"RoleName": "web"}', "Statement: is required"),
        ('{"Statement": [1]}', "Statement[0].Effect: must be Allow or Deny"),
        ('{"Statement": [{"Effect": "allow", "Action": "*"}]}', "Statement[0].Effect: must be Allow or Deny"),
        ('{"Statement": {"Effect": "Allow"}}', "Statement[0].Action: is required"),
    ],
)
def test_what_is_no_policy_is_not_compared(file: Path, tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "now.json"
    path.write_text(text, "utf-8")
    done = generate("--from-cloudtrail", str(file), "--compare", str(path))
    assert (done.exit_code, done.stdout) == (2, "")
    assert f"--compare: {path}: " in done.stderr
    assert told in done.stderr
