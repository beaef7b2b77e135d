"""What a person is told, and in which words."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.model.errors import BadInput
from ringfence.model.principals import ROOT
from ringfence.policy.decision import Decision, DecisionCode, Mode
from ringfence.record.chain import Entry, digest, link
from ringfence.record.facts import (
    Closed,
    ContainmentBroken,
    DecisionMade,
    Fact,
    FindingReceived,
    Intended,
    Missed,
    Outcome,
    Released,
    Result,
    RunRequested,
    SubjectGone,
    Verified,
)
from ringfence.record.measures import CONTAINED, NOT_CONTAINED, REFUSED, TIME_TO_CONTAINMENT, Measure
from ringfence.record.notices import Notice, notice
from ringfence.record.notices.rendering import subject_of, text_of
from ringfence.record.notices.schema import as_json
from tests.support.fakes.chains import (
    INCIDENT,
    KEY,
    NOON,
    REF,
    LockDoor,
    contained,
    finding,
    more,
    opened,
    stamp,
)

STEP = LockDoor("front", before="open", after="shut")
DONE = Verified(contained=True, complete=False)
OPEN = Verified(contained=False, complete=False, remaining=("turn the key of front",))
SETTLING = replace(OPEN, settling=("the door is swinging",))


def told(*facts: Fact, mode: Mode = Mode.AUTO) -> list[Notice | None]:
    """Return what each of these facts leads to, after an incident was opened."""
    start = opened(mode=mode)
    chain = (*start, *more(start, *facts))
    return [notice(chain[: length + 1]) for length in range(len(start), len(chain))]


def test_a_quotation_mark_in_a_name_tag_does_not_end_the_quotation() -> None:
    name = 'shop" (999999999999 us-west-2) "'
    (message,) = (one for one in told(DONE) if one)
    named = replace(message, about=replace(message.about, name=name))
    assert "\"shop' (999999999999 us-west-2) '\"" in text_of(named)
    short = replace(named.about, name='a"b', id="i-1")
    assert '"a\'b"' in subject_of(replace(named, about=short))


def subjects(*facts: Fact) -> list[str]:
    """Return what each of them is told as, empty where nothing is."""
    return [one.what if one else "" for one in told(*facts)]


def test_containment_is_told_with_what_stays_open_and_how_long_it_took() -> None:
    message = notice(contained())
    assert message
    assert message.subject == "[info, high] contained: i-0123456789abcdef0 (111122223333 eu-west-1)"
    release = f'ringfence release {INCIDENT} --reason "…"'
    assert message.text.splitlines() == [
        "urgency info, severity high (8): contained",
        "Where: instance i-0123456789abcdef0, account 111122223333, eu-west-1",
        f"Incident {INCIDENT}, runbook contain-instance",
        f"Finding: {finding().title} (Backdoor:EC2/C&CActivity.B, severity 8)",
        "Done:",
        "- turn the key of front: open → shut",
        "Residual risk:",
        "- DNS is not filtered",
        "Next:",
        f"- To undo the changes, once the investigation is over: {release}",
        f"- To see the full record: ringfence incidents show {INCIDENT}",
    ]
    runbook = "contain-instance"
    assert message.measures == (
        Measure(CONTAINED, runbook=runbook),
        Measure(TIME_TO_CONTAINMENT, 3.0, "Seconds", runbook),
    )


def test_of_a_whole_response_containment_alone_is_told() -> None:
    chain = contained()
    assert [bool(notice(chain[:length])) for length in range(len(chain) + 1)] == [False] * len(chain) + [True]


def test_the_same_verdict_is_told_once() -> None:
    assert subjects(DONE, DONE) == ["contained", ""]
    assert subjects(OPEN, OPEN) == ["NOT contained", ""]


def test_what_else_is_for_a_person_to_review_is_told_once_though_the_verdict_is_the_same() -> None:
    one, both = replace(OPEN, review=("key 1 goes",)), replace(OPEN, review=("key 1 goes", "key 2 goes"))
    assert subjects(one, both, one, both) == ["NOT contained", "NOT contained", "", ""]
    settling = replace(both, settling=("the door is swinging",))
    assert subjects(one, settling, both) == ["NOT contained", "", "NOT contained"]
    assert subjects(DONE, replace(DONE, review=("key 1 goes",))) == ["contained", ""]
    again = told(one, both)[1]
    assert again
    assert again.measures == ()


def test_a_change_of_verdict_is_told_and_time_to_containment_measured_once() -> None:
    notices = told(OPEN, DONE, OPEN, DONE)
    assert [[one.name for one in each.measures] if each else None for each in notices] == [
        [NOT_CONTAINED],
        [CONTAINED, TIME_TO_CONTAINMENT],
        [NOT_CONTAINED],
        [CONTAINED],
    ]


def test_time_to_containment_does_not_count_what_nobody_was_allowed_to_act_in() -> None:
    """An incident that began as a dry run: the time is that since the first permission."""
    allowed = DecisionMade(Decision(Mode.AUTO, "requested"), NOON)
    start = opened(mode=Mode.DRY_RUN)
    weeks = replace(stamp(), at=NOON + timedelta(days=20))
    chain = (*start, *link(weeks, start[-1], (allowed, DONE)))
    message = notice(chain)
    assert message
    times = [one.value for one in message.measures if one.name == TIME_TO_CONTAINMENT]
    assert times == [0.0]


def test_however_many_findings_there_are_the_message_can_be_sent() -> None:
    """SNS takes 256 KB."""
    many = [FindingReceived(replace(finding(), id=f"f-{number}", title="x" * 200)) for number in range(2000)]
    start = opened()
    message = notice((*start, *more(start, *many, DONE)))
    assert message
    assert len(message.text.encode()) < 50_000
    assert "Earlier findings: 1980" in message.text


def test_what_is_settling_is_no_verdict() -> None:
    assert subjects(SETTLING, DONE, SETTLING, DONE) == ["", "contained", "", ""]


def test_a_refusal_is_told_and_counted_once() -> None:
    refused = replace(DONE, refused=("turn the key of front: the door is welded",))
    first, second, third = told(DONE, refused, refused)
    assert first
    assert second
    assert third is None
    assert second.subject.startswith("[action, high] refused permanently:")
    assert "- turn the key of front: the door is welded" in second.text
    assert second.measures == (Measure(REFUSED, 1, runbook="contain-instance"),)


QUOTA = "ec2:CreateSecurityGroup: SecurityGroupLimitExceeded: the maximum is reached"


def test_a_quota_that_prevents_containment_is_urgent_and_says_what_to_do() -> None:
    intended = Intended("a-1.0", "isolate", STEP)
    (_, _, first, second) = told(intended, Outcome("a-1.0", Result.FAILED, detail=QUOTA), OPEN, OPEN)
    assert first
    assert "[URGENT, high] a quota is reached" in first.subject
    assert QUOTA in first.text
    assert "Service Quotas" in first.text
    assert first.measures == (Measure(NOT_CONTAINED, runbook=KEY.runbook),)
    assert second is None, "once"


@pytest.mark.parametrize(
    ("result", "why"),
    [
        (Result.DENIED, "ec2:CreateSecurityGroup: UnauthorizedOperation: an explicit deny in a policy"),
        (Result.FAILED, "InvalidGroup.Duplicate: somebody in vpc-1 holds the name ringfence-quarantine"),
    ],
)
def test_what_only_a_person_can_change_is_urgent_and_says_why_and_what_to_do(result: str, why: str) -> None:
    intended = Intended("a-1.0", "isolate", STEP)
    (_, _, first, second) = told(intended, Outcome("a-1.0", result, detail=why), OPEN, OPEN)
    assert first
    assert "[URGENT, high] a change is prevented" in first.subject
    assert why in first.text
    assert "What to do" in first.text
    assert "You can stop an instance yourself" in first.text
    assert first.measures == (Measure(NOT_CONTAINED, runbook=KEY.runbook),)
    assert second is None, "once"


def test_throttling_is_no_quota_and_a_quota_that_was_met_before_is_over() -> None:
    throttled = "ec2:CreateSecurityGroup: RequestLimitExceeded: slow down"
    intended, again = Intended("a-1.0", "isolate", STEP), Intended("a-2.0", "isolate", STEP)
    assert subjects(intended, Outcome("a-1.0", Result.FAILED, detail=throttled), OPEN)[-1] == "NOT contained"
    made = (intended, Outcome("a-1.0", Result.FAILED, detail=QUOTA), again, Outcome("a-2.0", Result.APPLIED))
    assert subjects(*made, OPEN)[-1] == "NOT contained"


def test_a_release_is_told_and_its_own_looking_again_is_not() -> None:
    undone = Intended("n-2", "release", STEP)
    released = Released(("the back door: found open",))
    assert subjects(DONE, undone, OPEN, released) == ["contained", "", "", "released"]
    message = told(undone, released)[-1]
    assert message
    assert "- the back door: found open" in message.text


@pytest.mark.parametrize(("mode", "subject"), [(Mode.NOTIFY, "decision needed"), (Mode.DRY_RUN, "dry run")])
def test_a_finding_that_changes_nothing_is_told_with_the_reason(mode: Mode, subject: str) -> None:
    message = notice(opened(mode=mode))
    assert message
    assert message.subject.startswith(f"[action, high] {subject}: i-0123456789abcdef0")
    assert "- the policy says so" in message.text


def test_a_decision_is_told_once_and_not_to_the_person_who_asked() -> None:
    again = DecisionMade(Decision(Mode.NOTIFY, "the policy says so"), NOON, "another finding")
    assert told(again, mode=Mode.NOTIFY) == [None]
    chain = link(stamp(), None, (RunRequested("run", "a drill"), again))
    assert notice(chain) is None


@pytest.mark.parametrize(("mode", "subject"), [(Mode.NOTIFY, "decision needed"), (Mode.DRY_RUN, "dry run")])
def test_a_finding_is_told_though_somebody_has_looked_at_the_subject_before(mode: Mode, subject: str) -> None:
    look = RunRequested("run", "a drill", dry_run=True)
    asked = DecisionMade(Decision(Mode.DRY_RUN, "requested by kim"), NOON)
    made = DecisionMade(Decision(mode, "the policy says so"), NOON, finding().id)
    message = notice(link(stamp(), None, (look, asked, FindingReceived(finding()), made)))
    assert message
    assert message.subject.startswith(f"[action, high] {subject}: ")


@pytest.mark.parametrize("mode", [Mode.OFF, Mode.AUTO])
def test_what_is_off_and_what_has_only_begun_is_not_told(mode: Mode) -> None:
    assert notice(opened(mode=mode)) is None


def test_root_credentials_in_the_wrong_hands_are_urgent_and_count_as_not_contained() -> None:
    """Nothing can be changed about them from inside: the alarm must not wait for a look that finds so."""
    made = DecisionMade(Decision(Mode.NOTIFY, ROOT, code=DecisionCode.ROOT), NOON)
    message = notice(link(stamp(), None, (FindingReceived(finding()), made)))
    assert message
    assert message.subject.startswith("[URGENT, high] NOT contained: ")
    assert f"- {ROOT}"[:200] in message.text
    assert message.measures == (Measure(NOT_CONTAINED, runbook=KEY.runbook),)


def test_nothing_is_told_of_no_entries_and_of_what_is_unknown() -> None:
    assert notice(()) is None
    for body in ("no JSON", "[]", '{"fact":{"$":"Unheard"}}', '{"fact":7}', '{"fact":{"$":7}}'):
        assert notice((Entry(INCIDENT, 0, body, digest(body)),)) is None


@pytest.mark.parametrize(
    ("severity", "urgency"), [(6.9, "[action, medium]"), (7.0, "[URGENT, high]"), (9.0, "[URGENT, critical]")]
)
def test_a_subject_that_is_gone_is_told_and_how_urgently_depends_on_the_finding(
    severity: float, urgency: str
) -> None:
    made = DecisionMade(Decision(Mode.AUTO, "the policy says so"), NOON)
    chain = link(stamp(), None, (FindingReceived(finding(severity=severity)), made))

    def last(*facts: Fact) -> Notice:
        found = notice((*chain, *more(chain, *facts)))
        assert found
        return found

    never, after = last(Missed("no key"), Closed("no key")), last(DONE, Closed("no key"))
    assert never.subject.startswith(f"{urgency} subject gone, NOT contained: ")
    assert "- no key" in never.text
    assert [one.name for one in never.measures] == [NOT_CONTAINED]
    assert after.subject.startswith(f"{urgency} subject gone, incident closed: ")
    broken = last(DONE, ContainmentBroken(("turn the key",), answered=True), Closed("no key"))
    assert "subject gone, NOT contained" in broken.subject
    watched = last(DONE, SubjectGone("no key", ("deny user deploy",)))
    assert watched.subject.startswith(f"{urgency} subject gone, still watched: ")
    assert "- deny user deploy" in watched.text


def test_a_misread_subject_is_not_told() -> None:
    assert subjects(Missed("no key")) == [""]


def test_a_step_that_this_version_does_not_know_is_no_obstacle() -> None:
    strange = [
        replace(entry, body=entry.body.replace('"$":"LockDoor"', '"$":"StepOfTomorrow"'))
        for entry in contained()
    ]
    found, usual = notice(strange), notice(contained())
    assert found
    assert usual
    assert found.subject == usual.subject
    assert "- StepOfTomorrow, which this version does not know: " in found.text


def test_a_field_of_a_wrong_type_is_named() -> None:
    (entry,) = link(stamp(), None, (DONE,))
    broken = replace(entry, body=entry.body.replace('"contained":true', '"contained":[]'))
    with pytest.raises(BadInput, match="contained"):
        notice((broken,))


def test_long_lists_are_cut() -> None:
    (message,) = told(replace(DONE, exposure=tuple(f"flow {number}" for number in range(50))))
    assert message
    assert "- flow 19\n- and 30 more" in message.text


@given(st.text(max_size=400), st.text(max_size=400))
def test_whatever_a_finding_says_a_message_can_be_sent_and_read(title: str, kind: str) -> None:
    """SNS takes subjects of one ASCII line under 100 characters; control characters reach nobody."""
    chain = link(stamp(), None, (FindingReceived(finding(title=title, type=kind)), DONE))
    message = notice(chain)
    assert message
    assert [one.partition(" ")[0] for one in message.text.splitlines()][1:] == (
        ["Where:", "Incident", "Finding:", "Next:", "-", "-"]
    )
    assert all(char.isprintable() for char in message.text.replace("\n", ""))
    assert message.subject.isascii()
    assert message.subject.isprintable()
    assert len(message.subject) < 100


@given(st.text(min_size=1))
def test_a_subject_from_outside_makes_a_line(name: str) -> None:
    key = replace(KEY, subject=name)
    message = notice(link(replace(stamp(), key=key), None, (DONE,)))
    assert message
    assert message.subject.isascii()
    assert message.subject.isprintable()
    assert len(message.subject) < 100


BROKEN = ContainmentBroken(
    ("close the door",),
    "arn:aws:iam::111122223333:user/mallory",
    "ec2:AttachNetworkInterface",
    "203.0.113.9",
    NOON,
    "e-1",
    answered=True,
)


def test_an_undone_containment_is_urgent_and_names_who_did_it_and_what_follows() -> None:
    *_, message = told(DONE, BROKEN)
    assert message
    assert message.subject.startswith("[URGENT, high] containment undone: i-")
    lines = message.text.splitlines()
    who = "- arn:aws:iam::111122223333:user/mallory called ec2:AttachNetworkInterface from 203.0.113.9"
    assert f"{who}, 2025-11-22 12:00:00 UTC" in lines
    assert "- close the door" in lines
    assert any(one.startswith("- Ringfence contains the resource again") for one in lines)
    assert message.measures == (Measure(NOT_CONTAINED, runbook="contain-instance"),)


def test_where_a_person_must_decide_the_notice_says_why_and_with_which_command() -> None:
    *_, message = told(DONE, replace(BROKEN, answered=False, reason="it was contained again before"))
    assert message
    assert "- nothing: it was contained again before" in message.text.splitlines()
    command = f"ringfence run contain-instance {REF.id} --account 111122223333 --region eu-west-1"
    assert command in message.text


def test_without_an_event_the_notice_says_that_nobody_knows_who_did_it() -> None:
    *_, message = told(DONE, ContainmentBroken(("close the door",), answered=True))
    assert message
    assert "- no event shows who undid it: search CloudTrail for the calls on this resource" in message.text


def test_the_containment_after_it_is_reported_although_the_verification_is_the_same() -> None:
    assert subjects(DONE, BROKEN, DONE)[-3:] == ["contained", "containment undone", "contained"]


def test_the_name_of_the_account_stands_beside_its_id_in_the_text_and_for_programs() -> None:
    told = notice(contained())
    assert told is not None
    named = told.with_account({REF.account: "payments\x1b[2J"})
    assert f"account {REF.account} (payments\\x1b[2J), {REF.region}" in named.text
    assert as_json(named)["account_name"] == "payments\\x1b[2J"
    other = told.with_account({"444455556666": "another"})
    assert (other, as_json(other)["account_name"]) == (told, "")
