"""The trigger for verdicts of AWS Config, and its patterns.

Event shape: "Monitoring AWS Config with Amazon EventBridge". An event contains the name that the owner gave
the rule: `names.py` knows the forms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ringfence.events.config.names import identifier, matchers
from ringfence.events.patterns import within_limit
from ringfence.model.frozen import frozen
from ringfence.model.rule_confirmation import PREFIX, ManagedRule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ringfence.model.call import Permission
    from ringfence.model.finding import Finding
    from ringfence.model.trigger import Trigger

SOURCE = "aws.config"
DETAIL_TYPE = "Config Rules Compliance Change"
NON_COMPLIANT = "NON_COMPLIANT"
SEVERITY = 5.0
"""Config sets no severity. Medium: a setting is wrong, and there is no sign that anybody used it."""


@frozen
class ConfigTrigger:
    """NON_COMPLIANT verdicts of managed rules. `types`: `Config:` and the rule's name.

    A sender's finding with such a type says the same, and is proved by its seal instead of by the rule.
    """

    id: str
    types: tuple[str, ...]

    family: ClassVar[str] = "config"
    permissions: ClassVar[tuple[Permission, ...]] = ManagedRule.permissions

    def patterns(self) -> tuple[Mapping[str, object], ...]:
        """Return EventBridge patterns within the size limit. No event matches two of them."""
        return tuple(within_limit((one.removeprefix(PREFIX) for one in self.types), _pattern))

    def matches(self, finding: Finding) -> bool:
        """Return whether the finding has one of the types."""
        return finding.type in self.types and (finding.source == SOURCE or finding.sent is not None)


def judged_by(*names: str) -> ConfigTrigger:
    """Return a trigger for managed rules with these names."""
    return ConfigTrigger("config-rules", tuple(PREFIX + name for name in names))


def managed_rules(triggers: Iterable[Trigger]) -> frozenset[str]:
    """Return the identifiers of the managed rules whose verdicts some triggers answer."""
    types = (type_ for one in triggers if isinstance(one, ConfigTrigger) for type_ in one.types)
    return frozenset(identifier(type_.removeprefix(PREFIX)) for type_ in types)


def own_patterns(types: Iterable[str], names: Mapping[str, str]) -> Iterator[Mapping[str, object]]:
    """Yield patterns for rules with an owner's own names that stand for managed rules of some types."""
    known = frozenset(types)
    own = sorted(name for name, meant in names.items() if PREFIX + meant in known)
    return within_limit(own, lambda chunk: _rules(list(chunk)))


def _pattern(names: list[str]) -> Mapping[str, object]:
    return _rules([matcher for name in names for matcher in matchers(name)])


def _rules(rules: list[object]) -> Mapping[str, object]:
    detail = {"configRuleName": rules, "newEvaluationResult": {"complianceType": [NON_COMPLIANT]}}
    return {"source": [SOURCE], "detail-type": [DETAIL_TYPE], "detail": detail}
