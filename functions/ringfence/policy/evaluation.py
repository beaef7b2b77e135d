"""Evaluate the policy: the decision about each finding. Pure. An undecidable case permits nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.claims import ImportedFinding
from ringfence.model.frozen import replace
from ringfence.policy.circumstances import NOTHING_KNOWN
from ringfence.policy.decision import Decision, DecisionCode, Mode
from ringfence.policy.protection import OWN
from ringfence.policy.rules import Case

if TYPE_CHECKING:
    from ringfence.model.finding import Finding
    from ringfence.model.subject import Ref
    from ringfence.policy.circumstances import Circumstances
    from ringfence.policy.policy import Policy

OWN_LISTS = ".Custom"
"""The end of GuardDuty's finding types for activity with the account's own threat lists.

https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_upload-lists.html
"""
UNDECIDED = Mode.APPROVE
"""The highest mode where the policy's rules cannot be evaluated, or a rule of caution cannot be judged."""


def decide(  # noqa: PLR0913 - what a decision depends on
    policy: Policy,
    runbook: str,
    finding: Finding,
    ref: Ref,
    circumstances: Circumstances = NOTHING_KNOWN,
    *,
    remediation: str = "",
) -> Decision:
    """Decide what Ringfence may do to a resource because of a finding.

    Parameters
    ----------
    policy : Policy
        The compiled policy.
    runbook : str
        The id of the runbook that answers.
    finding : Finding
        The finding. Its text can come from an intruder and only selects rules.
    ref : Ref
        The resource.
    circumstances : Circumstances
        The time, and what the organization says of the account.
    remediation : str
        The id of the remediation. Empty: the runbook as a whole. Rules for remediations do not apply to it.

    Returns
    -------
    Decision
        The first match decides: out of scope, archived, sample, the policy's rules, its default. A finding
        that only notifies never gets more than `notify`, and neither does a protected resource. A sent
        finding gets no higher mode than its sender.
    """
    if off := _off(policy, finding, ref):
        return off
    decision = _by_rules(policy, Case(runbook, finding, ref, remediation), circumstances)
    if not decision.mode.records:
        return decision
    if finding.chosen:
        decision = Decision(Mode(finding.chosen[0]), finding.chosen[1], decision.rule, DecisionCode.REQUESTED)
    if reason := _own(policy, ref) or finding.notify_only_reason_for(ref):
        return Decision(Mode.NOTIFY, reason, decision.rule, _notify_only(finding, ref))
    if reason := policy.protection(runbook, ref, circumstances.now):
        return Decision(Mode.NOTIFY, reason, decision.rule, DecisionCode.PROTECTED)
    if finding.at_most:
        decision = _capped(policy, finding, decision)
    return _sent(policy, runbook, finding, ref, decision) if finding.sent else decision


def _capped(policy: Policy, finding: Finding, decision: Decision) -> Decision:
    """Return the decision with no higher mode than the finding's way here, or the policy's entry, allows."""
    given, reason = finding.at_most
    mode = Mode(given)
    if policy.mappings and isinstance(finding.claim, ImportedFinding):
        from ringfence.policy.mappings import highest  # containment does not wait for it

        mode = highest(policy.mappings, finding.claim, finding.type)
        reason = (
            reason if mode.value == given else f"an entry of the policy's `mappings` allows at most {mode}"
        )
    cap = decision.mode.at_most(mode)
    if cap is decision.mode:
        return decision
    return Decision(cap, reason, decision.rule, DecisionCode.SENDER)


def _sent(policy: Policy, runbook: str, finding: Finding, ref: Ref, decision: Decision) -> Decision:
    """Return the decision about a sent finding: nothing more than its sender may cause."""
    from ringfence.policy.senders import highest  # containment does not wait for it

    cap, reason = highest(policy.senders, finding, ref, runbook)
    if cap.freedom >= decision.mode.freedom:
        return decision
    return Decision(cap, reason, decision.rule, DecisionCode.SENDER)


def _off(policy: Policy, finding: Finding, ref: Ref) -> Decision | None:
    if (outside := policy.outside(ref)) and not _is_only_told(policy, finding, ref):
        return Decision(Mode.OFF, outside, code=DecisionCode.OUT_OF_SCOPE)
    if finding.archived and not policy.act_on_archived:
        return Decision(Mode.OFF, "the finding is archived", code=DecisionCode.ARCHIVED)
    if finding.sample and not policy.act_on_samples:
        return Decision(Mode.OFF, "the finding is a sample", code=DecisionCode.SAMPLE)
    return None


def _notify_only(finding: Finding, ref: Ref) -> DecisionCode:
    from ringfence.model.kinds.root import RootRef  # containment does not wait for it

    if isinstance(ref, RootRef) and not finding.advice:
        return DecisionCode.ROOT
    return DecisionCode.URGENT if finding.urgent else DecisionCode.NOTIFY_ONLY


def _own(policy: Policy, ref: Ref) -> str:
    """Return why a person must decide about a session of one of Ringfence's own roles."""
    role = getattr(ref, "role", "")  # of a session: containment does not wait for the import of its kind
    return OWN if role and policy.own.contain(ref.account, role, policy.accounts) else ""


def _is_only_told(policy: Policy, finding: Finding, ref: Ref) -> bool:
    """Return whether an account in the scope reports a resource of another one, and nothing is changed."""
    elsewhere = ref.account != finding.account and finding.account in policy.accounts
    return elsewhere and bool(finding.notify_only_reason_for(ref))


def _by_rules(policy: Policy, case: Case, circumstances: Circumstances) -> Decision:
    """Return the decision of the first rule that matches.

    Where it is not known whether a rule matches, the decision is at most `UNDECIDED`, and not higher than the
    rule and what follows it would decide.
    """
    unknown: list[tuple[Mode, str]] = []
    named = False
    circumstances = policy.known(circumstances)
    decision = Decision(
        policy.default,
        f"no policy rule matches; the default mode is {policy.default}",
        "default",
        DecisionCode.POLICY,
    )
    for number, rule in enumerate(policy.rules, start=1):
        if rule.look:
            continue
        match = rule.match(case, circumstances)
        if match.unknown:
            unknown.append((rule.mode, f"whether policy rule {rule.shown(number)} applies: {match.unknown}"))
        if match.matches:
            reason = rule.because(f"policy rule {rule.shown(number)} sets mode {rule.mode}")
            decision = Decision(rule.mode, reason, rule.label(number), DecisionCode.POLICY)
            named = OWN_LISTS.strip(".") in rule.finding
            break
    return _undecided(decision if named else _from_own_list(decision, case.finding), unknown)


def _from_own_list(decision: Decision, finding: Finding) -> Decision:
    """Return a decision that changes nothing without a person, for a finding from the account's own lists.

    An intruder with a permission of GuardDuty can put an address of the owner on such a list.
    """
    if not finding.type.endswith(OWN_LISTS) or decision.mode.freedom <= Mode.APPROVE.freedom:
        return decision
    reason = (
        f"{decision.reason}; the finding comes from a threat list of the account, which an intruder can "
        f"create, so the mode is {Mode.DRY_RUN} unless a rule names types with {OWN_LISTS}"
    )
    return replace(decision, mode=Mode.DRY_RUN, reason=reason)


def _undecided(decision: Decision, unknown: list[tuple[Mode, str]]) -> Decision:
    """Return the most cautious answer to rules of which it is not known whether they match."""
    if all(mode is decision.mode for mode, _ in unknown):
        return decision
    freest = max((decision.mode, *(mode for mode, _ in unknown)), key=lambda mode: mode.freedom)
    mode = UNDECIDED.at_most(freest)
    words = "; ".join(dict.fromkeys(words for _, words in unknown))
    reason = f"it is not known {words}; until it is known, the mode is at most {UNDECIDED}"
    return Decision(mode, reason, decision.rule, DecisionCode.UNDECIDED)
