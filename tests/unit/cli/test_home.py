"""The login can be one of a workload's account and region: the home is configured."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result
from moto import mock_aws
from moto.core import enable_iam_authentication

from ringfence.aws.home import HomePlace
from ringfence.aws.sessions import own_client
from ringfence.aws.sessions import session as own_session
from ringfence.cli.main import main
from ringfence.cli.settings import AUDIT_STACK
from tests.support.fakes.audit_home import AUDIT, REGION, session, tables

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ACCOUNT = "123456789012"
ELSEWHERE = "us-west-2"


@pytest.fixture(autouse=True)
def deployed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Deploy to one region, and log in to another one."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", ELSEWHERE)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "aws"))
    own_client.cache_clear()
    own_session.cache_clear()
    with mock_aws():
        tables()
        template = {
            "Resources": {"Any": {"Type": "AWS::SNS::Topic"}},
            "Outputs": {"AuditTable": {"Value": AUDIT}, "ControlTable": {"Value": "control"}},
        }
        cloudformation = session().client("cloudformation")
        cloudformation.create_stack(StackName=AUDIT_STACK, TemplateBody=json.dumps(template))
        yield


def listed(*words: str, **variables: str) -> Result:
    return CliRunner(env=variables).invoke(main, ("incidents", "list", *words))


def test_without_a_home_the_error_names_what_was_searched_and_how_to_set_one() -> None:
    done = listed()
    assert done.exit_code == 2
    place = f"account {ACCOUNT}, region {ELSEWHERE} (from AWS_DEFAULT_REGION)"
    assert done.stderr.startswith(f"Error: Ringfence is not deployed in {place}")
    assert "Set --home-region to the region in which it is" in done.stderr


def test_an_option_a_variable_and_the_file_say_where_the_home_is(tmp_path: Path) -> None:
    assert listed("--home-region", REGION).exit_code == 0
    assert listed(RINGFENCE_HOME_REGION=REGION).exit_code == 0
    (tmp_path / "ringfence").mkdir()
    (tmp_path / "ringfence" / "config.toml").write_text(f'[home]\nregion = "{REGION}"\n', "utf-8")
    assert listed().exit_code == 0
    assert listed("--home-region", ELSEWHERE).exit_code == 2, "an option wins"


def test_a_home_in_another_account_is_named() -> None:
    done = listed("--home-account", "999988887777", "--home-region", ELSEWHERE)
    assert done.exit_code == 2
    assert "The configured home is account 999988887777, region us-west-2" in done.stderr
    assert "These credentials are of another account: set --home-profile" in done.stderr


def test_a_home_account_without_a_region_asks_for_the_region() -> None:
    done = listed("--home-account", ACCOUNT)
    assert done.exit_code == 2
    assert f"The configured home is account {ACCOUNT}" in done.stderr
    assert done.stderr.rstrip().endswith("Set --home-region to the region in which it is")


def test_a_profile_has_its_own_credentials(tmp_path: Path) -> None:
    profile = "[profile security]\naws_access_key_id = other\naws_secret_access_key = other\n"
    (tmp_path / "aws").write_text(profile, "utf-8")
    credentials = HomePlace(profile="security").session().get_credentials()
    assert credentials is not None
    assert credentials.access_key == "other"
    assert listed("--home-profile", "security", "--home-region", REGION).exit_code == 0


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("--home-region", "Ireland"), "--home-region: must be a region such as eu-west-1, not 'Ireland'"),
        (("--home-account", "12"), "--home-account: must be a 12-digit account id"),
        (("--home-profile", "nobody"), "AWS settings: cannot be used"),
    ],
)
def test_a_wrong_value_is_named(words: tuple[str, str], named: str) -> None:
    done = listed(*words)
    assert (done.exit_code, named in done.stderr) == (2, True), done.stderr


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("incidents", "list"), 1),
        (("incidents", "show", "c4fd6cb0dd"), 1),
        (("audit", "verify", "--all"), 3),
        (("approvals",), 1),
        (("approve", "c4fd6cb0dd"), 1),
    ],
)
def test_who_may_not_read_the_stacks_is_denied(
    monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], code: int
) -> None:
    """It is no bad input. Each command ends as its help says."""
    iam = session().client("iam")
    iam.create_user(UserName="nobody")
    key = iam.create_access_key(UserName="nobody")["AccessKey"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
    own_client.cache_clear()
    own_session.cache_clear()
    with enable_iam_authentication():
        done = CliRunner().invoke(main, (*words, "--home-region", REGION))
    assert (done.exit_code, "cloudformation:DescribeStacks" in done.stderr) == (code, True), done.stderr
