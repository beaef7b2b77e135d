"""`ringfence incidents recheck`: what is contained, what is open, and the exit codes."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from ringfence.model.errors import Retryable
from ringfence.model.runbook import Stage
from ringfence.observations.ec2.network import Network
from ringfence.policy.decision import Mode
from ringfence.policy.policy import RunbookSettings
from ringfence.policy.rules import Rule
from ringfence.record.chain import Stamp, link
from ringfence.record.facts import ContainmentBroken, Verified
from ringfence.remediations.isolate_instance import isolate_instance
from tests.support.fakes.site import KEY, OTHER, POLICY, RUNBOOK, Site
from tests.support.fakes.terminal import Terminal
from tests.support.worlds import REF

DONE, NOT_DONE, UNUSABLE = 0, 1, 2
RECHECK = ("incidents", "recheck")
NOTHING = "No incident is contained or complete, so there is nothing to verify.\n"


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def terminal(site: Site) -> Terminal:
    return Terminal(site)


def test_without_open_incidents_it_says_so(terminal: Terminal) -> None:
    result = terminal(*RECHECK)
    assert (result.exit_code, result.stdout) == (DONE, NOTHING)


def test_what_is_contained_is_shown_and_its_time_recorded(terminal: Terminal, site: Site) -> None:
    incident, entries = site.contain(), site.history.entries
    result = terminal(*RECHECK)
    assert result.exit_code == DONE, result.output
    line, detail = result.stdout.splitlines()
    assert line.startswith("complete\t")
    assert REF.id in line
    assert detail.strip() == "still contained; the later stages were not read again"
    assert incident in line
    assert site.listed.verifications == {incident: site.clock()}
    assert site.history.entries == entries


@pytest.mark.parametrize("complete", [True, False])
def test_the_word_is_that_of_the_list_complete_or_contained(
    terminal: Terminal, site: Site, *, complete: bool
) -> None:
    """A result of `contained` for an incident that the list calls complete would look like a step back."""
    incident = site.contain()
    seen = Verified(contained=True, complete=complete, remaining=() if complete else ("tag i-1",))
    stamp = Stamp(KEY, incident, "test", "a-2", site.clock())
    site.log.append(KEY, site.history, link(stamp, site.history.head, (seen,)), None)
    assert terminal(*RECHECK).stdout.partition("\t")[0] == ("complete" if complete else "contained")
    (told,) = json.loads(terminal(*RECHECK, incident, "--json").stdout)["rechecks"]
    assert (told["standing"], told["complete"]) == ("contained", complete)


def test_what_nothing_watches_is_not_called_contained() -> None:
    unwatched = replace(isolate_instance, undone_by=())
    runbook = replace(RUNBOOK, stages=(Stage("isolate", "Isolate it", (unwatched,)),))
    enabled = RunbookSettings(("isolate-instance",))
    site = Site(replace(POLICY, runbooks=((RUNBOOK.id, enabled),)), runbook=runbook)
    incident = site.contain(runbook=runbook)
    looks = len(site.cloud.looks)
    result = Terminal(site)(*RECHECK, incident)
    assert result.exit_code == NOT_DONE, result.output
    assert result.stdout.startswith("not verified\t")
    assert "no known call undoes it" in result.stdout
    assert result.stdout.splitlines()[-1] == f"ringfence incidents show {incident}"
    assert len(site.cloud.looks) == looks


def test_what_is_not_contained_ends_with_1_and_names_what_is_open_and_the_command(
    terminal: Terminal, site: Site
) -> None:
    site.contain()
    site.move("sg-evil")
    result = terminal(*RECHECK)
    assert result.exit_code == NOT_DONE
    assert result.stdout.startswith("NOT CONTAINED")
    assert "open: " in result.stdout
    assert f"ringfence run contain-instance {REF.id} --account {REF.account}" in result.stdout
    (fact,) = site.history.of(ContainmentBroken)
    assert (fact.who, fact.answered) == ("", False)


@pytest.mark.parametrize("direct", [(), ("--direct",)])
def test_where_the_policy_permits_it_the_resource_is_contained_again(direct: tuple[str, ...]) -> None:
    site = Site(replace(POLICY, rules=(Rule(Mode.AUTO),)))
    terminal = Terminal(site)
    site.contain()
    site.move("sg-evil")
    result = terminal(*RECHECK, *direct)
    assert result.exit_code == NOT_DONE
    assert "Ringfence contains it again" in result.stdout
    assert result.stdout.splitlines()[-1] == f"ringfence incidents watch {site.history.incident}"
    site.go_on()
    assert terminal(*RECHECK, *direct).exit_code == DONE


def test_one_incident_of_several_is_verified(terminal: Terminal, site: Site) -> None:
    incident = site.contain(REF, OTHER)
    result = terminal(*RECHECK, incident, "--json")
    found = json.loads(result.stdout)["rechecks"]
    assert {one["subject"]["id"] for one in found} == {REF.id, OTHER.id}
    assert {one["standing"] for one in found} == {"contained"}


def test_an_incident_from_before_there_was_a_list_is_found_in_the_log(terminal: Terminal, site: Site) -> None:
    incident = site.contain()
    site.listed.hidden = True
    assert terminal(*RECHECK).stdout == NOTHING
    assert terminal(*RECHECK, incident).exit_code == DONE
    assert site.listed.verifications.keys() == {incident}


@pytest.mark.parametrize("incident", ["inc-1", "inc-20260301T120000.000000-0123456789"])
def test_an_incident_that_is_not_open_and_contained_is_bad_input(
    terminal: Terminal, site: Site, incident: str
) -> None:
    site.contain()
    result = terminal(*RECHECK, incident)
    assert result.exit_code == UNUSABLE


def test_what_cannot_be_read_is_not_called_contained(terminal: Terminal, site: Site) -> None:
    site.contain()
    site.cloud.unreadable = {Network: Retryable("throttled")}
    result = terminal(*RECHECK)
    assert result.exit_code == NOT_DONE
    assert result.stdout.startswith("unclear")
    assert "throttled" in result.stdout
    assert result.stdout.splitlines()[-1] == f"ringfence incidents recheck {site.history.incident}"


def test_a_request_without_time_for_all_is_continued(terminal: Terminal, site: Site) -> None:
    site.contain(REF, OTHER)
    caller = site.caller
    site.caller = lambda *_: replace(caller(), until=site.clock())  # type: ignore[method-assign]  # no time
    result = terminal(*RECHECK, "--json")
    assert len(json.loads(result.stdout)["rechecks"]) == 2
