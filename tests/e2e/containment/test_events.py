"""What else may come from the event bus: bad input, dry runs, what is not for us, and what goes wrong."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from ringfence.cli.main import main
from ringfence.local.findings import InstanceFinding
from ringfence.record.facts import DecisionMade, Intended, Planned
from ringfence.record.integrity import Wrong
from tests.e2e.world import DEAD_LETTERS, DRY_TYPE, STRANGE_ACCOUNT, Inbox, applied, until

if TYPE_CHECKING:
    from pathlib import Path

    from ringfence.local.estate import Server
    from tests.e2e.world import World

pytestmark = pytest.mark.e2e


@pytest.fixture
def server(world: World) -> Server:
    """A server in a new VPC: of those whose target groups nobody has read, one in each VPC is contained."""
    builder = world.builder()
    return builder.launch(builder.ground(), builder.name, builder.profile())


def dead_letters(world: World, about: str) -> list[dict[str, Any]]:
    """Take what is in the dead-letter queue and speaks of something."""
    sqs = world.client("sqs")
    url = sqs.get_queue_url(QueueName=DEAD_LETTERS)["QueueUrl"]
    found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0).get("Messages", [])
    return [json.loads(one["Body"]) for one in found if about in one["Body"]]


def put(world: World, finding: InstanceFinding, **changed: object) -> None:
    """Put a finding on the bus with fields of its detail changed; None takes one out."""
    detail = {key: value for key, value in (finding.detail() | changed).items() if value is not None}
    entry = finding.entry() | {"Detail": json.dumps(detail)}
    assert world.client("events").put_events(Entries=[entry])["FailedEntryCount"] == 0


@pytest.mark.parametrize("changed", [{"id": None}, {"severity": "high"}, {"resource": {"resourceType": 7}}])
def test_bad_input_ends_among_the_dead_letters_while_others_are_handled(
    world: World, server: Server, changed: dict[str, object]
) -> None:
    bad = InstanceFinding.about(server, title=f"bad input: {sorted(changed)}")
    put(world, bad, **changed)
    world.send(server)
    world.complete(server)
    until(lambda: dead_letters(world, bad.title), "the bad message is among the dead letters")


def test_a_dry_run_records_the_plan_of_every_stage_and_changes_nothing(world: World, server: Server) -> None:
    role = f"{server.name}-server"
    before = world.inspector().portrait(server, role)
    world.send(server, type=DRY_TYPE)
    history = until(lambda: recorded(world, server), "the finding is recorded")
    world.quiet()
    assert [one.stage for one in history.of(Planned)] == ["isolate", "preserve", "collect"]
    assert all(one.steps for one in history.of(Planned))
    assert history.of(Intended) == ()
    assert world.inspector().portrait(server, role) == before


def test_the_target_of_a_brute_force_attack_is_left_alone_and_a_person_told_why(
    world: World, server: Server
) -> None:
    role = f"{server.name}-server"
    before = world.inspector().portrait(server, role)
    world.send(server, type="UnauthorizedAccess:EC2/SSHBruteForce")
    history = until(lambda: recorded(world, server), "the finding is recorded")
    world.quiet()
    (made,) = history.of(DecisionMade)
    assert made.decision.mode == "notify"
    assert "TARGET" in made.decision.reason
    assert history.of(Intended) == ()
    assert world.inspector().portrait(server, role) == before


def recorded(world: World, server: Server) -> Any:  # noqa: ANN401 - a history, or None
    """Return the log of a server once something is in it."""
    history = world.history(server)
    return history if history.entries else None


def test_an_account_outside_the_scope_is_never_touched(world: World) -> None:
    builder = world.builder(STRANGE_ACCOUNT)
    stranger = builder.launch(builder.ground(), builder.name)
    before = world.inspector(STRANGE_ACCOUNT).portrait(stranger)
    world.send(stranger)
    world.quiet()
    assert world.inspector(STRANGE_ACCOUNT).portrait(stranger) == before
    assert world.history(stranger).entries == ()
    assert world.calls("AssumeRole", STRANGE_ACCOUNT) == []


def test_an_instance_that_is_gone_closes_its_incident(world: World, server: Server) -> None:
    world.client("ec2").terminate_instances(InstanceIds=[server.ref.id])
    world.send(server)
    until(lambda: world.history(server).closed_at, "the incident is closed")
    world.quiet()
    assert applied(world.history(server)) == {}


def test_a_function_that_fails_raises_its_alarm(world: World) -> None:
    alarm, cloudwatch = "ringfence-contain-instance-errors", world.client("cloudwatch")

    def state() -> str:
        # The emulator evaluates alarms when somebody puts a metric, be it another.
        cloudwatch.put_metric_data(Namespace="Tests", MetricData=[{"MetricName": "Looks", "Value": 1}])
        found: str = cloudwatch.describe_alarms(AlarmNames=[alarm])["MetricAlarms"][0]["StateValue"]
        return found

    assert state() != "ALARM"
    nonsense = json.dumps({"Records": [{"body": "no SQS message looks like this"}]})
    answer = world.client("lambda").invoke(FunctionName="ringfence-contain-instance", Payload=nonsense)
    assert answer["FunctionError"]
    until(lambda: state() == "ALARM", f"{alarm} rings")


def test_an_altered_entry_is_named_by_verification_and_announced(world: World, server: Server) -> None:
    world.send(server)
    history = world.complete(server)
    assert world.deployment.archived(server.ref).sound
    inbox = Inbox(world)
    victim = history.entries[1]
    world.client("dynamodb").update_item(
        TableName=world.deployment.audit_table,
        Key={
            "chain": {"S": f"contain-instance#{server.ref.key}"},
            "entry": {"S": f"{victim.incident}#{victim.seq:06d}"},
        },
        UpdateExpression="SET body = :body",
        ExpressionAttributeValues={":body": {"S": victim.body.replace("auto", "off")}},
    )
    fault = world.deployment.verdict(server.ref).first
    assert fault is not None
    assert (fault.seq, fault.wrong) == (1, Wrong.ALTERED)
    until(lambda: inbox.told(victim.incident), "somebody is told of the tampering")


def test_a_file_that_people_have_is_sent_and_followed_until_the_response_is_complete(
    world: World, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on the first day: a sample about an instance of one's own, and the command that sends it."""
    local, file = world.local, tmp_path / "event.json.gz"
    for name, value in local.environment().items():
        monkeypatch.setenv(name, value)
    where = ("--account", local.account, "--region", local.region, "--resource", server.ref.id)
    made = CliRunner().invoke(main, ["samples", "--type", "Backdoor:EC2/C&CActivity.B", *where])
    assert made.exit_code == 0, made.output
    file.write_bytes(gzip.compress(json.dumps([json.loads(made.stdout)]).encode()))
    done = CliRunner().invoke(main, ["local", "send", str(file)])
    assert done.exit_code == 0, done.output
    history = world.history(server)
    assert history.verified
    assert history.verified.complete
    *_, command = lines = done.output.splitlines()
    assert any(line.startswith("contain-instance: complete, mode auto") for line in lines)
    assert any(line.startswith("  notice, as an email would show it: ") for line in lines)
    assert command == f"  ringfence incidents show {history.incident}"
    assert "about to " in done.output
