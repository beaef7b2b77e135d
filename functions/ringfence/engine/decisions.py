"""What a policy decides about events, without AWS, and what another policy decides differently. Pure.

Conditions on what only a read of the resource shows cannot be judged here. Each decision names the rules that
have them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ringfence.engine.offline import subjects_of
from ringfence.engine.routing import product_of, sent_to
from ringfence.events.config.names import with_own_names
from ringfence.events.dispatch import findings
from ringfence.events.envelope import NotForUs
from ringfence.model.frozen import frozen
from ringfence.model.subject import Ref
from ringfence.policy.circumstances import Circumstances
from ringfence.policy.decision import Mode
from ringfence.policy.look import cautions
from ringfence.policy.selection import portions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ringfence.model.finding import Finding
    from ringfence.model.runbook import Runbook
    from ringfence.policy.circumstances import AccountFacts
    from ringfence.policy.decision import Decision
    from ringfence.policy.look import Caution
    from ringfence.policy.policy import Policy


@frozen
class Told:
    """A finding, and the names of the product that found it. No names: the policy maps no such findings."""

    finding: Finding
    product: tuple[str, ...] = ()


@frozen
class Decided:
    """One decision: about one subject of one finding, for some remediations of one runbook.

    Attributes
    ----------
    finding : Finding
        The finding.
    runbook : str
        The id of the runbook.
    ref : Ref
        The subject.
    remediations : tuple of str
        The ids of the remediations.
    decision : Decision
        The mode and the reason.
    cautions : tuple of Caution
        The rules that can make it more cautious after the first read of the resource.
    """

    finding: Finding
    runbook: str
    ref: Ref
    remediations: tuple[str, ...]
    decision: Decision
    cautions: tuple[Caution, ...] = ()


@frozen
class Difference:
    """What two policies decide differently about one remediation. None: the policy does not run it.

    `whole`: every remediation of the runbook changes in the same way for this finding and subject.
    """

    finding: Finding
    runbook: str
    ref: Ref
    remediation: str
    old: Decision | None
    new: Decision | None
    whole: bool = True

    @property
    def was(self) -> Mode:
        """The old mode."""
        return self.old.mode if self.old else Mode.OFF

    @property
    def now(self) -> Mode:
        """The new mode."""
        return self.new.mode if self.new else Mode.OFF

    @property
    def reason(self) -> str:
        """The reason for the new mode."""
        return self.new.reason if self.new else f"the new policy does not run {self.remediation}"


def told_in(event: object, policy: Policy) -> tuple[Told, ...]:
    """Return the findings in an event. Empty if no runbook answers such events. Raises BadInput."""
    found = findings(event, home=policy.own.deployed)
    if isinstance(found, NotForUs):
        return ()
    named = with_own_names(found, dict(policy.config_rules))
    return tuple(Told(one, product_of(event, one)) for one in named)


def decided(
    policy: Policy,
    runbooks: Iterable[Runbook],
    told: Told,
    circumstances: Circumstances,
) -> Iterator[Decided]:
    """Yield what a policy decides about a finding.

    Parameters
    ----------
    policy : Policy
        The compiled policy.
    runbooks : iterable of Runbook
        The catalogue.
    told : Told
        The finding, and the product that the policy's `mappings` can name.
    circumstances : Circumstances
        The time of the decisions, and what is known of the organization.
    """
    catalogue, finding = tuple(runbooks), told.finding
    to = sent_to(told.product, finding, policy.mappings, catalogue)
    for runbook in catalogue:
        answers = runbook.answers(finding) if to is None else runbook.id == to
        for ref, judged in subjects_of(finding, runbook) if answers else ():
            for share in portions(policy, runbook, finding, judged, circumstances):
                on = share.runbook if type(judged) is Ref else share.runbook.on(judged)
                pending = cautions(policy, on, finding, judged, circumstances) if on.traits else ()
                yield Decided(finding, runbook.id, ref, on.ids, share.decision, pending)


def at_its_time(finding: Finding, accounts: tuple[AccountFacts, ...] | None = None) -> Circumstances:
    """Return the circumstances at the time of a finding."""
    return Circumstances(finding.updated_at, accounts)


def differences(
    old: Policy, new: Policy, runbooks: Iterable[Runbook], told: Told, circumstances: Circumstances
) -> Iterator[Difference]:
    """Yield what two policies decide differently about a finding, for each remediation."""
    catalogue = tuple(runbooks)
    before = _by_remediation(decided(old, catalogue, told, circumstances))
    after = _by_remediation(decided(new, catalogue, told, circumstances))
    keys = dict.fromkeys((*before, *after))
    found = [Difference(told.finding, *key, before.get(key), after.get(key)) for key in keys]
    ways: dict[tuple[str, Ref], set[tuple[Mode, Mode]]] = {}
    for one in found:
        ways.setdefault((one.runbook, one.ref), set()).add((one.was, one.now))
    for one in found:
        if one.was is not one.now:
            yield replace(one, whole=len(ways[one.runbook, one.ref]) == 1)


def _by_remediation(found: Iterable[Decided]) -> Mapping[tuple[str, Ref, str], Decision]:
    return {(one.runbook, one.ref, id_): one.decision for one in found for id_ in one.remediations}
