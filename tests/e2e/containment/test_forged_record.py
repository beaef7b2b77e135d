"""Somebody who can write the audit table gains nothing: forged entries are refused, and named."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from ringfence.aws.archive import FORGED_MARK
from ringfence.aws.archive_objects import object_key
from ringfence.aws.audit_items import CONTROL_KEY, lease_values
from ringfence.model.incident import incident_id
from ringfence.observations.iam.principals import Holder
from ringfence.policy.decision import Decision, Mode
from ringfence.record.chain import ChainKey, Lease
from ringfence.record.facts import DecisionMade, Intended, Outcome
from ringfence.record.tampering_facts import HistoryRejected, LeaseVoided, RecordUnsealed, UnsealedAccepted
from ringfence.steps.iam.denial import PutDenial
from tests.e2e.forgeries import FORGED, WRONG_MAC, archived_marks, forge
from tests.e2e.operators import Operator, operator
from tests.e2e.world import QUEUES, Inbox, until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.local.estate import Server
    from tests.e2e.world import World

pytestmark = pytest.mark.e2e
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
WHY = ("--yes", "--reason", "false alarm")


def who(world: World, *roles: str) -> Operator:
    return operator(world, *(f"arn:aws:iam::{world.local.account}:policy/ringfence-{one}" for one in roles))


@pytest.fixture(scope="module")
def hand(enforcing: World) -> Operator:
    return who(enforcing, "operator", "releaser")


@pytest.fixture(scope="module")
def reader(enforcing: World) -> Operator:
    """Somebody who reads the record, and may have its seals checked."""
    return who(enforcing, "auditor", "checker")


@pytest.fixture
def server(enforcing: World) -> Server:
    builder = enforcing.builder()
    return builder.launch(builder.ground(), builder.name)


def forged(world: World, mac: str) -> tuple[str, str]:
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
    forge(world, key, incident, facts, mac=mac)
    return name, incident


def test_an_incident_that_somebody_removed_from_the_lists_is_found_and_released(
    enforcing: World, server: Server, hand: Operator, reader: Operator
) -> None:
    """Without its month, the index lacks the response. The archive has it, so nothing keeps it contained."""
    enforcing.send(server)
    incident = enforcing.complete(server).incident
    assert enforcing.deployment.archived(server.ref).sound
    key = {
        "chain": {"S": f"contain-instance#{server.ref.key}"},
        "entry": {"S": f"{incident}#000000"},
    }
    dynamodb, table = enforcing.client("dynamodb"), enforcing.deployment.audit_table
    before = dynamodb.get_item(TableName=table, Key=key, ConsistentRead=True)["Item"]
    dynamodb.update_item(
        TableName=table,
        Key=key,
        UpdateExpression="REMOVE #month",
        ExpressionAttributeNames={"#month": "month"},
    )
    assert incident not in reader.types("incidents", "list").stdout
    named = f"TAMPERING: the table has another month for {key['chain']['S']}, {key['entry']['S']}"
    shown = reader.types("incidents", "show", incident)
    assert (shown.returncode, named in shown.stderr) == (1, True), shown.stdout + shown.stderr
    assert server.ref.id in shown.stdout
    released = hand.types("release", incident, *WHY)
    assert released.returncode == 0, released.stdout + released.stderr
    assert named in released.stderr
    assert not enforcing.inspector().closed(server)
    dynamodb.put_item(TableName=table, Item=before)  # other tests verify every incident of this table


def test_what_a_deployment_records_is_sealed(enforcing: World, server: Server) -> None:
    enforcing.send(server)
    until(lambda: enforcing.inspector().closed(server), "the instance is isolated")
    assert enforcing.history(server).of(RecordUnsealed) == ()
    entries = enforcing.history(server).entries
    assert {one.mac.partition(":")[0] for one in entries} == {"1"}


@pytest.mark.parametrize(
    ("mac", "says", "seals"),
    [
        ("", "entries 0-2 are not sealed", "entries 0-2 are not sealed"),
        (
            WRONG_MAC,
            "entry 0 of {incident} is not authentic: its MAC is wrong",
            "entries 0-2 are not authentic",
        ),
    ],
    ids=["unsealed", "forged"],
)
def test_a_forged_incident_is_not_released_and_shown_as_forged(  # noqa: PLR0917 - who does what
    enforcing: World, hand: Operator, reader: Operator, mac: str, says: str, seals: str
) -> None:
    name, incident = forged(enforcing, mac)
    done = hand.types("release", incident, *WHY)
    assert done.returncode == 1, done.stdout + done.stderr
    assert says.format(incident=incident) in " ".join((done.stdout + done.stderr).split())
    assert enforcing.client("iam").list_user_policies(UserName=name)["PolicyNames"] == []
    shown = reader.types("incidents", "show", incident)
    assert shown.returncode == ("not authentic" in seals), shown.stdout + shown.stderr
    assert seals in " ".join(shown.stdout.split())


def test_an_entry_with_a_wrong_mac_is_told_as_urgent_and_archived_with_a_mark(enforcing: World) -> None:
    inbox = Inbox(enforcing)
    _, incident = forged(enforcing, WRONG_MAC)
    told = until(lambda: found if len(found := inbox.told(incident)) >= 3 else None, "each entry is told")
    assert told
    assert all(one.startswith("[URGENT") and FORGED in one for one in told), told
    marks = [one.get(FORGED_MARK, "") for one in archived_marks(enforcing, incident)]
    assert ", ".join(marks) in {"0, 1, 2", "0-1, 2", "0, 1-2", "0-2"}


def test_an_archived_entry_with_another_mac_is_named_by_whoever_verifies(
    enforcing: World, server: Server, reader: Operator
) -> None:
    """The table stays right. The archive is asked for the first version, and counts the later ones."""
    enforcing.send(server)
    enforcing.complete(server)
    assert enforcing.deployment.archived(server.ref).sound
    history, s3 = enforcing.history(server), enforcing.client("s3")
    place = {
        "Bucket": enforcing.deployment.archive,
        "Key": object_key(f"contain-instance#{server.ref.key}", history.incident, 0),
    }
    text = s3.get_object(**place)["Body"].read().decode()
    sealed = history.entries[0].mac
    assert sealed in text
    s3.put_object(**place, Body=text.replace(sealed, WRONG_MAC).encode())
    verified = reader.types("audit", "verify", history.incident)
    assert verified.returncode == 1, verified.stdout + verified.stderr
    assert "entry 0 " in " ".join(verified.stdout.split())


def test_a_person_who_insists_restores_nothing_that_a_denial_is_not(enforcing: World, hand: Operator) -> None:
    name, incident = forged(enforcing, "")
    done = hand.types("release", incident, "--despite-unsealed", *WHY)
    assert "Traceback" not in done.stderr
    assert enforcing.client("iam").list_user_policies(UserName=name)["PolicyNames"] == []


def test_a_forged_end_does_not_keep_from_containing(enforcing: World, server: Server) -> None:
    key, now = ChainKey("contain-instance", server.ref.key), datetime.now(UTC)
    made = DecisionMade(Decision(Mode.NOTIFY, "a person"), now)
    forge(enforcing, key, incident_id(now, "forged"), (made,), mac="1:key:00")
    enforcing.send(server)
    until(lambda: enforcing.inspector().closed(server), "the instance is isolated")
    assert enforcing.history(server).of(HistoryRejected)


def test_a_lease_until_2099_delays_no_containment_and_is_told_as_urgent(
    enforcing: World, server: Server
) -> None:
    inbox, forever = Inbox(enforcing), Lease("somebody", datetime(2099, 1, 1, tzinfo=UTC), "")
    key = ChainKey("contain-instance", server.ref.key)
    item = {CONTROL_KEY: {"S": key.text}, **lease_values(forever)}
    enforcing.client("dynamodb").put_item(TableName=enforcing.deployment.control_table, Item=item)
    enforcing.send(server)
    until(lambda: enforcing.inspector().closed(server), "the instance is isolated")
    assert enforcing.history(server).of(LeaseVoided)
    told = until(
        lambda: [one for one in inbox.told(server.ref.id) if "TAMPERING with the control table" in one],
        "a person is told",
    )
    assert all(one.startswith("[URGENT") for one in told)


@pytest.fixture
def without_the_key(enforcing: World) -> Iterator[None]:
    """Let IAM deny the key of the seals. A disabled key would be enabled again: Ringfence keeps its own."""
    iam = enforcing.client("iam")
    roles = tuple(f"ringfence-{one}-function" for one in ("contain-instance", "operate"))
    statement = {"Effect": "Deny", "Action": "kms:GenerateMac", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    enforcing.quiet()
    try:
        for role in roles:
            iam.put_role_policy(RoleName=role, PolicyName="no-key", PolicyDocument=document)
        renew(enforcing)
        yield
    finally:
        for role in roles:
            iam.delete_role_policy(RoleName=role, PolicyName="no-key")
        renew(enforcing)


def renew(world: World) -> None:
    """Let the functions that seal and check begin in new environments."""
    functions = world.client("lambda")
    for name in (*QUEUES, "ringfence-operate"):
        before = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        for more in ({"RENEWED": "yes"}, {}):
            functions.update_function_configuration(
                FunctionName=name, Environment={"Variables": {**before, **more}}
            )


@pytest.mark.usefixtures("without_the_key")
def test_without_kms_an_instance_is_contained_unsealed_and_released_by_a_person_who_says_so(
    enforcing: World, server: Server, hand: Operator
) -> None:
    enforcing.send(server)
    enforcing.complete(server)
    history = enforcing.history(server)
    assert enforcing.inspector().closed(server)
    assert history.of(RecordUnsealed)
    assert {one.mac for one in history.entries} == {""}
    refused = hand.types("release", history.incident, *WHY)
    assert refused.returncode == 1, refused.stdout + refused.stderr
    assert "--despite-unsealed" in " ".join((refused.stdout + refused.stderr).split())
    assert enforcing.inspector().closed(server)
    done = hand.types("release", history.incident, "--despite-unsealed", *WHY)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not enforcing.inspector().closed(server)
    assert enforcing.history(server).of(UnsealedAccepted)
