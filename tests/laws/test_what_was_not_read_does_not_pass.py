"""Whatever an item contains, every rule says something about it, and nothing unread passes."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ringfence.model.document import Document
from ringfence.model.errors import BadInput
from ringfence.posture.evaluate import results
from ringfence.posture.items import resource_of
from ringfence.posture.mapping import READS
from ringfence.posture.mappings import every_mapping
from ringfence.posture.rule import Status
from tests.support.posture import SHIPPED

RULES = tuple(one.rule for one in SHIPPED)
NAMES = sorted(
    {part for one in every_mapping().values() for place in one.places for part in place.field if part != "[]"}
    | {"ipPermissions", "ipv4Ranges", "policyVersionList", "document", "policyText", "Statement", "Action"}
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 70_000),
    st.floats(allow_nan=True),
    st.sampled_from(["", "true", "Enabled", "0.0.0.0/0", "*", "{", "[1", '{"Statement": 3}', "%7B", "\x00"]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(NAMES), inner, max_size=4)
    ),
    max_leaves=12,
)
ITEMS = st.fixed_dictionaries(
    {
        "accountId": st.just("111122223333"),
        "awsRegion": st.just("eu-west-1"),
        "resourceId": st.just("x"),
        "resourceType": st.sampled_from(sorted(every_mapping())),
    },
    optional={
        "configuration": VALUES,
        "supplementaryConfiguration": VALUES,
        READS: VALUES,
        "tags": VALUES,
    },
)


@given(ITEMS)
def test_every_item_is_judged_or_is_bad_input(item: dict[str, Any]) -> None:
    try:
        resource = resource_of(Document.of(item))
    except BadInput:
        return
    assert resource is not None
    for one in results(RULES, resource, {}):
        assert (one.status is Status.PASSED) == (not one.reasons)


@given(ITEMS)
def test_without_any_part_that_was_read_nothing_passes(item: dict[str, Any]) -> None:
    bare = {name: one for name, one in item.items() if name not in {"configuration", READS}}
    bare.pop("supplementaryConfiguration", None)
    resource = resource_of(Document.of(bare))
    assert resource is not None
    assert {one.status for one in results(RULES, resource, {})} <= {Status.NOT_ASSESSED}
