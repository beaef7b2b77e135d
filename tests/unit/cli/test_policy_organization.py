"""`ringfence policy organization`: what AWS Organizations says becomes a section of the policy file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from click.testing import CliRunner
from moto import mock_aws

from ringfence.cli.account_names import in_policy
from ringfence.cli.main import main
from ringfence.cli.settings import Home
from ringfence.model.document import Document
from ringfence.policy.compiled import policy_from_json
from ringfence.policy.file import load_policy
from ringfence.runbooks.catalogue import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOSTILE = 'Workloads"\nrules: [{mode: auto}]\n#'
"""The name of a unit that would add a rule if it were written as it is."""


@pytest.fixture
def organizations(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        client: Any = botocore.session.Session().create_client("organizations", region_name="us-east-1")
        client.create_organization(FeatureSet="ALL")
        yield client


def printed() -> str:
    done = CliRunner().invoke(main, ["policy", "organization"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def made(client: Any, name: str, parent: str, **tags: str) -> str:  # noqa: ANN401 - a client
    """Create an account in a unit."""
    given = [{"Key": key, "Value": value} for key, value in tags.items()]
    status = client.create_account(Email=f"{name}@example.com", AccountName=name, Tags=given)
    account: str = status["CreateAccountStatus"]["AccountId"]
    root = client.list_roots()["Roots"][0]["Id"]
    client.move_account(AccountId=account, SourceParentId=root, DestinationParentId=parent)
    return account


def test_units_and_tags_of_each_account_are_facts_that_rules_match_on(
    organizations: Any,  # noqa: ANN401 - a client
    tmp_path: Path,
) -> None:
    root = organizations.list_roots()["Roots"][0]["Id"]
    outer = organizations.create_organizational_unit(ParentId=root, Name=HOSTILE)["OrganizationalUnit"]["Id"]
    inner = organizations.create_organizational_unit(ParentId=outer, Name="Prod")["OrganizationalUnit"]["Id"]
    account = made(organizations, "shop", inner, environment="production")
    path = tmp_path / "policy.yaml"
    path.write_text(f"version: 1\nscope: {{accounts: [home]}}\n{printed()}", "utf-8")
    compiled = policy_from_json(load_policy(path, CATALOGUE).compile("111122223333"))
    assert compiled.rules == ()
    (facts,) = (one for one in compiled.organization if one.account == account)
    assert facts.units == (outer, HOSTILE, inner, f"{HOSTILE}/Prod")
    assert dict(facts.tags) == {"environment": "production"}


def test_the_management_account_is_in_no_unit(organizations: Any) -> None:  # noqa: ANN401 - a client
    root = organizations.describe_organization()["Organization"]["MasterAccountId"]
    assert f'  "{root}":\n    name: "master"\n    units: []\n    tags: {{}}\n' in printed()


def test_the_names_of_accounts_are_read_from_the_policy_of_the_folder(
    organizations: Any,  # noqa: ANN401 - a client
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    root = organizations.list_roots()["Roots"][0]["Id"]
    unit = organizations.create_organizational_unit(ParentId=root, Name="Prod")["OrganizationalUnit"]["Id"]
    account = made(organizations, "shop", unit)
    scope = f'version: 1\nscope:\n  accounts: [home, "{account}"]\n'
    (tmp_path / "policy.yaml").write_text(scope + printed())
    (tmp_path / "config.toml").write_text('[accounts]\n"444455556666" = "mine"\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RINGFENCE_CONFIG", str(tmp_path / "config.toml"))
    names = Home({}).accounts
    assert (names[account], names["444455556666"]) == ("shop", "mine")
    (tmp_path / "config.toml").write_text(f'[accounts]\n"{account}" = "the shop"\n')
    assert Home({}).accounts[account] == "the shop"
    compiled = load_policy(tmp_path / "policy.yaml", CATALOGUE).compile("111122223333")
    facts = Document.of(compiled).child("organization").child(account)
    assert facts.text("name") == "shop"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "organization: [",
        "organization: 3",
        "organization:\n  a: {name: x}\n  '111122223333': {name: 3}\n  '222233334444': 1",
        "# organization:\n",
    ],
)
def test_a_policy_without_names_gives_none(text: str, tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(text)
    assert in_policy(tmp_path / "policy.yaml") == {}
    assert in_policy(tmp_path / "none.yaml") == {}
