"""Decide about findings without AWS: which runbooks answer, for which subjects, in which mode."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ringfence.engine.canonical_subject import stands_for_listed
from ringfence.model.frozen import frozen, replace
from ringfence.model.subject import Ref
from ringfence.policy.compiled import policy_from_json
from ringfence.policy.decision import Mode
from ringfence.policy.selection import Portion, portions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.model.finding import Finding
    from ringfence.model.runbook import Runbook
    from ringfence.policy.circumstances import Circumstances
    from ringfence.policy.file import PolicyFile
    from ringfence.policy.policy import Policy

_OTHER_PARTITION = re.compile(r"(?:cn|us-gov|us-iso[a-z]*|eu-iso[a-z]*|eusc)-")
"""The beginnings of the names of regions in other partitions than `aws`."""

_ANY_ACCOUNT = "0" * 12
"""A home account, where the result does not depend on it."""


@frozen
class Answer:
    """What one runbook does about one finding: a portion of the runbook for each of its subjects."""

    finding: Finding
    runbook: Runbook
    decisions: tuple[tuple[Ref, Portion], ...]


@dataclass(frozen=True)
class OfflineDecisions:
    """Decides with one policy. `home` is the home account. Empty: the account of each finding is."""

    policy: PolicyFile
    runbooks: Mapping[str, Runbook]
    home: str = ""
    _compiled: dict[str, Policy] = field(default_factory=dict, compare=False, repr=False)

    def compiled(self, finding: Finding) -> Policy:
        """Return the policy of a deployment to the home account."""
        home = self.home or finding.account
        if home not in self._compiled:
            self._compiled[home] = policy_from_json(self.policy.compile(home))
        return self._compiled[home]

    def answers(self, finding: Finding, circumstances: Circumstances, mapped: str = "") -> list[Answer]:
        """Return what each runbook does about a finding. Without AWS, nothing lists further resources.

        `mapped`: the id of the runbook that answers it by the policy's `mappings`, instead of the triggers.
        """
        policy = self.compiled(finding)
        return [
            Answer(
                finding,
                runbook,
                tuple(
                    (ref, _as_shown(share, ref))
                    for ref, judged in subjects
                    for share in portions(policy, runbook, finding, judged, circumstances)
                ),
            )
            for runbook in self.runbooks.values()
            if (runbook.id == mapped if mapped else _answers(runbook, finding))
            and (subjects := subjects_of(finding, runbook))
        ]

    def rule_names(self) -> tuple[str, ...]:
        """Return the names of the policy's rules, as decisions show them."""
        rules = policy_from_json(self.policy.compile(self.home or _ANY_ACCOUNT)).rules
        return tuple(rule.label(number) for number, rule in enumerate(rules, start=1))

    def own_names(self) -> Mapping[str, str]:
        """Return the owner's names of rules, as the policy file has them."""
        names = self.policy.data.get("config-rules")
        return {str(name): str(meant) for name, meant in names.items()} if isinstance(names, dict) else {}


def elsewhere(found: tuple[Finding, ...]) -> str:
    """Return why Ringfence receives no such event: it is deployed to the partition `aws` only."""
    region = next((one.region for one in found if _OTHER_PARTITION.match(one.region)), "")
    return f"region {region} is in a partition of AWS that Ringfence does not support" if region else ""


def subjects_of(finding: Finding, runbook: Runbook) -> list[tuple[Ref, Ref]]:
    """Return each subject, and what the policy decides about: without AWS, nothing lists the resources."""
    found = []
    for ref in finding.subjects:
        if isinstance(ref, runbook.subject):
            found.append((ref, ref))
        elif stands_for_listed(ref, finding, runbook):
            found.append((ref, Ref(ref.account, finding.region, ref.id)))
    return found


def _answers(runbook: Runbook, finding: Finding) -> bool:
    """Return what `Runbook.answers` returns. Many remediations have the same trigger, which is asked once."""
    return any(trigger.matches(finding) for trigger in runbook.triggers)


def _as_shown(share: Portion, ref: Ref) -> Portion:
    """Return a portion with the remediations that can apply to a subject.

    Remediations without steps only report, whatever the mode.
    """
    runbook = share.runbook if type(ref) is Ref else share.runbook.on(ref)
    answering = [one for one in runbook.remediations if one.triggers]
    if not share.decision.mode.observes or any(one.steps or not one.needs_review for one in answering):
        return replace(share, runbook=runbook)
    named = ", ".join(one.id for one in answering)
    reason = f"{named} changes nothing and reports what a person must check ({share.decision.reason})"
    return Portion(runbook, replace(share.decision, mode=Mode.NOTIFY, reason=reason))
