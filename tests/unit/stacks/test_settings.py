"""What a deployment is told is checked before anything is synthesized."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from ringfence.model.errors import BadInput
from ringfence.policy.compiled import policy_from_json
from stacks.settings import NAMES, ROOT, Settings, check_names, settings
from tests.support.synthesis import HOME, MEMBER, told

if TYPE_CHECKING:
    from pathlib import Path


def told_by(context: dict[str, str], environment: dict[str, str]) -> Settings:
    return settings(context.get, environment)


def test_home_is_the_account_of_the_credentials() -> None:
    given = told_by({}, {"CDK_DEFAULT_ACCOUNT": HOME})
    assert (given.home, given.account, given.is_home, given.region) == (HOME, HOME, True, None)


def test_without_credentials_home_is_the_account_that_is_named() -> None:
    given = told_by({"home_account": HOME}, {"AWS_REGION": "eu-west-1"})
    assert (given.home, given.account, given.region) == (HOME, HOME, "eu-west-1")


def test_in_another_account_of_the_scope_home_is_the_account_that_is_named(tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text(f'version: 1\nscope: {{accounts: [home, "{MEMBER}"]}}\n')
    context = {"home_account": HOME, "policy": str(policy)}
    given = told_by(context, {"CDK_DEFAULT_ACCOUNT": MEMBER})
    assert (given.home, given.account, given.is_home) == (HOME, MEMBER, False)
    assert given.accounts == (HOME, MEMBER)


def with_accounts(folder: Path, *accounts: str) -> dict[str, str]:
    """Return the context of a policy with these accounts in its scope."""
    path = folder / "policy.yaml"
    path.write_text(json.dumps({"version": 1, "scope": {"accounts": list(accounts)}}), "utf-8")
    return {"policy": str(path)}


@pytest.mark.parametrize("accounts", [("home", MEMBER), (HOME, MEMBER), (MEMBER, HOME)])
def test_a_forgotten_home_account_makes_no_second_home(tmp_path: Path, accounts: tuple[str, ...]) -> None:
    context = with_accounts(tmp_path, *accounts)
    with pytest.raises(BadInput, match=rf"home_account: is missing, .* {MEMBER}, by its number") as caught:
        told_by(context, {"CDK_DEFAULT_ACCOUNT": MEMBER})
    assert "--context home_account=<the security account>" in str(caught.value)
    assert f"--context home_account={MEMBER}" in str(caught.value)
    assert told_by({**context, "home_account": MEMBER}, {"CDK_DEFAULT_ACCOUNT": MEMBER}).is_home
    assert not told_by({**context, "home_account": HOME}, {"CDK_DEFAULT_ACCOUNT": MEMBER}).is_home


@pytest.mark.parametrize("accounts", [("home",), ("home", MEMBER), (HOME,)])
def test_a_home_account_that_is_clear_need_not_be_given(tmp_path: Path, accounts: tuple[str, ...]) -> None:
    assert told_by(with_accounts(tmp_path, *accounts), {"CDK_DEFAULT_ACCOUNT": HOME}).is_home


def test_nothing_is_deployed_to_an_account_outside_the_scope() -> None:
    with pytest.raises(BadInput, match=r"scope.accounts: must contain 444455556666"):
        told_by({"home_account": HOME}, {"CDK_DEFAULT_ACCOUNT": MEMBER})


def test_entries_are_locked_for_a_year_and_an_owner_may_lift_it() -> None:
    assert (told().retention_days, told().retention_mode) == (365, "GOVERNANCE")


@pytest.mark.parametrize("days", ["0", "-1", "1.5", "36501", "two", "٣"])
def test_days_that_are_none_are_named(days: str) -> None:
    with pytest.raises(BadInput, match="retention_days"):
        told(retention_days=days)


@pytest.mark.parametrize("mode", ["governance", "NONE"])
def test_a_mode_that_is_none_is_named(mode: str) -> None:
    with pytest.raises(BadInput, match="retention_mode: must be GOVERNANCE or COMPLIANCE"):
        told(retention_mode=mode)


@pytest.mark.parametrize("address", ["foo", "@", "a@b", "a b@example.com", "a@@example.com"])
def test_an_address_that_is_none_is_named(address: str) -> None:
    with pytest.raises(BadInput, match="notices_email: must be an email address"):
        told(notices_email=address)


def test_no_environment_is_initialized_before_an_event_unless_somebody_pays_for_it() -> None:
    assert told().provisioned_concurrency == 0
    assert told(provisioned_concurrency="20").provisioned_concurrency == 20


@pytest.mark.parametrize("number", ["-1", "21", "1.5", "one", "٣"])
def test_a_number_of_environments_that_is_none_is_named(number: str) -> None:
    with pytest.raises(BadInput, match="provisioned_concurrency: must be a number from 0 to 20"):
        told(provisioned_concurrency=number)


def test_nothing_is_reserved_for_containment_unless_the_context_says_so() -> None:
    assert told().reserved_concurrency == 0
    assert told(reserved_concurrency="20").reserved_concurrency == 20


@pytest.mark.parametrize("number", ["-1", "1", "19", "2.5", "one", "٣"])
def test_a_reservation_below_what_the_mapping_delivers_at_once_names_both_numbers(number: str) -> None:
    with pytest.raises(BadInput, match=r"reserved_concurrency: must be 0, or at least 20.*mapping"):
        told(reserved_concurrency=number)


def test_break_glass_roles_are_names_with_their_paths() -> None:
    assert told().break_glass_roles == ()
    assert told(break_glass_roles="break-glass, ops/admin").break_glass_roles == ("break-glass", "ops/admin")


@pytest.mark.parametrize("name", ["arn:aws:iam::111122223333:role/x", "/x", "a*", "a//b"])
def test_a_break_glass_role_that_is_no_name_is_named(name: str) -> None:
    with pytest.raises(BadInput, match="break_glass_roles: must be names of roles"):
        told(break_glass_roles=name)


def test_the_qualifier_of_the_bootstrap_is_the_cdks() -> None:
    assert told().qualifier == "hnb659fds"
    given = {"@aws-cdk/core:bootstrapQualifier": "mine"}
    other = told_by(given, {"CDK_DEFAULT_ACCOUNT": HOME, "CDK_DEFAULT_REGION": "eu-west-1"})
    assert other.qualifier == "mine"
    own = policy_from_json(other.policy).own
    assert (own.qualifier, set(own.regions) >= {"eu-west-1", "us-east-1"}) == ("mine", True)


@pytest.mark.parametrize("name", ["notice_email", "retention-days", "home_acount", "Policy"])
def test_a_slip_in_the_name_of_a_context_value_is_named(name: str) -> None:
    with pytest.raises(BadInput, match=f"{name}: is not a context value of Ringfence; "):
        check_names([name])


def test_what_else_stands_in_the_context_is_not_ours_to_know() -> None:
    shipped = json.loads((ROOT / "cdk.json").read_text("utf-8"))["context"]
    check_names([*shipped, *NAMES, "availability-zones:account=111122223333:region=eu-west-1", "team"])


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ((), "home_account: must be a 12-digit account id"),
        (("home_account=1",), "home_account: must be a 12-digit account id"),
        (("notice_email=a@example.com",), "notice_email: is not a context value of Ringfence"),
        (("policy=nowhere.yaml", f"home_account={HOME}"), "nowhere.yaml: cannot be read"),
    ],
)
def test_the_app_ends_with_one_message_and_no_traceback(
    words: tuple[str, ...], problem: str, tmp_path: Path
) -> None:
    context = dict(word.split("=") for word in words)
    environment = {name: one for name, one in os.environ.items() if not name.startswith(("AWS_", "CDK_"))}
    run = subprocess.run(  # noqa: S603 - our own interpreter and words
        [sys.executable, str(ROOT / "app.py")],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**environment, "CDK_CONTEXT_JSON": json.dumps(context)},
    )
    assert run.returncode == 1
    assert run.stderr.startswith("ringfence: ")
    assert problem in run.stderr
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize("given", ["alias/ringfence-record", "arn:aws:kms:eu-west-1:1:key/x", "key/x"])
def test_arns_of_keys_that_are_none_are_named(given: str) -> None:
    with pytest.raises(BadInput, match="retired_record_keys"):
        told(retired_record_keys=given)
    assert told().retired_record_keys == ()
