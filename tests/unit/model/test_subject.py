"""What a person names by its id is of the kind that the id looks like, unless the kind is named too."""

from __future__ import annotations

import pytest

from ringfence.model.errors import BadInput
from ringfence.model.kinds import parse_key, ref_of
from ringfence.model.kinds.access_key import AccessKeyRef
from ringfence.model.kinds.iam_user import UserRef
from ringfence.model.kinds.instance import InstanceRef
from ringfence.model.kinds.other_principal import OtherPrincipalRef
from ringfence.model.kinds.role_session import RoleSessionRef
from ringfence.model.kinds.root import RootRef
from ringfence.model.subject import GLOBAL, NetworkRef, PrincipalRef, Ref

ACCOUNT, REGION = "111122223333", "eu-west-1"
OF_EACH_KIND = (
    ("AKIAEXAMPLE000000001", AccessKeyRef),
    ("AROAEXAMPLE000000001:i-0123456789abcdef0", RoleSessionRef),
    ("root", RootRef),
    ("deployer@example.com", UserRef),
    ("AWSService:config", OtherPrincipalRef),
)


@pytest.mark.parametrize(("id_", "kind"), OF_EACH_KIND)
def test_a_principal_is_of_the_kind_that_its_id_looks_like_and_in_no_region(
    id_: str, kind: type[Ref]
) -> None:
    named = ref_of(PrincipalRef, ACCOUNT, REGION, id_)
    assert named == kind(ACCOUNT, GLOBAL, id_)
    assert parse_key(named.key) == named


def test_a_user_who_is_called_root_can_be_named_by_the_kind() -> None:
    assert ref_of(PrincipalRef, ACCOUNT, REGION, "root", "iam-user") == UserRef(ACCOUNT, GLOBAL, "root")


def test_an_instance_stays_in_its_region() -> None:
    id_ = "i-0123456789abcdef0"
    assert ref_of(InstanceRef, ACCOUNT, REGION, id_) == InstanceRef(ACCOUNT, REGION, id_)


@pytest.mark.parametrize(
    ("family", "id_", "kind", "field"),
    [
        (InstanceRef, "AKIAEXAMPLE000000001", "", "instance"),
        (InstanceRef, "AKIAEXAMPLE000000001", "access-key", "kind"),
        (PrincipalRef, "i-0123456789abcdef0", "instance", "kind"),
        (PrincipalRef, "AROAEXAMPLE000000001:x", "access-key", "access-key"),
        (PrincipalRef, "no such thing", "", "principal"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(family: type[Ref], id_: str, kind: str, field: str) -> None:
    with pytest.raises(BadInput, match=field):
        ref_of(family, ACCOUNT, REGION, id_, kind)


@pytest.mark.parametrize("id_", ["vpc-1", "foo"])
def test_of_several_kinds_it_is_said_which_ids_are_taken(id_: str) -> None:
    with pytest.raises(BadInput) as raised:
        ref_of(NetworkRef, ACCOUNT, REGION, id_)
    assert str(raised.value) == (
        "network: must be a flow log's id, fl- and 8 or 17 hexadecimal digits; a security group's id, sg- "
        f"and 8 or 17 hexadecimal digits; or a VPC's id, vpc- and 8 or 17 hexadecimal digits, not '{id_}'"
    )
