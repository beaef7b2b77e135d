"""The first and the last day, as an owner types them: what stops a deployment, an upgrade, every command.

The tests share one local AWS, and each continues where the one before it ended.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.local import LocalAws
from ringfence.local.estate import Builder
from stacks.settings import settings
from tests.e2e.owner import POLICY, Owner
from tests.e2e.places import HOME_REGION
from tests.e2e.world import OTHER_ACCOUNT, until
from tests.support.assemblies import Assembly
from tests.support.documented import RUN, UPGRADE
from tests.support.synthesis import synthesize

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.e2e.deployments import Deployer
    from tests.support.synthesis import Template

pytestmark = pytest.mark.e2e

ASKING = ("ringfence run ", "ringfence approve ", "ringfence release ")
"""The commands that ask before they change something."""
YOUNGER = ("Ringfence-Intake", "Ringfence-Outputs")
"""The stacks that the older version did not have."""
SEVERE = "Backdoor:EC2/C&CActivity.B"
KEPT = ("AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::KMS::Key", "AWS::SNS::Topic")
ASPECT = re.compile(r"^    ([a-z ]+): ", re.MULTILINE)
"""What is wrong with a resource, in the output of the self-check."""
GONE = "ringfence-of-the-older-version"


@dataclass(frozen=True)
class Older:
    """What the older version left: its resources that have data, and an incident whose plan waits."""

    resources: frozenset[str]
    incident: str
    shown: Any
    entries: tuple[Any, ...]


@pytest.fixture(scope="module")
def owner(folder: Path) -> Iterator[Owner]:
    made = folder / "owner"
    made.mkdir()
    with LocalAws(region=HOME_REGION, log=folder / "owner.log") as local:
        yield Owner.in_folder(local, made)


def stacks(owner: Owner, account: str = "") -> list[str]:
    found = owner.local.client("cloudformation", account or owner.local.account).describe_stacks()["Stacks"]
    return [one["StackName"] for one in found if one["StackName"].startswith("Ringfence")]


def test_without_bootstrap_a_deployment_stops_before_its_first_stack(owner: Owner) -> None:
    done = owner.types("npx cdk deploy --all")
    assert done.code == 1
    where = f"aws://{owner.local.account}/{HOME_REGION}"
    assert f"{where} is not bootstrapped: run `npx cdk bootstrap {where}`" in done.text
    assert stacks(owner) == []


def test_a_forgotten_home_account_stops_a_deployment_and_is_named(owner: Owner) -> None:
    """The policy of the home account is in the clone of whoever deploys to another account."""
    path = owner.folder / POLICY
    before = path.read_text("utf-8")
    path.write_text(before.replace("accounts: [home]", f'accounts: [home, "{OTHER_ACCOUNT}"]'), "utf-8")
    done = owner.types("npx cdk deploy --all", OTHER_ACCOUNT)
    path.write_text(before, "utf-8")
    assert done.code == 1
    assert f"the policy lists the account of the credentials, {OTHER_ACCOUNT}, by its number" in done.text
    assert "--context home_account=<the security account>" in done.text
    assert "Traceback" not in done.text
    assert stacks(owner, OTHER_ACCOUNT) == []


@pytest.mark.parametrize("command", ["incidents list", "audit verify --all", "approvals", "doctor"])
def test_where_nothing_is_deployed_each_command_says_which_place_it_looked_at(
    owner: Owner, command: str
) -> None:
    done = owner.types(f"ringfence {command}")
    assert done.code == (1 if command == "doctor" else 2), done.text
    assert "Ringfence is not deployed in account" in done.text
    assert owner.local.account in done.text
    assert HOME_REGION in done.text
    assert "--home-region" in done.text


@pytest.fixture(scope="module")
def instances(owner: Owner) -> tuple[str, str]:
    """Two instances of the owner in one VPC. The first to be isolated creates the group of both."""
    builder = Builder(owner.local.client, owner.local.account, HOME_REGION, "owned")
    ground = builder.ground()
    first, second = (builder.launch(ground, f"owned-{number}").ref.id for number in (1, 2))
    return first, second


@pytest.fixture(scope="module")
def older(owner: Owner, deployer: Deployer, folder: Path, instances: tuple[str, str]) -> Older:
    """An older version, with a policy of its own, that has recorded a plan, which waits for a person."""
    done = owner.types("npx cdk bootstrap")
    assert done.code == 0, done.text
    policy, assembly = folder / "older.yaml", folder / "older.out"
    text = (owner.folder / POLICY).read_text("utf-8")
    policy.write_text(text.replace("default: dry-run", "default: notify"), "utf-8")
    here = {"CDK_DEFAULT_ACCOUNT": owner.local.account, "CDK_DEFAULT_REGION": HOME_REGION}
    given = settings({"policy": str(policy), "home_account": owner.local.account}.get, here)
    synthesized = synthesize(assembly, given, deployer.bundles.bundle(given.policy))
    aged(assembly, synthesized)
    Assembly(owner.local, assembly, owner.local.account).deploy()
    assert not {*stacks(owner)} & {*YOUNGER}
    send(owner, instances[0])
    (found,) = owner.document("ringfence approvals")["waiting"]
    incident = found["incident"]
    shown = owner.document(f"ringfence incidents show {incident}")
    recorded = entries(owner, incident)
    assert recorded
    return Older(resources(owner), incident, shown, recorded)


def aged(assembly: Path, templates: Mapping[str, Template]) -> None:
    """Make an assembly that of an older version: without some stacks and resources, and with others."""
    path = assembly / "manifest.json"
    manifest = json.loads(path.read_text("utf-8"))
    kept = {id_: one for id_, one in manifest["artifacts"].items() if not id_.startswith(YOUNGER)}
    path.write_text(json.dumps({**manifest, "artifacts": kept}), "utf-8")
    response = templates["Ringfence-Response"]
    rules = response.all("AWS::Events::Rule")
    for id_ in (one for one in rules if one.startswith("HardenSnapshot")):
        del response.body["Resources"][id_]
    for function in response.all("AWS::Lambda::Function").values():
        function["Properties"]["Timeout"] -= 1
    response.body["Resources"]["Older"] = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": GONE}}
    response.path.write_text(json.dumps(response.body), "utf-8")


def resources(owner: Owner) -> frozenset[str]:
    """Return the physical ids of the resources that have data."""
    pages = owner.local.client("cloudformation").get_paginator("list_stack_resources")
    found = (
        one
        for name in ("Ringfence-Audit", "Ringfence-Response")
        for page in pages.paginate(StackName=name)
        for one in page["StackResourceSummaries"]
    )
    return frozenset(one["PhysicalResourceId"] for one in found if one["ResourceType"] in KEPT)


def entries(owner: Owner, incident: str) -> tuple[Any, ...]:
    """Return the items of an incident in the audit table, as they are stored."""
    tables = owner.local.client("dynamodb")
    (table,) = (one for one in tables.list_tables()["TableNames"] if "AuditTable" in one)
    found = tables.scan(TableName=table)["Items"]
    return tuple(sorted((one for one in found if incident in json.dumps(one, default=str)), key=str))


def state(owner: Owner, incident: str) -> str:
    """Return the state of an incident."""
    found: str = owner.document(f"ringfence incidents show {incident}")["responses"][0]["state"]
    return found


def carried_out(owner: Owner, incident: str) -> None:
    """Wait until all stages of an approved plan are complete."""
    try:
        until(lambda: state(owner, incident) == "complete", "the approved plan is carried out")
    except AssertionError as error:
        shown = owner.types(f"ringfence incidents show {incident} --full").text
        raise AssertionError(f"{error}\n{shown}") from error


def send(owner: Owner, instance: str) -> None:
    """Send a severe finding about an instance, and follow the response."""
    sample = f"ringfence samples --runbook contain-instance --type '{SEVERE}' --resource {instance}"
    done = owner.types(f"{sample} > event.json && ringfence local send event.json")
    assert done.code == 0, done.text


def test_an_upgrade_keeps_the_record_and_what_waits_for_a_person(owner: Owner, older: Older) -> None:
    """The commands of the README, with the policy and the templates of today."""
    for command in UPGRADE:
        done = owner.types(f"{command} --require-approval never" if "deploy" in command else command)
        assert done.code == (1 if "doctor" in command else 0), done.text
    # Nobody is subscribed, and there is no trail and no recorder. All else is as the templates say.
    wrong = set(ASPECT.findall(done.text)) - {"heartbeat"}  # the first one may not have arrived yet
    assert wrong == {"subscriptions", "prerequisite"}, done.text
    assert {*YOUNGER} <= {*stacks(owner)}
    assert older.resources <= resources(owner)
    assert not [url for url in owner.local.client("sqs").list_queues()["QueueUrls"] if GONE in url]
    assert owner.document(f"ringfence incidents show {older.incident}") == older.shown
    assert entries(owner, older.incident) == older.entries
    verified = owner.types(f"ringfence audit verify {older.incident}")
    assert verified.code == 0, verified.text


@pytest.fixture(scope="module")
def values(owner: Owner, older: Older, instances: tuple[str, str]) -> dict[str, str]:
    """What a reader puts in the place of the words that stand for something."""
    text = (owner.folder / POLICY).read_text("utf-8")
    (owner.folder / "next.yaml").write_text(text.replace("extends: cautious", "extends: balanced"), "utf-8")
    (owner.folder / "findings.json").write_bytes((owner.folder / "event.json").read_bytes())
    return {
        "INCIDENT": older.incident,
        "i-0a1b2c3d4e5f60718": instances[1],
        "RUNBOOK/EVENT": "contain-instance/AttackSequence-EC2-CompromisedInstanceGroup",
        " [--plan DIGEST]": "",
        "…": "a drill",
    }


@pytest.mark.parametrize("command", RUN)
def test_a_command_of_the_first_pages_does_what_the_page_says(
    owner: Owner, values: dict[str, str], instances: tuple[str, str], command: str
) -> None:
    code, words = RUN[command]
    for name, value in values.items():
        command, words = command.replace(name, value), words.replace(name, value)
    asks = command.startswith(ASKING) and not command.endswith("--dry-run")
    done = (owner.says_yes if asks else owner.types)(command, INSTANCE=instances[1])
    assert done.code == code, done.text
    assert words in done.text
    if command.startswith("ringfence approve "):
        carried_out(owner, values["INCIDENT"])


def test_after_the_upgrade_the_chain_of_the_older_version_goes_on(owner: Owner, older: Older) -> None:
    """The newer version has applied the approved plan and undone it."""
    assert state(owner, older.incident) == "released"
    assert entries(owner, older.incident)[: len(older.entries)] == older.entries
    assert owner.types(f"ringfence audit verify {older.incident}").code == 0
