"""The command that plans the remediation of a failing resource. Pure."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from ringfence.model.kinds import every_kind
from ringfence.posture.values import EVERYWHERE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ringfence.model.runbook import Runbook
    from ringfence.model.subject import Ref
    from ringfence.posture.rule import Resource, Rule


def command(rule: Rule, resource: Resource, runbooks: Iterable[Runbook]) -> str:
    """Return the command that shows the plan for a failing resource. Without `--dry-run`, it also applies it.

    Empty if the rule names no remediation, or one that is about another kind of resource, or if the resource
    has an id that none of its kind can have.
    """
    kind = next((one for one in every_kind().values() if one.config_type == resource.type), None)
    runbook = next((one for one in runbooks if kind and _remediates(one, rule.remediation, kind)), None)
    if kind is None or runbook is None:
        return ""
    # AWS Config identifies users and roles by unique ids. A command needs their names.
    id_ = (
        resource.id if kind.pattern.fullmatch(resource.id) and kind.regional else resource.name or resource.id
    )
    if not kind.pattern.fullmatch(id_):
        return ""
    region = () if resource.region in {"", EVERYWHERE} or not kind.regional else ("--region", resource.region)
    words = (
        *("ringfence", "run", runbook.id, id_, "--account", resource.account, *region),
        *("--remediation", rule.remediation, "--reason", f"rule {rule.name}", "--dry-run"),
    )
    return shlex.join(words)


def _remediates(runbook: Runbook, id_: str, kind: type[Ref]) -> bool:
    return any(one.id == id_ and issubclass(kind, one.subject) for one in runbook.remediations)
