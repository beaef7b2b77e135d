"""The resources of calls of some services that ministack does not determine.

Source: Service Authorization Reference, the resource types of each of these services.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def resource(service: str, params: Mapping[str, Any], region: str, account: str) -> str | None:
    """Return the ARN of the resource of a call. None if the call names no known resource."""
    if service == "iam":
        return _of_iam(params, account)
    if service == "autoscaling":
        name = _first(params, "AutoScalingGroupName")
        return _group(name, region, account) if name else None
    if service == "elasticloadbalancing":
        return _first(params, "TargetGroupArn") or None
    if service == "sns":
        return _first(params, "ResourceArn") or _topic(_first(params, "SubscriptionArn"))
    if service == "securityhub":
        return f"arn:aws:securityhub:{region}:{account}:hub/default"
    return None


def _topic(subscription: str) -> str | None:
    """Return the ARN of a subscription's topic: a subscription is no type of resource."""
    return subscription.rpartition(":")[0] or None


def _of_iam(params: Mapping[str, Any], account: str) -> str | None:
    """Return the ARN of a profile, of a policy in creation, or of the user of a key."""
    from ministack.services import iam

    if _first(params, "Action") == "CreatePolicy":
        return f"arn:aws:iam::{account}:policy{_first(params, 'Path') or '/'}{_first(params, 'PolicyName')}"
    if name := _first(params, "InstanceProfileName"):
        return f"arn:aws:iam::{account}:instance-profile{_profile_path(name)}{name}"
    owner = (iam._access_keys.get(_first(params, "AccessKeyId")) or {}).get("UserName", "")
    user = iam._users.get(owner) or {}
    arn: str | None = user.get("Arn")
    return arn


def _first(params: Mapping[str, Any], name: str) -> str:
    value = params.get(name)
    return str(value[0] if isinstance(value, list) and value else value or "")


def _profile_path(name: str) -> str:
    from ministack.services import iam

    record = iam._instance_profiles.get(name) or {}
    path: str = record.get("Path", "/")
    return path


def _group(name: str, region: str, account: str) -> str:
    from moto.autoscaling.models import autoscaling_backends

    group = autoscaling_backends[account][region].autoscaling_groups.get(name)
    if group:
        arn: str = group.arn
        return arn
    return f"arn:aws:autoscaling:{region}:{account}:autoScalingGroup:none:autoScalingGroupName/{name}"
