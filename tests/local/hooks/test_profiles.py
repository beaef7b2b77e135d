"""Instance profiles are made in IAM and associated in EC2, which are two emulators here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable


def associations(ec2: Any, instance: str) -> list[dict[str, Any]]:
    found = ec2.describe_iam_instance_profile_associations(
        Filters=[{"Name": "instance-id", "Values": [instance]}]
    )
    listed: list[dict[str, Any]] = found["IamInstanceProfileAssociations"]
    return listed


@pytest.mark.parametrize("path", ["/", "/team/web/"])
@pytest.mark.parametrize("by", ["Name", "Arn"])
def test_a_profile_is_associated_shown_and_taken_away(
    ec2: Any, iam: Any, launch: Callable[..., str], describe: Any, unique: str, path: str, by: str
) -> None:
    profile = iam.create_instance_profile(InstanceProfileName=unique, Path=path)["InstanceProfile"]
    named = {"Name": unique} if by == "Name" else {"Arn": profile["Arn"]}
    target = launch(IamInstanceProfile=named)
    shown = describe(target)["IamInstanceProfile"]
    assert (shown["Arn"], shown["Id"]) == (profile["Arn"], profile["InstanceProfileId"])
    (association,) = associations(ec2, target)
    assert association["IamInstanceProfile"]["Arn"] == profile["Arn"]
    assert association["AssociationId"] != profile["InstanceProfileId"]
    ec2.disassociate_iam_instance_profile(AssociationId=association["AssociationId"])
    assert associations(ec2, target) == []
    assert "IamInstanceProfile" not in describe(target)
    ec2.associate_iam_instance_profile(InstanceId=target, IamInstanceProfile=named)
    assert describe(target)["IamInstanceProfile"]["Arn"] == profile["Arn"]


def test_an_association_that_is_gone_is_refused_by_name(ec2: Any, refusal: Callable[..., str]) -> None:
    code = refusal(ec2.disassociate_iam_instance_profile, AssociationId="iip-assoc-0123456789abcdef0")
    assert code == "InvalidAssociationID.NotFound"


def test_replacing_an_association_shows_on_the_instance(
    ec2: Any, iam: Any, launch: Callable[..., str], describe: Any, unique: str
) -> None:
    for name in (unique, f"{unique}-2"):
        iam.create_instance_profile(InstanceProfileName=name)
    target = launch(IamInstanceProfile={"Name": unique})
    (association,) = associations(ec2, target)
    ec2.replace_iam_instance_profile_association(
        AssociationId=association["AssociationId"], IamInstanceProfile={"Name": f"{unique}-2"}
    )
    assert describe(target)["IamInstanceProfile"]["Arn"].endswith(f"/{unique}-2")


def test_an_instance_without_a_profile_has_no_association(ec2: Any, launch: Callable[..., str]) -> None:
    assert associations(ec2, launch()) == []
