"""`ringfence replay` counts what a policy would have done, and says where another one decides otherwise."""

from __future__ import annotations

import copy
import csv
import io
import json
import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from ringfence.cli.main import main
from ringfence.cli.replay_views import COLUMNS, csv_writer
from ringfence.engine.offline import OfflineDecisions
from ringfence.engine.replay import answers, decisions, read_findings, replayed
from ringfence.engine.replay_limits import LimitReplay
from ringfence.engine.replay_limits import counted as counted_against
from ringfence.engine.replay_places import named_state
from ringfence.engine.replay_tally import BoundedCounter, Tally
from ringfence.events.envelope import NotForUs
from ringfence.events.security_hub.direct import resource_of
from ringfence.local.samples import guardduty as samples
from ringfence.local.samples.calls import call_event
from ringfence.model.document import Document
from ringfence.model.kinds.instance import InstanceRef
from ringfence.observations.ec2.host import Host
from ringfence.observations.ec2.network import Network
from ringfence.policy.decision import Mode
from ringfence.policy.file import load_policy
from ringfence.policy.limits import SCOPES, Limits
from ringfence.runbooks.catalogue import CATALOGUE

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

Json = dict[str, Any]
DRY = "version: 1\nscope: {accounts: [home]}\n"
AUTO = f"""{DRY}rules:
  - {{name: at once, runbook: contain-instance, severity: high, mode: auto}}
  - {{name: never used, finding: "CryptoCurrency:*", mode: auto}}
"""
CALL: Json = call_event("s3", "DeleteBucketEncryption", {"bucketName": "logs-of-a-team"})
OTHER: Json = {
    **CALL,
    "source": "aws.glue",
    "detail": {**CALL["detail"], "eventSource": "glue.amazonaws.com"},
}


def finding(number: int = 0, severity: float = 8.0, at: str = "2026-11-29T10:00:00.000Z") -> Json:
    """A finding about an instance of its own."""
    event = copy.deepcopy(samples.instance_finding())
    event["detail"] |= {"id": f"finding-{number}", "severity": severity, "updatedAt": at}
    event["detail"]["resource"]["instanceDetails"]["instanceId"] = f"i-{number:017x}"
    return event


def run(tmp_path: Path, events: object, *options: str, policy: str = AUTO) -> Result:
    (tmp_path / "policy.yaml").write_text(policy)
    (tmp_path / "events.json").write_text(json.dumps(events))
    given = ["replay", str(tmp_path / "events.json"), "--policy", str(tmp_path / "policy.yaml"), *options]
    return CliRunner().invoke(main, given, catch_exceptions=False)


def counted(tmp_path: Path, events: object, *options: str, policy: str = AUTO) -> Json:
    result = run(tmp_path, events, "--format", "json", *options, policy=policy)
    assert result.exit_code == 0, result.output
    found: Json = json.loads(result.stdout)
    return found


def test_decisions_are_counted_by_mode_runbook_rule_account_and_day(tmp_path: Path) -> None:
    events = [finding(1), finding(2), finding(3, severity=5), CALL, OTHER, {"no": "event"}]
    found = counted(tmp_path, events)
    assert (found["events"], found["invalid"], found["decisions"]) == (5, 1, 4)
    assert (found["modes"]["auto"], found["modes"]["dry-run"]) == (2, 2)
    assert found["runbooks"]["contain-instance"] == {"dry-run": 1, "auto": 2}
    assert found["rules"]["at once"] == {"auto": 2}
    assert found["unused_rules"] == ["never used"]
    assert found["accounts"][samples.ACCOUNT]["auto"] == 2
    assert found["days"]["2026-11-29"]["auto"] == 2
    assert found["not_answered"] == {"aws.glue": 1}
    assert found["errors"][0]["place"].endswith("item 6")


def test_an_event_that_occurs_twice_counts_once(tmp_path: Path) -> None:
    assert counted(tmp_path, [finding(1), finding(1)])["events"] == 1


def test_another_policy_is_compared(tmp_path: Path) -> None:
    (tmp_path / "dry.yaml").write_text(DRY)
    options = ("--against", str(tmp_path / "dry.yaml"))
    found = counted(tmp_path, [finding(1), finding(2, severity=2)], *options)
    containing = sum(one.triggers != () for one in CATALOGUE["contain-instance"].chosen(()).remediations)
    assert [(one["from"], one["to"]) for one in found["changed"]] == [("auto", "dry-run")]
    assert found["changed"][0]["count"] == containing
    (example,) = found["examples"]  # the remediations of a resource look the same
    assert example["subject"].endswith(f"i-{1:017x}")
    assert not counted(tmp_path, [finding(1)], *options, policy=DRY)["changed"]


def test_time_windows_are_judged_at_the_time_of_the_finding(tmp_path: Path) -> None:
    policy = f"""{DRY}rules:
  - {{runbook: contain-instance, mode: auto, during: [{{zone: UTC, hours: ["22:00-06:00"]}}]}}
"""
    events = [finding(1, at="2026-11-29T23:00:00Z"), finding(2, at="2026-11-29T12:00:00Z")]
    modes = counted(tmp_path, events, policy=policy)["modes"]
    assert (modes["auto"], modes["dry-run"]) == (1, 1)


@pytest.mark.parametrize(
    ("condition", "fails"),
    [
        ("auto > 0", True),
        ("auto>1", False),
        ("auto >= 1", True),
        ("invalid != 0", False),
        ("dry-run < 1", True),
        ("unused-rules == 1", True),
        ("changed > 0", False),
    ],
)
def test_a_condition_decides_about_the_exit_code(tmp_path: Path, condition: str, fails: bool) -> None:  # noqa: FBT001 - a parameter
    result = run(tmp_path, [finding(1)], "--fail-if", condition)
    assert result.exit_code == (1 if fails else 0)
    assert (condition in result.stderr) is fails


@pytest.mark.parametrize("text", ["", "\n\n", '{"a": [1,', '{"no": "event"}', '[{"no": "event"}]'])
@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_if_no_event_can_be_read_the_command_fails_and_no_condition_is_met(
    tmp_path: Path, text: str, form: str
) -> None:
    """Otherwise a pipeline whose export is empty or broken would pass."""
    (tmp_path / "policy.yaml").write_text(AUTO)
    (tmp_path / "events.json").write_text(text)
    given = ["replay", str(tmp_path / "events.json"), "--policy", str(tmp_path / "policy.yaml")]
    result = CliRunner().invoke(main, [*given, "--format", form, "--fail-if", "auto > 50"])
    assert result.exit_code == 2
    assert "PATH: contains no event that can be read" in result.stderr
    if form == "json":
        assert json.loads(result.stdout)["invalid"] == 1


@pytest.mark.parametrize("text", ["[]", '{"Findings": []}'])
def test_a_list_without_findings_is_no_error(tmp_path: Path, text: str) -> None:
    result = run(tmp_path, json.loads(text))
    assert result.exit_code == 0
    assert result.stdout.startswith("0 events: 0 decisions\n")
    assert "Decisions\n" not in result.stdout


@pytest.mark.parametrize(
    ("condition", "said"),
    [("autos > 1", "must name one of"), ("auto > x", "and a number"), ("", "must be NAME")],
)
def test_a_wrong_condition_is_bad_input_before_anything_is_read(
    tmp_path: Path, condition: str, said: str
) -> None:
    result = run(tmp_path, [finding(1)], "--fail-if", condition)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


LIMITED = f"{AUTO}limits: {{overall: {{hour: 2, day: 0}}}}\n"


def burst(*minutes: int) -> list[Json]:
    """Findings about instances, each at its minute after ten o'clock, in the order of their numbers."""
    start = datetime(2026, 11, 29, 10, tzinfo=UTC)
    at = [(start + timedelta(minutes=one)).isoformat().replace("+00:00", "Z") for one in minutes]
    return [finding(number, at=one) for number, one in enumerate(at)]


def test_limits_and_breakers_are_counted_at_the_times_of_the_findings(tmp_path: Path) -> None:
    found = counted(tmp_path, burst(0, 10, 20, 30, 61), policy=LIMITED)
    assert found["modes"]["auto"] == 5
    (breaker,) = found["limits"].pop("breakers")
    assert (breaker["limit"], breaker["most"], breaker["held"]) == ("overall/hour", 2, 2)
    assert breaker["opened_at"] == "2026-11-29T10:20:00+00:00"
    assert breaker["closes_at"] == "2026-11-29T11:20:00+00:00"
    assert found["limits"] == {
        "counted": 5, "held": 2, "by_limit": {"overall/hour": 2}, "breakers_opened": 1, "left_out": 0,
        "not_known": {"target-group": 5, "share": 5},
    }  # fmt: skip


TAGS = [
    {"key": "aws:autoscaling:groupName", "value": "web"},
    {"key": "aws:eks:cluster-name", "value": "shop"},
]
PROFILE = {"arn": "arn:aws:iam::111122223333:instance-profile/web", "id": "AIPAEXAMPLE"}


def placed(*minutes: int) -> list[Json]:
    """Findings about instances of one group, cluster, role and VPC."""
    events = burst(*minutes)
    for event in events:
        details = event["detail"]["resource"]["instanceDetails"]
        details |= {"tags": TAGS, "iamInstanceProfile": PROFILE}
    return events


@pytest.mark.parametrize(
    ("scope", "limit"),
    [
        ("vpc", "vpc/111122223333/eu-west-1/vpc-0aa/hour"),
        ("auto-scaling-group", "auto-scaling-group/111122223333/eu-west-1/web/hour"),
        ("cluster", "cluster/111122223333/eu-west-1/eks/shop/hour"),
        ("role", "role/111122223333/web/hour"),
    ],
)
def test_breakers_of_what_the_finding_names_open(tmp_path: Path, scope: str, limit: str) -> None:
    others = ", ".join(f"{one}: {{hour: 0, day: 0}}" for one in SCOPES if one != scope)
    policy = f"{AUTO}limits: {{{scope}: {{hour: 2}}, {others}}}\n"
    found = counted(tmp_path, placed(0, 10, 20, 30), policy=policy)["limits"]
    assert [(one["limit"], one["most"], one["held"]) for one in found["breakers"]] == [(limit, 2, 2)]
    assert found["not_known"] == {"target-group": 4, "share": 4}


def test_breakers_of_one_subject_open_if_its_incidents_end(tmp_path: Path) -> None:
    policy = (
        f"{DRY}default: auto\nrunbooks: {{harden-bucket: {{allow: [require-tls]}}}}\n"
        "limits: {subject: {hour: 2}}\n"
    )
    calls = []
    for minute in range(4):
        call = copy.deepcopy(call_event("s3", "PutBucketPolicy", {"bucketName": "logs-of-a-team"}))
        call["detail"] |= {"eventTime": f"2026-11-29T10:{minute:02}:00Z", "eventID": f"call-{minute}"}
        calls.append(call)
    found = counted(tmp_path, calls, policy=policy)["limits"]
    (breaker,) = found["breakers"]
    assert breaker["limit"].startswith("subject/harden-bucket/bucket/")
    assert (breaker["most"], breaker["held"]) == (2, 2)


def test_what_the_events_do_not_name_is_counted_and_said(tmp_path: Path) -> None:
    events = burst(0, 10)
    for event in events:
        instance = event["detail"]["resource"]["instanceDetails"]["instanceId"]
        event["detail"]["resource"]["instanceDetails"] = {"instanceId": instance}
    scopes = ("vpc", "auto-scaling-group", "cluster", "role", "target-group", "share")
    assert counted(tmp_path, events)["limits"]["not_known"] == dict.fromkeys(scopes, 2)
    shown = " ".join(run(tmp_path, events).stdout.split())
    assert "the events do not name them: VPCs (2), Auto Scaling groups (2), clusters (2)" in shown


def test_a_finding_of_security_hub_names_the_vpc_and_the_groups() -> None:
    resource = {
        "Type": "AwsEc2Instance",
        "Id": "arn:aws:ec2:eu-west-1:111122223333:instance/i-00000000000000001",
        "Tags": {"aws:autoscaling:groupName": "web"},
        "Details": {"AwsEc2Instance": {"VpcId": "vpc-1", "IamInstanceProfileArn": PROFILE["arn"]}},
    }
    details = resource_of(Document.of(resource))["instanceDetails"]
    event = {"detail": {"resource": {"instanceDetails": details}}}
    state = named_state(event, InstanceRef("111122223333", "eu-west-1", "i-00000000000000001"))
    assert (state[Host].group, state[Host].profile, state[Network].vpcs()) == ("web", "web", ("vpc-1",))


@pytest.mark.parametrize("details", [None, [], {"instanceId": 1}, {"tags": "x"}, {"networkInterfaces": [1]}])
def test_details_of_an_instance_in_another_form_say_nothing(details: object) -> None:
    ref = InstanceRef("111122223333", "eu-west-1", "i-00000000000000001")
    given = {"instanceId": ref.id, **details} if isinstance(details, dict) and "tags" in details else details
    assert not named_state({"detail": {"resource": {"instanceDetails": given}}}, ref).observations


def test_the_order_of_the_events_in_a_file_does_not_matter(tmp_path: Path) -> None:
    events = burst(0, 10, 20, 30, 61)
    assert (
        counted(tmp_path, events[::-1], policy=LIMITED)["limits"]
        == counted(tmp_path, events, policy=LIMITED)["limits"]
    )


def test_what_is_contained_needs_no_further_place(tmp_path: Path) -> None:
    again = finding(0, at="2026-11-29T10:30:00.000Z")
    again["detail"]["id"] = "another"
    found = counted(tmp_path, [*burst(0, 5), again], policy=LIMITED)
    assert (found["limits"]["counted"], found["limits"]["held"]) == (2, 0)


def test_a_line_of_csv_names_the_limit_that_holds_the_response_back(tmp_path: Path) -> None:
    result = run(tmp_path, burst(0, 10, 20), "--format", "csv", policy=LIMITED)
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert [(row["mode"], row["limit"]) for row in rows] == [
        ("auto", ""),
        ("auto", ""),
        ("auto", "overall/hour"),
    ]


def test_the_table_and_the_page_show_the_breakers(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    result = run(tmp_path, burst(0, 10, 20), "--html", str(path), policy=LIMITED)
    assert f"Wrote {path}.\n" in result.stderr
    for shown in (result.stdout, path.read_text()):
        assert "overall/hour" in shown
        assert "2026-11-29 10:20" in shown
    assert "Breakers that open: 1" in result.stdout


@pytest.mark.parametrize(("condition", "code"), [("limited > 0", 1), ("breakers > 1", 0)])
def test_a_condition_can_be_about_limits(tmp_path: Path, condition: str, code: int) -> None:
    assert run(tmp_path, burst(0, 10, 20), "--fail-if", condition, policy=LIMITED).exit_code == code


def test_responses_beyond_a_number_are_left_out_and_counted(tmp_path: Path) -> None:
    offline = OfflineDecisions(load_policy(_written(tmp_path), CATALOGUE), CATALOGUE)
    replayed_limits = LimitReplay(most=1)
    for event in burst(0, 10):
        found = read_findings(event)
        assert not isinstance(found, NotForUs)
        for answer in answers(found, offline):
            for one in counted_against(answer, replayed(answer), Limits()):
                replayed_limits.add(one)
    limited, told = replayed_limits.finish()
    assert (limited.counted, limited.left_out, len(told)) == (1, 1, 1)


def test_each_decision_is_a_line_of_csv_and_no_cell_is_a_formula(tmp_path: Path) -> None:
    policy = AUTO.replace("at once", "=cmd|' /C calc'!A0")
    rows = list(
        csv.DictReader(io.StringIO(run(tmp_path, [finding(1)], "--format", "csv", policy=policy).stdout))
    )
    assert [(row["mode"], row["runbook"]) for row in rows] == [("auto", "contain-instance")]
    assert rows[0]["rule"].startswith("'=")


def test_no_cell_of_several_texts_is_a_formula(capsys: pytest.CaptureFixture[str]) -> None:
    texts = ("=cmd|' /C calc'!A0", "second")
    one = SimpleNamespace(**dict.fromkeys(COLUMNS, texts))
    csv_writer()(one, "")  # type: ignore[arg-type]  # every field holds several texts
    _, row = csv.reader(io.StringIO(capsys.readouterr().out))
    assert row == [f"'{' '.join(texts)}"] * len(COLUMNS) + [""]


def test_the_table_names_what_matters_within_80_columns(tmp_path: Path) -> None:
    result = run(tmp_path, [finding(1), {"no": "event"}])
    for text in ("1 event", "1 decision", "By runbook", "contain-instance", "never used"):
        assert text in result.stdout
    assert "could not be read as an event" in result.stdout


class Page(HTMLParser):
    """The tags of a page, and the addresses that it would load."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loads: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loads += [str(value) for name, value in attrs if name in {"src", "href", "onclick", "onload"}]


def test_the_page_stands_alone_and_escapes_what_a_finding_contains(tmp_path: Path) -> None:
    policy = AUTO.replace("at once", "<script>alert(1)</script>")
    path = tmp_path / "page.html"
    (tmp_path / "dry.yaml").write_text(DRY)
    options = ("--html", str(path), "--against", str(tmp_path / "dry.yaml"))
    assert (
        run(tmp_path, [finding(1), finding(2, at="2026-11-28T10:00:00Z")], *options, policy=policy).exit_code
        == 0
    )
    text = path.read_text()
    page = Page(text)
    assert "script" not in page.tags
    assert not page.loads
    assert "&lt;script&gt;" in text
    assert "default-src 'none'" in text
    assert "2 days with decisions" in text
    assert not re.search(r"url\(|@import", text)


def test_a_page_that_cannot_be_written_is_bad_input(tmp_path: Path) -> None:
    result = run(tmp_path, [finding(1)], "--html", str(tmp_path / "none" / "page.html"))
    assert result.exit_code == 2
    assert "--html: cannot be written" in result.stderr


@pytest.mark.parametrize(
    "options", [[], ["x.json", "--archive"], ["x.json", "--since", "7d"], ["x.json", "--until", "7d"]]
)
def test_the_source_of_the_events_must_be_clear(options: list[str]) -> None:
    result = CliRunner().invoke(main, ["replay", *options])
    assert result.exit_code == 2
    assert "Give PATH or --archive" in result.stderr


def test_a_replay_decides_as_explain_does(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(AUTO)
    (tmp_path / "event.json").write_text(json.dumps(finding(1)))
    options = [str(tmp_path / "event.json"), "--policy", str(tmp_path / "policy.yaml")]
    told = json.loads(CliRunner().invoke(main, ["explain", *options, "--json"]).stdout)
    offline = OfflineDecisions(load_policy(tmp_path / "policy.yaml", CATALOGUE), CATALOGUE)
    found = read_findings(finding(1))
    assert not isinstance(found, NotForUs)
    (one, *_) = decisions(found, offline)
    assert (one.runbook, one.mode, list(one.remediations)) == (
        told["runbook"],
        told["mode"],
        told["remediations"],
    )


@given(st.lists(st.tuples(st.integers(0, 30), st.sampled_from(Mode)), max_size=200))
def test_a_bounded_counter_counts_exactly_until_it_drops(keys: list[tuple[int, Mode]]) -> None:
    counter = BoundedCounter(most=10)
    for number, mode in keys:
        counter.add(str(number), mode)
    assert len(counter.counts) <= 10
    if not counter.dropped:
        assert sum(found.total() for found in counter.counts.values()) == len(keys)


def test_the_tally_keeps_counts_and_no_decisions(tmp_path: Path) -> None:
    offline = OfflineDecisions(load_policy(_written(tmp_path), CATALOGUE), CATALOGUE)
    tally, start = Tally(), datetime(2026, 1, 1, tzinfo=UTC)
    for number in range(500):
        at = (start + timedelta(hours=number)).isoformat().replace("+00:00", "Z")
        found = read_findings(finding(number % 40, at=at))
        assert not isinstance(found, NotForUs)
        tally.add(decisions(found, offline))
    assert tally.decisions == 500
    assert len(tally.resources.counts) == 40
    assert tally.first.startswith("2026-01-01")


def _written(tmp_path: Path) -> Path:
    path = tmp_path / "policy.yaml"
    path.write_text(AUTO)
    return path
