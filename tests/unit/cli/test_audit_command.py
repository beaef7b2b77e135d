"""`ringfence audit verify --all` at the terminal, on moto: its words, its exit codes and its JSON."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from click import unstyle
from click.testing import CliRunner, Result
from moto import mock_aws

from ringfence.aws.audit_items import DEPLOYMENT_CHAINS, to_item
from ringfence.aws.sessions import own_client
from ringfence.aws.sessions import session as own_session
from ringfence.cli.main import main
from ringfence.model.incident import incident_id
from ringfence.model.kinds.account import AccountRef
from ringfence.record.chain import ChainKey, Stamp, link
from ringfence.record.history import History
from tests.support.fakes.audit_home import (
    ARCHIVE,
    AUDIT,
    REGION,
    bucket,
    dynamo_log,
    dynamodb,
    session,
    tables,
)
from tests.support.fakes.chains import INCIDENT, KEY, contained, lease, notes
from tests.support.fakes.log_home import ORIGIN, LogHome, in_bucket
from tests.support.json_forms import check

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client


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
    return bucket()


@pytest.fixture
def home(s3: S3Client) -> LogHome:
    """The log of a response, published a moment ago."""
    made = in_bucket(s3, datetime.now(UTC) - timedelta(minutes=20))
    made.write(KEY, *contained())
    made.publish()
    return made


def verify(home: LogHome, *words: str, everything: bool = True) -> Result:
    given = {
        "RINGFENCE_AUDIT_TABLE": AUDIT,
        "RINGFENCE_ARCHIVE_BUCKET": ARCHIVE,
        "RINGFENCE_LOG_KEY": home.signer.key.text,
    }
    all_ = ("--all",) if everything else ()
    typed = ("audit", "verify", *all_, *words)
    done = CliRunner().invoke(main, typed, env=given)
    check(typed, done.stdout)
    return done


def test_it_says_what_it_covered_and_shows_the_checkpoint_to_keep(home: LogHome) -> None:
    done = verify(home)
    assert done.exit_code == 0, done.output
    first, seals, second, third, *checkpoint = done.output.splitlines()
    assert seals.startswith(
        "seals not checked: 1 response and 0 other entries: Ringfence is not deployed in account"
    )
    assert first == (
        "verified 1 response: 6 entries in the table, 6 in the archive, 0 pending; 0 with faults"
    )
    assert second == (
        f"verified the log from leaf 0 to 6 against 1 checkpoint, with the key {home.signer.key.text}"
    )
    assert third == "the newest checkpoint, to keep in a file; --save-checkpoint FILE writes it:"
    assert checkpoint[:2] == [ORIGIN, "6"]
    assert checkpoint[-1].startswith(f"\u2014 {ORIGIN} ")


def test_on_a_terminal_checkpoint_and_key_are_not_broken_and_the_next_command_comes_last(
    home: LogHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint = json.loads(verify(home, "--json").output)["covered"]["log"]["newest"]["text"]
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "60")
    lines = unstyle(verify(home).stdout).splitlines()
    at = lines.index(ORIGIN)
    copied = checkpoint.splitlines()
    assert [one.rstrip() for one in lines[at : at + len(copied)]] == copied
    assert lines[-1] == "ringfence audit verify --all --checkpoint FILE"
    others = lines[:at] + lines[at + len(copied) :]
    assert f"  {home.signer.key.text}" in others
    assert max(len(one) for one in others if home.signer.key.text not in one) <= 60


@pytest.mark.parametrize("form", ["pipe", "pasted", "terminal", "json", "saved"])
def test_the_checkpoint_that_is_printed_is_one_that_can_be_given(
    home: LogHome, client: DynamoDBClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    kept = tmp_path / "kept"
    with monkeypatch.context() as terminal:
        if form == "terminal":
            terminal.setenv("FORCE_COLOR", "1")
            terminal.setenv("COLUMNS", "60")
        words = {"json": ("--json",), "saved": ("--save-checkpoint", str(kept))}.get(form, ())
        done = verify(home, *words)
    assert done.exit_code == 0, done.output
    if form == "json":
        kept.write_text(json.loads(done.stdout)["covered"]["log"]["newest"]["text"], "utf-8")
    elif form != "saved":
        after = unstyle(done.stdout).partition("writes it:\n" if form != "terminal" else f"{ORIGIN}\n")
        text = after[2] if form != "terminal" else ORIGIN + "\n" + after[2].partition("\n\nNext")[0]
        pasted = "\r\n".join(f"  {one}" for one in text.splitlines())
        kept.write_text(pasted if form == "pasted" else text, "utf-8")
    publish_more(home, client)
    done = verify(home, "--checkpoint", str(kept))
    assert done.exit_code == 0, done.output
    assert "from leaf 0 to 10" in done.stdout


def test_a_saved_checkpoint_is_named_in_the_next_command(
    home: LogHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    kept = tmp_path / "kept"
    shown = unstyle(verify(home, "--save-checkpoint", str(kept)).stdout)
    assert shown.splitlines()[-1] == f"ringfence audit verify --all --checkpoint {kept}"
    assert "to keep in a file" not in shown


@pytest.mark.parametrize(
    ("minutes", "command"), [(14, "ringfence audit verify --all"), (60, "ringfence doctor")]
)
def test_without_a_checkpoint_the_next_command_depends_on_whether_it_is_late(  # noqa: PLR0917
    home: LogHome,
    s3: S3Client,
    client: DynamoDBClient,
    monkeypatch: pytest.MonkeyPatch,
    minutes: int,
    command: str,
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    shown = verify(without_log(home, s3, client, minutes)).stdout
    assert unstyle(shown).splitlines()[-1] == command


def publish_more(home: LogHome, client: DynamoDBClient) -> None:
    home.clock.now = datetime.now(UTC) - timedelta(minutes=5)
    write_more(home, client)
    home.publish()


def write_more(
    home: LogHome, client: DynamoDBClient, key: ChainKey = KEY, what: str = "another finding"
) -> str:
    """Write more entries, and return their incident."""
    later = incident_id(home.clock.now, what)
    entries = link(Stamp(key, later, "ringfence", "attempt", home.clock.now), None, notes(4))
    for one in entries:
        client.put_item(TableName=AUDIT, Item=to_item(key, one))
    home.write(key, *entries)
    return later


def test_a_log_with_a_fault_does_not_replace_the_checkpoint_that_was_kept(
    home: LogHome, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    other = LogHome()
    other.clock.now = home.clock.now
    other.write(KEY, *(replace(one, mac="another") for one in contained()[:3]))
    other.publish()
    evidence = other.files.checkpoint(next(other.files.checkpoints()))
    kept.write_text(evidence, "utf-8")
    done = verify(home, "--checkpoint", str(kept), "--save-checkpoint", str(kept))
    assert done.exit_code == 1
    assert "the checkpoint was not saved, because the log has a fault" in done.stderr
    assert kept.read_text("utf-8") == evidence
    done = verify(home, "--save-checkpoint", str(tmp_path / "nowhere" / "kept"))
    assert done.exit_code == 2
    assert "--save-checkpoint: must be writable: No such file" in done.stderr


def test_it_prints_json_for_machines(home: LogHome) -> None:
    covered = json.loads(verify(home, "--json").output)["covered"]
    assert (covered["responses"], covered["entries"], covered["archived"], covered["faulty"]) == (1, 6, 6, 0)
    assert covered["log"]["newest"]["size"] == covered["log"]["size"] == 6


def test_what_is_wrong_is_named_with_exit_code_1(home: LogHome, client: DynamoDBClient) -> None:
    for item in client.scan(TableName=AUDIT)["Items"]:
        client.delete_item(TableName=AUDIT, Key={name: item[name] for name in ("chain", "entry")})
    done = verify(home)
    assert done.exit_code == 1
    assert f"{INCIDENT}\t{KEY.text}\tALTERED\tVERIFICATION FAILED: entry 0 is removed" in done.output
    assert "1 with faults" in done.output


def test_an_attempt_is_named_with_exit_code_4(home: LogHome, s3: S3Client) -> None:
    s3.delete_object(Bucket=ARCHIVE, Key="log/tile/0/000.p/6")
    done = verify(home)
    assert done.exit_code == 4
    assert "log: tampering: tile/0/000.p/6 got a delete marker" in done.output


def test_a_checkpoint_that_was_kept_must_be_in_the_log(home: LogHome, tmp_path: Path) -> None:
    kept, forged = tmp_path / "kept", tmp_path / "forged"
    files = home.publishing.files
    kept.write_text(files.checkpoint(next(files.checkpoints())), "utf-8")
    assert verify(home, "--checkpoint", str(kept)).exit_code == 0
    other = LogHome()
    other.clock.now = home.clock.now
    other.write(KEY, *(replace(one, mac="another") for one in contained()[:3]))
    other.publish()
    forged.write_text(other.files.checkpoint(next(other.files.checkpoints())), "utf-8")
    done = verify(home, "--checkpoint", str(forged))
    assert done.exit_code == 1
    assert "LOG: the archive lacks the checkpoint of" in done.output
    assert "leaves 0 to 2 of the log do not have the root of the copy" in done.output


def test_copies_in_another_bucket_are_compared(home: LogHome, s3: S3Client) -> None:
    del s3
    copies = session().client("s3")
    copies.create_bucket(Bucket="copies", CreateBucketConfiguration={"LocationConstraint": REGION})
    for name, kept in home.other_account.objects.items():
        copies.put_object(Bucket="copies", Key=name, Body=kept[-1]["Body"])
    assert verify(home, "--copies", "copies").exit_code == 0
    copies.put_object(Bucket="copies", Key=f"ringfence/{ORIGIN}/x", Body=b"no checkpoint")
    assert "is not a checkpoint of the log" in verify(home, "--copies", "copies").output
    assert verify(home, "--copies", "nowhere").exit_code == 3


def test_an_incident_is_compared_with_the_log_too(home: LogHome, s3: S3Client) -> None:
    assert verify(home, INCIDENT, everything=False).exit_code == 0
    name = next(
        one["Key"] for one in s3.list_object_versions(Bucket=ARCHIVE)["Versions"] if "entries" in one["Key"]
    )
    other = LogHome()
    other.write(KEY, *(replace(one, mac="forged") for one in contained()))
    other.publish()
    s3.delete_object(
        Bucket=ARCHIVE,
        Key=name,
        VersionId=s3.list_object_versions(Bucket=ARCHIVE, Prefix=name)["Versions"][0]["VersionId"],
        BypassGovernanceRetention=True,
    )
    s3.put_object(Bucket=ARCHIVE, Key=name, Body=next(other.files.versions(name.removeprefix("log/"))))
    done = verify(home, INCIDENT, everything=False)
    assert done.exit_code == 1
    assert "do not have the root of the archive's checkpoint" in done.output
    assert "entry 0: leaf 0 of the log has another version of it" in done.output


@pytest.mark.parametrize("chain", sorted(DEPLOYMENT_CHAINS))
def test_a_record_of_the_deployment_itself_is_verified_by_its_id(
    home: LogHome, client: DynamoDBClient, chain: str
) -> None:
    home.clock.now = datetime.now(UTC) - timedelta(minutes=5)
    account = KEY.subject.split("/")[1]
    key = ChainKey(chain, AccountRef(account, REGION, account).key)
    incident = write_more(home, client, key, chain)
    home.publish()
    done = verify(home, incident, everything=False)
    assert done.exit_code == 0, done.output
    assert incident in done.stdout


def test_an_archive_without_a_log_is_a_fault_and_its_entries_are_verified(
    client: DynamoDBClient, s3: S3Client
) -> None:
    del client, s3
    done = verify(LogHome())
    assert done.exit_code == 1
    assert (
        "LOG: the archive has no checkpoint of the log, although the oldest entry is of 2025-11-22"
        in done.output
    )
    assert "verified 1 response: 6 entries in the table, 0 in the archive" in done.output


def without_log(home: LogHome, s3: S3Client, client: DynamoDBClient, minutes: int) -> LogHome:
    """A deployment that archived its first entries some minutes ago, and signed no checkpoint."""
    for one in (*client.scan(TableName=AUDIT)["Items"],):
        client.delete_item(TableName=AUDIT, Key={name: one[name] for name in ("chain", "entry")})
    for name in ("Versions", "DeleteMarkers"):
        listed: Any = s3.list_object_versions(Bucket=ARCHIVE).get(name, ())
        for each in listed:
            s3.delete_object(
                Bucket=ARCHIVE, Key=each["Key"], VersionId=each["VersionId"], BypassGovernanceRetention=True
            )
    home.clock.now = datetime.now(UTC) - timedelta(minutes=minutes)
    write_more(home, client)
    return home


@pytest.mark.parametrize("words", [(), ("--since", "1m")])
def test_until_the_first_checkpoint_the_entries_are_compared_with_the_archive(
    home: LogHome, s3: S3Client, client: DynamoDBClient, words: tuple[str, ...]
) -> None:
    without_log(home, s3, client, 14)
    done = verify(home, *words)
    assert done.exit_code == 0, done.output
    if not words:
        assert "verified 1 response: 4 entries in the table, 4 in the archive" in done.stdout
    assert "nothing was compared with the log: its first checkpoint is still to come" in done.stdout
    assert "still to come" in json.loads(verify(home, "--json").stdout)["covered"]["log"]["awaited"]
    client.delete_item(TableName=AUDIT, Key=dict(next(iter(first_keys(client)))))
    done = verify(home)
    assert done.exit_code == 1
    assert "entry 0 is removed" in done.stdout


def first_keys(client: DynamoDBClient) -> list[Any]:
    keys = ({name: one[name] for name in ("chain", "entry")} for one in client.scan(TableName=AUDIT)["Items"])
    return sorted(keys, key=str)


@pytest.mark.parametrize("words", [(), ("--since", "1m")])
def test_a_deployment_that_is_no_longer_new_must_have_a_log(
    home: LogHome, s3: S3Client, client: DynamoDBClient, words: tuple[str, ...]
) -> None:
    done = verify(without_log(home, s3, client, 50), *words)
    assert done.exit_code == 1
    assert "LOG: the archive has no checkpoint of the log, although the oldest entry is of" in done.stdout
    assert "is the function ringfence-checkpoint deployed" in done.stdout


def test_without_an_entry_and_without_a_log_nothing_is_called_verified(s3: S3Client) -> None:
    del s3
    for one in (*dynamodb().scan(TableName=AUDIT)["Items"],):
        dynamodb().delete_item(TableName=AUDIT, Key={name: one[name] for name in ("chain", "entry")})
    done = verify(LogHome())
    assert done.exit_code == 3
    assert "there is no entry to verify, and the log has no checkpoint yet" in done.stdout


def test_entries_that_are_not_in_the_log_yet_are_counted(home: LogHome, client: DynamoDBClient) -> None:
    home.clock.now = datetime.now(UTC) - timedelta(minutes=5)
    write_more(home, client)
    done = verify(home)
    assert done.exit_code == 0, done.output
    assert "; 4 entries are not in the log yet" in done.stdout
    assert json.loads(verify(home, "--json").stdout)["covered"]["unlogged"] == 4


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "Name an incident, or use --all"),
        ((INCIDENT, "--all"), "Name an incident, or use --all"),
        ((INCIDENT, "--since", "7d"), "need --all"),
        (("--all", "--without-archive"), "--without-archive needs an incident"),
        (("--all", "--checkpoint", "/nowhere"), "does not exist"),
        ((INCIDENT, "--save-checkpoint", "kept"), "need --all"),
        (("--all", "--since", "1h", "--until", "2h"), "--until: must not be before --since"),
    ],
)
def test_what_does_not_go_together_is_named(home: LogHome, words: tuple[str, ...], told: str) -> None:
    done = verify(home, *words, everything=False)
    assert done.exit_code == 2
    assert told in done.output


def test_a_key_that_is_none_is_named(home: LogHome) -> None:
    done = verify(home, "--log-key", "a+b")
    assert done.exit_code == 2
    assert "log key" in done.output


def exported(home: LogHome, out: Path, *words: str) -> Result:
    given = {
        "RINGFENCE_AUDIT_TABLE": AUDIT,
        "RINGFENCE_ARCHIVE_BUCKET": ARCHIVE,
        "RINGFENCE_LOG_KEY": home.signer.key.text,
    }
    return CliRunner().invoke(main, ["audit", "export", "--out", str(out), *words], env=given)


def offline(bundle: Path, *words: str, key: str = "") -> Result:
    """Verify a bundle as an auditor does: nothing says where AWS is, and nothing may ask."""
    typed = ("audit", "verify", "--bundle", str(bundle), *words, *(("--log-key", key) if key else ()))
    done = CliRunner(env={"RINGFENCE_AUDIT_TABLE": None, "RINGFENCE_LOG_KEY": None}).invoke(main, typed)
    check(typed, done.stdout)
    return done


def test_a_bundle_is_verified_with_the_key_alone(home: LogHome, tmp_path: Path) -> None:
    bundle, key = tmp_path / "bundle.zip", home.signer.key.text
    written = exported(home, bundle, "--since", "2026-01-01")
    assert written.exit_code == 0, written.output
    assert f"Wrote {bundle}: 1 response: 6 entries, everything that came into the log since" in written.stderr
    command = f"  ringfence audit verify --bundle {bundle} --log-key {key}"
    assert written.stderr.splitlines()[-1] == command
    assert f"Replaced {bundle}: 1 response" in exported(home, bundle, "--since", "2026-01-01").stderr
    own_client.cache_clear()
    done = offline(bundle, key=key)
    assert done.exit_code == 0, done.output
    first, second = done.stdout.splitlines()
    assert first.startswith(
        "verified 1 response: 6 entries. None is missing: the bundle contains everything that came into"
    )
    assert second == f"the checkpoint over 6 entries is signed with the key {key}"
    told = json.loads(offline(bundle, "--json", key=key).stdout)["bundle"]
    assert (told["sound"], told["entries"], told["faults"]) == (True, 6, [])


def test_a_bundle_without_a_checkpoint_says_when_there_is_one(s3: S3Client, tmp_path: Path) -> None:
    del s3
    bundle = tmp_path / "bundle.zip"
    done = exported(LogHome(), bundle)
    assert (done.exit_code, bundle.exists()) == (1, False)
    assert "the log has no checkpoint yet, so nothing can be proved" in done.stderr
    assert "within 45 minutes after the first entry" in done.stderr
    assert "--archive-bucket" not in done.stderr


def test_a_file_that_is_no_checkpoint_is_bad_input(home: LogHome, tmp_path: Path) -> None:
    other = tmp_path / "tutorial.yaml"
    other.write_text("version: 1\n\nscope: {}\n")
    done = verify(home, "--checkpoint", str(other))
    assert done.exit_code == 2
    assert "--checkpoint: must be a checkpoint with its signature" in done.stderr


def test_a_bundle_of_an_incident_names_it(home: LogHome, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.zip"
    assert exported(home, bundle, INCIDENT).exit_code == 0
    shown = offline(bundle, key=home.signer.key.text).stdout
    assert "None is missing: the bundle contains everything that came into the log" in shown
    assert f", but only of {INCIDENT}\n" in shown


def test_an_altered_bundle_ends_with_1_and_names_the_file(home: LogHome, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.zip"
    exported(home, bundle, "--since", "2026-01-01")
    with zipfile.ZipFile(bundle, "a") as more:
        more.writestr("chains/x.jsonl", "")
    done = offline(bundle, key=home.signer.key.text)
    assert done.exit_code == 1
    assert "ALTERED: chains/x.jsonl was added: the manifest does not name it" in done.stdout
    assert "VERIFICATION FAILED" in done.stdout


def test_a_bundle_must_cover_the_period_that_the_auditor_wants(home: LogHome, tmp_path: Path) -> None:
    bundle, key = tmp_path / "bundle.zip", home.signer.key.text
    exported(home, bundle, "--since", "2026-01-01")
    done = offline(bundle, "--until", "2999-01-01", key=key)
    assert done.exit_code == 1
    assert ", before --until" in done.stdout
    assert offline(bundle, "--since", "2026-01-01", "--until", "2026-02-01", key=key).exit_code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "--log-key: must be given with --bundle"),
        (("--log-key", "arn:aws:kms:eu-west-1:111122223333:key/x"), "must be a verifier key"),
        (("--all",), "--bundle can only be used with"),
        (("--copies", "x"), "--bundle can only be used with"),
    ],
)
def test_bad_input_about_a_bundle_ends_with_2(
    home: LogHome, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    bundle = tmp_path / "bundle.zip"
    exported(home, bundle, "--since", "2026-01-01")
    done = offline(bundle, *words)
    assert done.exit_code == 2
    assert said in done.stderr


def test_bad_input_of_an_export_ends_with_2_and_writes_nothing(home: LogHome, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.zip"
    for words in (
        (INCIDENT, "--since", "7d"),
        ("--since", "2026-02-01", "--until", "2026-01-01"),
        ("inc-20200101T000000.000000-0000000000",),
    ):
        assert exported(home, bundle, *words).exit_code == 2, words
    assert exported(home, tmp_path / "no" / "folder").exit_code == 2
    assert list(tmp_path.iterdir()) == []
