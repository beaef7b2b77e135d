"""What a scan says about the requirements of a framework. Pure.

A rule names controls, and a control is mapped to requirements. The results of rules do not show whether you
comply with a requirement: only an assessor can say that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen
from ringfence.posture.rule import Status
from ringfence.runbooks.compliance import natural
from ringfence.runbooks.compliance.whole import WHOLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ringfence.posture.rule import Rule
    from ringfence.posture.score import Counts
    from ringfence.runbooks.compliance import Control, Framework


@frozen
class Covered:
    """A requirement, the rules that are mapped to it, and what they say together.

    `status` is None if no rule is mapped to it, or if no resource is of a type that its rules are about.
    """

    number: str
    status: Status | None
    rules: tuple[str, ...]


@frozen
class Coverage:
    """What a scan says about a framework. `is_whole` tells whether the list has all of its requirements."""

    framework: Framework
    requirements: tuple[Covered, ...]
    is_whole: bool

    def count(self, status: Status | None) -> int:
        """Return the number of requirements with a status."""
        return sum(one.status is status for one in self.requirements)


def coverage(
    of: Framework, controls: Mapping[str, Control], rules: Iterable[Rule], counts: Mapping[str, Counts]
) -> Coverage:
    """Return what the counts of a scan say about a framework.

    Parameters
    ----------
    of
        The framework.
    controls
        The table of controls, by id.
    rules
        The rules of the scan.
    counts
        The counts of each rule, by its name. A rule without a result has none.

    """
    mapped: dict[str, list[str]] = {}
    for rule in rules:
        for number in dict.fromkeys(_numbers(of, controls, rule)):
            mapped.setdefault(number, []).append(rule.name)
    whole = WHOLE.get(of.id)
    # A list has no enhancements of controls, and a rule can name some.
    others = [number for number in mapped if number not in (whole or ())]
    numbers = sorted((*(whole or ()), *others), key=natural) if others or not whole else whole
    found = (
        Covered(
            number,
            _status(counts.get(name) for name in mapped.get(number, ())),
            tuple(mapped.get(number, ())),
        )
        for number in numbers
    )
    return Coverage(of, tuple(found), whole is not None)


def _numbers(of: Framework, controls: Mapping[str, Control], rule: Rule) -> Iterator[str]:
    for id_ in rule.controls:
        yield from controls[id_].numbers(of)
    yield from dict(rule.supports).get(of.id, ())


def _status(found: Iterable[Counts | None]) -> Status | None:
    """Return what the rules of a requirement say together: the worst of their results."""
    known = [one for one in found if one is not None and one.all]
    if not known:
        return None
    if any(one.failed for one in known):
        return Status.FAILED
    return Status.NOT_ASSESSED if any(one.not_assessed for one in known) else Status.PASSED
