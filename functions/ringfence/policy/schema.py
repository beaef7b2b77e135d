"""The schema of the policy file. Each `description` is also the error message."""

from __future__ import annotations

from ringfence.model.subject import ACCOUNT, HUMAN, REGION, WORKLOAD
from ringfence.policy.approvals import DURATION, OnExpiry
from ringfence.policy.compiled import ACT, CAPS, HELD_BACK, HELD_MODES, IGNORE, MODES, UNCONFIRMABLE, VERSION
from ringfence.policy.levels import LEVELS
from ringfence.policy.limits import CRITICAL_DEFAULTS, DEFAULTS, MOST, MOST_SHARE, SHARE, WITH_SHARE
from ringfence.policy.outputs import OUTPUTS
from ringfence.policy.outputs import SCHEMA as _OUTPUTS
from ringfence.policy.shape import a_list, a_text, an_object, one_of
from ringfence.policy.sweeps import ADMINISTRATOR, OFF, SUPPRESSED, TELL
from ringfence.policy.sweeps import DEFAULTS as SWEEPS
from ringfence.policy.sweeps import IGNORE as IGNORED
from ringfence.policy.windows import DAYS

HOME = "home"
"""The name of the account to which Ringfence is deployed."""

EXTENDS = "extends"
SHIPPED = ("cautious", "balanced", "decisive")
"""The policies that a file can extend, the most cautious first."""
DATE = "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"


_MODE = one_of(*MODES)
_ACCOUNT = a_text(f"a 12-digit account id in quotes, or {HOME}", f"^({ACCOUNT.pattern}|{HOME})\\Z")
_REGION = a_text("a region such as eu-west-1", f"^{REGION.pattern}\\Z")
_LEVEL: dict[str, object] = {
    "description": f"must be a number from 0 to 10 or one of {', '.join(LEVELS)}",
    "anyOf": [{"type": "number", "minimum": 0, "maximum": 10}, {"enum": list(LEVELS)}],
}
_RANGE = an_object(
    "the lowest and the highest severity",
    {"from": _LEVEL, "to": {**_LEVEL, "description": f"{_LEVEL['description']}, and not below `from`"}},
)
_SEVERITY: dict[str, object] = {
    "description": f"{_LEVEL['description']}, or a mapping with `from` and `to`",
    "if": {"type": "object"},
    "then": _RANGE,
    "else": _LEVEL,
}
_DATE = a_text("a date such as 2027-12-31", f"^{DATE}\\Z")
_DAY_RANGE = f"({'|'.join(DAYS)})(-({'|'.join(DAYS)}))?"
_CLOCK = "([01][0-9]|2[0-3]):[0-5][0-9]"
_WINDOW = an_object(
    "a time window",
    {
        "zone": a_text("a time zone such as Europe/Berlin"),
        "weekdays": a_list(
            a_text("a day such as mon, or a range such as mon-fri", f"^{_DAY_RANGE}\\Z"), "days", least=1
        ),
        "hours": a_list(
            a_text("hours such as 09:00-17:00", f"^{_CLOCK}-({_CLOCK}|24:00)\\Z"), "hours", least=1
        ),
        "holidays": a_list(_DATE, "dates"),
    },
    "zone",
)
_TAGS: dict[str, object] = {
    "description": "must be a mapping of one or more tags to globs over their values",
    "type": "object",
    "minProperties": 1,
    "additionalProperties": a_text("a glob over the value of a tag; put numbers in quotes"),
}
_RULE = an_object(
    "a policy rule",
    {
        "name": a_text("a name for people"),
        "reason": a_text("the reason; decisions show it"),
        "runbook": a_text("a glob over the ids of runbooks"),
        "remediations": a_list(a_text("the id of a remediation"), "ids of remediations", least=1),
        "finding": a_text("a glob over finding types"),
        "severity": _SEVERITY,
        "accounts": a_list(_ACCOUNT, "accounts", least=1),
        "regions": a_list(_REGION, "regions", least=1),
        "organizational-units": a_list(
            a_text("the id of an organizational unit, or a glob over its path of names"),
            "organizational units",
            least=1,
        ),
        "account-tags": _TAGS,
        "sources": a_list(
            a_text("a glob over the sources of events, such as aws.guardduty"), "sources", least=1
        ),
        "affects": one_of(HUMAN, WORKLOAD),
        "during": a_list(_WINDOW, "time windows", least=1),
        "auto-scaling-groups": a_list(
            a_text("a glob over the names of Auto Scaling groups"), "Auto Scaling groups", least=1
        ),
        "vpcs": a_list(a_text("a glob over the ids of VPCs"), "VPCs", least=1),
        "tags": _TAGS,
        "mode": _MODE,
    },
    "mode",
)
LOOK_FIELDS = ("auto-scaling-groups", "vpcs", "tags")
"""The conditions on what only the first read of a resource shows. They only make decisions more cautious."""
_SETTINGS = an_object(
    "the settings of one runbook",
    {
        "enable": a_list(a_text("the id of a remediation"), "ids of remediations"),
        "allow": a_list(a_text("the id of a remediation"), "ids of remediations"),
        "also": a_list(a_text("the id of a remediation"), "ids of remediations"),
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
_OWNER = a_text("who answers for it, such as a team or an address")
_EXPIRES = {**_DATE, "description": f"{_DATE['description']}: the last day on which it holds, in UTC"}
_EXEMPT = an_object(
    "the resources to leave unchanged",
    {
        "subject": a_text("a glob over resources, KIND/ACCOUNT/REGION/ID"),
        "reason": a_text("the reason; it is recorded"),
        "runbook": a_text("a glob over the ids of runbooks"),
        "remediations": a_list(a_text("the id of a remediation"), "ids of remediations", least=1),
        "owner": _OWNER,
        "expires": _EXPIRES,
    },
    "subject",
    "reason",
)
_PROTECTED = an_object(
    "the resources and principals that nothing changes",
    {
        "subject": a_text("a glob over resources, KIND/ACCOUNT/REGION/ID"),
        "reason": a_text("the reason; it is recorded"),
        "owner": _OWNER,
        "expires": _EXPIRES,
    },
    "subject",
    "reason",
    "owner",
)
_ROLE_ARN = "arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]{1,512}"
_APPROVALS = an_object(
    "who may approve a plan, until when, and what follows if nobody answers",
    {
        "expires": a_text("a duration such as 30m, 4h or 1d", f"^{DURATION}\\Z"),
        "on-expiry": one_of(*OnExpiry),
        "veto-delay": a_text("a duration of a minute or more, such as 5m", f"^{DURATION}\\Z"),
        "approvers": an_object(
            "the rules about people",
            {
                "roles": a_list(a_text("the ARN of an IAM role", f"^{_ROLE_ARN}\\Z"), "roles", least=1),
                "count": {"description": "must be 1 or 2", "enum": [1, 2]},
                "other-than-requester": {"description": "must be true or false", "type": "boolean"},
            },
        ),
    },
)
_MOST: dict[str, object] = {
    "description": f"must be a number from 1 to {MOST}, or 0 for no limit",
    "type": "integer",
    "minimum": 0,
    "maximum": MOST,
}
_LIMIT = an_object("how many responses may run without a person", {"hour": _MOST, "day": _MOST})
_GROUP_LIMIT = an_object(
    "how many responses may run without a person, and the share of the instances that may be contained",
    {
        "hour": _MOST,
        "day": _MOST,
        SHARE: {
            "description": f"must be a number from 1 to {MOST_SHARE}, in percent",
            "type": "integer",
            "minimum": 1,
            "maximum": MOST_SHARE,
        },
    },
)
_LIMITS = an_object(
    "how many responses that can break a workload may run without a person",
    {
        **{one.scope: _GROUP_LIMIT if one.scope in WITH_SHARE else _LIMIT for one in DEFAULTS},
        "critical": an_object(
            "the budget of critical findings and of leaked keys",
            {one.scope: _LIMIT for one in CRITICAL_DEFAULTS},
        ),
    },
)
_SENDER = an_object(
    "who may send findings, about which resources, and what they may cause",
    {
        "role": a_text(
            "the ARN of an IAM role of the home account, which sends by the API", f"^{_ROLE_ARN}\\Z"
        ),
        "account": {
            **_ACCOUNT,
            "description": f"{_ACCOUNT['description']}: every principal of it that may put events on the bus",
        },
        "subjects": a_list(a_text("a glob over resources, KIND/ACCOUNT/REGION/ID"), "resources", least=1),
        "types": a_list(a_text("a glob over types of findings"), "types of findings", least=1),
        "runbooks": a_list(a_text("the id of a runbook"), "ids of runbooks", least=1),
        "mode": {**_MODE, "description": f"{_MODE['description']}: the highest mode; `approve` without it"},
    },
    "subjects",
)
MAPPING = an_object(
    "which runbook answers the findings of a product",
    {
        "product": a_text(
            "a glob over products: an ARN of Security Hub, its last part such as inspector, or a sender's "
            "`product`"
        ),
        "finding": a_text("a glob over types of findings"),
        "severity": {**_LEVEL, "description": f"{_LEVEL['description']}: the lowest that is answered"},
        "runbook": a_text("the id of a runbook, notify or off"),
        "mode": {
            **_MODE,
            "description": f"{_MODE['description']}: the highest mode of a finding that Security Hub "
            "confirms; `approve` without it",
        },
    },
    "product",
    "runbook",
)
_EVERY = a_text("a duration from 15m to 1d, such as 1h, or off", f"^({DURATION}|{OFF})\\Z")
_SWEEP = an_object(
    "what is read again at the sources of findings, and how often",
    {
        **dict.fromkeys(SWEEPS, _EVERY),
        SUPPRESSED: one_of(IGNORED, TELL),
        ADMINISTRATOR: _ACCOUNT,
    },
)
SCHEMA = an_object(
    "a policy",
    {
        "version": {"description": f"must be {VERSION}", "const": VERSION, "type": "integer"},
        EXTENDS: one_of(*SHIPPED),
        "scope": an_object(
            "the accounts and regions that may be changed",
            {
                "accounts": a_list(_ACCOUNT, "accounts", least=1),
                "regions": a_list(_REGION, "regions"),
            },
            "accounts",
        ),
        "default": _MODE,
        "findings": an_object(
            "what to do about archived findings, samples, and findings that their source cannot confirm",
            {
                "samples": one_of(IGNORE, ACT),
                "archived": one_of(IGNORE, ACT),
                UNCONFIRMABLE: one_of(*CAPS),
                HELD_BACK: one_of(*HELD_MODES),
            },
        ),
        "rules": a_list(_RULE, "rules"),
        "approvals": _APPROVALS,
        "limits": _LIMITS,
        "sweep": _SWEEP,
        "exempt": a_list(_EXEMPT, "exemptions"),
        "protected": a_list(_PROTECTED, "protected resources"),
        OUTPUTS: _OUTPUTS,
        "organization": {
            "description": "must be a mapping of accounts to what your organization says of them",
            "type": "object",
            "propertyNames": _ACCOUNT,
            "additionalProperties": an_object(
                "the name, the organizational units and the tags of an account",
                {
                    "name": a_text("the name of the account, for people"),
                    "units": a_list(
                        a_text("the id of an organizational unit, or its path of names"),
                        "organizational units",
                    ),
                    "tags": {
                        "description": "must be a mapping of tags to their values",
                        "type": "object",
                        "additionalProperties": {
                            "description": "must be the value of a tag; put numbers in quotes",
                            "type": "string",
                        },
                    },
                },
            ),
        },
        "config-rules": {
            "description": "must be a mapping of your names of AWS Config rules to managed rules",
            "type": "object",
            "additionalProperties": a_text("the name of a managed rule, such as restricted-ssh"),
        },
        "senders": a_list(_SENDER, "senders"),
        "mappings": a_list(MAPPING, "mappings"),
        "runbooks": {
            "description": "must be a mapping of runbooks to their settings",
            "type": "object",
            "additionalProperties": _SETTINGS,
        },
    },
    "version",
    "scope",
)
