"""Rules as JSON, so that a deployed function needs neither YAML nor JSON Schema. Pure.

Rule files are checked once, where a person reads the errors. What was checked is in the bundle of the
function, as the compiled policy is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.document import Document
from ringfence.model.errors import BadInput
from ringfence.policy.decision import Mode
from ringfence.posture.conditions import Compares, Constant, Contains, Is, Not, OneOf
from ringfence.posture.expression import Expression
from ringfence.posture.rule import Rule, Scope, ScopedMode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ringfence.posture.conditions import Condition
    from ringfence.posture.values import Scalar

VERSION = 1
_SCALARS = (str, int, float, bool, type(None))


def rules_to_json(rules: Iterable[Rule]) -> dict[str, object]:
    """Return rules as JSON."""
    return {"version": VERSION, "rules": [_rule(one) for one in rules]}


def rules_from_json(given: object) -> tuple[Rule, ...]:
    """Return the rules in JSON that `rules_to_json` made. Raises BadInput for any other."""
    document = Document.of(given)
    if document.integer("version") != VERSION:
        raise BadInput("version", f"must be {VERSION}", document.value.get("version"))
    return tuple(map(_rule_of, document.children("rules")))


def _rule(rule: Rule) -> dict[str, object]:
    spoken = rule.expression
    return {
        "name": rule.name,
        "title": rule.title,
        "resource_types": list(rule.resource_types),
        "requirements": [[type_, _condition(one)] for type_, one in rule.requirements],
        "expression": {"text": spoken.text, "problem": spoken.problem} if spoken else None,
        "scope": _scope(rule.scope),
        "severity": rule.severity,
        "controls": list(rule.controls),
        "remediation": rule.remediation,
        "modes": [{"scope": _scope(one.scope), "mode": one.mode.value} for one in rule.modes],
        "rationale": rule.rationale,
        "references": list(rule.references),
        "supports": [[framework, list(numbers)] for framework, numbers in rule.supports],
        "config_rule": rule.config_rule,
    }


def _rule_of(given: Document) -> Rule:
    spoken = given.optional_child("expression") if given.value.get("expression") else None
    return Rule(
        given.text("name"),
        given.text("title"),
        given.texts("resource_types"),
        tuple(map(_pair, given.items("requirements"))),
        Expression(spoken.text("text"), spoken.text("problem")) if spoken else None,
        _scope_of(given.child("scope")),
        given.text("severity"),
        given.texts("controls"),
        given.optional_text("remediation") or "",
        tuple(
            ScopedMode(_scope_of(one.child("scope")), Mode(one.text("mode")))
            for one in given.children("modes")
        ),
        given.optional_text("rationale") or "",
        given.texts("references"),
        tuple((str(name), tuple(map(str, numbers))) for name, numbers in map(_two, given.items("supports"))),
        given.optional_text("config_rule") or "",
    )


def _scope(scope: Scope) -> dict[str, object]:
    return {
        "accounts": list(scope.accounts),
        "regions": list(scope.regions),
        "units": list(scope.organizational_units),
        "tags": [[key, list(globs)] for key, globs in scope.tags],
    }


def _scope_of(given: Document) -> Scope:
    tags = tuple((str(key), tuple(map(str, globs))) for key, globs in map(_two, given.items("tags")))
    return Scope(given.texts("accounts"), given.texts("regions"), given.texts("units"), tags)


def _condition(one: Condition) -> dict[str, object]:
    match one:
        case Is():
            return {"is": one.value}
        case Compares():
            return {"compares": one.value}
        case Constant():
            return {"constant": one.holds}
        case Not():
            return {"not": _condition(one.condition)}
        case OneOf():
            return {"one_of": [_condition(option) for option in one.options]}
        case Contains():
            return {"contains": [[name, _condition(inner)] for name, inner in one.properties]}


def _condition_of(given: object) -> Condition:
    kind, value = next(iter(Document.of(given).value.items()), ("", None))
    match kind:
        case "is":
            return Is(_scalar(value))
        case "compares":
            return Compares(_scalar(value))
        case "constant":
            return Constant(value is True)
        case "not":
            return Not(_condition_of(value))
        case "one_of":
            return OneOf(tuple(map(_condition_of, _listed(value))))
        case "contains":
            return Contains(tuple(map(_pair, _listed(value))))
    raise BadInput("condition", "is of no known kind", kind)


def _pair(given: object) -> tuple[str, Condition]:
    name, inner = _two(given)
    return str(name), _condition_of(inner)


def _two(given: object) -> tuple[object, list[object] | Mapping[str, object]]:
    found = _listed(given)
    if len(found) != len(("name", "value")) or not isinstance(found[1], list | dict):
        raise BadInput("pair", "must be a list of a name and what belongs to it", given)
    return found[0], found[1]


def _listed(given: object) -> list[object]:
    if not isinstance(given, list):
        raise BadInput("condition", "must be a list", given)
    return given


def _scalar(given: object) -> Scalar:
    if not isinstance(given, _SCALARS):
        raise BadInput("condition", "must be a text, a number or true or false", given)
    return given
