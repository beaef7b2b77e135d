"""Commands of other programs in the documentation exist: those of the CDK and of AWS, with their options."""

from __future__ import annotations

import os
import re
import subprocess
from functools import cache

import pytest

from ringfence.local.deploy import REPOSITORY
from stacks.settings import NAMES
from tests.support.aws_command import commands_in, parsed

PAGES = sorted((REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md", *REPOSITORY.glob("docs/**/*.md")))
CDK = REPOSITORY / "node_modules" / ".bin" / "cdk"
AWS = [one for page in PAGES for one in commands_in(page)]
LINES = [line.strip() for page in PAGES for line in page.read_text("utf-8").splitlines()]
OF_THE_CDK = sorted({line for line in LINES if line.startswith("npx cdk ")})


@pytest.mark.parametrize("command", AWS)
def test_a_command_of_aws_that_is_shown_exists_with_its_parameters(command: str) -> None:
    assert parsed(command).service


@pytest.mark.parametrize(
    "command",
    [
        "aws ec2 describe-instance",
        "aws ec2 describe-instances --ids i-1",
        "aws nothing describe-instances",
        "aws cloudformation wait stack-delete",
        "aws ec2 run-instances --min-count 1 --max-count 1",
        "aws sns subscribe --endpoint https://example.com",
        "aws ec2 modify-instance-attribute --no-egress",
        "aws ec2 delete-network-acl-entry --no-egress",
    ],
)
def test_a_command_of_aws_that_does_not_exist_is_found(command: str) -> None:
    with pytest.raises((ValueError, KeyError)):
        parsed(command)


@pytest.mark.parametrize(
    ("command", "parameters"),
    [
        ("aws ec2 run-instances --count 1", {"MinCount": 1, "MaxCount": 1}),
        ("aws ec2 run-instances --count 1:3", {"MinCount": 1, "MaxCount": 3}),
        ("aws sns subscribe --notification-endpoint a:b", {"Endpoint": "a:b"}),
        ("aws ec2 delete-network-acl-entry --ingress", {"Egress": False}),
        ("aws ec2 delete-network-acl-entry --egress", {"Egress": True}),
        ("aws ec2 stop-instances --no-force", {"Force": False}),
    ],
)
def test_an_option_has_the_name_of_the_command_line(command: str, parameters: dict[str, object]) -> None:
    assert parsed(command).parameters == parameters


@pytest.mark.skipif(not CDK.exists(), reason="the CDK command line is not installed: npm ci")
def test_a_command_of_the_cdk_that_is_shown_exists_with_its_options() -> None:
    given = [(line.split()[2], re.findall(r"(?<= )--[\w-]+", line)) for line in OF_THE_CDK]
    names = {name for name, _ in given}
    assert names <= set(re.findall(r"^ +cdk ([\w-]+)", cdk_help(), re.MULTILINE))
    for name in sorted(name for name, options in given if options):
        options = {option for one, some in given if one == name for option in some}
        assert options <= set(re.findall(r"--[\w-]+", cdk_help(name)))


def test_a_setting_that_is_shown_exists() -> None:
    shown = {name for line in LINES for name in re.findall(r"--context (\w+)=(?!value)", line)}
    assert {"home_account", "policy"} <= shown <= set(NAMES)


def test_every_setting_is_described() -> None:
    described = re.findall(
        r"^\| `(\w+)` \|", (REPOSITORY / "docs" / "deploy.md").read_text("utf-8"), re.MULTILINE
    )
    assert sorted(described) == sorted(NAMES)


@cache
def cdk_help(*name: str) -> str:
    quiet = {"CDK_DISABLE_CLI_TELEMETRY": "true", "CDK_NOTICES": "false"}
    shown = subprocess.run(  # noqa: S603 - the pinned CDK
        [str(CDK), *name, "--help"], env={**os.environ, **quiet}, capture_output=True, text=True, check=True
    )
    return shown.stdout


def test_the_pages_are_found() -> None:
    assert "tutorial.md" in {page.name for page in PAGES}
    assert len(AWS) > 5
