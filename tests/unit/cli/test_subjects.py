"""Resources by ARN and by Name tag. An intruder can choose a Name tag, so a person must see the id."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ringfence.aws.caller import Caller
from ringfence.cli.operator_command import Environment
from ringfence.cli.subjects import ANY_ACCOUNT, called_by, response_meant, subject_named
from ringfence.model.errors import AccessDenied, BadInput
from ringfence.model.kinds.bucket import BucketRef
from ringfence.model.kinds.instance import InstanceRef
from ringfence.model.subject import NetworkRef
from ringfence.record.chain import ChainKey
from tests.support.fakes.site import KIM
from tests.support.worlds import REF

if TYPE_CHECKING:
    from ringfence.model.subject import Ref

ARN = f"arn:aws:ec2:{REF.region}:{REF.account}:instance/{REF.id}"
OTHER = "i-0fedcba9876543210"


def never(*_: object) -> tuple[str, ...]:
    raise AssertionError("no Name tag is read")


HERE = Environment(
    caller=lambda: Caller(REF.account, KIM),
    region=lambda: REF.region,
    client=lambda _: never(),  # type: ignore[arg-type,return-value]  # it is not asked
    catalogue=dict,
    interactive=lambda: True,
    clock=lambda: 0.0,
    sleep=lambda _: None,
    tagged=never,
)


def found(*ids: str) -> Environment:
    return replace(HERE, tagged=lambda _, __: ids)


def named(
    env: Environment,
    text: str,
    family: type[Ref] = InstanceRef,
    account: str | None = None,
    region: str | None = None,
    *,
    sure: bool = False,
) -> Ref:
    return subject_named(env, family, text, account, region, sure=sure)


def test_an_arn_says_account_and_region() -> None:
    elsewhere = ARN.replace(REF.region, "us-west-2")
    assert named(HERE, elsewhere, sure=True) == InstanceRef(REF.account, "us-west-2", REF.id)
    assert named(HERE, ARN, account=REF.account, region=REF.region) == REF


def test_an_arn_without_an_account_leaves_it_open() -> None:
    ref = named(HERE, "arn:aws:s3:::reports", BucketRef)
    assert (ref.id, ref.account) == ("reports", ANY_ACCOUNT)


@pytest.mark.parametrize(
    ("account", "region", "option"), [("9" * 12, None, "--account"), (None, "us-west-2", "--region")]
)
def test_an_option_must_not_contradict_the_arn(account: str | None, region: str | None, option: str) -> None:
    with pytest.raises(BadInput, match=f"{option}: must be .*, as in the ARN"):
        named(HERE, ARN, account=account, region=region)


def test_an_arn_of_another_kind_is_bad_input() -> None:
    with pytest.raises(BadInput, match="ID: must have the form arn:"):
        named(HERE, "arn:aws:s3:::reports")


def test_a_name_tag_is_found() -> None:
    assert named(found(REF.id, "vol-1"), "shop-web") == InstanceRef(ANY_ACCOUNT, REF.region, REF.id)
    assert named(found("sg-0123456789abcdef0"), "shop-web", NetworkRef).id == "sg-0123456789abcdef0"


@pytest.mark.parametrize(
    ("env", "words"),
    [
        (found(), "No such resource in eu-west-1 has this Name tag"),
        (found("vol-1"), "No such resource in eu-west-1 has this Name tag"),
        (found(REF.id, OTHER), f"is the Name tag of {REF.id}, {OTHER}: use an id"),
    ],
)
def test_a_name_tag_must_name_one_resource(env: Environment, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        named(env, "shop-web")


def test_names_that_cannot_be_read_are_said_so() -> None:
    def denied(*_: object) -> tuple[str, ...]:
        raise AccessDenied("ec2:DescribeTags: UnauthorizedOperation", "ec2:DescribeTags")

    with pytest.raises(BadInput, match="Name tags cannot be read: ec2:DescribeTags"):
        named(replace(HERE, tagged=denied), "shop-web")


def test_a_name_tag_is_refused_if_nobody_sees_what_it_means() -> None:
    with pytest.raises(BadInput, match="With --yes, it cannot be a Name tag"):
        named(HERE, "shop-web", sure=True)


def test_no_name_is_searched_for_kinds_without_name_tags() -> None:
    with pytest.raises(BadInput, match="must be"):
        named(HERE, "no bucket", BucketRef)


A, B = (ChainKey("contain-instance", one.key) for one in (REF, InstanceRef(REF.account, REF.region, OTHER)))
OF_A, OF_B = "shop-web", "shop-web-2"


def meant(text: str, *, a: str = OF_A, b: str = OF_B, sure: bool = False) -> ChainKey:
    return response_meant("inc-1", (A, B), lambda: {A.text: a, B.text: b}, text, sure=sure)


@pytest.mark.parametrize("sure", [False, True])
@pytest.mark.parametrize("text", [REF.id, ARN])
def test_an_exact_id_wins_over_the_name_tag_of_another_resource(text: str, *, sure: bool) -> None:
    assert meant(text, b=text, sure=sure) == A


def test_a_name_tag_means_one_response_and_is_refused_if_two_have_it() -> None:
    assert meant(OF_A) == A
    with pytest.raises(BadInput, match="--subject: must mean one of the responses of inc-1"):
        meant(OF_A, b=OF_A)


def test_a_name_tag_means_no_response_if_nobody_sees_which() -> None:
    with pytest.raises(BadInput, match="With --yes, it cannot be a Name tag"):
        meant(OF_A, sure=True)


@pytest.mark.parametrize(
    "text", [ARN.replace(REF.account, "9" * 12), ARN.replace(REF.region, "us-west-2"), "arn:aws:nothing", ""]
)
def test_an_arn_of_another_account_or_region_means_no_response(text: str) -> None:
    with pytest.raises(BadInput, match="must mean one"):
        meant(text, a="", b="")


def test_a_question_shows_the_id_that_has_a_name_tag() -> None:
    assert called_by(REF, "web-1\x1b[2J") == f"{REF.id} (web-1\\x1b[2J)"
    assert called_by(REF, REF.id) == REF.id
    assert called_by(REF, f"arn:aws:ec2:eu-west-1:111122223333:instance/{REF.id}") == REF.id
