"""Scheduled scans: a message for each place, what is kept, the score, what is handed over and told."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from ringfence.handlers.parts import SCAN, SUM, Part
from ringfence.handlers.scans.handing import TRIES
from ringfence.handlers.scans.look import AT_ONCE
from ringfence.handlers.scans.timed import OVER
from ringfence.handlers.scans.work import RESERVE, Scans
from ringfence.model.errors import BadInput, Retryable
from ringfence.model.place import Place
from ringfence.policy.decision import Mode
from ringfence.policy.senders import Sender
from ringfence.posture.conditions import Contains, Is
from ringfence.posture.kept import judged_of
from ringfence.posture.manual import Evidence, ManualControl
from ringfence.posture.rule import Rule, Scope, ScopedMode
from ringfence.posture.score import Counts, score
from ringfence.record.notices.kinds import NoticeKind
from ringfence.record.scans import LONGEST, PlaceResults
from tests.support.fakes.config_items import item
from tests.support.fakes.scanned import HOME, REGION, SENDER, Scanned
from tests.support.posture import named
from tests.support.worlds import NOON

if TYPE_CHECKING:
    from tests.support.fakes.config_items import ConfigItems

OTHER = "444455556666"
HERE, THERE = Place(HOME, REGION), Place(OTHER, REGION)
SCAN_ID = f"{NOON:%Y-%m-%dT%H:%M:%SZ}"
BUCKET, ROLE = "AWS::S3::Bucket", "AWS::IAM::Role"
MAY_SEND = Sender(("bucket/*",), Mode.AUTO, role=SENDER)
FIXABLE = named(BUCKET, severity="critical", remediation="version-bucket")


def buckets(config: ConfigItems, place: Place, right: int, wrong: int) -> None:
    """Let a place have buckets that meet the rule, and others."""
    config.items[place] = []
    config.record(
        place,
        *(item(place, BUCKET, f"right-{one}", configuration={"name": "x"}) for one in range(right)),
        *(item(place, BUCKET, f"wrong-{one}") for one in range(wrong)),
    )


def reasons(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.__dict__["why"] for record in caplog.records if record.message == "not looked at"]


def trained(expires: timedelta, severity: str = "high") -> ManualControl:
    """Return a manual control whose evidence expires so long after noon."""
    evidence = Evidence("minutes", "", "", (NOON - timedelta(days=90)).date(), (NOON + expires).date())
    return ManualControl("training", "Training", "hr@example.com", evidence, severity)


def test_a_manual_control_counts_as_one_result_of_the_day_of_the_scan() -> None:
    scanned = Scanned((named(BUCKET, severity="high"),), manual=(trained(timedelta(days=1)),))
    buckets(scanned.config, HERE, 1, 1)
    scanned.run()
    summary = json.loads(scanned.files.objects[f"summaries/{SCAN_ID}.json"])
    rules = [(one["rule"], one["passed"], one["failed"]) for one in summary["rules_by_name"]]
    assert rules == [(named(BUCKET).name, 1, 1), ("training", 1, 0)]
    assert summary["score"] == 66.7
    (control,) = summary["manual_controls"]
    assert (control["status"], control["owner"], control["expires_soon"]) == (
        "passed",
        "hr@example.com",
        True,
    )
    (last,) = scanned.history.scans
    assert (last.numbers, last.resources) == ((2, 1, 0), 2)


def test_people_are_notified_when_the_evidence_of_a_critical_control_has_expired() -> None:
    scanned = Scanned((named(BUCKET),), manual=(trained(timedelta(0), "critical"),))
    buckets(scanned.config, HERE, 1, 0)
    scanned.run()
    assert scanned.told == []
    scanned.clock.tick(seconds=86_400)
    scanned.run()
    (notice,) = scanned.told
    assert "training" in str(notice.parts)
    assert scanned.history.scans[-1].numbers == (1, 1, 0)


def test_a_scan_sends_one_message_for_each_account_and_region_and_reads_nothing() -> None:
    scanned = Scanned((named(BUCKET), named(ROLE, name="role")), (HOME, OTHER), (REGION, "eu-north-1"))
    assert scanned.scans.begin() == 6
    parts = [scanned.part(text) for text, _ in scanned.sent]
    assert [(one.account, one.region) for one in parts if one.kind == SCAN] == [
        (account, region) for account in (HOME, OTHER) for region in (REGION, "eu-north-1", "global")
    ]
    assert not scanned.config.calls


def test_a_scan_whose_messages_cannot_all_be_sent_is_never_summed_up() -> None:
    scanned = Scanned((named(BUCKET),), (HOME, OTHER))
    scanned.refuses = OTHER
    with pytest.raises(Retryable):
        scanned.scans.begin()
    assert [scanned.part(text).kind for text, _ in scanned.sent] == [SCAN]


def test_the_results_of_a_place_are_lines_and_the_score_can_be_computed_again_from_the_summary() -> None:
    scanned = Scanned((named(BUCKET, severity="high"),), (HOME, OTHER))
    buckets(scanned.config, HERE, 3, 1)
    buckets(scanned.config, THERE, 1, 1)
    scanned.run()
    lines = scanned.files.objects[f"results/{SCAN_ID}/{HOME}/{REGION}/AWS-S3-Bucket.jsonl.gz"].splitlines()
    assert [judged_of(one).resource.id for one in lines] == ["right-0", "right-1", "right-2", "wrong-0"]
    summary = json.loads(scanned.files.objects[f"summaries/{SCAN_ID}.json"])
    (rule,) = summary["rules_by_name"]
    again = score([(rule["severity"], Counts(rule["passed"], rule["failed"], rule["not_assessed"]))])
    assert summary["score"] == again == 66.7
    assert [one["resources"] for one in summary["results"]] == [4, 2]
    (last,) = scanned.history.scans
    assert (last.score, last.numbers, last.places, last.incomplete) == (66.7, (4, 2, 0), 2, 0)
    assert scanned.told == []


def metrics(printed: str, name: str) -> list[float]:
    """Return the values of a metric that were written to the log."""
    lines = [json.loads(line) for line in printed.splitlines() if '"_aws"' in line]
    return [value for one in lines if name in one for value in one[name]]


def test_the_score_is_a_metric_and_so_is_the_number_of_places_not_seen_in_full(
    capsys: pytest.CaptureFixture[str],
) -> None:
    scanned = Scanned((named(BUCKET, severity="high"),), (HOME, OTHER))
    buckets(scanned.config, HERE, 3, 1)
    scanned.config.denied.add(THERE)
    scanned.run()
    printed = capsys.readouterr().out
    assert metrics(printed, "Score") == [scanned.history.scans[-1].score] == [75.0]
    assert metrics(printed, "IncompletePlaces") == [1]


def test_a_scan_without_a_score_writes_none_as_a_metric(capsys: pytest.CaptureFixture[str]) -> None:
    scanned = Scanned((named(BUCKET),))
    scanned.config.record(HERE)
    scanned.run()
    printed = capsys.readouterr().out
    assert metrics(printed, "Score") == []
    assert metrics(printed, "IncompletePlaces") == [0]


def test_a_denied_place_is_named_passes_nothing_and_rings_the_alarm(
    caplog: pytest.LogCaptureFixture,
) -> None:
    scanned = Scanned((named(BUCKET),), (HOME, OTHER))
    buckets(scanned.config, HERE, 1, 1)
    buckets(scanned.config, THERE, 5, 0)
    scanned.config.denied.add(THERE)
    scanned.run()
    (last,) = scanned.history.scans
    assert (last.score, last.numbers, last.incomplete) == (50.0, (1, 1, 0), 1)
    (why,) = reasons(caplog)
    assert "AccessDenied" in why
    found = json.loads(scanned.files.objects[f"summaries/{SCAN_ID}.json"])["results"]
    assert "AccessDenied" in found[1]["not_looked_at"][0]


def test_every_reason_is_in_a_file_whole_and_none_is_written_without_a_reason() -> None:
    scanned = Scanned((named(BUCKET),))
    config = scanned.config
    reason = f"the service said: {'y' * 2 * LONGEST}"
    config.record(HERE)
    config.fails[HERE] = [BadInput("Results", reason)]
    scanned.run()
    file = f"not-looked-at/{SCAN_ID}/{HOME}/{REGION}/AWS-S3-Bucket.json"
    (whole,) = json.loads(scanned.files.objects[file])["not_looked_at"]
    (cut,) = PlaceResults.of(scanned.memory.items[HERE]).unseen
    assert reason in whole
    assert cut.endswith(f"… (cut: {len(whole):,} characters)")
    scanned = Scanned((named(BUCKET),))
    buckets(scanned.config, HERE, 1, 0)
    scanned.run()
    assert not [name for name in scanned.files.objects if name.startswith("not-looked-at/")]


def test_a_place_without_a_recorder_is_named_and_rings_no_alarm_each_day(
    caplog: pytest.LogCaptureFixture,
) -> None:
    scanned = Scanned((named(BUCKET),))
    scanned.run()
    assert scanned.history.scans[0].incomplete == 1
    assert scanned.history.scans[0].score is None
    assert reasons(caplog) == []


def types(number: int) -> tuple[Rule, ...]:
    """Return rules about so many types."""
    from ringfence.posture.mappings import every_mapping
    from ringfence.posture.recording import GLOBAL_TYPES

    some = [one for one in sorted(every_mapping()) if one not in GLOBAL_TYPES][:number]
    return tuple(
        Rule(f"r-{index}", "a rule", (one,), ((one, Contains((("Missing", Is("x")),))),))
        for index, one in enumerate(some)
    )


def slow(scanned: Scanned, seconds: float) -> None:
    """Let each read of AWS Config last so long."""
    quick = scanned.config.asked

    def asked(account: str, region: str, talk: object) -> object:
        scanned.clock.tick(seconds=seconds)
        return quick(account, region, talk)  # type: ignore[arg-type]  # as given

    scanned.config.asked = asked  # type: ignore[method-assign,assignment]  # slower than before


def test_a_look_that_does_not_fit_into_an_execution_is_continued_where_it_stopped() -> None:
    rules = types(2 * AT_ONCE)
    scanned = Scanned(rules, lasts=timedelta(seconds=60) + RESERVE)
    scanned.config.record(HERE, *(item(HERE, one.resource_types[0], "a") for one in rules))
    slow(scanned, 7)  # a recorder and two queries need less than a minute, and twice as many do not
    scanned.run()
    assert scanned.history.scans[0].resources == len(rules)
    assert scanned.history.scans[0].incomplete == 0
    assert sum(name.startswith("results/") for name in scanned.files.objects) == 2


def test_types_that_never_fit_into_an_execution_are_named_and_the_scan_ends(
    caplog: pytest.LogCaptureFixture,
) -> None:
    scanned = Scanned((named(BUCKET),), lasts=RESERVE + timedelta(seconds=5))
    buckets(scanned.config, HERE, 4, 0)
    slow(scanned, 3)
    scanned.run()
    (last,) = scanned.history.scans
    assert (last.numbers, last.incomplete) == ((0, 0, 0), 1)
    assert PlaceResults.of(scanned.memory.items[HERE]).unseen == (f"{BUCKET}: {OVER}",)
    assert reasons(caplog) == [f"{BUCKET}: {OVER}"]
    assert not [name for name in scanned.files.objects if name.startswith("results/")]


def test_a_place_that_does_not_answer_in_time_is_named(caplog: pytest.LogCaptureFixture) -> None:
    scanned = Scanned((named(BUCKET),), (HOME, OTHER))
    buckets(scanned.config, HERE, 1, 0)
    buckets(scanned.config, THERE, 1, 0)
    scanned.scans.begin()
    scanned.sent = [one for one in scanned.sent if OTHER not in one[0]]
    while scanned.sent:
        (text, seconds), *scanned.sent = scanned.sent
        scanned.clock.tick(seconds=seconds)
        scanned.scans.work(scanned.part(text), scanned.clock() + scanned.lasts)
    assert scanned.history.scans[0].incomplete == 1
    assert reasons(caplog) == [f"account {OTHER}, {REGION} did not answer before the scan ended"]


def test_a_message_that_comes_after_the_scan_ended_or_for_another_place_reads_nothing() -> None:
    scanned = Scanned((named(BUCKET),))
    for part in (
        Part(SCAN, "scans", NOON - timedelta(minutes=1), HOME, REGION),
        Part(SCAN, "scans", NOON + timedelta(minutes=1), "777788889999", REGION),
    ):
        scanned.scans.work(part, NOON + timedelta(minutes=10))
    assert not scanned.config.calls


def test_a_message_that_comes_twice_counts_once() -> None:
    scanned = Scanned((named(BUCKET),))
    buckets(scanned.config, HERE, 1, 1)
    scanned.run()
    for kind in (SCAN, SUM):
        part = Part(kind, "scans", NOON + timedelta(minutes=50), *((HOME, REGION) if kind == SCAN else ()))
        scanned.scans.work(part, scanned.clock() + scanned.lasts)
    assert [one.numbers for one in scanned.history.scans] == [(1, 1, 0)]
    assert PlaceResults.of(scanned.memory.items[HERE]).counts == {"named": (1, 1, 0)}


def deploy(scanned: Scanned, *rules: Rule) -> None:
    """Deploy other rules."""
    plan = replace(scanned.scans.plan, rules=rules, digest="other")
    scanned.scans = Scans(plan, scanned.scans.env)


def step(scanned: Scanned) -> None:
    """Handle the next message."""
    (text, seconds), *scanned.sent = scanned.sent
    scanned.clock.tick(seconds=seconds)
    scanned.scans.work(scanned.part(text), scanned.clock() + scanned.lasts)


def test_a_place_that_was_judged_by_the_rules_before_a_deployment_is_named() -> None:
    scanned = Scanned((named(BUCKET),))
    buckets(scanned.config, HERE, 1, 1)
    scanned.scans.begin()
    step(scanned)
    deploy(scanned, named(BUCKET), named(BUCKET, name="new"))
    while scanned.sent:
        step(scanned)
    assert scanned.history.scans[0].incomplete == 1
    (found,) = json.loads(scanned.files.objects[f"summaries/{SCAN_ID}.json"])["results"]
    assert found["not_looked_at"] == ["it was judged by other rules: a deployment changed them meanwhile"]


def test_a_look_that_continues_after_a_deployment_begins_again_with_the_new_rules() -> None:
    rules = types(2 * AT_ONCE)
    scanned = Scanned(rules, lasts=timedelta(seconds=60) + RESERVE)
    scanned.config.record(HERE, *(item(HERE, one.resource_types[0], "a") for one in rules))
    slow(scanned, 7)
    scanned.scans.begin()
    step(scanned)
    assert PlaceResults.of(scanned.memory.items[HERE]).left
    new = types(2 * AT_ONCE + 1)
    scanned.config.record(HERE, item(HERE, new[-1].resource_types[0], "a"))
    deploy(scanned, *new)
    while scanned.sent:
        step(scanned)
    assert (scanned.history.scans[0].resources, scanned.history.scans[0].incomplete) == (len(new), 0)


@pytest.mark.parametrize(("wrong", "notices"), [(0, 0), (1, 0), (2, 1)])
def test_people_are_told_of_a_score_that_fell_by_more_than_the_setting(wrong: int, notices: int) -> None:
    scanned = Scanned((named(BUCKET),), points=5)
    buckets(scanned.config, HERE, 20, 0)
    scanned.run()
    buckets(scanned.config, HERE, 20 - wrong, wrong)
    scanned.run()
    assert [one.kind for one in scanned.told] == [NoticeKind.SCORE_FELL] * notices
    if notices:
        assert scanned.told[0].what == "the compliance score fell from 100 to 90"


def test_people_are_told_of_a_critical_rule_that_begins_to_fail_and_once() -> None:
    scanned = Scanned((named(BUCKET, severity="critical"),), points=50)
    buckets(scanned.config, HERE, 20, 0)
    scanned.run()
    for _ in range(2):
        buckets(scanned.config, HERE, 19, 1)
        scanned.run()
    (notice,) = scanned.told
    assert notice.what == "the compliance score fell from 100 to 95"
    assert ("named",) in [lines for _, lines in notice.parts]


def test_a_score_that_falls_a_little_in_each_scan_is_a_notice() -> None:
    scanned = Scanned((named(BUCKET),), points=5)
    for wrong in range(6):
        buckets(scanned.config, HERE, 20 - wrong, wrong)
        scanned.run()
    assert [one.what for one in scanned.told] == [
        "the compliance score fell from 100 to 90",
        "the compliance score fell from 90 to 80",
    ]


def test_a_scan_in_which_nothing_is_recorded_hides_no_decline() -> None:
    scanned = Scanned((named(BUCKET),), points=5)
    buckets(scanned.config, HERE, 20, 0)
    scanned.run()
    scanned.config.items[HERE] = []
    scanned.run()
    assert scanned.history.scans[-1].score is None
    buckets(scanned.config, HERE, 10, 10)
    scanned.run()
    assert [one.what for one in scanned.told] == ["the compliance score fell from 100 to 50"]


def test_a_critical_rule_that_had_no_verdict_for_a_scan_still_begins_to_fail() -> None:
    rules = (named(BUCKET, severity="critical"), named(ROLE, name="role", severity="low"))
    scanned = Scanned(rules, points=100)
    everywhere = Place(HOME, "global")
    scanned.config.record(everywhere, item(everywhere, ROLE, "r", configuration={"name": "x"}))
    buckets(scanned.config, HERE, 1, 0)
    scanned.run()
    scanned.config.items[HERE] = []
    scanned.run()
    assert scanned.history.passing == ("named",)
    buckets(scanned.config, HERE, 0, 1)
    scanned.run()
    (notice,) = scanned.told
    assert ("named",) in [lines for _, lines in notice.parts]


def test_nothing_is_handed_over_unless_the_policy_lets_the_function_send() -> None:
    scanned = Scanned((FIXABLE,))
    buckets(scanned.config, HERE, 0, 1)
    scanned.run()
    assert scanned.posted == []
    assert scanned.history.scans[0].handed_over == 0


def test_failing_resources_that_a_remediation_fixes_are_handed_over() -> None:
    scanned = Scanned((FIXABLE, named(BUCKET, name="other")), senders=(MAY_SEND,))
    buckets(scanned.config, HERE, 1, 2)
    scanned.run()
    assert sorted(str(one["subjects"]) for one in scanned.posted) == [
        f"['bucket/{HOME}/{REGION}/wrong-{number}']" for number in range(2)
    ]
    assert {one["type"] for one in scanned.posted} == {"Config:s3-bucket-versioning-enabled"}
    assert scanned.history.scans[0].handed_over == 2


def test_what_the_policy_or_the_rule_does_not_allow_is_not_sent() -> None:
    never = Rule(
        **{
            **{name: getattr(FIXABLE, name) for name in ("title", "resource_types", "requirements")},
            "name": "never",
            "remediation": FIXABLE.remediation,
            "modes": (ScopedMode(Scope(), Mode.NOTIFY),),
        }
    )
    only = Sender((f"bucket/{HOME}/{REGION}/wrong-1",), Mode.AUTO, role=SENDER)
    scanned = Scanned((FIXABLE, never), senders=(only,))
    buckets(scanned.config, HERE, 0, 3)
    scanned.run()
    assert [one["subjects"] for one in scanned.posted] == [[f"bucket/{HOME}/{REGION}/wrong-1"]]


def test_what_the_policy_does_not_allow_takes_no_place_of_what_it_allows() -> None:
    only = Sender((f"bucket/{HOME}/{REGION}/wrong-1?",), Mode.AUTO, role=SENDER)
    scanned = Scanned((FIXABLE,), senders=(only,), most=10)
    buckets(scanned.config, HERE, 0, 20)
    scanned.run()
    assert {str(one["subjects"]) for one in scanned.posted} == {
        f"['bucket/{HOME}/{REGION}/wrong-{number}']" for number in range(10, 20)
    }


def test_resources_that_always_fail_starve_no_others() -> None:
    scanned = Scanned((FIXABLE,), senders=(MAY_SEND,), most=5)
    buckets(scanned.config, HERE, 0, 10)
    for _ in range(12):
        scanned.run()
    assert [one.handed_over for one in scanned.history.scans] == [5] * 12
    assert len({str(one["subjects"]) for one in scanned.posted}) == 10


def test_the_highest_severity_is_handed_over_first() -> None:
    low = named(BUCKET, name="low", severity="low", remediation="version-bucket")
    scanned = Scanned((low, FIXABLE), senders=(MAY_SEND,), most=5)
    buckets(scanned.config, HERE, 0, 4)
    scanned.run()
    assert [str(one["id"]).split("/")[0] for one in scanned.posted] == ["named"] * 4 + ["low"]


def test_an_api_that_refuses_or_does_not_answer_stops_no_scan_and_a_loss_rings_the_alarm(
    caplog: pytest.LogCaptureFixture,
) -> None:
    scanned = Scanned((FIXABLE,), senders=(MAY_SEND,))
    buckets(scanned.config, HERE, 0, 2)
    scanned.answer = {"status": 403}
    scanned.run()
    assert reasons(caplog) == []
    scanned.fails = 1_000
    scanned.run()
    assert [one.handed_over for one in scanned.history.scans] == [0, 0]
    assert reasons(caplog) == ["2 failing resources were not handed over: the API does not answer"]


def test_what_the_api_does_not_take_at_once_is_sent_again(caplog: pytest.LogCaptureFixture) -> None:
    scanned = Scanned((FIXABLE,), senders=(MAY_SEND,), fails=3)
    buckets(scanned.config, HERE, 0, 2)
    scanned.run()
    assert (scanned.history.scans[0].handed_over, len(scanned.posted)) == (2, 2)
    scanned.answer = {"status": 503}
    scanned.run()
    assert scanned.history.scans[1].handed_over == 0
    assert len(scanned.posted) == 2 + 2 * TRIES
    assert reasons(caplog) == ["2 failing resources were not handed over: the API does not take them now"]


def test_nothing_waits_for_the_api_longer_than_the_execution_lasts(caplog: pytest.LogCaptureFixture) -> None:
    scanned = Scanned((FIXABLE,), senders=(MAY_SEND,), fails=1_000, lasts=RESERVE + timedelta(seconds=5))
    buckets(scanned.config, HERE, 0, 1)
    scanned.run()
    assert reasons(caplog) == [f"1 failing resource was not handed over: {OVER}"]
    assert scanned.history.scans[0].numbers == (0, 1, 0)
