"""`ringfence local send` follows the responses to its findings until nothing more is to come."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import pytest
from click.testing import CliRunner

from ringfence.aws.incidents import Response
from ringfence.cli.local_follow import show
from ringfence.cli.main import main
from ringfence.local import following
from ringfence.local.following import Follower
from ringfence.local.samples.guardduty import instance_finding
from ringfence.policy.decision import Mode
from ringfence.record.chain import link
from ringfence.record.deployment_facts import FindingRefused
from ringfence.record.facts import FindingReceived, Verified
from ringfence.record.notices import notice
from ringfence.record.refused_findings import chain_of
from tests.support.fakes.chains import INCIDENT, KEY, contained, finding, more, opened, stamp
from tests.support.json_forms import check

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from ringfence.aws.incidents import IncidentReader
    from ringfence.record.chain import ChainKey, Entry

RESPONSE = Response(KEY, INCIDENT)


@dataclass
class Log:
    """An audit log that grows by some entries at each look."""

    looks: list[tuple[Entry, ...]] = field(default_factory=list)
    refused: tuple[Entry, ...] = ()

    def opened(self, since: datetime, until: datetime) -> Iterator[Response]:
        assert since < until
        yield from (RESPONSE,) if self.looks[0] else ()

    def since(self, key: ChainKey, since: datetime) -> tuple[Entry, ...]:
        assert key == chain_of("111122223333")
        assert since.hour == since.minute == 0
        return self.refused

    def entries(self, response: Response) -> tuple[Entry, ...]:
        assert response == RESPONSE
        return self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "EVERY", 0.0)


def follower(*looks: tuple[Entry, ...], id_: str = finding().id) -> Follower:
    return Follower(cast("IncidentReader", Log(list(looks))), frozenset({id_}), "111122223333")


def test_new_entries_are_shown_once_and_the_end_names_the_next_command(
    capsys: pytest.CaptureFixture[str],
) -> None:
    chain = contained()
    assert show(follower(chain[:2], chain[:4], chain), 30)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith(f"contain-instance\tfinding received: {finding().title}")
    assert [line.rpartition("\t")[2] for line in lines].count("verified: complete") == 1
    shown = lines[len(chain) :]
    assert shown[0] == "contain-instance: complete, mode auto: the policy says so"
    published = notice(chain)
    assert published is not None
    assert shown[1] == f"  notice, as an email would show it: {published.subject}"
    assert [line.strip() for line in shown[2:-1]] == [line.strip() for line in published.text.splitlines()]
    assert lines[-1] == f"  ringfence incidents show {INCIDENT}"


def test_what_was_recorded_before_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    chain = contained()
    followed = follower(chain, chain, (*chain, *more(chain, Verified(contained=True, complete=True))))
    followed.skip()
    assert show(followed, 30)
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith("contain-instance: complete")


def test_a_finding_that_joins_an_older_incident_shows_only_what_is_new(
    capsys: pytest.CaptureFixture[str],
) -> None:
    old = contained()
    grown = (*old, *more(old, FindingReceived(finding(id="f-2")), Verified(contained=True, complete=True)))
    followed = follower(old, grown, id_="f-2")
    followed.skip()
    assert show(followed, 30)
    lines = capsys.readouterr().out.splitlines()
    assert [one.rpartition("\t")[2] for one in lines[:2]] == [
        f"finding received: {finding().title}",
        "verified: complete",
    ]
    assert lines[2].startswith("contain-instance: complete")


def test_a_finding_that_was_known_is_said_so(capsys: pytest.CaptureFixture[str]) -> None:
    for as_json in (False, True):
        followed = follower(contained())
        followed.skip()
        assert show(followed, 30, as_json=as_json)
        *told, last = capsys.readouterr().out.splitlines()
        if as_json:
            response = json.loads(last)["response"]
            assert (response["known"], response["notice"]) == (True, None)
        else:
            words = "nothing new was recorded, because the finding is part of this response already"
            assert told == [f"contain-instance: {words}. Still complete"]
            assert last == f"  ringfence incidents show {INCIDENT}"


@pytest.mark.parametrize("mode", [Mode.OFF, Mode.NOTIFY, Mode.DRY_RUN])
def test_a_decision_that_changes_nothing_is_an_end(mode: Mode) -> None:
    assert show(follower(opened(mode=mode)), 30)


def test_a_response_that_does_not_end_in_time_is_no_success(capsys: pytest.CaptureFixture[str]) -> None:
    assert not show(follower(opened()), 0.05)
    assert "contain-instance: under way" in capsys.readouterr().out


def test_nothing_recorded_says_how_to_find_out_why(capsys: pytest.CaptureFixture[str]) -> None:
    where = "An event arrived in account 1, and Ringfence is deployed in account 2."
    assert not show(follower(opened(), id_="another"), 0.05, where=where)
    nothing, why = capsys.readouterr().out.splitlines()
    assert nothing.endswith(where)
    assert why.endswith("ringfence explain FILE")


@pytest.mark.parametrize("as_json", [False, True])
def test_a_finding_that_the_policy_refuses_is_told_at_once(
    capsys: pytest.CaptureFixture[str], *, as_json: bool
) -> None:
    fact = FindingRefused("444455556666", "bus", "type", "C2/X", "is no type", finding().id, "C2/X")
    other = FindingRefused("444455556666", "bus", "type", "C2/Y", "is no type", "another", "C2/Y")
    log = Log([()], link(stamp(), None, (other, fact)))
    followed = Follower(cast("IncidentReader", log), frozenset({finding().id}), "111122223333")
    assert show(followed, 30, as_json=as_json)
    lines = capsys.readouterr().out.splitlines()
    if as_json:
        check(("local", "send", "--json"), lines[0])
        assert lines[1:] == []
    else:
        assert lines == [
            f"refused: finding {finding().id}: type: C2/X is no type",
            "  ringfence findings refused",
        ]


def test_without_a_local_aws_the_one_cause_is_said(tmp_path: Path) -> None:
    file = tmp_path / "finding.json"
    file.write_text(json.dumps(instance_finding()))
    done = CliRunner().invoke(main, ["local", "send", str(file), "--endpoint", "http://127.0.0.1:1"])
    assert done.exit_code == 1
    assert done.output.startswith("Error: the local AWS at http://127.0.0.1:1 does not respond: ")
    assert done.output.endswith("To start one: ringfence local\n")
    assert "not deployed" not in done.output
