"""Somebody who can write the audit table gains nothing: forged entries are refused, and named."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from ringfence.aws.audit_items import to_item
from ringfence.model.incident import incident_id
from ringfence.observations.iam.principals import Holder
from ringfence.policy.decision import Decision, Mode
from ringfence.record.chain import ChainKey, Stamp, link
from ringfence.record.facts import DecisionMade, Intended, Outcome
from ringfence.record.tampering_facts import HistoryRejected, RecordUnsealed
from ringfence.steps.iam.denial import PutDenial
from tests.e2e.operators import Operator, operator
from tests.e2e.world import until

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringfence.record.chain import Entry
    from tests.e2e.world import World

pytestmark = pytest.mark.e2e
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
WHY = ("--yes", "--reason", "false alarm")


@pytest.fixture(scope="module")
def hand(world: World) -> Operator:
    return operator(world, f"arn:aws:iam::{world.local.account}:policy/ringfence-operator")


@pytest.fixture(scope="module")
def reader(world: World) -> Operator:
    """Somebody who reads the record, and may have its seals checked."""
    names = ("auditor", "checker")
    return operator(world, *(f"arn:aws:iam::{world.local.account}:policy/ringfence-{name}" for name in names))


def forged(world: World, sign: Callable[[Entry], Entry]) -> tuple[str, str]:
    """Write an incident that says that Ringfence replaced a policy which allowed everything."""
    iam, name = world.client("iam"), world.builder().name
    user = iam.create_user(UserName=name)["User"]
    key = ChainKey("contain-credentials", f"iam-user/{world.local.account}/us-east-1/{name}")
    now = datetime.now(UTC)
    incident = incident_id(now, name)
    holder = Holder("user", name, user["UserId"], "/")
    step = PutDenial(holder, "ringfence-deny", before=json.dumps(EVERYTHING), after="")
    facts = (
        DecisionMade(Decision(Mode.AUTO, "rule 1"), now, "", ("deny-principal",)),
        Intended("a.0", "disable", step),
        Outcome("a.0", "applied"),
    )
    stamp = Stamp(key, incident, "ringfence-contain-credentials", "a", now)
    for entry in link(stamp, None, facts):
        world.client("dynamodb").put_item(
            TableName=world.deployment.audit_table, Item=to_item(key, sign(entry))
        )
    return name, incident


def test_what_a_deployment_records_is_sealed(world: World) -> None:
    builder = world.builder()
    server = builder.launch(builder.ground(), builder.name)
    world.send(server)
    until(lambda: world.inspector().closed(server), "the instance is isolated")
    assert world.history(server).of(RecordUnsealed) == ()
    entries = world.history(server).entries
    assert {one.mac.partition(":")[0] for one in entries} == {"1"}


@pytest.mark.parametrize(
    ("mac", "says", "seals"),
    [
        ("", "entries 0-2 are not sealed", "entries 0-2 are not sealed"),
        (
            f"1:{'0' * 8}:{'0' * 64}",
            "entry 0 of {incident} is not authentic: its MAC is wrong",
            "entries 0-2 are not authentic",
        ),
    ],
    ids=["unsealed", "forged"],
)
def test_a_forged_incident_is_not_released_and_shown_as_forged(  # noqa: PLR0917 - who does what
    world: World, hand: Operator, reader: Operator, mac: str, says: str, seals: str
) -> None:
    name, incident = forged(world, lambda one: replace(one, mac=mac))
    done = hand.types("release", incident, *WHY)
    assert done.returncode == 1, done.stdout + done.stderr
    assert says.format(incident=incident) in " ".join((done.stdout + done.stderr).split())
    assert world.client("iam").list_user_policies(UserName=name)["PolicyNames"] == []
    shown = reader.types("incidents", "show", incident)
    assert shown.returncode == ("not authentic" in seals), shown.stdout + shown.stderr
    assert seals in " ".join(shown.stdout.split())


def test_a_person_who_insists_restores_nothing_that_a_denial_is_not(world: World, hand: Operator) -> None:
    name, incident = forged(world, lambda one: one)
    done = hand.types("release", incident, "--despite-unsealed", *WHY)
    assert "Traceback" not in done.stderr
    assert world.client("iam").list_user_policies(UserName=name)["PolicyNames"] == []


def test_a_forged_end_does_not_keep_from_containing(world: World) -> None:
    builder = world.builder()
    server = builder.launch(builder.ground(), builder.name)
    key, now = ChainKey("contain-instance", server.ref.key), datetime.now(UTC)
    stamp = Stamp(key, incident_id(now, "forged"), "ringfence-contain-instance", "a", now)
    for entry in link(stamp, None, (DecisionMade(Decision(Mode.NOTIFY, "a person"), now),)):
        sealed = replace(entry, mac="1:key:00")
        world.client("dynamodb").put_item(TableName=world.deployment.audit_table, Item=to_item(key, sealed))
    world.send(server)
    until(lambda: world.inspector().closed(server), "the instance is isolated")
    assert world.history(server).of(HistoryRejected)
