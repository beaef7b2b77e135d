"""The schema of rule files. Each `description` is also the error message.

`required_properties` is checked apart, because its form is that of each type's properties.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.subject import ACCOUNT, REGION
from ringfence.policy.decision import Mode
from ringfence.policy.shape import a_list, a_text, an_object
from ringfence.posture.profile import PROFILES
from ringfence.posture.rule import SEVERITIES
from ringfence.posture.values import EVERYWHERE

if TYPE_CHECKING:
    from collections.abc import Mapping

RULES, MANUAL = "compliance_rules", "manual_controls"
NAME = "[a-z][a-z0-9]*(-[a-z0-9]+)*"
_ANYTHING: dict[str, object] = {"description": "must be a mapping"}


def _texts(what: str, pattern: str = "") -> dict[str, object]:
    return a_list(_text(what, pattern), f"texts, each {what}", least=1)


def _text(what: str, pattern: str = "") -> dict[str, object]:
    return a_text(what, f"^({pattern})\\Z" if pattern else "")


_SCOPE = an_object(
    "the resources that the rule is about",
    {
        "accounts": _texts("a 12-digit account id in quotes", ACCOUNT.pattern),
        "regions": _texts("a region such as eu-west-1, or global", f"{REGION.pattern}|{EVERYWHERE}"),
        "organizational-units": _texts("the id of an organizational unit, such as ou-ab12-34567890"),
        "tags": {
            "description": "must be a mapping from a tag's key to a glob or a list of globs on its value",
            "type": "object",
            "minProperties": 1,
            "additionalProperties": {
                "description": "must be a glob or a list of globs",
                "if": {"type": "array"},
                "then": _texts("a glob"),
                "else": _text("a glob or a list of globs"),
            },
        },
    },
)
_MODE: dict[str, object] = {
    "description": f"must be one of {', '.join(mode.value for mode in Mode)}",
    "enum": [mode.value for mode in Mode],
}
_MODES: dict[str, object] = {
    "description": f"{_MODE['description']}, or a list of modes with their scopes",
    "if": {"type": "array"},
    "then": {
        "description": "must be a list of modes with their scopes",
        "type": "array",
        "minItems": 1,
        "items": an_object("a mode and its scope", {"scope": _SCOPE, "mode": _MODE}, "mode"),
    },
    "else": _MODE,
}
_EXAMPLE = an_object(
    "`passes` or `fails`, with an item of AWS Config or its decisive parts",
    {"passes": _ANYTHING, "fails": _ANYTHING},
)
_RULE = an_object(
    "a rule",
    {
        "name": _text("a name in lower case with hyphens", NAME),
        "title": _text("one line of text"),
        "resource_types": _texts("a type such as AWS::S3::Bucket"),
        "required_properties": {
            "description": "must be a mapping from a type to its required properties",
            "type": "object",
        },
        "parameters": {
            "description": "must be a mapping from a name to the value that `!Ref` stands for",
            "type": "object",
        },
        "expression": _text("an expression in CEL"),
        "message": _text("the sentence about a resource for which the expression is false"),
        "scope": _SCOPE,
        "severity": {"description": f"must be one of {', '.join(SEVERITIES)}", "enum": list(SEVERITIES)},
        "controls": _texts("the id of a control"),
        "remediation": _text("the id of a remediation"),
        "config_rule": _text("the name of a managed rule of AWS Config"),
        "mode": _MODES,
        "rationale": _text("why it matters"),
        "references": _texts("the address of a page", "https://.+"),
        "examples": {
            "description": "must be a list of examples",
            "type": "array",
            "minItems": 1,
            "items": _EXAMPLE,
        },
    },
    "name",
    "resource_types",
)
_PROFILE = an_object(
    "a profile",
    {
        "name": _text("a name in lower case with hyphens", NAME),
        "title": _text("one line of text"),
        "controls": _texts("the id of a control"),
        "rules": _texts("the name of a rule"),
    },
    "name",
)
_MANUAL = an_object(
    "a manual control",
    {
        "name": _text("a name in lower case with hyphens", NAME),
        "title": _text("one line of text"),
        "owner": _text("the person or team that answers for it"),
        "evidence": _text("what proves it"),
        "evidence_file": _text("the name of a file"),
        "sha256": _text(
            "the SHA-256 of the file in quotes, 64 lower-case hexadecimal digits", "[0-9a-f]{64}"
        ),
        "date": _text("a date such as 2026-09-30"),
        "expires": _text("a date such as 2026-09-30"),
        "severity": {"description": f"must be one of {', '.join(SEVERITIES)}", "enum": list(SEVERITIES)},
        "controls": _texts("the id of a control"),
        "requirements": {
            "description": "must be a mapping from a framework to the numbers of requirements",
            "type": "object",
            "minProperties": 1,
            "additionalProperties": _texts("the number of a requirement in quotes"),
        },
    },
    "name",
    "owner",
)
SCHEMA: Mapping[str, object] = an_object(
    "rules",
    {
        MANUAL: a_list(_MANUAL, "manual controls", least=1),
        PROFILES: a_list(_PROFILE, "profiles", least=1),
        RULES: {
            "description": "must be a list of one or more rules",
            "type": "array",
            "minItems": 1,
            "items": _RULE,
        },
    },
    RULES,
)
