"""With IAM enforced: a pause in the middle of incidents, who may pause, and what is done after it."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from ringfence.engine.pauses import home_of, key_of
from ringfence.model.incident import incident_id
from ringfence.policy.decision import DecisionCode
from ringfence.record.deployment_facts import PauseHeld, PausesChanged
from ringfence.record.facts import DecisionMade, Intended, Planned
from ringfence.record.pauses import PAUSE, PAUSES_ITEM
from ringfence.record.tampering_facts import HistoryRejected
from tests.e2e.forgeries import forge
from tests.e2e.operators import operator
from tests.e2e.world import DRY_TYPE, Inbox, until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.local.estate import Server
    from tests.e2e.operators import Operator
    from tests.e2e.world import World

pytestmark = pytest.mark.e2e
STOPPED = timedelta(seconds=60)
QUEUE = "ringfence-contain-instance-continuation"


def who(world: World, *roles: str) -> Operator:
    account = world.local.account
    return operator(world, *(f"arn:aws:iam::{account}:policy/ringfence-{one}" for one in roles))


@contextmanager
def paused(pauser: Operator, *scope: str) -> Iterator[dict[str, str]]:
    """Pause, and resume whatever happens."""
    began = pauser.types("pause", *scope, "--for", "10m", "--reason", "a deployment", "--json")
    assert began.returncode == 0, began.stderr
    pause: dict[str, str] = json.loads(began.stdout)["pause"]
    try:
        yield pause
    finally:
        pauser.types("resume", pause["id"], "--reason", "the deployment is done")


def launched(world: World) -> Server:
    builder = world.builder()
    return builder.launch(builder.ground(), builder.name, builder.profile())


def changes(world: World, server: Server) -> list[datetime]:
    """Return when the changes of a server's incident were recorded, which is before they began."""
    return [entry.at for entry, fact in world.history(server).facts if isinstance(fact, Intended)]


def test_a_pause_in_the_middle_of_incidents_stops_every_change_and_they_are_contained_after_it(
    enforcing: World,
) -> None:
    servers = [launched(enforcing) for _ in range(4)]
    pauser, inspector = who(enforcing, "pauser", "operator"), enforcing.inspector()
    for server in servers[:3]:
        enforcing.send(server)
    with paused(pauser, "--runbook", "contain-instance") as pause:
        began = datetime.fromisoformat(pause["at"])
        enforcing.send(servers[3])
        until(lambda: enforcing.history(servers[3]).of(PauseHeld), "the last one is held")
        until(lambda: enforcing.delayed(QUEUE), "a message puts it back")
        assert not changes(enforcing, servers[3])
        assert not inspector.closed(servers[3])
        listed = pauser.types("pauses")
        assert "PAUSED: runbook contain-instance" in listed.stdout
        assert pauser.arn in listed.stdout
        refused = pauser.types(
            "run", "contain-instance", servers[3].ref.id, "--reason", "we saw it", "--yes", "--wait", "1"
        )
        assert refused.returncode != 0
        assert "PAUSED: runbook contain-instance" in refused.stdout + refused.stderr
        assert not changes(enforcing, servers[3])
        late = [at - began for server in servers for at in changes(enforcing, server) if at > began]
        assert max(late, default=timedelta(0)) <= STOPPED
    for server in servers:
        enforcing.send(server)
        enforcing.complete(server)
        assert inspector.closed(server)
    assert "Nothing is paused." in pauser.types("pauses").stdout


def test_what_a_pause_held_counts_against_the_limits_when_it_begins(enforcing: World) -> None:
    """Of the instances of a role, one is contained at a time without a person."""
    builder = enforcing.builder()
    ground, profile = builder.ground(), builder.profile()
    servers = [builder.launch(ground, f"{builder.name}-{one}", profile) for one in ("a", "b")]
    with paused(who(enforcing, "pauser", "operator"), "--runbook", "contain-instance"):
        for server in servers:
            enforcing.send(server)
        for server in servers:
            until(lambda server=server: enforcing.history(server).of(PauseHeld), "it is held")  # type: ignore[misc]  # bound now
    (other,) = until(lambda: [one for one in servers if asks(enforcing, one)], "a person is asked about one")
    (one,) = (server for server in servers if server is not other)
    enforcing.complete(one)
    inspector = enforcing.inspector()
    assert inspector.closed(one)
    assert not inspector.closed(other)


def asks(world: World, server: Server) -> bool:
    """Return whether a person is asked about an instance because of a limit."""
    made = world.history(server).of(DecisionMade)
    return any(one.decision.code is DecisionCode.LIMITED for one in made)


def test_an_incident_is_paused_alone_and_the_others_go_on(enforcing: World) -> None:
    held, other = launched(enforcing), launched(enforcing)
    enforcing.send(held, type=DRY_TYPE)
    until(lambda: enforcing.history(held).of(Planned), "its incident has a plan")
    pauser = who(enforcing, "pauser", "operator")
    with paused(pauser, "--incident", enforcing.history(held).incident):
        enforcing.send(held)
        enforcing.send(other)
        until(lambda: enforcing.history(held).of(PauseHeld), "the paused one is held")
        enforcing.complete(other)
        assert not changes(enforcing, held)
    enforcing.send(held)
    enforcing.complete(held)
    assert all(map(enforcing.inspector().closed, (held, other)))


def test_the_seals_of_the_record_of_pauses_are_checked(enforcing: World) -> None:
    with paused(who(enforcing, "pauser"), "--runbook", "harden-bucket"):
        item = enforcing.client("dynamodb").get_item(
            TableName=enforcing.deployment.control_table, Key={"key": {"S": PAUSES_ITEM}}, ConsistentRead=True
        )["Item"]
    auditor, incident = who(enforcing, "auditor", "operator"), item["incident"]["S"]
    enforcing.quiet()
    verified = auditor.types("audit", "verify", incident, "--json")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    seals = json.loads(verified.stdout)["seals"]
    assert seals["checked"], seals
    assert (seals["forged"], seals["unsealed"]) == ([], [])
    assert seals["sealed"] >= 1
    shown = auditor.types("incidents", "show", incident)
    assert shown.returncode == 2
    assert "this is the record of the deployment's pause" in shown.stderr
    assert "Did you mean" not in shown.stderr


@pytest.mark.parametrize("role", ["operator", "releaser", "checker"])
def test_who_may_not_pause_is_refused_and_sees_what_is_paused(enforcing: World, role: str) -> None:
    wrong = who(enforcing, role)
    for words in (("pause", "--for", "1h"), ("resume",)):
        refused = wrong.types(*words, "--reason", "x")
        assert refused.returncode != 0
        assert "403" in refused.stdout + refused.stderr
    assert wrong.types("pauses").returncode == 0


def test_what_somebody_else_writes_there_stops_every_change_and_is_seen(enforcing: World) -> None:
    server = launched(enforcing)
    pauser, dynamodb = who(enforcing, "pauser"), enforcing.client("dynamodb")
    with paused(pauser, "--account", enforcing.local.account):
        table = enforcing.deployment.control_table
        key = {"key": {"S": PAUSES_ITEM}}
        item = dynamodb.get_item(TableName=table, Key=key)["Item"]
        body = json.loads(item["body"]["S"])
        body["fact"]["active"] = []
        dynamodb.put_item(TableName=table, Item={**item, "body": {"S": json.dumps(body)}})
        enforcing.send(server)
        (held, *_) = until(lambda: enforcing.history(server).of(PauseHeld), "it is held")
        assert held.unreadable
        assert not changes(enforcing, server)
        assert "nobody can tell what is paused" in pauser.types("pauses").stdout
    enforcing.send(server)
    enforcing.complete(server)


@pytest.mark.parametrize("when", ["now", "2099"])
def test_a_forged_entry_in_the_record_of_pauses_keeps_nobody_from_pausing(
    enforcing: World, when: str
) -> None:
    """`now` is the entry after the newest one. `2099` is the id of an incident of a later day."""
    inbox, pauser = Inbox(enforcing), who(enforcing, "pauser")
    home = home_of(enforcing.local.account)
    with paused(pauser, "--runbook", "harden-bucket"):
        newest = enforcing.deployment.history(home, PAUSE)
        (*_, begun) = newest.of(PausesChanged)
        later = incident_id(datetime(2099, 1, 1, tzinfo=UTC), "forged")
        incident, after = (newest.incident, newest.head) if when == "now" else (later, None)
        forge(enforcing, key_of(home), incident, (replace(begun, active=()),), after=after)
        with paused(pauser, "--runbook", "harden-network"):
            listed = pauser.types("pauses")
            assert "PAUSED: runbook harden-network" in listed.stdout
            assert "PAUSED: runbook harden-bucket" in listed.stdout
        until(lambda: inbox.told("TAMPERING"), "a person is told")
        assert enforcing.deployment.history(home, PAUSE).of(HistoryRejected)
    assert "Nothing is paused." in pauser.types("pauses").stdout
