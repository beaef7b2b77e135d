"""What the source of a finding answers decides what is changed, recorded and told."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ringfence.engine.claims import ABSENT_FOR, asks_again, with_answer
from ringfence.engine.intake import ExecutionContext, answers
from ringfence.engine.ports import Ports
from ringfence.engine.recheck_permission import permitted
from ringfence.engine.recheck_results import RecheckRequest
from ringfence.engine.results import FollowupKind
from ringfence.engine.run import Engine
from ringfence.engine.unconfirmed import ASKED_FOR, refutation, unconfirmed
from ringfence.model.claims import CONFIRMED, Checked, HeldFinding, SourceAnswer, Verdict
from ringfence.model.errors import AccessDenied, InternalError, OutcomeUnknown, Refused, Retryable
from ringfence.policy.decision import DecisionCode, Mode
from ringfence.policy.policy import Policy
from ringfence.record.chain import ChainKey
from ringfence.record.facts import DecisionMade, Intended, SourceAsked, Verified
from ringfence.record.notices import notice
from ringfence.record.status import IncidentStatus
from ringfence.record.summary import Summary
from ringfence.record.timeline import timeline
from ringfence.runbooks.contain_instance import CONTAIN_INSTANCE
from tests.support.fakes.memory_cloud import MemoryCloud
from tests.support.fakes.memory_log import MemoryLog
from tests.support.worlds import AUTO, DRY_RUN, LEASE, NOON, NOTIFY, REF, Ticking, estate, finding, order

if TYPE_CHECKING:
    from ringfence.engine.requests import ResponseRequest
    from ringfence.engine.results import ResponseResult
    from ringfence.model.errors import RingfenceError
    from ringfence.model.finding import Finding
    from ringfence.model.subject import Ref
    from ringfence.policy.decision import Decision
    from ringfence.record.history import History

THROTTLED = SourceAnswer(Verdict.UNKNOWN, "guardduty:GetFindings: ThrottlingException: Rate exceeded")
REFUTED = SourceAnswer(Verdict.REFUTED, "GuardDuty's finding f-1 is not about this instance")
ABSENT = SourceAnswer(Verdict.ABSENT, "the GuardDuty detector does not have finding f-1")
BLINDED = SourceAnswer(Verdict.BLINDED, "the account has no GuardDuty detector any more")
CLAIM = HeldFinding("0" * 32)
UNCHANGED = (REFUTED, ABSENT, BLINDED)


class Silent(MemoryCloud):
    """A cloud whose source raises an error instead of an answer."""

    error: RingfenceError | None = None
    sayings: tuple[SourceAnswer, ...] = ()

    def says(self, *answers: SourceAnswer) -> None:
        """Let the source answer so, one after another; the last one stays."""
        self.sayings = answers

    def confirm(self, ref: Ref, finding: Finding) -> Checked:
        if self.error:
            raise self.error
        if self.sayings:
            self.answer, self.sayings = self.sayings[0], self.sayings[1:]
        return super().confirm(ref, finding)


class Home:
    """An instance to contain, the source of its finding, and the log."""

    def __init__(self, answer: SourceAnswer = CONFIRMED) -> None:
        self.clock, self.log, self.attempts = Ticking(), MemoryLog(), 0
        self.cloud = Silent(estate(), self.clock, answer=answer)

    @property
    def history(self) -> History:
        return self.log.read(ChainKey(CONTAIN_INSTANCE.id, REF.key))

    @property
    def last(self) -> DecisionMade:
        made = self.history.last(DecisionMade)
        assert made
        return made

    @property
    def told(self) -> list[str]:
        """The subjects of the notices so far."""
        entries = self.history.entries
        found = (notice(entries[: number + 1]) for number in range(len(entries)))
        return [one.subject for one in found if one]

    @property
    def texts(self) -> str:
        entries = self.history.entries
        found = (notice(entries[: number + 1]) for number in range(len(entries)))
        return "\n".join(one.text for one in found if one)

    def run(self, request: ResponseRequest) -> ResponseResult:
        ports = Ports(self.cloud, self.log, self.clock, lambda jobs: [job() for job in jobs])
        return Engine(ports).run(request)

    def receive(self, decision: Decision = AUTO, cap: Mode = Mode.DRY_RUN, **more: object) -> ResponseResult:
        """Respond to the finding with the first stage, as the containment function does."""
        self.attempts += 1
        received = finding(claim=CLAIM, **more)  # type: ignore[arg-type]  # a test names what it changes
        asked = order(self.clock(), attempt=f"a-{self.attempts}", received=received, decision=decision)
        return self.run(replace(asked, unconfirmable=cap, stages=1))

    def go_on(self) -> ResponseResult:
        """Run every stage from the record, as a continuation does."""
        self.attempts += 1
        attempt = f"a-{self.attempts}"
        asked = order(self.clock(), attempt=attempt, decision=None, incident=self.history.incident)
        return self.run(replace(asked, continuation=attempt))


def test_a_confirmed_finding_is_contained_and_the_record_says_that_it_is_confirmed() -> None:
    home = Home()
    assert home.receive().status is IncidentStatus.CONTAINED
    assert home.last.source == CONFIRMED
    assert Summary.of(home.history.entries).verdict == "confirmed"


@pytest.mark.parametrize("answer", UNCHANGED, ids=lambda one: one.verdict)
def test_nothing_is_changed_and_a_person_is_told_at_once(answer: SourceAnswer) -> None:
    home = Home(answer)
    assert home.receive().status in {IncidentStatus.RECORDED, IncidentStatus.DRY_RUN}
    assert home.cloud.calls == []
    assert home.history.of(Intended) == ()
    assert home.last.source == answer
    assert home.last.decision.reason == answer.reason
    (told,) = home.told
    assert told.startswith("[URGENT, high] ")
    assert answer.reason in home.texts
    assert "ringfence run contain-instance" in home.texts


def test_the_notice_says_what_is_wrong_and_where_to_look() -> None:
    home = Home(REFUTED)
    home.receive()
    assert home.told[0].startswith("[URGENT, high] finding refuted: ")
    assert "lambda:InvokeFunction" in home.texts


@pytest.mark.parametrize("verdict", [Verdict.REFUTED, Verdict.BLINDED])
def test_a_denial_is_not_asked_again(verdict: Verdict) -> None:
    home = Home(SourceAnswer(verdict, "no"))
    assert not home.receive().follows(FollowupKind.RETRY)


def test_a_finding_that_the_source_does_not_have_yet_is_asked_for_again_and_then_contained() -> None:
    home = Home(ABSENT)
    assert home.receive().reasons(FollowupKind.RETRY) == (ABSENT.reason,)
    assert home.cloud.calls == []
    home.clock.tick(seconds=5)
    home.cloud.answer = CONFIRMED
    assert home.receive().status is IncidentStatus.CONTAINED
    assert home.last.source == CONFIRMED


def test_a_finding_that_stays_away_is_given_up_and_told_once() -> None:
    home = Home(ABSENT)
    home.receive()
    home.clock.tick(seconds=ABSENT_FOR.total_seconds() - 1)
    assert home.receive().follows(FollowupKind.RETRY)
    home.clock.tick(seconds=1)
    before = len(home.history.entries)
    assert not home.receive().follows(FollowupKind.RETRY)
    assert len(home.history.entries) == before
    assert len(home.told) == 1


@pytest.mark.parametrize(
    "error",
    [
        Retryable("guardduty:GetFindings: ThrottlingException"),
        AccessDenied("guardduty:GetFindings: AccessDenied"),
        OutcomeUnknown("guardduty:GetFindings: no answer came"),
        Refused("a strange answer"),
        InternalError("a bug"),
    ],
    ids=lambda one: type(one).__name__,
)
def test_containment_goes_on_without_an_answer_and_is_marked_as_unconfirmed(error: RingfenceError) -> None:
    home = Home()
    home.cloud.error = error
    assert home.receive().status is IncidentStatus.CONTAINED
    assert home.last.source == SourceAnswer(Verdict.UNKNOWN, str(error))
    assert f"Not confirmed by its source:\n- {error}" in home.texts
    shown = "\n".join(note for row in timeline(home.history.entries) for note in row.rendered.notes)
    assert f"the source of the finding was asked: unknown: {error}" in shown


def test_without_an_answer_nobody_can_name_an_account_that_cannot_be_asked() -> None:
    home = Home(THROTTLED)
    assert home.receive(account="444455556666").status is IncidentStatus.DRY_RUN
    assert home.last.source == replace(THROTTLED, verdict=Verdict.BLINDED)


def test_an_answer_at_the_second_look_is_recorded() -> None:
    home = Home(THROTTLED)
    home.cloud.says(THROTTLED, CONFIRMED)
    home.receive()
    assert home.history.of(SourceAsked) == (SourceAsked("f-1", CONFIRMED),)
    assert Summary.of(home.history.entries).verdict == "confirmed"
    assert unconfirmed(home.history) is None


def test_a_later_refutation_stops_later_stages_and_is_told_with_what_undoes_the_changes() -> None:
    home = Home(THROTTLED)
    home.cloud.says(THROTTLED, REFUTED)
    report = home.receive()
    assert report.status is IncidentStatus.CONTAINED
    assert not report.follows(FollowupKind.CONTINUE)
    assert refutation(home.history) == REFUTED.reason
    assert any(one.startswith("[URGENT, high] finding refuted after changes: ") for one in home.told)
    assert f"ringfence release {home.history.incident}" in home.texts
    before = home.history.entries
    assert "refuted" in home.go_on().reason
    assert home.history.entries == before


def test_what_a_refuted_finding_led_to_is_not_contained_again_by_itself() -> None:
    home = Home(THROTTLED)
    home.cloud.says(THROTTLED, REFUTED)
    home.receive()
    asked = order(home.clock())
    execution = ExecutionContext(asked.attempt, asked.actor, asked.until)
    policy = Policy((REF.account,), default=Mode.AUTO)
    request = RecheckRequest(CONTAIN_INSTANCE, REF, home.history.incident, policy, execution)
    allowed = permitted(request, home.history)
    assert (allowed.ids, allowed.ends) == ((), False)
    assert REFUTED.reason in allowed.reason


def test_an_absent_finding_at_the_second_look_is_asked_for_again_before_it_counts_as_refuted() -> None:
    home = Home(THROTTLED)
    home.cloud.says(THROTTLED, ABSENT, ABSENT)
    assert home.receive().follows(FollowupKind.CONTINUE)
    assert home.history.of(SourceAsked) == ()
    assert home.go_on().follows(FollowupKind.RECHECK)
    home.clock.tick(minutes=15)
    home.go_on()
    assert home.history.of(SourceAsked) == (SourceAsked("f-1", SourceAnswer(Verdict.REFUTED, ABSENT.reason)),)


def test_a_source_that_never_answers_is_asked_for_an_hour_and_then_told_of() -> None:
    home = Home(THROTTLED)
    home.receive()
    report = home.go_on()
    while report.follows(FollowupKind.RECHECK):
        home.clock.tick(minutes=15)
        report = home.go_on()
    assert home.history.of(SourceAsked) == (SourceAsked("f-1", THROTTLED),)
    assert home.clock() - home.history.entries[0].at >= ASKED_FOR
    assert any(one.startswith("[action, high] finding not confirmed: ") for one in home.told)


def test_another_finding_that_is_confirmed_lets_a_refuted_incident_go_on() -> None:
    home = Home(THROTTLED)
    home.cloud.says(THROTTLED, REFUTED)
    home.receive()
    home.cloud.answer = CONFIRMED
    home.clock.tick(minutes=1)
    home.receive(id="f-2", updated=home.clock())
    assert refutation(home.history) == ""
    home.go_on()
    last = home.history.last(Verified)
    assert last
    assert last.whole


@pytest.mark.parametrize(
    ("cap", "decision", "mode"),
    [
        (Mode.AUTO, AUTO, Mode.AUTO),
        (Mode.DRY_RUN, AUTO, Mode.DRY_RUN),
        (Mode.NOTIFY, AUTO, Mode.NOTIFY),
        (Mode.AUTO, DRY_RUN, Mode.DRY_RUN),
        (Mode.NOTIFY, DRY_RUN, Mode.NOTIFY),
    ],
)
def test_the_policy_says_what_follows_from_a_blinded_source(
    cap: Mode, decision: Decision, mode: Mode
) -> None:
    home = Home(BLINDED)
    home.receive(decision, cap)
    assert home.last.decision.mode is mode
    assert bool(home.cloud.calls) is mode.changes
    urgent = [one for one in home.told if "URGENT, high] source cannot confirm the finding" in one]
    assert len(urgent) == (1 if mode is not DRY_RUN.mode or decision is AUTO else 0)


def test_a_person_is_the_source_of_a_run_by_hand() -> None:
    asked = order(decision=AUTO, received=finding(claim=CLAIM))
    by_hand = replace(asked, finding=None)
    assert with_answer(by_hand, Checked(REFUTED)) == by_hand


def test_what_is_only_told_is_not_asked_for() -> None:
    home = Home(REFUTED)
    home.receive(NOTIFY)
    assert home.last.source is None
    assert asks_again(order(decision=NOTIFY), home.history, home.clock()) == ()


def test_the_policy_is_part_of_each_request() -> None:
    policy = Policy((REF.account,), default=Mode.AUTO, unconfirmable=Mode.NOTIFY)
    execution = ExecutionContext("a-1", "test", NOON + LEASE)
    (asked,) = answers(finding(claim=CLAIM).finding, "", CONTAIN_INSTANCE, policy, execution)
    assert asked.unconfirmable is Mode.NOTIFY  # type: ignore[union-attr]  # nothing is skipped


def test_a_denied_finding_has_a_code_for_programs() -> None:
    codes = {}
    for answer in UNCHANGED:
        home = Home(answer)
        home.receive()
        codes[answer.verdict] = home.last.decision.code
    assert codes == {
        Verdict.REFUTED: DecisionCode.REFUTED,
        Verdict.ABSENT: DecisionCode.REFUTED,
        Verdict.BLINDED: DecisionCode.BLINDED,
    }
