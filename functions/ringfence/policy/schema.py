"""The schema of the policy file. Each `description` is also the error message."""

from __future__ import annotations

from types import MappingProxyType

from ringfence.model.subject import ACCOUNT, REGION
from ringfence.policy.compiled import ACT, CAPS, IGNORE, MODES, UNCONFIRMABLE, VERSION

HOME = "home"
"""The name of the account to which Ringfence is deployed."""

LEVELS = MappingProxyType({"low": 1.0, "medium": 4.0, "high": 7.0, "critical": 9.0})
"""The lowest severity of each level of GuardDuty."""


def _object(about: str, properties: dict[str, object], *required: str) -> dict[str, object]:
    return {
        "description": f"must be a mapping: {about}",
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def _list(of: dict[str, object], what: str, *, least: int = 0) -> dict[str, object]:
    some = "a list of one or more" if least else "a list of"
    return {"description": f"must be {some} {what}", "type": "array", "items": of, "minItems": least}


def _one_of(*values: str) -> dict[str, object]:
    return {"description": f"must be one of {', '.join(values)}", "enum": list(values)}


def _text(what: str, pattern: str = "") -> dict[str, object]:
    text: dict[str, object] = {"description": f"must be {what}", "type": "string", "minLength": 1}
    return {**text, "pattern": pattern} if pattern else text


_MODE = _one_of(*MODES)
_ACCOUNT = _text(f"a 12-digit account id in quotes, or {HOME}", f"^({ACCOUNT.pattern}|{HOME})\\Z")
_REGION = _text("a region such as eu-west-1", f"^{REGION.pattern}\\Z")
_SEVERITY: dict[str, object] = {
    "description": f"must be a number from 0 to 10 or one of {', '.join(LEVELS)}",
    "anyOf": [{"type": "number", "minimum": 0, "maximum": 10}, {"enum": list(LEVELS)}],
}
_RULE = _object(
    "a policy rule",
    {
        "name": _text("a name for people"),
        "runbook": _text("a glob over the ids of runbooks"),
        "finding": _text("a glob over finding types"),
        "severity": _SEVERITY,
        "accounts": _list(_ACCOUNT, "accounts", least=1),
        "mode": _MODE,
    },
    "mode",
)
_SETTINGS = _object(
    "the settings of one runbook",
    {
        "enable": _list(_text("the id of a remediation"), "ids of remediations"),
        "allow": _list(_text("the id of a remediation"), "ids of remediations"),
        "also": _list(_text("the id of a remediation"), "ids of remediations"),
        "options": {
            "description": "must be a mapping of options to their values",
            "type": "object",
            "additionalProperties": {
                "description": "must be the value of an option; put numbers in quotes",
                "type": "string",
            },
        },
    },
)
_EXEMPT = _object(
    "the resources to leave unchanged",
    {
        "subject": _text("a glob over resources, KIND/ACCOUNT/REGION/ID"),
        "reason": _text("the reason; it is recorded"),
        "runbook": _text("a glob over the ids of runbooks"),
        "remediations": _list(_text("the id of a remediation"), "ids of remediations", least=1),
    },
    "subject",
    "reason",
)
SCHEMA = _object(
    "a policy",
    {
        "version": {"description": f"must be {VERSION}", "const": VERSION, "type": "integer"},
        "scope": _object(
            "the accounts and regions that may be changed",
            {
                "accounts": _list(_ACCOUNT, "accounts", least=1),
                "regions": _list(_REGION, "regions"),
            },
            "accounts",
        ),
        "default": _MODE,
        "findings": _object(
            "what to do about archived findings, samples, and findings that their source cannot confirm",
            {
                "samples": _one_of(IGNORE, ACT),
                "archived": _one_of(IGNORE, ACT),
                UNCONFIRMABLE: _one_of(*CAPS),
            },
        ),
        "rules": _list(_RULE, "rules"),
        "exempt": _list(_EXEMPT, "exemptions"),
        "config-rules": {
            "description": "must be a mapping of your names of AWS Config rules to managed rules",
            "type": "object",
            "additionalProperties": _text("the name of a managed rule, such as restricted-ssh"),
        },
        "runbooks": {
            "description": "must be a mapping of runbooks to their settings",
            "type": "object",
            "additionalProperties": _SETTINGS,
        },
    },
    "version",
    "scope",
)
