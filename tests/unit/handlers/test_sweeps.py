"""Scheduled sweeps: a message for each place, what is handed on, and what people are told."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.validate import ParamValidator

from ringfence.events.cloudtrail.sweep import EVERY_PAGE, PAGES, ROOT_USER
from ringfence.events.guardduty.sweep import FINDINGS, MEMBERS, SUPPRESSED
from ringfence.handlers.parts import A_SECOND, LONGEST, SUM, SWEEP, TRIES, Part
from ringfence.handlers.sweeps import MOST_CHECKED
from ringfence.local.samples.calls import by_root, call_event
from ringfence.model.errors import BadInput, Retryable
from ringfence.model.place import Place
from ringfence.model.subject import GLOBAL
from ringfence.policy.sweeps import CLOUDTRAIL, CONFIG, OTHERS, SEVERE, SweepSettings
from ringfence.record.notices.kinds import NoticeKind
from ringfence.record.sweeps import MOST_FOUND, Found, Looked, Progress, sweep_key
from stacks import needs
from tests.support.fakes.conversations import model
from tests.support.fakes.sources import denied, finding, result
from tests.support.fakes.swept import EVERY, HOME, REGION, Swept
from tests.support.laws.permissions import action, check
from tests.support.worlds import NOON

if TYPE_CHECKING:
    from ringfence.model.call import Call

OTHER = "444455556666"
WHERE = (HOME, REGION)
KEY = sweep_key(SEVERE, Place(*WHERE))
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
TRAILS = "cloudtrail.amazonaws.com"


def looked_at(swept: Swept, name: str = SEVERE, ago: timedelta = MINUTE * 15) -> Swept:
    """Let the last look at every place be so long ago, so that this one is not the first."""
    plan = swept.sweeps.plans[name]
    for place in (*plan.places, *plan.others):
        since = Progress(swept.clock() - ago)
        known = Looked(dict.fromkeys(plan.strands(place), since))
        swept.memory.items[sweep_key(name, place)] = known.text
    return swept


def stopped(number: int, minutes: float, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return the record of a call that stopped a trail, so many minutes before noon."""
    at = (NOON - timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")
    made = call_event("cloudtrail", "StopLogging", {"name": f"trail-{number}"}, at=at)
    record = {**made["detail"], "eventID": f"{number:08x}-0000-4000-8000-000000000000"}
    return {**record, "eventType": "AwsApiCall", **changes}


def reasons(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return why something was not looked at, as the log says."""
    return [record.__dict__["why"] for record in caplog.records if record.message == "not looked at"]


def test_a_schedule_sends_one_message_for_each_account_and_region_and_reads_nothing() -> None:
    swept = Swept((HOME, OTHER), ("eu-west-1", "eu-north-1"))
    parts = swept.begin(SEVERE)
    assert [(one.account, one.region) for one in parts] == [
        (account, region) for account in (HOME, OTHER) for region in ("eu-west-1", "eu-north-1")
    ]
    assert not swept.sources.calls


def test_messages_are_spread_over_the_time_that_a_queue_allows() -> None:
    accounts = tuple(f"{number:012}" for number in range(1, 101))
    swept = Swept(accounts, tuple(f"eu-west-{number}" for number in range(1, 18)))
    swept.sweeps.begin(CONFIG)
    delays = [seconds for _, seconds in swept.sent][1:]
    assert delays[:9] == [0] * A_SECOND + [1] * A_SECOND + [2]
    assert len(delays) == 1700
    assert max(delays) == 1699 // A_SECOND < LONGEST


def test_a_sweep_that_the_policy_switched_off_does_nothing() -> None:
    swept = Swept(settings=SweepSettings(()))
    assert swept.sweeps.begin(SEVERE) == 0
    swept.work(Part(SWEEP, SEVERE, NOON + HOUR, *WHERE))
    assert not swept.sent
    assert not swept.sources.calls


def test_a_place_outside_of_the_scope_is_not_read() -> None:
    swept = Swept()
    swept.work(Part(SWEEP, SEVERE, NOON + MINUTE, OTHER, REGION))
    assert not swept.sources.calls


def test_an_unknown_finding_is_handed_on_as_its_event_and_once() -> None:
    swept = looked_at(Swept())
    swept.sources.findings[WHERE] = [finding("f1", NOON - MINUTE * 20)]
    swept.run(SEVERE)
    swept.run(SEVERE)
    (text,) = swept.handed_on
    event = json.loads(text)
    assert (event["source"], event["detail-type"]) == ("aws.guardduty", "GuardDuty Finding")
    assert event["detail"]["id"] == "f1"


def test_what_the_audit_log_has_is_not_handed_on_and_not_looked_up_again() -> None:
    swept = looked_at(Swept())
    swept.sources.findings[WHERE] = [finding("f1", NOON - MINUTE * 20)]
    swept.run(SEVERE)
    swept.memory.items.clear()
    looked_at(swept)
    swept.run(SEVERE)
    reads = swept.log.reads
    swept.run(SEVERE)
    assert swept.ids == {"f1": 1}
    assert swept.log.reads == reads


def test_a_severity_that_rose_is_handed_on_again_and_an_update_is_not() -> None:
    swept = looked_at(Swept())
    held = swept.sources.findings[WHERE]
    held.append(finding("f1", NOON - MINUTE * 20, 7.5))
    swept.run(SEVERE)
    held[0] = finding("f1", swept.clock(), 7.5)
    swept.run(SEVERE)
    assert swept.ids == {"f1": 1}
    held[0] = finding("f1", swept.clock(), 9.0)
    swept.run(SEVERE)
    assert swept.ids == {"f1": 2}


def test_an_event_that_cannot_be_handed_on_is_tried_again_and_the_place_keeps_its_last_look() -> None:
    swept = looked_at(Swept())
    swept.sources.findings[WHERE] = [finding("f1", NOON - MINUTE * 20)]
    swept.refuses = True
    (part,) = swept.begin(SEVERE)
    swept.work(part)
    assert Looked.of(swept.memory.items[KEY]).strands[FINDINGS].since == NOON - MINUTE * 15
    assert not Looked.of(swept.memory.items[KEY]).seen
    swept.refuses = False
    swept.run(SEVERE)
    assert swept.ids == {"f1": 1}


def test_one_place_that_does_not_answer_keeps_no_other_one_waiting_and_is_tried_a_few_times(
    capsys: pytest.CaptureFixture[str],
) -> None:
    swept = looked_at(Swept((HOME, OTHER)))
    asked: list[str] = []

    def fail(account: str, region: str, call: Any) -> None:  # noqa: ANN401 - a call
        asked.append(account)
        denied(HOME)(account, region, call)

    swept.sources.fail = fail
    swept.sources.findings[OTHER, REGION] = [finding("f1", NOON - MINUTE * 20, AccountId=OTHER)]
    swept.run(SEVERE)
    assert swept.ids == {"f1": 1}
    assert asked.count(HOME) == TRIES
    assert "ReviewFailed" in capsys.readouterr().out
    assert Looked.of(swept.memory.items[KEY]).strands[FINDINGS].since == NOON - MINUTE * 15


def test_a_place_that_failed_for_hours_is_read_from_its_last_look_on() -> None:
    swept = looked_at(Swept(), ago=HOUR * 9)
    swept.sources.findings[WHERE] = [finding("f1", NOON - HOUR * 8)]
    swept.run(SEVERE)
    assert swept.ids == {"f1": 1}


def test_a_place_that_was_never_read_goes_back_a_day_and_nobody_is_told() -> None:
    swept = Swept()
    times = {"f1": NOON - HOUR * 25, "f2": NOON - HOUR * 23}
    swept.sources.findings[WHERE] = [finding(id_, at) for id_, at in times.items()]
    swept.run(SEVERE)
    assert swept.ids == {"f2": 1}
    assert not swept.told


def test_a_flood_is_read_to_its_end_in_bounded_messages() -> None:
    swept = looked_at(Swept(), ago=HOUR * 3)
    swept.sources.page = 2
    many = [finding(f"f{number}", NOON - HOUR * 2 + MINUTE * number / 10) for number in range(300)]
    swept.sources.findings[WHERE] = many
    (part,) = swept.begin(SEVERE)
    swept.work(part)
    assert swept.sources.calls[(*WHERE, "ListFindings")] == 20
    while parts := swept.parts():
        for one in parts:
            swept.work(one)
    assert set(swept.ids) == {one["Id"] for one in many}
    assert set(swept.ids.values()) == {1}
    assert Looked.of(swept.memory.items[KEY]).strands[FINDINGS] == Progress(NOON)


def test_people_are_told_once_for_all_places_of_what_only_a_sweep_found() -> None:
    swept = looked_at(Swept((HOME, OTHER)))
    for account, number in ((HOME, 1), (OTHER, 2)):
        ids = [f"{account}-{one}" for one in range(number)]
        swept.sources.findings[account, REGION] = [
            finding(id_, NOON - MINUTE * 20, AccountId=account) for id_ in ids
        ]
    swept.run(SEVERE)
    (told,) = swept.told
    assert told.kind is NoticeKind.FOUND_BY_SWEEP
    assert "3 findings of GuardDuty" in told.what
    assert f"account {OTHER}, {REGION}: 2 of Backdoor:EC2/C&CActivity.B" in told.text
    assert "ringfence doctor" in told.text
    swept.run(SEVERE)
    assert len(swept.told) == 1


@pytest.mark.parametrize(("minutes", "expected"), [(14, 0), (16, 1)])
def test_people_are_not_told_of_what_is_so_new_that_its_event_may_still_arrive(
    minutes: float, expected: int
) -> None:
    swept = looked_at(Swept())
    swept.sources.findings[WHERE] = [finding("f1", NOON - MINUTE * minutes)]
    swept.run(SEVERE)
    assert swept.ids == {"f1": 1}
    assert len(swept.told) == expected


def test_people_are_told_of_a_finding_that_was_created_long_ago_and_updated_just_now() -> None:
    swept = looked_at(Swept())
    created = (NOON - HOUR).isoformat().replace("+00:00", "Z")
    swept.sources.findings[WHERE] = [finding("f1", NOON - MINUTE, CreatedAt=created)]
    swept.run(SEVERE)
    assert len(swept.told) == 1


def test_people_are_not_told_of_what_was_not_recorded() -> None:
    swept = looked_at(Swept())
    swept.log.off = True
    swept.sources.findings[WHERE] = [finding("f1", NOON - MINUTE * 20)]
    swept.run(SEVERE)
    assert swept.ids == {"f1": 1}
    assert not swept.told


def test_the_sum_waits_until_the_sweep_is_over() -> None:
    swept = Swept()
    swept.sweeps.begin(CONFIG)
    (text, seconds), *_ = swept.sent
    assert (swept.part(text).kind, seconds) == (SUM, 0)
    swept.sent.clear()
    delays = []
    while (left := swept.part(text).due - swept.clock()) > timedelta(0):
        swept.work(swept.part(text))
        ((again, seconds),), swept.sent = swept.sent, []
        assert again == text
        assert seconds <= left.total_seconds()
        delays.append(seconds)
        swept.clock.tick(seconds=seconds)
    assert delays == [LONGEST, LONGEST, LONGEST, 300]


def test_a_sum_looks_up_a_bounded_number_of_findings_and_counts_the_others() -> None:
    accounts = tuple(f"{number:012}" for number in range(1, 14))
    swept = looked_at(Swept(accounts))
    for account in accounts:
        swept.sources.findings[account, REGION] = [
            finding(f"{account}-{number}", NOON - MINUTE * 20, AccountId=account) for number in range(25)
        ]
    swept.run(SEVERE)
    (told,) = swept.told
    before = swept.log.reads
    assert before == len(accounts) * 25 + MOST_CHECKED
    assert MOST_FOUND * 10 == MOST_CHECKED
    assert f"{MOST_CHECKED + 3 * MOST_FOUND + 10 * 5} findings" in told.what
    assert len(told.text) < 10_000


def test_suppressed_findings_are_told_if_the_policy_says_so_and_never_handed_on() -> None:
    held = [finding("f1", NOON - MINUTE * 20, archived=True)]
    for suppressed, expected in ((False, []), (True, [NoticeKind.SUPPRESSED])):
        swept = looked_at(Swept(settings=SweepSettings(EVERY.every, suppressed=suppressed)))
        swept.sources.findings[WHERE] = held
        swept.run(SEVERE)
        swept.run(SEVERE)
        assert not swept.handed_on
        assert [one.kind for one in swept.told] == expected


def administered(*members: str) -> Swept:
    """Return sweeps of three accounts, one of which administers these members."""
    settings = SweepSettings(EVERY.every, administrator=HOME)
    swept = Swept((HOME, OTHER, "777788889999"), settings=settings)
    swept.sources.members[WHERE] = list(members)
    return looked_at(swept)


def test_an_administrator_s_account_is_read_once_for_all_that_it_administers() -> None:
    swept = administered(OTHER, "777788889999")
    swept.sources.findings[WHERE] = [finding("f1", NOON - MINUTE * 20, AccountId=OTHER)]
    assert [(one.account, one.region) for one in swept.begin(SEVERE)] == [WHERE]
    swept.run(SEVERE)
    assert swept.ids == {"f1": 1}
    assert json.loads(swept.handed_on[0])["account"] == OTHER
    assert {account for account, _, _ in swept.sources.calls} == {HOME}


def test_an_account_that_the_administrator_does_not_have_is_read_by_itself() -> None:
    swept = administered("777788889999")
    swept.sources.findings[OTHER, REGION] = [finding("f1", NOON - MINUTE * 20, AccountId=OTHER)]
    swept.run(SEVERE)
    assert swept.ids == {"f1": 1}
    assert {account for account, _, _ in swept.sources.calls} == {HOME, OTHER}


def test_results_of_rules_are_handed_on() -> None:
    swept = looked_at(Swept(), CONFIG, HOUR)
    swept.sources.results[WHERE] = [result("sg-0123456789abcdef0", NOON - MINUTE * 20)]
    swept.run(CONFIG)
    swept.run(CONFIG)
    assert swept.ids == {"sg-0123456789abcdef0": 1}
    assert ["AWS Config" in one.what for one in swept.told] == [True]


def test_recorded_calls_are_handed_on_under_their_own_ids_two_look_ups_a_second() -> None:
    swept = looked_at(Swept(), CLOUDTRAIL, HOUR)
    swept.sources.page = 2
    swept.sources.records[WHERE] = [stopped(number, 20 + number) for number in range(5)]
    swept.run(CLOUDTRAIL)
    swept.run(CLOUDTRAIL)
    assert swept.ids == {one["eventID"]: 1 for one in swept.sources.records[WHERE]}
    assert set(swept.waited) == {EVERY_PAGE}


def test_calls_of_iam_are_looked_up_in_their_own_region_only_and_the_root_user_in_each() -> None:
    plan = Swept((HOME,), ("eu-west-1", "eu-north-1")).sweeps.plans[CLOUDTRAIL]
    assert Place(HOME, GLOBAL) in plan.places
    assert set(plan.strands(Place(HOME, GLOBAL))) == {"iam.amazonaws.com", ROOT_USER}
    assert "iam.amazonaws.com" not in plan.strands(Place(HOME, "eu-west-1"))
    assert ROOT_USER in plan.strands(Place(HOME, "eu-west-1"))
    both = Swept((HOME,), ("eu-west-1", GLOBAL)).sweeps.plans[CLOUDTRAIL]
    assert len(both.places) == 2
    assert {"iam.amazonaws.com", TRAILS} <= set(both.strands(Place(HOME, GLOBAL)))


def test_a_use_of_the_root_user_is_handed_on() -> None:
    swept = looked_at(Swept(), CLOUDTRAIL, HOUR)
    at = (NOON - MINUTE * 20).strftime("%Y-%m-%dT%H:%M:%SZ")
    made = call_event("sts", "GetCallerIdentity", None, identity=by_root(), at=at)
    swept.sources.records[WHERE] = [{**made["detail"], "eventType": "AwsApiCall"}]
    swept.run(CLOUDTRAIL)
    assert len(swept.handed_on) == 1


def test_an_iam_user_called_root_cannot_hide_the_root_user() -> None:
    swept = looked_at(Swept(), CLOUDTRAIL, HOUR)
    swept.sources.page = 2
    at = (NOON - MINUTE * 50).strftime("%Y-%m-%dT%H:%M:%SZ")
    made = call_event("sts", "GetCallerIdentity", None, identity=by_root(), at=at)
    user = {"type": "IAMUser", "userName": "root", "accountId": HOME}
    noise = [
        stopped(number, 1, eventName="GetUser", eventSource="sts.amazonaws.com", userIdentity=user)
        for number in range(100, 100 + 4 * PAGES)
    ]
    swept.sources.records[WHERE] = [*noise, {**made["detail"], "eventType": "AwsApiCall"}]
    swept.run(CLOUDTRAIL)
    assert len(swept.handed_on) == 1


def test_other_calls_of_a_service_cannot_hide_a_watched_one() -> None:
    swept = looked_at(Swept(), CLOUDTRAIL, HOUR)
    swept.sources.page = 2
    noise = [stopped(number, 1, eventName="DescribeTrails") for number in range(100, 300)]
    swept.sources.records[WHERE] = [*noise, stopped(1, 50)]
    swept.run(CLOUDTRAIL)
    assert list(swept.ids) == [stopped(1, 50)["eventID"]]


def test_refused_calls_cannot_make_a_look_longer_without_end_and_a_person_is_told(
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    swept = looked_at(Swept(), CLOUDTRAIL, HOUR)
    swept.sources.page = 2
    refused = [stopped(number, 1, errorCode="AccessDenied") for number in range(100, 2000)]
    swept.sources.records[WHERE] = refused
    (part, *_) = swept.begin(CLOUDTRAIL)
    swept.work(part)
    names = len(swept.sweeps.plans[CLOUDTRAIL].sweep.parts[TRAILS])
    strands = len(swept.sweeps.plans[CLOUDTRAIL].strands(Place(*WHERE)))
    most = PAGES + names * (PAGES // 4) + strands
    assert swept.sources.calls[(*WHERE, "LookupEvents")] <= most
    assert not swept.sent or all(swept.part(text).kind == SUM for text, _ in swept.sent)
    assert any("10 of them refused calls; there are more" in why for why in reasons(caplog))
    assert "ReviewFailed" in capsys.readouterr().out


def test_what_is_left_when_the_time_is_over_follows_in_another_message() -> None:
    swept = looked_at(Swept(), CLOUDTRAIL, HOUR)
    swept.lasts = timedelta(seconds=6)
    swept.sources.page = 1
    swept.sources.records[WHERE] = [stopped(number, 20 + number) for number in range(5)]
    swept.sources.fail = lambda *_: swept.clock.tick(seconds=0.4)
    swept.run(CLOUDTRAIL)
    assert swept.ids == {one["eventID"]: 1 for one in swept.sources.records[WHERE]}


def test_a_strand_that_never_ends_in_time_is_given_up_after_a_few_tries(
    caplog: pytest.LogCaptureFixture,
) -> None:
    swept = looked_at(Swept(), CLOUDTRAIL, HOUR)
    swept.lasts = timedelta(seconds=2)
    swept.sources.page = 1
    swept.sources.records[WHERE] = [stopped(number, 20 + number) for number in range(9)]
    swept.sources.fail = lambda *_: swept.clock.tick(seconds=0.4)
    part = Part(SWEEP, CLOUDTRAIL, NOON + HOUR / 2, *WHERE, subjects=(TRAILS,))
    for _ in range(TRIES):
        swept.work(part)
        (part,) = swept.parts() or (part,)
    assert reasons(caplog) == [f"{TRAILS}: the time is over"]


def test_an_event_that_cannot_be_read_is_handed_on_once_and_keeps_no_other_one_back() -> None:
    swept = looked_at(Swept())
    odd = finding("f1", NOON - MINUTE * 20)
    odd["Service"]["Archived"] = False
    odd["Id"] = "not an id"
    swept.sources.findings[WHERE] = [odd, finding("f2", NOON - MINUTE * 19)]
    swept.run(SEVERE)
    swept.run(SEVERE)
    assert swept.ids == {"not an id": 1, "f2": 1}


def test_a_part_that_comes_too_late_is_given_up(caplog: pytest.LogCaptureFixture) -> None:
    swept = looked_at(Swept())
    swept.work(Part(SWEEP, SEVERE, NOON - MINUTE, *WHERE))
    assert not swept.sources.calls
    assert reasons(caplog) == ["it was not finished before the next sweep"]


def test_a_write_that_fails_loses_nothing_and_hands_on_nothing_twice_that_was_answered() -> None:
    swept = looked_at(Swept())
    swept.sources.findings[WHERE] = [finding("f1", NOON - MINUTE * 20)]
    swept.memory.broken = 1
    (part,) = swept.begin(SEVERE)
    with pytest.raises(Retryable):
        swept.work(part)
    swept.work(part)
    assert swept.ids == {"f1": 1}


def test_messages_of_other_queues_are_bad_input() -> None:
    swept = Swept()
    text = Part(SWEEP, "made-up", NOON, *WHERE).text
    with pytest.raises(BadInput, match="guardduty-severe or guardduty"):
        swept.part(text)
    with pytest.raises(BadInput, match="sweep or sum"):
        swept.part(Part("review", SEVERE, NOON, *WHERE).text)


def test_the_strands_of_a_place_are_read_apart() -> None:
    plan = Swept(settings=SweepSettings(EVERY.every, suppressed=True)).sweeps.plans[OTHERS]
    assert plan.strands(Place(*WHERE)) == (FINDINGS, SUPPRESSED)
    there = administered().sweeps.plans[OTHERS]
    assert there.strands(Place(*WHERE)) == (FINDINGS, MEMBERS)
    assert there.strands(Place(OTHER, REGION)) == (FINDINGS,)


def test_what_was_found_is_named_with_its_chains_and_no_others() -> None:
    swept = looked_at(Swept())
    swept.sources.findings[WHERE] = [finding("f1", NOON - MINUTE * 20)]
    (part,) = swept.begin(SEVERE)
    swept.work(part)
    ((found,),) = [Looked.of(swept.memory.items[KEY]).found]
    (key,) = swept.log.chains
    assert found == Found("f1", "Backdoor:EC2/C&CActivity.B", (key,))


def everything() -> tuple[Swept, list[Call]]:
    """Sweep every source, with an administrator. Return the calls."""
    made: list[Call] = []
    swept = administered()
    swept.sources.fail = lambda _account, _region, call: made.append(call)
    severities = {"f1": 8.0, "f2": 5.0}
    swept.sources.findings[WHERE] = [finding(id_, NOON - MINUTE, one) for id_, one in severities.items()]
    # One more than a page, so that the rule is described.
    swept.sources.results[WHERE] = [result(f"sg-{one:017x}", NOON) for one in range(swept.sources.page + 1)]
    swept.sources.records[WHERE] = [stopped(1, 20)]
    for name in swept.sweeps.plans:
        swept.run(name)
    return swept, made


def test_what_is_declared_is_called_and_what_is_called_is_declared_and_possible() -> None:
    _, made = everything()
    assert {action(call) for call in made} == {one.action for one in needs.SWEEP_READS}
    for call in made:
        check(call)


def test_the_sources_in_memory_answer_in_the_published_shape() -> None:
    swept, made = everything()
    for call in made:
        shape = model(call.service).operation_model(call.operation).output_shape
        assert shape
        errors = ParamValidator().validate(swept.sources.answer(WHERE, call), shape).generate_report()
        wrong = [one for one in errors.splitlines() if "Missing required" not in one]
        assert not wrong, "only members that no sweep reads are left out"
