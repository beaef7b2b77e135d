"""Security groups in moto."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ringfence.local.hooks.patching import around, replace

if TYPE_CHECKING:
    from collections.abc import Callable

_LIST = 7  # the position of `prefix_list_id` among moto's arguments for a rule


def install() -> None:
    """Fix what moto gets wrong. Each function below describes one error."""
    from moto.ec2.models.security_groups import SecurityGroupBackend, SecurityGroupRule

    around(SecurityGroupRule, "__init__", _keep_list_description)
    replace(SecurityGroupRule, "description", property(_description))
    around(SecurityGroupBackend, "delete_security_group", _refuse_while_in_use)
    for direction in ("ingress", "egress"):
        around(SecurityGroupBackend, f"revoke_security_group_{direction}", _known_rule_ids)


def _refuse_while_in_use(
    original: Callable[..., Any], backend: Any, name: str | None = None, group_id: str | None = None
) -> None:
    """DeleteSecurityGroup: moto deletes groups that interfaces use."""
    from moto.ec2.exceptions import DependencyViolationError

    group = backend.get_security_group_by_name_or_id(group_id or name or "")
    if group and any(group in interface.group_set for interface in backend.enis.values()):
        raise DependencyViolationError(f"resource {group.id} has a dependent object")
    original(backend, name, group_id)


def _keep_list_description(original: Callable[..., Any], rule: Any, *args: Any, **kw: Any) -> None:
    """Rules: moto loses the description of a rule with a prefix list."""
    original(rule, *args, **kw)
    given = kw.get("prefix_list_id") or (args[_LIST] if len(args) > _LIST else None)
    rule.list_description = (given or {}).get("Description")


def _description(rule: Any) -> str | None:
    """DescribeSecurityGroupRules: moto returns no description for rules with a group or a prefix list."""
    found = (rule.ip_range.get("Description"), rule.source_group.get("Description"), rule.list_description)
    return next((one for one in found if one), None)


def _known_rule_ids(
    original: Callable[..., Any], backend: Any, group_name_or_id: str, *args: Any, **kw: Any
) -> Any:
    """Revoke by rule id: moto returns InvalidPermission.NotFound, the error for a rule without an id."""
    from moto.ec2.exceptions import InvalidSecurityGroupRuleIdNotFoundError

    found = backend.get_security_group_by_name_or_id(group_name_or_id)
    known = {rule.id for rule in (*found.ingress_rules, *found.egress_rules)} if found else set()
    for rule_id in kw.get("security_rule_ids") or []:
        if found and rule_id not in known:
            raise InvalidSecurityGroupRuleIdNotFoundError(rule_id)
    return original(backend, group_name_or_id, *args, **kw)
