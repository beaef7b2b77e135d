"""Explain what would happen for an event, without AWS. It uses the same parser, policy and runbooks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from ringfence.engine.glimpse import About, glimpse
from ringfence.engine.offered_findings import as_sent
from ringfence.engine.offline import OfflineDecisions, elsewhere
from ringfence.engine.reported_holders import exempt_holders
from ringfence.engine.routing import product_of, sent_to
from ringfence.engine.undoing_note import undoing_note
from ringfence.events.config.names import with_own_names
from ringfence.events.dispatch import findings
from ringfence.events.envelope import NotForUs, parse_json
from ringfence.model.errors import BadInput
from ringfence.policy.circumstances import NOTHING_KNOWN
from ringfence.policy.decision import Mode
from ringfence.policy.mappings import entry_in_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ringfence.engine.offline import Answer
    from ringfence.model.finding import Finding
    from ringfence.model.runbook import Runbook
    from ringfence.model.subject import Ref
    from ringfence.policy.circumstances import Circumstances
    from ringfence.policy.file import PolicyFile
    from ringfence.policy.selection import Portion

    Decided = tuple[Ref, Portion]


class Status(StrEnum):
    """The result for an event."""

    HANDLED = "handled"
    NOT_APPLICABLE = "not-applicable"
    INVALID = "invalid"


@dataclass(frozen=True)
class Answered:
    """What one runbook does about one finding of the event."""

    runbook: str
    finding: str
    mode: Mode
    subjects: tuple[Ref, ...]
    remediations: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Explanation:
    """The explanation in words. `field` and `problem` describe bad input. `answers` are all runbooks."""

    status: Status
    reason: str
    finding: About | None = None
    subjects: tuple[Ref, ...] = ()
    runbook: str | None = None
    remediations: tuple[str, ...] = ()
    mode: Mode | None = None
    field: str = ""
    problem: str = ""
    answers: tuple[Answered, ...] = ()


@dataclass(frozen=True)
class Explainer:
    """Explains events for one policy. `note` describes the source of the policy.

    `home` is the home account. Without it, the account of each finding is used. `circumstances`: the time
    of the decisions, and what is known of the organization. `sender`: who sends findings of own systems.
    """

    policy: PolicyFile
    runbooks: Mapping[str, Runbook]
    note: str = ""
    home: str = ""
    circumstances: Circumstances = NOTHING_KNOWN
    sender: str = ""

    def explain(self, data: bytes) -> Explanation:
        """Explain an event in UTF-8. Bad input is a result, not an error."""
        try:
            event = parse_json(_decode(data))
        except BadInput as error:
            return invalid(error)
        return self.of_event(event)

    def of_event(self, event: object) -> Explanation:
        """Explain an event as EventBridge delivers it. Bad input is a result, not an error."""
        try:
            sent = as_sent(event, self._offline.compiled, self.sender)
        except BadInput as error:
            return invalid(error)
        if sent is None:
            return self._received(event)
        if isinstance(sent.event, NotForUs):
            about, resources = _about(sent.finding), sent.finding.resources
            return Explanation(Status.NOT_APPLICABLE, sent.event.reason, about, resources)
        answer = self._received(sent.event)
        return replace(answer, reason=f"{answer.reason}; {sent.words}")

    def _received(self, event: object) -> Explanation:
        try:
            found = findings(event)
        except BadInput as error:
            return invalid(error, glimpse(event))
        if isinstance(found, NotForUs):
            answer = Explanation(Status.NOT_APPLICABLE, found.reason, glimpse(event))
        elif reason := elsewhere(found):
            return Explanation(Status.NOT_APPLICABLE, reason, _about(found[0]), found[0].subjects)
        else:
            answer = self._answered(found, product_of(event, found[0]))
        return self._with_undoing(event, answer)

    def _answered(self, found: tuple[Finding, ...], product: tuple[str, ...]) -> Explanation:
        mappings = self._offline.compiled(found[0]).mappings
        entry = entry_in_words(mappings, product, found[0].type) if product else ""
        to = sent_to(product, found[0], mappings, self.runbooks.values())
        if isinstance(to, NotForUs):
            reason = f"{to.reason}. {entry}"
            return Explanation(Status.NOT_APPLICABLE, reason, _about(found[0]), found[0].subjects)
        return self._decided(with_own_names(found, self._offline.own_names()), to or "", entry if to else "")

    @property
    def _offline(self) -> OfflineDecisions:
        return OfflineDecisions(self.policy, self.runbooks, self.home)

    def _with_undoing(self, event: object, answer: Explanation) -> Explanation:
        """Add that open contained incidents are verified again, if the call can undo a containment."""
        ids, note = undoing_note(event, self.runbooks.values())
        if not ids:
            return answer
        if answer.status is Status.HANDLED:
            return replace(answer, reason=f"{answer.reason}. {note}")
        return replace(answer, status=Status.HANDLED, reason=note, runbook=answer.runbook or ids[0])

    def _decided(self, found: tuple[Finding, ...], to: str, entry: str) -> Explanation:
        answers = [
            answer for finding in found for answer in self._offline.answers(finding, self.circumstances, to)
        ]
        if not answers:
            reason = f"no runbook answers findings of type {' or '.join(finding.type for finding in found)}"
            return Explanation(Status.NOT_APPLICABLE, reason, _about(found[0]), found[0].subjects)
        first = max(answers, key=lambda one: _strongest(one.decisions))
        finding, runbook, decisions = first.finding, first.runbook, first.decisions
        others = [_also(one, finding) for one in answers if one is not first]
        held = dict.fromkeys(self._exempt_holders(one) for one in answers)
        mode = list(Mode)[_strongest(decisions)]
        return Explanation(
            status=Status.HANDLED if mode.records else Status.NOT_APPLICABLE,
            reason=". ".join(
                filter(
                    None,
                    (_reason(decisions), entry, *others, *held, _listing(first), self._notes(finding)),
                )
            ),
            finding=_about(finding),
            subjects=tuple(dict.fromkeys(ref for ref, _ in decisions)),
            runbook=runbook.id,
            remediations=_remediations(decisions, mode),
            mode=mode,
            answers=tuple(map(_answered, answers)),
        )

    def _exempt_holders(self, answer: Answer) -> str:
        """Return what the read can find exempt. Without a mode that observes, nothing is read."""
        refs = (ref for ref, share in answer.decisions if share.decision.mode.observes)
        policy = self._offline.compiled(answer.finding)
        return exempt_holders(policy, answer.runbook, refs, self.circumstances.now)

    def _notes(self, finding: Finding) -> str:
        taken = not self.home and self.policy.speaks_of_home
        home = f"without --home-account, `home` is account {finding.account}" if taken else ""
        rule, confirmed = finding.rule, ""
        if rule:
            named = rule.name or "the rule"
            confirmed = (
                f"before any change, Ringfence confirms with AWS Config that {named} is the managed rule "
                f"{rule.identifier}"
            )
        return "; ".join(filter(None, (confirmed, self.note, home)))


def invalid(error: BadInput, about: About | None = None) -> Explanation:
    """Return the explanation of an invalid event."""
    return Explanation(Status.INVALID, str(error), about, field=error.field, problem=error.problem)


def _decode(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput("(document)", f"is not UTF-8 text at byte {error.start + 1}") from error


def _answered(answer: Answer) -> Answered:
    finding, runbook, decisions = answer.finding, answer.runbook, answer.decisions
    mode = list(Mode)[_strongest(decisions)]
    subjects = tuple(dict.fromkeys(ref for ref, _ in decisions))
    remediations = _remediations(decisions, mode)
    return Answered(runbook.id, finding.type, mode, subjects, remediations, _reason(decisions))


def _listing(answer: Answer) -> str:
    finding, runbook, decisions = answer.finding, answer.runbook, answer.decisions
    if runbook.review is None or all(isinstance(ref, runbook.subject) for ref, _ in decisions):
        return ""
    return (
        f"the runbook runs on each resource that its review {runbook.review.name} lists in {finding.region}"
    )


def _strongest(decisions: Iterable[Decided]) -> int:
    order = list(Mode)  # from off to auto
    return max(order.index(share.decision.mode) for _, share in decisions)


def _reason(decisions: Sequence[Decided]) -> str:
    reasons = dict.fromkeys(share.decision.reason for _, share in decisions)
    if len(reasons) == 1:
        return next(iter(reasons))
    return "; ".join(f"{ref.id}: {share.decision.reason} ({share.decision.mode})" for ref, share in decisions)


def _about(finding: Finding) -> About:
    return About(finding.id, finding.type, finding.severity, finding.account, finding.region, finding.title)


def _also(answer: Answer, first: Finding) -> str:
    """Return what another runbook does about the same finding, or about another finding of the same event."""
    finding, runbook, decisions = answer.finding, answer.runbook, answer.decisions
    named = ", ".join(dict.fromkeys(f"{ref.kind} {ref.id}" for ref, _ in decisions))
    other = "" if finding is first else f" {finding.type}"
    mode = list(Mode)[_strongest(decisions)]
    return f"{runbook.id} also answers{other} ({mode}), for {named}: {_reason(decisions)}"


def _remediations(decisions: Iterable[Decided], mode: Mode) -> tuple[str, ...]:
    """Return the remediations that run in the strongest mode."""
    if not mode.observes:
        return ()
    strongest = [share.runbook for _, share in decisions if share.decision.mode == mode]
    return tuple(dict.fromkeys(id_ for runbook in strongest for id_ in runbook.ids))
