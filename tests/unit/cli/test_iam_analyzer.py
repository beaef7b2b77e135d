"""`ringfence iam generate --access-analyzer`: its options, its policy, and what is used if there is none."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from ringfence.aws.policy_generation import Wanted
from ringfence.cli.iam_analyzer import analyzed, wanted_of
from ringfence.cli.main import main
from ringfence.model.errors import BadInput, Refused
from ringfence.privileges.analyzed import from_analyzer

if TYPE_CHECKING:
    from collections.abc import Callable

ROLE, TRAIL = "arn:aws:iam::111122223333:role/web", "arn:aws:cloudtrail:eu-west-1:111122223333:trail/all"
READER = "arn:aws:iam::111122223333:role/service-role/analyzer"
WANTED = Wanted(ROLE, TRAIL, READER, 90)
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "ec2:DescribeInstances", "Resource": "*"},
        {
            "Sid": "Objects",
            "Effect": "Allow",
            "Action": ["s3:GetObject"],
            "Resource": ["arn:aws:s3:::${BucketName}/${ObjectName}"],
            "Condition": {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}},
        },
    ],
}


def answers(*policies: object) -> Callable[[Wanted], tuple[str, ...]]:
    return lambda _: tuple(json.dumps(one) for one in policies)


def refuses(_: Wanted) -> tuple[str, ...]:
    raise Refused("the quota is used up")


def test_its_policy_keeps_actions_resources_and_conditions_and_names_what_is_open() -> None:
    made = analyzed(WANTED, answers(POLICY), falls_back=False)
    assert made is not None
    first, second = (one.document for one in made.statements)
    assert (first["Action"], first["Resource"]) == (["ec2:DescribeInstances"], ["*"])
    assert second["Condition"] == {"StringEquals": {"aws:RequestedRegion": ["eu-west-1"]}}
    unnamed = "s3:GetObject on arn:aws:s3:::${BucketName}/${ObjectName}"
    assert made.reasons == (
        "ec2:DescribeInstances on *: Access Analyzer names no resource",
        f"{unnamed}: Access Analyzer does not know which; write the name",
    )


def test_several_policies_become_one() -> None:
    made = from_analyzer([json.dumps(POLICY), json.dumps(POLICY)])
    assert [one.sid for one in made.statements] == ["Generated1", "Objects", "Generated3", "Objects4"]


@pytest.mark.parametrize(("policies", "why"), [(refuses, "the quota is used up"), (answers(), "no activity")])
def test_without_a_policy_the_records_are_used_and_that_is_said(
    capsys: pytest.CaptureFixture[str], policies: Callable[[Wanted], tuple[str, ...]], why: str
) -> None:
    assert analyzed(WANTED, policies, falls_back=True) is None
    told = capsys.readouterr().err
    assert why in told
    assert "--from-cloudtrail" in told


def test_without_records_the_error_ends_the_command() -> None:
    with pytest.raises(Refused, match="quota"):
        analyzed(WANTED, refuses, falls_back=False)
    with pytest.raises(BadInput, match="--principal"):
        analyzed(WANTED, answers(), falls_back=False)


@pytest.mark.parametrize("text", ["[]", "{", '{"Statement": [1]}'])
def test_what_is_no_policy_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        from_analyzer([text])


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (("--access-analyzer", TRAIL, "--access-role", READER), "--principal"),
        (("--access-analyzer", TRAIL, "--access-role", READER, "--principal", "web"), "--principal"),
        (("--access-analyzer", "all", "--access-role", READER, "--principal", ROLE), "--access-analyzer"),
        (("--access-analyzer", TRAIL, "--principal", ROLE), "--access-role"),
        (
            ("--access-analyzer", TRAIL, "--access-role", READER, "--principal", ROLE, "--days", "91"),
            "--days",
        ),
    ],
)
def test_a_wrong_option_is_named(words: tuple[str, ...], option: str) -> None:
    done = CliRunner().invoke(main, ["iam", "generate", *words])
    assert done.exit_code == 2
    assert option in done.stderr


def test_the_options_are_those_of_the_job() -> None:
    assert wanted_of(ROLE, TRAIL, READER, 90) == WANTED
