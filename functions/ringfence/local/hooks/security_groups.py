"""Security groups in moto."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ringfence.local.hooks.patching import around

if TYPE_CHECKING:
    from collections.abc import Callable


def install() -> None:
    """Put right what moto gets wrong; each function below says what that is."""
    from moto.ec2.models.security_groups import SecurityGroupBackend

    around(SecurityGroupBackend, "delete_security_group", _refuse_while_in_use)
    for direction in ("ingress", "egress"):
        around(SecurityGroupBackend, f"revoke_security_group_{direction}", _known_rule_ids)


def _refuse_while_in_use(
    original: Callable[..., Any], backend: Any, name: str | None = None, group_id: str | None = None
) -> None:
    """DeleteSecurityGroup: moto deletes groups that interfaces still have."""
    from moto.ec2.exceptions import DependencyViolationError

    group = backend.get_security_group_by_name_or_id(group_id or name or "")
    if group and any(group in interface.group_set for interface in backend.enis.values()):
        raise DependencyViolationError(f"resource {group.id} has a dependent object")
    original(backend, name, group_id)


def _known_rule_ids(
    original: Callable[..., Any], backend: Any, group_name_or_id: str, *args: Any, **kw: Any
) -> Any:
    """Revoke by rule id: moto answers InvalidPermission.NotFound, the error for a rule without an id."""
    from moto.ec2.exceptions import InvalidSecurityGroupRuleIdNotFoundError

    found = backend.get_security_group_by_name_or_id(group_name_or_id)
    known = {rule.id for rule in (*found.ingress_rules, *found.egress_rules)} if found else set()
    for rule_id in kw.get("security_rule_ids") or []:
        if found and rule_id not in known:
            raise InvalidSecurityGroupRuleIdNotFoundError(rule_id)
    return original(backend, group_name_or_id, *args, **kw)
