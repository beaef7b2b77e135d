"""`ringfence run`: the plan, the question, the progress, the end, and the exit codes."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.aws.signed_http import Unreachable
from ringfence.cli.operator_client import DirectOperatorClient
from ringfence.cli.run import missing
from ringfence.engine.plan_binding import CHANGED
from ringfence.engine.requests import ResponseRequest
from ringfence.engine.run import Engine
from ringfence.model.errors import Retryable
from ringfence.model.kinds.iam_user import UserRef
from ringfence.model.subject import GLOBAL
from ringfence.model.symbol import QuarantineGroup
from ringfence.policy.decision import Decision, Mode
from ringfence.policy.policy import Policy
from ringfence.policy.protection import Exempt
from ringfence.record.brief import Brief
from ringfence.record.chain import Lease
from ringfence.record.facts import DecisionMade, Intended, Planned, RunRequested, Verified
from ringfence.record.summary import Summary
from ringfence.runbooks.catalogue import CATALOGUE
from tests.support.fakes.gateway import Meanwhile
from tests.support.fakes.site import KEY, KIM, POLICY, RUNBOOK, Site
from tests.support.fakes.terminal import Terminal
from tests.support.pauses import paused
from tests.support.worlds import REF, finding

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ringfence.cli.operator_client import OperatorClient
    from ringfence.cli.operator_command import CommandOptions

DONE, NOT_DONE, UNUSABLE, INTERRUPTED = 0, 1, 2, 130
RUN = ("run", RUNBOOK.id, REF.id, "--reason", "it beacons")
QUARANTINED = frozenset({QuarantineGroup("vpc-1")})


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def terminal(site: Site) -> Terminal:
    return Terminal(site)


def fail(_: object) -> None:
    raise Retryable("ec2:ModifyNetworkInterfaceAttribute: InternalError")


def test_after_a_yes_the_instance_is_contained_and_verified(terminal: Terminal, site: Site) -> None:
    result = terminal(*RUN, answer="y\n")
    assert result.exit_code == DONE, result.output
    assert set(site.groups()) == {QUARANTINED}
    assert "contained and complete, verified" in result.stdout
    assert f"ringfence release {site.history.incident}" in result.stdout


def test_the_plan_comes_before_the_question(terminal: Terminal) -> None:
    shown = terminal(*RUN, answer="y\n").stdout
    plan, question, done = (
        shown.index(words)
        for words in (
            "sg-0, sg-web → the quarantine group of vpc-1",
            "Run contain-instance on",
            "applied: move eni-0",
        )
    )
    assert plan < question < done
    assert "the instance can still send data out in DNS queries" in shown[:question]


def test_an_account_with_a_name_is_shown_with_it(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "ringfence").mkdir()
    (tmp_path / "ringfence" / "config.toml").write_text(f'[accounts]\n"{REF.account}" = "shop"\n', "utf-8")
    terminal.environment["XDG_CONFIG_HOME"] = str(tmp_path)
    assert f"(account {REF.account} shop, {REF.region})" in terminal(*RUN, "--dry-run").stdout


@pytest.mark.parametrize("answer", ["n\n", "\n"])
def test_anything_but_a_yes_changes_nothing(terminal: Terminal, site: Site, answer: str) -> None:
    result = terminal(*RUN, answer=answer)
    assert result.exit_code == NOT_DONE
    assert "Nothing was changed" in result.stdout
    assert not site.cloud.calls


def test_a_dry_run_shows_the_plan_and_asks_nothing(terminal: Terminal, site: Site) -> None:
    result = terminal(*RUN, "--dry-run")
    assert result.exit_code == DONE
    assert "the quarantine group of vpc-1" in result.stdout
    assert "Run contain-instance" not in result.stdout
    assert not site.cloud.calls


def test_where_nobody_can_be_asked_a_yes_must_be_given(site: Site) -> None:
    terminal = Terminal(site, interactive=False)
    result = terminal(*RUN)
    assert result.exit_code == UNUSABLE
    assert "--yes" in result.stderr
    assert not terminal.gateway.asked
    assert terminal(*RUN, "--dry-run").exit_code == DONE
    assert terminal(*RUN, "--yes").exit_code == DONE


@pytest.mark.parametrize(
    ("words", "named"),
    [(("contain-all", REF.id), "RUNBOOK: must be one of"), ((RUNBOOK.id, "i-1"), "an instance's id")],
)
def test_a_wrong_name_is_told_before_anything_else(site: Site, words: tuple[str, str], named: str) -> None:
    result = Terminal(site, interactive=False)("run", *words, "--reason", "it beacons")
    assert result.exit_code == UNUSABLE
    assert named in result.stderr


def test_the_list_of_commands_says_what_each_does(terminal: Terminal) -> None:
    assert "..." not in terminal("--help").stdout.partition("Commands:")[2]


def test_the_run_and_its_dry_run_are_one_incident(terminal: Terminal, site: Site) -> None:
    terminal(*RUN, "--yes")
    assert [made.decision.mode for made in site.history.of(DecisionMade)] == [Mode.DRY_RUN, Mode.AUTO]


def test_through_the_api_the_caller_is_verified(terminal: Terminal, site: Site) -> None:
    terminal(*RUN, "--yes")
    assert {one.what for one in site.history.of(RunRequested)} == {"run"}
    assert all(one.verified for one in site.history.of(RunRequested))


def test_a_direct_run_does_every_stage_itself_and_says_so_in_the_log(terminal: Terminal, site: Site) -> None:
    result = terminal(*RUN, "--yes", "--direct")
    assert result.exit_code == DONE, result.output
    assert not terminal.gateway.asked
    assert set(site.groups()) == {QUARANTINED}
    assert {(one.what, one.verified) for one in site.history.of(RunRequested)} == {("run --direct", False)}
    assert {entry.actor for entry in site.history.entries} == {KIM}
    assert site.history.verified
    assert site.history.verified.complete


def test_the_json_is_one_object_on_standard_output(terminal: Terminal, site: Site) -> None:
    result = terminal(*RUN, "--yes", "--json")
    told = json.loads(result.stdout)
    assert (told["status"], told["incident"]) == ("complete", site.history.incident)
    assert [plan["stage"] for plan in told["plan"]["plans"]] == ["isolate", "keep"]
    assert told["state"]["exposure"]
    assert "the quarantine group of vpc-1" in result.stderr


def test_the_json_of_a_dry_run_holds_the_plan(terminal: Terminal) -> None:
    told = json.loads(terminal(*RUN, "--dry-run", "--json").stdout)
    assert told["status"] == "dry-run"
    assert {"words", "before", "after", "cost", "target", "kind"} <= told["plan"]["plans"][0]["steps"][
        0
    ].keys()


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (
            ("run", RUNBOOK.id, "i-wrong", "--reason", "r"),
            "instance: must be an instance's id, i- and 8 or 17 hexadecimal digits, not 'i-wrong'",
        ),
        (("run", "contain-everything", REF.id, "--reason", "r"), "RUNBOOK: must be one of contain-instance"),
        ((*RUN, "--account", "12"), "account: must be a 12-digit account id"),
        ((*RUN, "--region", "moon"), "region: must be a region"),
        ((*RUN, "--option", "group"), "--option: must be NAME=VALUE"),
        ((*RUN, "--option", "group=explode"), "options.group: must be one of detach, standby"),
        (
            (*RUN, "--option", "colour=red"),
            "options.colour: is not an option of contain-instance; its options are container-hosts, group",
        ),
        ((*RUN, "--remediation", "format-disks"), "remediation: contain-instance has"),
        ((*RUN[:-1], ""), "reason: is required"),
        ((*RUN[:-1], "a\x1b[2Jb"), "reason: must be one line without control characters"),
        ((*RUN[:-1], "x" * 501), "reason: must be at most 500 characters"),
    ],
)
def test_bad_input_is_told_in_one_line_with_exit_code_2(
    terminal: Terminal, site: Site, words: tuple[str, ...], named: str
) -> None:
    result = terminal(*words, "--yes")
    assert (result.exit_code, result.stdout) == (UNUSABLE, "")
    assert named in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert "\x1b" not in result.stderr
    assert not site.history.entries


def test_without_a_reason_there_is_no_run(terminal: Terminal) -> None:
    result = terminal("run", RUNBOOK.id, REF.id)
    assert result.exit_code == UNUSABLE
    assert "--reason" in result.stderr


def test_without_a_region_there_is_no_run(terminal: Terminal) -> None:
    terminal.region = ""
    result = terminal(*RUN, "--yes")
    assert result.exit_code == UNUSABLE
    assert "--region: is required if AWS_REGION is not set" in result.stderr


def test_an_instance_that_is_not_there_is_a_wrong_id(terminal: Terminal, site: Site) -> None:
    site.cloud.world = None
    result = terminal(*RUN, "--yes")
    assert result.exit_code == UNUSABLE
    assert (
        f"there is no instance {REF.id} in account {REF.account} and region {REF.region}\n" in result.stderr
    )
    assert not site.history.entries


def test_the_id_of_another_kind_of_resource_is_told_with_the_runbook_for_it() -> None:
    user = UserRef(REF.account, GLOBAL, REF.id)
    error = str(missing(user, "contain-credentials", CATALOGUE))
    assert error.startswith(f"ID: there is no iam-user {REF.id} in account {REF.account}. ")
    assert "This is the form of an id of kind instance: ringfence run contain-instance" in error
    assert missing(UserRef(REF.account, GLOBAL, "ada"), "contain-credentials", CATALOGUE).hint == ""


def test_an_api_that_cannot_be_reached_is_told_at_once(terminal: Terminal) -> None:
    terminal.wire = Silent()
    result = terminal(*RUN, "--yes")
    assert result.exit_code == UNUSABLE
    assert "--url: cannot be reached" in result.stderr
    assert terminal.waited == 0


def test_a_subject_outside_the_scope_is_refused() -> None:
    result = Terminal(Site(Policy(("999999999999",))))(*RUN, "--yes")
    assert result.exit_code == NOT_DONE
    assert "is not in the policy's scope" in result.stderr


def test_a_protected_subject_is_shown_and_no_option_is_suggested_that_does_not_help() -> None:
    site = Site(replace(POLICY, exempt=(Exempt("instance/*", "the bastion", protected=True),)))
    terminal = Terminal(site)
    for words, code in (((*RUN, "--yes"), NOT_DONE), ((*RUN, "--dry-run"), DONE)):
        result = terminal(*words)
        assert result.exit_code == code, result.output
        assert "the policy protects it: the bastion" in result.output
        assert "take it out of the policy's `protected` and deploy that" in " ".join(result.output.split())
        assert "--despite-exempt" not in result.output
    assert not site.cloud.calls


def test_an_exempt_subject_is_shown_and_changed_only_if_the_person_insists() -> None:
    """The plan says that it is exempt, and the way to go on. Nobody is asked before."""
    site = Site(replace(POLICY, exempt=(Exempt("instance/*", "the bastion"),)))
    terminal = Terminal(site)
    result = terminal(*RUN, "--yes")
    assert result.exit_code == UNUSABLE
    assert "the policy exempts it: the bastion" in result.stdout
    assert "--despite-exempt: is required" in result.stderr
    assert not site.cloud.calls
    assert terminal(*RUN, "--dry-run").exit_code == DONE
    assert terminal(*RUN, "--yes", "--despite-exempt").exit_code == DONE
    assert set(site.groups()) == {QUARANTINED}
    asked = [one for one in site.history.of(RunRequested) if not one.dry_run]
    assert [(one.despite_exempt, one.reason) for one in asked] == [(True, "it beacons")]


def test_what_is_not_contained_at_once_is_waited_for(terminal: Terminal, site: Site) -> None:
    failures = iter([fail, fail])

    def fail_twice(step: object) -> None:
        for failing in failures:
            failing(step)

    site.cloud.refuse = fail_twice
    result = terminal(*RUN, "--yes")
    assert result.exit_code == DONE, result.output
    assert "failed: " in result.stdout
    assert "ec2:ModifyNetworkInterfaceAttribute: InternalError" in result.stdout
    assert terminal.waited > 0


def test_what_is_not_contained_in_time_is_exit_code_1(terminal: Terminal, site: Site) -> None:
    site.cloud.refuse = fail
    result = terminal(*RUN, "--yes", "--wait", "10")
    assert result.exit_code == NOT_DONE
    assert "not contained" in result.stdout
    assert "Remaining" in result.stdout


@pytest.mark.parametrize(
    ("words", "goes_on"),
    [
        ((), "the run continues"),
        (("--direct",), "run the command again to finish it"),
    ],
)
def test_ctrl_c_ends_the_waiting_and_says_what_becomes_of_it(
    terminal: Terminal, site: Site, words: tuple[str, ...], goes_on: str
) -> None:
    site.cloud.refuse = fail
    terminal.interrupted_after = 4
    result = terminal(*RUN, "--yes", *words)
    assert result.exit_code == INTERRUPTED, result.output
    assert goes_on in result.stderr
    assert f"ringfence incidents show {site.history.incident}" in result.stderr
    assert "Aborted" not in result.output


def test_a_run_whose_answer_was_lost_is_asked_for_again_and_done_once(terminal: Terminal, site: Site) -> None:
    terminal.gateway.lose = {("/runs", 1), ("/runs", 3)}
    result = terminal(*RUN, "--yes")
    assert result.exit_code == DONE, result.output
    assert result.stdout.count("the API answered 503") == 2
    assert len(site.cloud.calls) == len(set(site.cloud.calls))


def test_what_is_contained_already_is_verified_and_changed_no_more(terminal: Terminal, site: Site) -> None:
    assert terminal(*RUN, "--yes").exit_code == DONE
    calls = len(site.cloud.calls)
    assert terminal(*RUN, "--yes").exit_code == DONE
    assert len(site.cloud.calls) == calls


def begun_by_another(terminal: Terminal, site: Site) -> datetime:
    """Let somebody else act on what was looked at; return until when."""
    terminal(*RUN, "--dry-run")
    until = site.clock() + timedelta(seconds=20)
    site.log.append(KEY, site.history, (), Lease("somebody-else", until, site.history.incident))
    return until


def test_where_somebody_else_acts_they_are_let_and_what_they_leave_is_done(
    terminal: Terminal, site: Site
) -> None:
    begun_by_another(terminal, site)
    result = terminal(*RUN, "--yes")
    assert result.exit_code == DONE, result.output
    assert "another execution is acting on this resource" in result.stdout
    assert terminal.waited >= 20


def act(site: Site, *remediations: str) -> Verified:
    """Somebody else carries these out, up to the end."""
    execution = site.caller("somebody else")
    runbook = RUNBOOK.narrowed(remediations)
    order = ResponseRequest(
        runbook,
        REF,
        execution.attempt,
        execution.actor,
        execution.until,
        Decision(Mode.AUTO, "the policy says so"),
        finding("f-9"),
        choices=runbook.choose({}),
    )
    verified = Engine(site.ports("")).respond(order).verified
    assert verified
    return verified


def test_the_verdict_on_what_somebody_else_did_is_none_on_what_was_asked_for(
    terminal: Terminal, site: Site
) -> None:
    """Between the first stage and the later ones, another execution ends: its own, and less."""
    go_on = site.go_on

    def overtaken() -> None:
        site.go_on = go_on  # type: ignore[method-assign]  # once
        assert act(site, "isolate-instance").complete

    site.go_on = overtaken  # type: ignore[method-assign]  # the second queue takes its time
    result = terminal(*RUN, "--yes", "--json")
    assert result.exit_code == DONE, result.output
    assert json.loads(result.stdout)["status"] == "complete"
    assert {"isolate-instance", "leave-group"} <= history_of(site)


def test_a_verdict_of_before_is_none_on_what_was_asked_for(terminal: Terminal, site: Site) -> None:
    """The second queue is stuck: what others found complete before, and find again, is not waited for."""
    act(site, "isolate-instance")
    site.go_on = lambda: bool(act(site, "isolate-instance"))  # type: ignore[assignment,method-assign]
    result = terminal(*RUN, "--yes", "--json", "--wait", "10")
    assert result.exit_code == NOT_DONE
    assert json.loads(result.stdout)["status"] == "contained"


def test_what_somebody_else_left_complete_is_still_run_as_it_was_asked_for(
    terminal: Terminal, site: Site
) -> None:
    until, go_on = begun_by_another(terminal, site), site.go_on

    def ends() -> None:
        if site.clock() >= until:
            site.go_on = go_on  # type: ignore[method-assign]  # once
            act(site, "isolate-instance")

    site.go_on = ends  # type: ignore[method-assign]  # somebody else has the subject
    result = terminal(*RUN, "--yes")
    assert result.exit_code == DONE, result.output
    assert [one.dry_run for one in site.history.of(RunRequested)][-1] is False
    assert {"isolate-instance", "leave-group"} <= history_of(site)


def history_of(site: Site) -> set[str]:
    """Return which remediations were found complete."""
    return {id_ for id_, at in site.history.remediated.items() if at}


def test_a_plan_that_has_changed_since_the_yes_is_not_begun(terminal: Terminal, site: Site) -> None:
    terminal.wire = Meanwhile(terminal.gateway, lambda: site.move("sg-\x1b[31mnew"))
    result = terminal(*RUN, answer="y\n")
    assert result.exit_code == NOT_DONE
    assert "the plan has changed since you confirmed it, and nothing was changed" in result.stderr
    assert "removed steps: move eni-0 to the quarantine group of vpc-1 (sg-0, sg-web →" in result.stderr
    assert r"new steps: move eni-0 to the quarantine group of vpc-1 (sg-\x1b[31mnew →" in result.stderr
    assert not site.cloud.calls
    assert terminal(*RUN, answer="y\n").exit_code == DONE


def test_what_was_refused_is_recorded_with_the_new_plan_and_allows_nothing(
    terminal: Terminal, site: Site
) -> None:
    terminal.wire = Meanwhile(terminal.gateway, lambda: site.move("sg-new"))
    terminal(*RUN, answer="y\n")
    made, asked = site.history.last(DecisionMade), site.history.last(RunRequested)
    assert made
    assert asked
    assert (made.decision.mode, made.decision.reason) == (Mode.DRY_RUN, CHANGED)
    shown, _, new, _ = site.history.of(Planned)
    assert (shown.stage, new.stage) == ("isolate", "isolate")
    assert asked.plan == shown.digest != new.digest
    assert not site.history.of(Intended)
    site.wait()
    assert not site.cloud.calls, "nor does what stands behind the run change anything"


def test_what_was_agreed_to_is_in_the_log(terminal: Terminal, site: Site) -> None:
    terminal(*RUN, answer="y\n")
    look, run = site.history.of(RunRequested)
    assert (look.plan, run.plan) == ("", site.history.of(Planned)[0].digest)


def test_a_yes_without_a_look_is_bound_to_no_plan(terminal: Terminal, site: Site) -> None:
    terminal.wire = Meanwhile(terminal.gateway, lambda: site.move("sg-new"))
    assert terminal(*RUN, "--yes").exit_code == DONE
    assert {one.plan for one in site.history.of(RunRequested)} == {""}


def test_what_was_begun_is_asked_for_again_though_it_changed_the_plan(terminal: Terminal, site: Site) -> None:
    terminal.gateway.lose = {("/runs", 2), ("/runs", 3)}
    failures = iter([fail])

    def fail_once(step: object) -> None:
        for failing in failures:
            failing(step)

    site.cloud.refuse = fail_once
    result = terminal(*RUN, answer="y\n")
    assert result.exit_code == DONE, result.output


def test_what_somebody_else_did_meanwhile_is_looked_at_again(terminal: Terminal, site: Site) -> None:
    terminal.wire = Meanwhile(terminal.gateway, lambda: act(site, "isolate-instance"))
    calls = len(site.cloud.calls)
    result = terminal(*RUN, answer="y\n")
    assert result.exit_code == NOT_DONE
    assert "removed steps: create security group" in result.stderr
    assert terminal(*RUN, answer="y\n").exit_code == DONE
    assert len(site.cloud.calls) > calls
    assert len(site.cloud.calls) == len(set(site.cloud.calls))


def test_a_direct_run_is_bound_to_the_plan_too(terminal: Terminal, site: Site) -> None:
    class Moved(DirectOperatorClient):
        def run(self, body: Mapping[str, object]) -> Mapping[str, object]:
            if not body["dry_run"]:
                site.move("sg-new")
            return super().run(body)

    def door(wish: CommandOptions) -> OperatorClient:
        assert wish.direct
        return Moved(site.ports(""), KIM, site.desk.policy, site.desk.catalogue, site.find)

    terminal.door = door  # type: ignore[method-assign]  # the operator's own process
    result = terminal(*RUN, "--direct", answer="y\n")
    assert result.exit_code == NOT_DONE
    assert "the plan has changed" in result.stderr
    assert not site.cloud.calls


def test_where_somebody_else_acts_for_too_long_it_is_exit_code_1(terminal: Terminal, site: Site) -> None:
    terminal(*RUN, "--dry-run")
    until = site.clock() + timedelta(seconds=24)
    site.log.append(KEY, site.history, (), Lease("somebody-else", until, site.history.incident))
    assert terminal(*RUN, "--yes", "--wait", "10").exit_code == NOT_DONE
    assert not site.cloud.calls


def test_remediations_without_the_first_stage_are_not_called_containment(
    terminal: Terminal, site: Site
) -> None:
    result = terminal(*RUN, "--remediation", "leave-group", "--yes")
    assert result.exit_code == DONE
    assert "this run did not include containment" in result.stdout
    assert not site.cloud.calls


def test_options_reach_the_log(terminal: Terminal, site: Site) -> None:
    terminal(*RUN, "--option", "group=detach", "--yes")
    made = site.history.last(DecisionMade)
    assert made
    assert made.choices == (("container-hosts", "dry-run"), ("group", "detach"))


def test_what_aws_says_is_not_acted_on_by_the_terminal(terminal: Terminal, site: Site) -> None:
    site.move("sg-\x1b[31m[bold red]evil\u202e[/]")
    result = terminal(*RUN, "--dry-run")
    assert r"sg-\x1b[31m[bold red]evil\u202e[/]" in result.stdout
    assert "\x1b" not in result.output


def test_where_nobody_reads_on_a_terminal_a_text_is_a_line(terminal: Terminal) -> None:
    lines = terminal(*RUN, "--yes").stdout.splitlines()
    assert any(line.endswith("the instance can still send data out in DNS queries") for line in lines)
    assert [line for line in lines if line != line.rstrip() or "\\n" in line] == []


def test_on_a_terminal_with_colours_too(site: Site) -> None:
    site.move("sg-\x1b[31m[bold red]evil[/]\x1b]0;owned\x07")
    result = Terminal(site, colours=True)(*RUN, "--yes", "--json")
    assert result.exit_code == DONE, result.output
    assert r"sg-\x1b[31m[bold red]evil[/]\x1b]0;owned\x07" in result.stderr
    assert "\x1b[1m" in result.stderr
    assert "\x1b]0;" not in result.output
    json.loads(result.stdout)


def test_what_a_strange_api_says_is_not_acted_on_by_the_terminal(terminal: Terminal) -> None:
    terminal.wire = Strange(409, {"error": {"kind": "refused", "message": "\x1b]0;owned\x07[blink]no"}})
    result = terminal(*RUN, "--yes")
    assert result.exit_code == NOT_DONE
    assert r"\x1b]0;owned\x07[blink]no" in result.stderr
    assert "\x1b" not in result.output


@pytest.mark.parametrize("answer", [{}, None, [], {"status": 7}, {"status": "dry-run", "subject": {}}])
def test_an_answer_in_another_shape_is_told_and_never_a_traceback(terminal: Terminal, answer: object) -> None:
    terminal.wire = Strange(200, answer)
    result = terminal(*RUN, "--yes")
    assert result.exit_code == UNUSABLE
    assert isinstance(result.exception, SystemExit)


class Silent:
    """A wire at whose other end is nobody."""

    def post(self, path: str, document: Mapping[str, object]) -> tuple[int, object]:
        raise Unreachable(f"connection refused: {path} {len(document)}")


class Strange:
    """A wire at whose other end is something else."""

    def __init__(self, code: int, answer: Any) -> None:  # noqa: ANN401 - anything at all
        self.code, self.answer = code, answer

    def post(self, path: str, document: Mapping[str, object]) -> tuple[int, object]:
        assert path
        assert document
        return self.code, self.answer


def test_a_run_that_a_pause_refuses_leaves_nothing_open(terminal: Terminal, site: Site) -> None:
    paused(site.log, site.clock, site.cloud)
    refused = terminal("run", "contain-instance", REF.id, "--reason", "a drill", "--yes")
    assert refused.exit_code == 1
    assert "everything is paused" in refused.output
    assert not Brief(Summary.of(site.history.entries)).open


def test_ctrl_c_at_the_question_says_that_nothing_was_changed(terminal: Terminal, site: Site) -> None:
    result = terminal(*RUN, answer="")
    assert result.exit_code == INTERRUPTED, result.output
    assert result.stderr.splitlines()[-1] == "Stopped. Nothing was changed."
    assert not site.cloud.calls


def test_ctrl_c_while_the_plan_is_made_says_that_nothing_was_changed(terminal: Terminal, site: Site) -> None:
    terminal.gateway.lose = {("/runs", 1)}
    terminal.interrupted_after = 0.0
    result = terminal(*RUN, "--yes")
    assert result.exit_code == INTERRUPTED, result.output
    assert result.stderr.splitlines()[-1] == "Stopped. Nothing was changed."
    assert not site.cloud.calls


def test_why_a_plan_takes_long_is_said_once(terminal: Terminal) -> None:
    terminal.gateway.lose = {("/runs", 1), ("/runs", 2), ("/runs", 3)}
    result = terminal(*RUN, "--yes")
    assert result.exit_code == DONE, result.output
    assert result.stdout.count("retrying: the API answered 503") == 1
