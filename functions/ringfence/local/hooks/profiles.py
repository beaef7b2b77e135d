"""Instance profiles: created in ministack's IAM, associated in moto's EC2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ringfence.local.hooks.patching import around

if TYPE_CHECKING:
    from collections.abc import Callable


def install() -> None:
    """Show the profiles of ministack's IAM to moto's EC2, and report associations as EC2 does."""
    from moto.ec2.models.iam_instance_profile import (
        IamInstanceProfileAssociation,
        IamInstanceProfileAssociationBackend,
    )
    from moto.iam.models import IAMBackend

    around(IAMBackend, "get_instance_profiles", _profiles_of_ministack)
    around(IamInstanceProfileAssociation, "__init__", _associate)
    around(IamInstanceProfileAssociationBackend, "replace_iam_instance_profile_association", _replace)


def _profiles_of_ministack(_original: Callable[..., Any], backend: Any) -> list[Any]:
    """Profiles: moto's EC2 searches moto's IAM, which has none."""
    from ministack.services import iam
    from moto.iam import models

    profile: Any = models.InstanceProfile  # abstract in type only: moto itself makes them like this
    return [
        profile(
            account_id=backend.account_id,
            region_name=backend.region_name,
            instance_profile_id=record["InstanceProfileId"],
            name=name,
            path=record.get("Path", "/"),
            roles=[],
        )
        for name, record in iam._instance_profiles.items()
    ]


def _associate(original: Callable[..., Any], association: Any, *args: Any, **kw: Any) -> None:
    """DescribeInstances: it must return the profile's id. moto returns the association's id."""
    original(association, *args, **kw)
    _show_on_instance(association)


def _replace(original: Callable[..., Any], backend: Any, *args: Any, **kw: Any) -> Any:
    """ReplaceIamInstanceProfileAssociation: moto's instance still shows the old profile."""
    association = original(backend, *args, **kw)
    _show_on_instance(association)
    return association


def _show_on_instance(association: Any) -> None:
    profile = association.iam_instance_profile
    association.instance.iam_instance_profile = {"Arn": profile.arn, "Id": profile.id}
