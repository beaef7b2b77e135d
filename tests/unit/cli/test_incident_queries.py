"""Filters, short ids, what is left out, and `watch`, on the incidents of the transcripts."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from click import unstyle
from click.testing import CliRunner, Result

from ringfence.aws.audit_items import to_item
from ringfence.cli.completion import incidents
from ringfence.cli.incident_rows import COLUMNS
from ringfence.cli.main import main
from ringfence.model.incident import incident_id
from ringfence.model.kinds.account import AccountRef
from ringfence.record.chain import HEARTBEAT, ChainKey, Stamp, link
from ringfence.record.facts import Released
from ringfence.record.status import IncidentStatus
from ringfence.record.status_meanings import MEANINGS
from tests.support.fakes.audit_home import AUDIT, CONTROL, REGION, dynamodb
from tests.support.fakes.chains import more, notes
from tests.support.json_forms import check
from tests.support.transcripts.log import (
    CONTAINED,
    NOW,
    PERIOD,
    RELEASED,
    UNDONE,
    WEB,
    audit_log,
    chains,
    environment,
    id_of,
)
from tests.support.transcripts.printing import screen
from tests.support.worlds import REF

if TYPE_CHECKING:
    from collections.abc import Iterator

    import click

BUCKET = id_of(40)
HOME = "123456789012"
"""The account of the tables."""
EVERY = {BUCKET, RELEASED, UNDONE, CONTAINED}
PLACES = {"RINGFENCE_AUDIT_TABLE": AUDIT, "RINGFENCE_CONTROL_TABLE": CONTROL}


@pytest.fixture(scope="module", autouse=True)
def log() -> Iterator[None]:
    with audit_log():
        yield


def ringfence(*words: str, width: int | None = None, **changes: object) -> Result:
    given = replace(environment(lambda: NOW), **changes)  # type: ignore[arg-type]  # a test names its fields
    done = CliRunner(env={**PLACES, **screen(width)}).invoke(main, words, obj=given)
    check(words, done.stdout)
    return done


def listed(*words: str) -> set[str]:
    done = ringfence("incidents", "list", *PERIOD, "--json", *words)
    assert done.exit_code == 0, done.output
    return {str(json.loads(row)["incident"]) for row in done.stdout.splitlines()}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), EVERY),
        (("--open",), {UNDONE}),
        (("--state", "complete"), {BUCKET, CONTAINED}),
        (("--state", "not contained"), {UNDONE}),
        (("--state", "not-contained"), {UNDONE}),
        (("--state", "open", "--state", "complete"), EVERY - {RELEASED}),
        (("--severity", "critical"), {UNDONE}),
        (("--severity", "HIGH"), EVERY),
        (("--severity", "9.2"), set()),
        (("--account", REF.account), EVERY),
        (("--account", "999999999999"), set()),
        (("--region", REF.region), EVERY),
        (("--region", "us-west-2"), set()),
        (("--runbook", "harden-bucket"), {BUCKET}),
        (("--subject", REF.id), {CONTAINED}),
        (("--subject", WEB.key), {UNDONE, RELEASED}),
        (("--subject", f"arn:aws:ec2:{REF.region}:{REF.account}:instance/{REF.id}"), {CONTAINED}),
        (("--subject", f"arn:aws:ec2:us-west-2:{REF.account}:instance/{REF.id}"), set()),
        (("--subject", "shop\x1b[2J-web\u202e-1"), {CONTAINED}),
        (("--until", "2026-03-01T12:20:00"), {CONTAINED, UNDONE}),
        (("--until", "2026-03-01T12:19:59"), {CONTAINED}),
        (("--since", "2026-03-01T12:20:00", "--until", "2026-03-01T12:29"), {UNDONE}),
        (("--until", "2026-02-28"), set()),
        (("--until", "2026-03-01"), EVERY),
        (("--until", "2026-03-01T00:00"), set()),
    ],
    ids=lambda one: " ".join(one) if isinstance(one, tuple) else "",  # sets have an order of their own
)
def test_a_filter_leaves_what_matches(words: tuple[str, ...], expected: set[str]) -> None:
    assert listed(*words) == expected


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("--state", "contained?"), "--state: must be one of"),
        (("--state", "opne"), "Did you mean --open?"),
        (("--since", "1h", "--until", "2h"), "--until: must not be before --since, "),
        (
            ("--since", "2026-01-02", "--until", "2026-01-01"),
            "2026-01-02T00:00:00Z, not '2026-01-01T23:59:59Z'",
        ),
        (("--severity", "awful"), "--severity: must be a number, or one of critical, high, medium, low"),
        (("--subject", "arn:aws:nothing"), "--subject: must be an id, a Name tag, or the ARN"),
    ],
)
def test_a_wrong_filter_is_bad_input(words: tuple[str, ...], named: str) -> None:
    done = ringfence("incidents", "list", *words)
    assert (done.exit_code, named in done.stderr) == (2, True)


def test_a_release_with_yes_takes_no_name_tag() -> None:
    named = ("--subject", "shop\x1b[2J-web\u202e-1", "--reason", "false alarm", "--yes")
    done = ringfence("release", CONTAINED, *named)
    assert (done.exit_code, "it cannot be a Name tag" in done.stderr) == (2, True)


def test_the_rows_have_the_columns_of_the_documentation() -> None:
    done = ringfence("incidents", "list", *PERIOD)
    assert {len(row.split("\t")) for row in done.stdout.splitlines()} == {len(COLUMNS)}


def test_what_is_left_out_is_counted_with_the_command_that_shows_it() -> None:
    done = ringfence("incidents", "list", *PERIOD, "--limit", "1")
    assert len(done.stdout.splitlines()) == 1
    assert done.stderr == "3 more: ringfence incidents list --limit 4\n"
    shown = ringfence("incidents", "list", *PERIOD, "--limit", "1", width=80)
    assert "3 more: ringfence incidents list --limit 4" in shown.stdout
    filtered = ringfence("incidents", "list", *PERIOD, "--limit", "1", "--state", "complete")
    assert "3 older responses were not read: ringfence incidents list" in filtered.stderr


def test_a_filter_that_leaves_nothing_is_said_and_kept_in_the_next_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    words = ("incidents", "list", "--since=2026-02-27", "--until", "2026-02-28", "--open")
    monkeypatch.setattr("sys.argv", ["ringfence", *words])
    shown = unstyle(ringfence(*words, width=80).stdout).splitlines()
    assert shown[0] == "No incident of this period matches."
    assert shown[-1] == "ringfence incidents list --until 2026-02-28 --open --since 365d"
    assert ringfence(*words).stderr == "No incident of this period matches.\n"


@pytest.mark.parametrize(
    "part", [CONTAINED[-10:], CONTAINED[-4:], CONTAINED[-10:-1], CONTAINED[:17], CONTAINED[4:17]]
)
def test_a_unique_part_of_an_id_is_enough(part: str) -> None:
    for words in (("incidents", "show"), ("audit", "verify", "--without-archive")):
        done = ringfence(*words, part)
        assert done.exit_code == 0, done.output
        assert CONTAINED in done.output


def test_an_incident_is_found_by_the_remote_address_of_a_finding() -> None:
    rows = ringfence("incidents", "list", *PERIOD, "--json").stdout.splitlines()
    told = {str(one["incident"]): set(one["remote_addresses"]) for one in map(json.loads, rows)}
    some = {address for each in told.values() for address in each}
    assert some
    for address in some:
        having = {incident for incident, addresses in told.items() if address in addresses}
        assert listed("--remote-address", address) == having
    assert listed("--remote-address", "0.0.0.0/0") | listed("--remote-address", "::/0") == {
        incident for incident, addresses in told.items() if addresses
    }
    assert listed("--remote-address", "192.0.2.250") == set()


def test_what_is_no_address_is_bad_input() -> None:
    done = ringfence("incidents", "list", "--remote-address", "198.51.100")
    assert done.exit_code == 2
    assert "--remote-address: must be an IP address, or a network such as 198.51.100.0/24" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("incidents", "list", *PERIOD, "--subject", "192.0.2.250"), "--remote-address 192.0.2.250"),
        (("incidents", "show", "192.0.2.250"), "`ringfence incidents list --remote-address 192.0.2.250`"),
        (("incidents", "show", "web 1"), "or for a Name tag `ringfence incidents list --subject 'web 1'`"),
    ],
)
def test_who_types_an_address_or_a_name_is_told_how_to_look_for_it(words: tuple[str, ...], said: str) -> None:
    assert said in ringfence(*words).stderr


def test_the_id_of_a_resource_is_whole_on_a_narrow_terminal() -> None:
    lines = unstyle(ringfence("incidents", "list", *PERIOD, width=60).stdout).splitlines()
    assert any(REF.id in one and "complete" in one for one in lines)
    assert max(map(len, lines[:-1])) <= 60


def test_a_part_of_several_ids_names_them() -> None:
    done = ringfence("incidents", "show", "20260301")
    assert done.exit_code == 2
    assert all(one in done.stderr for one in EVERY)
    assert "type more of it" in done.stderr


@pytest.mark.parametrize(
    ("part", "problem"),
    [
        ("abc", "must be an incident's id"),
        ("inc-", "must be an incident's id"),
        ("ffffffff", "no incident has the id 'ffffffff'"),
        ("inc-2026 ", "no incident has the id 'inc-2026 '"),
    ],
)
def test_a_part_of_no_id_is_bad_input(part: str, problem: str) -> None:
    done = ringfence("incidents", "show", part)
    assert (done.exit_code, problem in done.stderr) == (2, True)


def test_a_misspelled_id_is_answered_with_the_most_similar_one() -> None:
    done = ringfence("incidents", "show", f"{CONTAINED[:-1]}0")
    assert done.exit_code == 2
    assert f"Did you mean {CONTAINED}" in done.stderr


def test_the_record_of_the_deployment_is_no_incident_and_not_another_one() -> None:
    day = NOW.replace(hour=0, minute=0, second=0, microsecond=0)
    key, incident = ChainKey(HEARTBEAT, AccountRef(HOME, REGION, HOME).key), incident_id(day, HEARTBEAT)
    (entry,) = link(Stamp(key, incident, "ringfence", "attempt", day), None, notes(1))
    dynamodb().put_item(TableName=AUDIT, Item=to_item(key, entry))
    done = ringfence("incidents", "show", incident)
    assert done.exit_code == 2
    assert "this is the record of the deployment's heartbeat" in done.stderr
    assert f"ringfence audit verify {incident}" in done.stderr
    assert "Did you mean" not in done.stderr


def test_a_shell_offers_incidents_newest_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGFENCE_AUDIT_TABLE", AUDIT)
    nowhere: click.Context = None  # type: ignore[assignment]  # it is not used
    assert incidents(nowhere, nowhere, "inc-") == [BUCKET, RELEASED, UNDONE, CONTAINED]  # type: ignore[arg-type]
    monkeypatch.setenv("RINGFENCE_AUDIT_TABLE", "nothing")
    assert incidents(nowhere, nowhere, "") == []  # type: ignore[arg-type]  # likewise


def test_every_status_has_a_meaning_and_a_next_command() -> None:
    assert set(MEANINGS) == set(IncidentStatus)
    shown = " ".join(ringfence("incidents", "list", "--help").stdout.split())
    of_incidents = set(IncidentStatus) - {IncidentStatus.NONE, IncidentStatus.JOINED}
    for state in {one.words for one in of_incidents}:
        meant = [MEANINGS[one].words for one in IncidentStatus if one in of_incidents and one.words == state]
        assert f" {state} {'; or '.join(meant)} " in f"{shown} ", state


def interrupted(after: int) -> object:
    """Return a pause that lets a command read so many times before Ctrl-C. Then, an incident is released."""
    read = 0

    def sleep(_: float) -> None:
        nonlocal read
        read += 1
        if read == 1:
            key, entries = next(one for one in chains() if one[1][0].incident == UNDONE)
            for entry in more(entries, Released()):
                dynamodb().put_item(TableName=AUDIT, Item=to_item(key, entry))
        if read == after:
            raise KeyboardInterrupt

    return sleep


def test_watch_prints_a_line_for_each_change_and_leaves_cleanly() -> None:
    recent = replace(environment(lambda: NOW), sleep=interrupted(3))  # type: ignore[arg-type]
    done = CliRunner(env=PLACES).invoke(main, ("incidents", "watch"), obj=recent)
    assert done.exit_code == 0, done.output
    rows = [one.split("\t")[:2] for one in done.stdout.splitlines()]
    first = [[CONTAINED, "complete"], [UNDONE, "not contained"], [RELEASED, "released"]]
    assert rows == [*first, [BUCKET, "complete"], [UNDONE, "released"]]
    assert done.stderr == "Stopped watching.\n"


def test_watching_one_incident_ends_when_nothing_is_left_to_do() -> None:
    done = ringfence("incidents", "watch", CONTAINED[-6:], "--json")
    assert done.exit_code == 0
    assert [json.loads(one)["state"] for one in done.stdout.splitlines()] == ["complete"]
    shown = unstyle(ringfence("incidents", "watch", CONTAINED, width=80).stdout)
    assert shown.splitlines()[-1] == f"ringfence incidents show {CONTAINED}"


def test_json_says_who_requested_what_and_why() -> None:
    (shown,) = json.loads(ringfence("incidents", "show", UNDONE, "--json").stdout)["responses"]
    assert (shown["requested"]["what"], shown["requested"]["reason"]) == ("run", "the shop is slow")
    (other,) = json.loads(ringfence("incidents", "show", CONTAINED, "--json").stdout)["responses"]
    assert other["requested"] is None
