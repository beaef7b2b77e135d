"""`ringfence incidents` and `ringfence audit verify` on moto."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click import unstyle
from click.testing import CliRunner, Result
from moto import mock_aws

from ringfence.aws.archive import S3Archive
from ringfence.aws.archive_objects import object_key
from ringfence.aws.audit_items import to_item
from ringfence.aws.containments import ContainmentList
from ringfence.aws.sessions import own_client
from ringfence.aws.sessions import session as own_session
from ringfence.cli.main import main
from ringfence.cli.settings import AUDIT_STACK
from ringfence.cli.times import ago
from ringfence.model.codec import canonical
from ringfence.model.errors import UnknownRecord
from ringfence.model.incident import incident_id
from ringfence.record.chain import ChainKey, Entry, digest, link
from ringfence.record.facts import ContainmentBroken, FindingReceived, Verified
from ringfence.record.history import History
from tests.support.fakes.audit_home import (
    ARCHIVE,
    AUDIT,
    CONTROL,
    REGION,
    bucket,
    dynamo_log,
    session,
    tables,
)
from tests.support.fakes.chains import (
    INCIDENT,
    KEY,
    LATER,
    contained,
    finding,
    lease,
    more,
    notes,
    opened,
    stamp,
)
from tests.support.json_forms import check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

PLACES = {"RINGFENCE_AUDIT_TABLE": AUDIT, "RINGFENCE_ARCHIVE_BUCKET": ARCHIVE}
FULL = Path("/dev/full")
HOME = "123456789012"
EVIL = "[bold]\x1b[2J\u202e title"


@pytest.fixture(autouse=True)
def region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    own_client.cache_clear()
    own_session.cache_clear()


@pytest.fixture
def client() -> Iterator[DynamoDBClient]:
    with mock_aws():
        client = tables()
        dynamo_log(client).append(KEY, History(), contained(), lease())
        yield client


@pytest.fixture
def s3(client: DynamoDBClient) -> S3Client:
    del client
    s3 = bucket()
    S3Archive(s3, ARCHIVE).keep(KEY.text, contained())
    return s3


def ringfence(*arguments: str, places: dict[str, str] | None = None) -> Result:
    done = CliRunner().invoke(main, arguments, env=PLACES if places is None else places)
    check(arguments, done.stdout)
    return done


def overwrite(client: DynamoDBClient, seq: int, body: str) -> None:
    entry = replace(contained()[seq], body=body, hash=digest(body))
    client.put_item(TableName=AUDIT, Item=to_item(KEY, entry))


def test_incidents_are_listed_newest_first(client: DynamoDBClient) -> None:
    log = dynamo_log(client)
    log.append(KEY, log.read(KEY), opened(LATER), lease(incident=LATER))
    result = ringfence("incidents", "list", "--since", "2020-01-01")
    rows = result.output.splitlines()
    assert result.exit_code == 0
    cells = [one.split("\t") for one in rows]
    assert [one[:2] for one in cells] == [[LATER, "under way"], [INCIDENT, "complete"]]
    assert cells[1][2:6] == ["8", "instance", KEY.subject.rpartition("/")[2], ""]
    assert "Backdoor:EC2/C&CActivity.B" in cells[1]
    assert len({len(one) for one in cells}) == 1


@pytest.mark.parametrize("width", ["60", "80"])
def test_an_incident_in_a_list_can_be_copied_on_a_narrow_terminal(client: DynamoDBClient, width: str) -> None:
    del client
    terminal = {**PLACES, "COLUMNS": width, "FORCE_COLOR": "1"}
    result = ringfence("incidents", "list", "--since", "2020-01-01", places=terminal)
    assert INCIDENT in result.output
    lines = unstyle(result.output).splitlines()
    assert max(len(line) for line in lines[:-1]) <= int(width)
    assert lines[-1] == f"ringfence incidents show {INCIDENT}"


def test_a_list_has_its_time_and_its_limit(client: DynamoDBClient) -> None:
    log = dynamo_log(client)
    log.append(KEY, log.read(KEY), opened(LATER), lease(incident=LATER))

    def found(*arguments: str) -> list[str]:
        result = ringfence("incidents", "list", "--json", *arguments)
        assert result.exit_code == 0
        return [json.loads(row)["incident"] for row in result.stdout.splitlines()]

    assert found("--since", "2020-01-01") == [LATER, INCIDENT]
    assert found("--since", "2020-01-01", "--limit", "1") == [LATER]
    assert found("--since", "2025-11-22T13:00:00+01:00") == [LATER, INCIDENT]
    assert found("--since", "2025-11-22T12:00:01") == [LATER]
    assert found("--since", "0m") == []


def test_so_long_ago_is_counted_from_now(client: DynamoDBClient) -> None:
    now = datetime.now(UTC)
    log = dynamo_log(client)
    recent, older = incident_id(now - timedelta(hours=5), "a"), incident_id(now - timedelta(days=5), "b")
    for incident in (older, recent):
        log.append(KEY, log.read(KEY), opened(incident), lease(incident=incident))
    for since, expected in (("7d", [recent, older]), ("6h", [recent]), ("60m", [])):
        result = ringfence("incidents", "list", "--json", "--since", since)
        assert [json.loads(row)["incident"] for row in result.output.splitlines()] == expected


@pytest.mark.parametrize("since", ["0001-01-01", "0001-01-01T00:00:00+14:00", "9999d"])
def test_a_time_before_all_incidents_finds_them_all(client: DynamoDBClient, since: str) -> None:
    del client
    result = ringfence("incidents", "list", "--json", "--since", since)
    assert [json.loads(row)["incident"] for row in result.output.splitlines()] == [INCIDENT]


def test_no_incidents_are_said_so(client: DynamoDBClient) -> None:
    del client
    assert ringfence("incidents", "list", "--since", "0m").output == "No incidents in this period.\n"


@pytest.mark.parametrize("since", ["9999-12-31T23:00:00-10:00", "9999-12-31"])
def test_a_time_to_come_finds_none(client: DynamoDBClient, since: str) -> None:
    del client
    result = ringfence("incidents", "list", "--since", since)
    assert (result.exit_code, result.output) == (0, "No incidents in this period.\n")


@pytest.mark.parametrize("since", ["yesterday", "7 days", "2026-13-01", ""])
def test_a_time_that_is_none_is_bad_input(client: DynamoDBClient, since: str) -> None:
    del client
    result = ringfence("incidents", "list", "--since", since)
    assert result.exit_code == 2
    assert "--since" in result.output


def test_an_incident_is_shown_as_a_timeline(client: DynamoDBClient) -> None:
    del client
    result = ringfence("incidents", "show", INCIDENT, "--full")
    assert result.exit_code == 0
    rows = result.output.splitlines()
    assert rows[:6] == [
        f"incident\t{INCIDENT}",
        f"subject\t{KEY.subject}",
        "runbook\tcontain-instance",
        f"finding\t{finding().title} (Backdoor:EC2/C&CActivity.B, severity 8, id f-1)",
        "mode\tauto: the policy says so",
        "state\tcomplete",
    ]
    story = "\n".join(rows)
    for words in (
        "residual risk\tDNS is not filtered",
        "change\tapplied\t2025-11-22T12:00:01+00:00\tturn the key of front\topen\tshut\t\n",
        "entry\t0\t2025-11-22T12:00:00+00:00\tringfence\tFindingReceived\tfinding received: The instance",
        "entry\t3\t2025-11-22T12:00:01+00:00\tringfence\tIntended\tabout to turn the key of front\topen",
        "applied: turn the key of front\t\t\t\nrequest\t4\treq-1",
        "entry\t5\t2025-11-22T12:00:03+00:00\tringfence\tVerified\tverified: complete",
    ):
        assert words in story


def test_a_screen_shows_each_change_once_and_ends_with_the_next_command(client: DynamoDBClient) -> None:
    del client
    terminal = {**PLACES, "COLUMNS": "80", "FORCE_COLOR": "1"}
    lines = unstyle(ringfence("incidents", "show", INCIDENT, places=terminal).output).splitlines()
    assert [one.strip() for one in lines if "turn the key" in one] == ["✓ turn the key of front: open → shut"]
    assert lines[-1] == f'ringfence release {INCIDENT} --reason "…"'
    story = unstyle(ringfence("incidents", "show", INCIDENT, "--full", places=terminal).output)
    for words in ("2025-11-22 UTC, by ringfence", "about to turn the key of front", "request req-1"):
        assert words in story


def test_every_response_to_an_incident_is_shown(client: DynamoDBClient) -> None:
    other = ChainKey("another-runbook", KEY.subject)
    log = dynamo_log(client)
    start = link(replace(stamp(), key=other), None, (FindingReceived(finding()),))
    log.append(other, History(), start, lease())
    shown = json.loads(ringfence("incidents", "show", INCIDENT, "--json").output)
    assert {one["runbook"] for one in shown["responses"]} == {"contain-instance", "another-runbook"}


def test_an_incident_as_json_has_all_its_entries(client: DynamoDBClient) -> None:
    del client
    (response,) = json.loads(ringfence("incidents", "show", INCIDENT, "--json").output)["responses"]
    assert (response["state"], response["exposure"]) == ("complete", ["DNS is not filtered"])
    assert [one["seq"] for one in response["entries"]] == [0, 1, 2, 3, 4, 5]
    assert response["entries"][4]["requests"] == ["req-1"]
    assert [one["hash"] for one in response["entries"]] == [one.hash for one in contained()]


@pytest.mark.parametrize("arguments", [("list", "--since", "2020-01-01"), ("show", INCIDENT)])
def test_hostile_text_reaches_no_terminal(client: DynamoDBClient, arguments: tuple[str, ...]) -> None:
    """Neither as control sequences nor as markup."""
    hostile = link(stamp(), None, (FindingReceived(finding(title=EVIL, type=EVIL)),))
    client.put_item(TableName=AUDIT, Item=to_item(KEY, hostile[0]))
    output = ringfence("incidents", *arguments).output
    assert "[bold]\\x1b[2J\\u202e title" in output
    assert all(char.isprintable() or char in "\n\t" for char in output)


@pytest.mark.parametrize("command", [("incidents", "show"), ("audit", "verify")])
@pytest.mark.parametrize(
    ("incident", "words"),
    [
        ("nonsense", "no incident has the id 'nonsense'. See `ringfence incidents list`"),
        ("zzzz", "no incident has the id 'zzzz'"),
        ("0000", "no incident has the id '0000'"),
        ("25f", "or at least 4 characters of its beginning or end"),
        ("\x1b[2J", "no incident has the id '\\x1b[2J'"),
        ("i-2ef2ce5515d49be43", "see `ringfence incidents list --subject i-2ef2ce5515d49be43`"),
        (f"arn:aws:ec2:eu-west-1:{HOME}:instance/i-2ef2ce5515d49be43", "It is the id of an instance"),
        (LATER, f"must be in the audit log; see `ringfence incidents list`, not '{LATER}'"),
    ],
)
def test_a_wrong_id_is_bad_input(s3: S3Client, command: tuple[str, str], incident: str, words: str) -> None:
    del s3
    result = ringfence(*command, incident)
    assert result.exit_code == 2
    assert words in result.output
    assert "\x1b" not in result.output


def test_a_sound_chain_verifies(s3: S3Client) -> None:
    del s3
    result = ringfence("audit", "verify", INCIDENT)
    assert result.exit_code == 0
    first = f"{INCIDENT}\t{KEY.text}\tsound\t6 entries are the same as the archive's first versions"
    assert result.output.splitlines()[0] == first


def test_a_chain_of_another_version_verifies_and_shows_what_this_one_cannot_read(
    client: DynamoDBClient,
) -> None:
    """Hashes are of what was written: nothing of it needs to be understood."""
    tomorrow = [one.body.replace('"$":"LockDoor"', '"$":"StepOfTomorrow"') for one in contained()]
    tomorrow[5] = tomorrow[5].replace('"$":"Verified"', '"$":"FactOfTomorrow"')
    archive, entries, previous = S3Archive(bucket(), ARCHIVE), [], ""
    for seq, text in enumerate(tomorrow):
        body = canonical(json.loads(text) | {"previous": previous})
        previous = digest(body)
        entries.append(Entry(INCIDENT, seq, body, previous))
        client.put_item(TableName=AUDIT, Item=to_item(KEY, entries[seq]))
    archive.keep(KEY.text, entries)
    with pytest.raises(UnknownRecord, match="must be a value that this version knows"):
        _ = entries[3].fact
    verified = ringfence("audit", "verify", INCIDENT)
    assert verified.exit_code == 0
    assert "6 entries are the same as the archive's first versions" in verified.output
    shown = ringfence("incidents", "show", INCIDENT, "--full")
    assert shown.exit_code == 0
    assert "StepOfTomorrow, which this version does not know" in shown.output
    assert "FactOfTomorrow, which this version cannot read" in shown.output
    assert ringfence("incidents", "list", "--since", "2020-01-01").exit_code == 0


def test_what_is_not_archived_yet_is_pending_and_no_fault(client: DynamoDBClient) -> None:
    bucket()
    now = datetime.now(UTC)
    new = link(replace(stamp(incident_id(now, "now")), at=now), None, notes(2))
    dynamo_log(client).append(KEY, dynamo_log(client).read(KEY), new, lease(incident=new[0].incident))
    result = ringfence("audit", "verify", new[0].incident)
    assert result.exit_code == 0, result.output
    assert "2 entries are pending: not archived yet" in result.output


def test_what_was_never_archived_is_a_fault_after_a_quarter_of_an_hour(client: DynamoDBClient) -> None:
    """A chain that was rewritten from end to end while nothing was archived."""
    bucket()
    previous = ""
    for seq, entry in enumerate(contained()):
        body = canonical(json.loads(entry.body) | {"actor": "scapegoat", "previous": previous})
        previous = digest(body)
        client.put_item(TableName=AUDIT, Item=to_item(KEY, Entry(INCIDENT, seq, body, previous)))
    result = ringfence("audit", "verify", INCIDENT)
    assert result.exit_code == 1
    assert "VERIFICATION FAILED: entry 0 is not archived: it was written" in result.output


def test_a_delete_marker_is_named_and_the_chain_is_sound(s3: S3Client) -> None:
    s3.delete_object(Bucket=ARCHIVE, Key=object_key(KEY.text, INCIDENT, 0))
    result = ringfence("audit", "verify", INCIDENT)
    assert result.exit_code == 4
    assert "6 entries are the same as the archive's first versions" in result.output
    assert "tampering: entries 0 to 5 got a delete marker in the archive at 20" in result.output
    (remark,) = json.loads(ringfence("audit", "verify", INCIDENT, "--json").output)["remarks"]
    assert "The first version still exists" in remark


def test_an_altered_entry_is_named(client: DynamoDBClient, s3: S3Client) -> None:
    del s3
    overwrite(client, 2, contained()[2].body.replace("ringfence", "nobody"))
    result = ringfence("audit", "verify", INCIDENT)
    assert result.exit_code == 1
    assert (
        "VERIFICATION FAILED: entry 2 is altered: it differs from the first archived version" in result.output
    )
    verdict = json.loads(ringfence("audit", "verify", INCIDENT, "--json").output)
    assert (verdict["sound"], verdict["faults"][0]["seq"], verdict["pending"]) == (False, 2, [])


def test_without_the_archive_less_is_claimed(client: DynamoDBClient) -> None:
    result = ringfence("audit", "verify", INCIDENT, "--without-archive")
    assert result.exit_code == 0
    assert "Without the archive, this check does not detect" in result.output
    overwrite(client, 2, contained()[2].body.replace("ringfence", "nobody"))
    assert ringfence("audit", "verify", INCIDENT, "--without-archive").exit_code == 1


def test_an_incident_that_was_removed_from_the_table_is_found_in_the_archive(
    client: DynamoDBClient, s3: S3Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    del s3
    for item in client.scan(TableName=AUDIT)["Items"]:
        client.delete_item(TableName=AUDIT, Key={name: item[name] for name in ("chain", "entry")})
    result = ringfence("audit", "verify", INCIDENT)
    assert result.exit_code == 1
    assert "VERIFICATION FAILED: entry 0 is removed" in result.output
    assert "also\tentry 5: it is in the archive and not in the table" in result.output
    for name, value in (("FORCE_COLOR", "1"), ("COLUMNS", "80")):
        monkeypatch.setenv(name, value)
    assert "also      entries 1 to 5: it is in the archive and not in the table" in unstyle(
        ringfence("audit", "verify", INCIDENT).output
    )


def test_what_cannot_be_read_is_neither_sound_nor_altered(client: DynamoDBClient) -> None:
    del client
    result = ringfence("audit", "verify", INCIDENT)
    assert result.exit_code == 3
    assert "NoSuchBucket" in result.output


def test_what_cannot_be_asked_for_is_neither_sound_nor_altered(client: DynamoDBClient) -> None:
    del client
    result = ringfence("audit", "verify", INCIDENT, "--archive-bucket", "no bucket's name")
    assert result.exit_code == 3
    assert "Invalid bucket name" in result.output


def test_places_are_found_in_the_stack_unless_they_are_given(client: DynamoDBClient, s3: S3Client) -> None:
    del client, s3
    template = {
        "Resources": {"Any": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {"AuditTable": {"Value": AUDIT}, "ArchiveBucket": {"Value": "elsewhere"}},
    }
    session().client("cloudformation").create_stack(StackName=AUDIT_STACK, TemplateBody=json.dumps(template))
    assert ringfence("incidents", "show", INCIDENT, places={}).exit_code == 0
    assert ringfence("audit", "verify", INCIDENT, places={}).exit_code == 3
    assert ringfence("audit", "verify", INCIDENT, "--archive-bucket", ARCHIVE, places={}).exit_code == 0
    environment = {"RINGFENCE_ARCHIVE_BUCKET": ARCHIVE}
    assert ringfence("audit", "verify", INCIDENT, places=environment).exit_code == 0
    both = ringfence("audit", "verify", INCIDENT, "--archive-bucket", "option", places=environment)
    assert both.exit_code == 3


def test_a_place_that_is_nowhere_is_bad_input(client: DynamoDBClient) -> None:
    del client
    result = ringfence("incidents", "list", places={})
    assert result.exit_code == 2
    assert "Ringfence is not deployed in account 123456789012, region eu-west-1" in result.output


def test_a_missing_region_is_bad_input(client: DynamoDBClient, monkeypatch: pytest.MonkeyPatch) -> None:
    del client
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    result = ringfence("incidents", "list")
    assert result.exit_code == 2
    assert "AWS_REGION" in result.output


@pytest.mark.parametrize(("name", "value"), [("AWS_PROFILE", "nobody's"), ("AWS_ENDPOINT_URL", "no address")])
def test_a_wrong_setting_of_the_operator_is_bad_input_and_named(
    client: DynamoDBClient, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    del client
    monkeypatch.setenv(name, value)
    result = ringfence("incidents", "list")
    assert (result.exit_code, "AWS settings: cannot be used" in result.output) == (2, True)
    assert value in result.output


def test_without_credentials_it_is_a_wrong_setting_also_where_the_table_is_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    result = ringfence("incidents", "list")
    assert result.exit_code == 2, result.output
    assert "AWS credentials: are missing" in result.output


def test_a_verdict_that_cannot_be_written_is_neither_sound_nor_altered(
    s3: S3Client, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    del s3
    for name, place in PLACES.items():
        monkeypatch.setenv(name, place)
    with FULL.open("w", encoding="utf-8") as full:
        monkeypatch.setattr(sys, "stdout", full)
        with pytest.raises(SystemExit) as ended:
            main(["audit", "verify", INCIDENT])
    assert ended.value.code == 3
    assert "the result cannot be written: No space left on device" in capsys.readouterr().err


def test_an_open_contained_incident_says_since_when_it_was_last_verified(client: DynamoDBClient) -> None:
    log, listed = dynamo_log(client), ContainmentList(client, CONTROL)
    done = Verified(contained=True, complete=True)
    log.append(KEY, log.read(KEY), more(contained(), done), None)
    (one,) = listed.open()
    listed.verified(one, datetime.now(UTC) - timedelta(minutes=12))
    places = {**PLACES, "RINGFENCE_CONTROL_TABLE": CONTROL}
    for words in (("incidents", "list", "--since", "2020-01-01"), ("incidents", "show", INCIDENT)):
        screen = {**places, "COLUMNS": "120", "FORCE_COLOR": "1"}
        assert "verified 12 min ago" in ringfence(*words, places=screen).output
        assert "complete" in ringfence(*words).output, "without the list, its status is shown all the same"


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(seconds=-5), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=1), "1 min ago"),
        (timedelta(minutes=119), "119 min ago"),
        (timedelta(hours=2), "2 h ago"),
        (timedelta(hours=47), "47 h ago"),
        (timedelta(days=2), "2 d ago"),
    ],
)
def test_an_age_is_shown_in_its_largest_unit(age: timedelta, words: str) -> None:
    assert ago(age) == words


def test_an_incident_whose_containment_was_undone_shows_who_did_it(client: DynamoDBClient) -> None:
    log = dynamo_log(client)
    broken = ContainmentBroken(("close it",), "arn:aws:iam::111122223333:user/mallory", "ec2:X")
    log.append(KEY, log.read(KEY), more(contained(), broken), None)
    output = ringfence("incidents", "show", INCIDENT).output
    assert "not contained" in output
    assert "mallory" in output
    assert "close it" in output


def hide(client: DynamoDBClient) -> None:
    """Remove the incident from the index, as somebody does who may write to the table."""
    key = {"chain": {"S": KEY.text}, "entry": {"S": f"{INCIDENT}#000000"}}
    names = {"#month": "month"}
    client.update_item(
        TableName=AUDIT, Key=key, UpdateExpression="REMOVE #month", ExpressionAttributeNames=names
    )


def test_an_incident_that_somebody_removed_from_the_lists_is_shown_and_named(
    client: DynamoDBClient, s3: S3Client
) -> None:
    del s3
    assert ringfence("incidents", "show", INCIDENT).stderr.count("TAMPERING") == 0
    hide(client)
    result = ringfence("incidents", "show", INCIDENT)
    assert result.exit_code == 1
    assert "DNS is not filtered" in result.stdout
    assert f"TAMPERING: the table has another month for {KEY.text}, {INCIDENT}#000000" in result.stderr
    assert result.stderr.splitlines()[-1] == "ringfence audit verify --all"
    told = json.loads(ringfence("incidents", "show", INCIDENT, "--json").stdout)
    assert len(told["altered"]) == 1
    exported = ringfence("incidents", "export", INCIDENT, "--format", "jsonl")
    assert exported.exit_code == 0
    assert len(exported.stdout.splitlines()) == len(contained())


def test_an_incident_that_is_in_no_list_and_whose_archive_cannot_be_read_is_unknown(
    client: DynamoDBClient,
) -> None:
    hide(client)
    result = ringfence("incidents", "show", INCIDENT)
    assert result.exit_code == 2
    assert "must be in the audit log" in result.output
