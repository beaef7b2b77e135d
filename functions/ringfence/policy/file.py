"""Read the policy file, check all of it, and compile it to JSON for the functions.

Only the synthesis and the command line use this module. Lambda reads the compiled policy with
`ringfence.policy.compiled`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ringfence.model.errors import BadInput
from ringfence.model.resource_names import home_roles, member_roles
from ringfence.model.subject import ACCOUNT
from ringfence.policy.approvals import compiled_approvals
from ringfence.policy.check import flaws_of, problems_of
from ringfence.policy.compile_rule import accounts, compiled_rule, severities
from ringfence.policy.compiled import HELD_BACK, IGNORE, UNCONFIRMABLE, VERSION, policy_from_json
from ringfence.policy.decision import Mode
from ringfence.policy.extend import joined
from ringfence.policy.limits import compiled_limits
from ringfence.policy.lookup import items_of, mapping_of
from ringfence.policy.outputs import compiled_outputs
from ringfence.policy.schema import HOME
from ringfence.policy.sweeps import compiled_sweeps, sweeps_from_json
from ringfence.policy.yaml_source import Flaw, read_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

    from ringfence.model.runbook import Runbook
    from ringfence.policy.extend import Origin
    from ringfence.policy.outputs import Outputs
    from ringfence.policy.yaml_source import Located

BUILT_IN: Mapping[str, object] = {"version": VERSION, "scope": {"accounts": [HOME]}}
"""The policy without a file: no rules, so in the home account every mode is the default, a dry run."""


class InvalidPolicy(BadInput):
    """An invalid policy file. `flaws` are all of its errors, in line order."""

    def __init__(self, path: Path, flaws: tuple[Flaw, ...]) -> None:
        self.flaws = flaws
        lines = (f"  {path}:{flaw}" for flaw in flaws)
        super().__init__(str(path), "\n".join(("is not a valid policy", *lines)))


@dataclass(frozen=True)
class PolicyFile:
    """A valid policy that may contain `home`, joined with the shipped policy that it extends.

    `digest` is the SHA-256 of its text. `origins` are the places of its rules.
    """

    data: Mapping[str, object]
    runbooks: Mapping[str, Runbook] = field(default_factory=dict)
    digest: str = ""
    origins: tuple[Origin, ...] = ()

    @property
    def speaks_of_home(self) -> bool:
        """Whether its meaning depends on the home account."""
        return _compile(self.data, "0" * 12, self.runbooks) != _compile(self.data, "1" * 12, self.runbooks)

    def compile(self, home_account: str, *, forwards: bool = True) -> dict[str, object]:
        """Return the compiled policy for a deployment to this account.

        `forwards`: whether the home account forwards events, which needs a role there.
        """
        if not ACCOUNT.fullmatch(home_account):
            raise BadInput("home account", "must be a 12-digit account id", home_account)
        compiled = _compile(self.data, home_account, self.runbooks)
        compiled["own"] = {
            "home": home_account,
            "member": list(member_roles()),
            "at_home": [*member_roles(forwards=forwards), *home_roles(self.runbooks.values())],
        }
        if self.digest:
            compiled["digest"] = self.digest
        policy_from_json(compiled)
        sweeps_from_json(compiled)
        return compiled


def load_policy(
    path: Path, runbooks: Mapping[str, Runbook], home: str = "", *, outputs: Outputs | None = None
) -> PolicyFile:
    """Read a policy file and check it against the catalogue.

    Parameters
    ----------
    path : Path
        A YAML file in UTF-8.
    runbooks : mapping of str to Runbook
        The catalogue, by id.
    home : str
        The home account, 12 digits. Empty if it is not known.
    outputs : mapping of str to options, or None
        The options of each output. None: the section about them is not checked.

    Returns
    -------
    PolicyFile
        The valid policy. It may contain `home`.

    Raises
    ------
    BadInput
        The file cannot be read or is no YAML.
    InvalidPolicy
        With every error, its line and its field.
    """
    return _read(path, runbooks, home, outputs)


def checked(
    path: Path,
    runbooks: Mapping[str, Runbook],
    today: date,
    home: str = "",
    *,
    outputs: Outputs | None = None,
) -> tuple[tuple[Flaw, ...], tuple[Flaw, ...]]:
    """Return the errors of a policy file, and the warnings about the rest of it, in line order.

    The parameters are those of `load_policy`. `today` is the day for which entries must not have expired.
    Raises BadInput if the file cannot be read or is no YAML.
    """
    from ringfence.policy.sound_part import sound_part
    from ringfence.policy.warnings import warnings_of

    text = _text(path)
    document = read_yaml(text, str(path))
    found = problems_of(document, runbooks, home, outputs)
    errors = tuple(sorted({document.flaw(*one) for one in found}))
    if found:
        document = sound_part(document, (path for path, _ in found))
        if problems_of(document, runbooks, home, outputs):  # for example, it has no scope
            return errors, ()
    return errors, warnings_of(document, _file(document, path, text, runbooks), today, home)


def _read(path: Path, runbooks: Mapping[str, Runbook], home: str, outputs: Outputs | None) -> PolicyFile:
    text = _text(path)
    document = read_yaml(text, str(path))
    if flaws := flaws_of(document, runbooks, home, outputs):
        raise InvalidPolicy(path, flaws)
    return _file(document, path, text, runbooks)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise BadInput(str(path), f"cannot be read: {_why(error)}") from error


def _file(document: Located, path: Path, text: str, runbooks: Mapping[str, Runbook]) -> PolicyFile:
    data, origins = joined(document, path.name)
    return PolicyFile(data, runbooks, hashlib.sha256(text.encode()).hexdigest(), origins)


def compile_policy(
    path: Path,
    home_account: str,
    runbooks: Mapping[str, Runbook],
    *,
    forwards: bool = True,
    outputs: Outputs | None = None,
) -> dict[str, object]:
    """Check a policy file and compile it for a deployment to `home_account`. Raises BadInput.

    `runbooks` is the catalogue. `forwards` is that of `PolicyFile.compile`, and `outputs` that of
    `load_policy`.
    """
    return load_policy(path, runbooks, home_account, outputs=outputs).compile(home_account, forwards=forwards)


def listed_accounts(path: Path) -> tuple[str, ...]:
    """Return the accounts of the scope as the file lists them, `home` too. Empty if there is none.

    The file need not be valid: `load_policy` says what is wrong with it.
    """
    try:
        document = read_yaml(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, BadInput):
        return ()
    return tuple(
        str(one) for one in items_of(mapping_of(mapping_of(document.plain).get("scope")).get("accounts"))
    )


def _compile(data: Mapping[str, object], home: str, catalogue: Mapping[str, Runbook]) -> dict[str, object]:
    scope, findings = mapping_of(data.get("scope")), mapping_of(data.get("findings"))
    runbooks = mapping_of(data.get("runbooks"))
    return {
        "version": VERSION,
        "scope": {"accounts": accounts(scope, home), "regions": items_of(scope.get("regions"))},
        "default": data.get("default", Mode.DRY_RUN.value),
        "findings": {
            **{key: findings.get(key, IGNORE) for key in ("samples", "archived")},
            UNCONFIRMABLE: findings.get(UNCONFIRMABLE, Mode.DRY_RUN.value),
            HELD_BACK: findings.get(HELD_BACK, Mode.APPROVE.value),
        },
        "rules": [compiled_rule(mapping_of(rule), home) for rule in items_of(data.get("rules"))],
        "exempt": [
            *(_exempt(mapping_of(one), protected=True) for one in items_of(data.get("protected"))),
            *(_exempt(mapping_of(one), protected=False) for one in items_of(data.get("exempt"))),
        ],
        "approvals": compiled_approvals(mapping_of(data.get("approvals"))),
        "organization": {
            home if account == HOME else account: {
                "units": items_of(mapping_of(facts).get("units")),
                "tags": dict(mapping_of(mapping_of(facts).get("tags"))),
                **({"name": name} if (name := mapping_of(facts).get("name")) else {}),
            }
            for account, facts in mapping_of(data.get("organization")).items()
        },
        "limits": compiled_limits(mapping_of(data.get("limits"))),
        "outputs": compiled_outputs(data),
        "sweep": compiled_sweeps(mapping_of(data.get("sweep")), home, HOME),
        "config_rules": dict(mapping_of(data.get("config-rules"))),
        "mappings": [_mapping(mapping_of(one)) for one in items_of(data.get("mappings"))],
        "senders": [_sender(mapping_of(one), home) for one in items_of(data.get("senders"))],
        "runbooks": {id_: _settings(one, mapping_of(runbooks.get(id_))) for id_, one in catalogue.items()},
    }


def _settings(runbook: Runbook, settings: Mapping[str, object]) -> dict[str, object]:
    """Fill in all settings, so that a function need not load remediations that it does not run."""
    enabled = [str(one) for one in items_of(settings.get("enable"))]
    options = {name: str(chosen) for name, chosen in mapping_of(settings.get("options")).items()}
    chosen, answers = runbook.chosen(enabled), runbook.answers_by_type()
    every = dict.fromkeys(name for types in answers.values() for name in types)
    allowed, also = (frozenset(map(str, items_of(settings.get(name)))) for name in ("allow", "also"))
    return {
        "remediations": list(chosen.ids),
        "choices": dict(runbook.choose(options)),
        "held": [one.id for one in chosen.remediations if one.workload_risk and one.id not in allowed],
        # The whole runbook's types: its EventBridge rules also deliver findings of disabled remediations.
        "answers": {
            id_: list(every if id_ in also else types) for id_, types in answers.items() if id_ in chosen.ids
        },
        "together": {one.id: list(one.held_together) for one in chosen.remediations if one.held_together},
    }


def _exempt(exempt: Mapping[str, object], *, protected: bool) -> dict[str, object]:
    return {
        "subject": exempt["subject"],
        "reason": exempt["reason"],
        "runbook": exempt.get("runbook", "*"),
        "remediations": items_of(exempt.get("remediations")),
        "owner": exempt.get("owner", ""),
        "expires": exempt.get("expires", ""),
        "protected": protected,
    }


def _mapping(mapping: Mapping[str, object]) -> dict[str, object]:
    return {
        "product": mapping.get("product"),
        "finding": mapping.get("finding", "*"),
        "severity": severities(mapping.get("severity", 0))[0],
        "runbook": mapping.get("runbook"),
        "mode": mapping.get("mode", Mode.APPROVE.value),
    }


def _sender(sender: Mapping[str, object], home: str) -> dict[str, object]:
    account = sender.get("account", "")
    return {
        "role": sender.get("role", ""),
        "account": home if account == HOME else account,
        "subjects": items_of(sender.get("subjects")),
        "types": items_of(sender.get("types")),
        "runbooks": items_of(sender.get("runbooks")),
        "mode": sender.get("mode", Mode.APPROVE.value),
    }


def _why(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or "it is not UTF-8 text"
