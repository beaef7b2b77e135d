"""Statements say exactly what permissions declare, however they are put together."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.model.call import Permission
from ringfence.model.errors import InternalError
from stacks.permissions import Need, elsewhere, merged, resolved

ACTIONS = st.sampled_from([f"service:Action{letter}" for letter in "ABCD"])
RESOURCES = st.sampled_from(["*", "arn:one", "arn:two", "arn:three/*"])
CONDITIONS = st.sampled_from([(), (("StringEquals", "key", ("a",)),), (("StringEquals", "key", ("b",)),)])
NEEDS = st.lists(st.builds(Need, ACTIONS, RESOURCES, CONDITIONS, st.just("")))


@given(NEEDS)
def test_merging_neither_adds_nor_loses_anything(needs: list[Need]) -> None:
    taken_apart = [
        (action, resource, conditions)
        for actions, resources, conditions in merged(needs)
        for action in actions
        for resource in resources
    ]
    assert sorted(taken_apart) == sorted({(one.action, one.resource, one.conditions) for one in needs})


@given(NEEDS, st.randoms())
def test_the_order_of_declarations_does_not_matter(needs: list[Need], random: Any) -> None:  # noqa: ANN401 - Hypothesis's own
    shuffled = list(needs)
    random.shuffle(shuffled)
    assert merged(shuffled) == merged(needs)


@given(NEEDS)
def test_no_two_statements_could_be_one(needs: list[Need]) -> None:
    statements = merged(needs)
    assert len({(resources, conditions) for _, resources, conditions in statements}) == len(statements)


def test_places_are_put_in_and_several_multiply() -> None:
    declared = Permission("s:A", ("arn:{account}:{name}",), (("ArnEquals", "key", ("{account}:x",)),))
    assert resolved([declared], {"account": ("1", "2"), "name": "n"}) == (
        Need("s:A", "arn:1:n", (("ArnEquals", "key", ("1:x", "2:x")),), ""),
        Need("s:A", "arn:2:n", (("ArnEquals", "key", ("1:x", "2:x")),), ""),
    )


def test_variables_of_iam_itself_stay() -> None:
    (need,) = resolved([Permission("s:A", ("arn:${aws:username}/{x}",))], {"x": "y"})
    assert need.resource == "arn:${aws:username}/y"


def test_a_regional_resource_lies_anywhere() -> None:
    declared = [Permission("s:A", ("arn:{region}:x",)), Permission("s:B", ("arn::x",))]
    for regions in ((), ("eu-west-1",)):
        needs = resolved(declared, {}, regions=regions)
        assert [(one.resource, one.conditions) for one in needs] == [("arn:*:x", ()), ("arn::x", ())]


def test_outside_the_scopes_regions_what_is_done_in_regions_is_denied_in_one_statement() -> None:
    declared = [Permission("s:A", ("arn::x", "arn:{region}:x")), Permission("s:B", ("arn::x",))]
    assert elsewhere(declared, ()) == ()
    (denied,) = elsewhere([*declared, Permission("s:C", ("arn:{region}:y",))], ("r1", "r2"))
    assert denied.to_statement_json() == {
        "Effect": "Deny",
        "Action": ["s:A", "s:C"],
        "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["r1", "r2"]}},
    }


def test_a_condition_on_any_region_is_a_pattern_and_on_some_names_them() -> None:
    declared = [Permission("s:A", ("arn:x",), (("StringEquals", "kms:ViaService", ("ec2.{region}.y",)),))]
    (anywhere,) = resolved(declared, {})
    (somewhere,) = resolved(declared, {}, regions=("r1", "r2"))
    assert anywhere.conditions == (("StringLike", "kms:ViaService", ("ec2.*.y",)),)
    assert somewhere.conditions == (("StringEquals", "kms:ViaService", ("ec2.r1.y", "ec2.r2.y")),)


def test_a_placeholder_that_stands_for_nothing_is_a_bug() -> None:
    with pytest.raises(InternalError, match="contains bucket, which is not one of region, table"):
        resolved([Permission("s:A", ("{bucket}",))], {"table": "t"})


def test_everything_without_a_reason_is_a_bug() -> None:
    with pytest.raises(InternalError, match="s:A is requested on every resource without a reason"):
        resolved([Permission("s:A", ("*",))], {})
    assert resolved([Permission("s:A", ("*",), reason="the action has no resource types")], {})
