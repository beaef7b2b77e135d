"""Load rule files with the names that rules and profiles may use: those of this version of Ringfence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.posture.file import Known, load_rules
from ringfence.posture.fixes import answered, rule_of
from ringfence.posture.library import LIBRARY
from ringfence.runbooks.catalogue import CATALOGUE
from ringfence.runbooks.compliance import FRAMEWORKS
from ringfence.runbooks.compliance.table import CONTROLS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from ringfence.posture.file import RuleFiles


def load_files(paths: Iterable[Path]) -> RuleFiles:
    """Read rules and profiles. Raises BadInput, and InvalidRules with all errors."""
    given = tuple(paths)
    shipped = () if given == (LIBRARY,) else load_rules((LIBRARY,), known_names()).rules
    return load_rules(given, known_names(one.rule.name for one in shipped))


def known_names(rules: Iterable[str] = ()) -> Known:
    """Return the names that rules and profiles may use. `rules` are those of rules that are shipped."""
    every = [one for runbook in CATALOGUE.values() for one in runbook.remediations]
    frameworks = tuple(name for one in FRAMEWORKS for name in (one.id, *one.aliases))
    verdicts = {one.id: tuple(map(rule_of, answered(one))) for one in every}
    return Known(tuple(verdicts), tuple(CONTROLS), tuple(rules), frameworks, verdicts)
