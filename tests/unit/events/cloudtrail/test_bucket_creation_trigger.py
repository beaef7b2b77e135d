"""Which recorded creations of buckets are answered, and that the pattern agrees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.events.cloudtrail.trigger.bucket_creation import ACL, GRANTS, OPEN_CREATION, PUBLIC_ACLS
from ringfence.events.envelope import NotForUs
from ringfence.local.samples.calls import call_event
from ringfence.model.finding import Finding
from ringfence.model.kinds.bucket import BucketRef
from ringfence.runbooks.harden_bucket import HARDEN_BUCKET
from tests.support.delivery import Delivery
from tests.support.parsing import parse

if TYPE_CHECKING:
    from collections.abc import Mapping

ANYONE = 'uri="http://acs.amazonaws.com/groups/global/AllUsers"'
RULES = Delivery(OPEN_CREATION)


def creation(parameters: Mapping[str, object], **rest: Any) -> dict[str, Any]:  # noqa: ANN401 - parts of a record
    named = {"bucketName": "reports", "Host": "reports.s3.amazonaws.com"}
    return call_event("s3", "CreateBucket", {**named, **parameters}, **rest)


@pytest.mark.parametrize(
    "parameters",
    [
        *({ACL: acl} for acl in PUBLIC_ACLS),
        {ACL: ["public-read"]},
        {"x-amz-object-ownership": "ObjectWriter", ACL: "public-read"},
        *({name: ANYONE} for name in GRANTS),
        {"x-amz-grant-read": [ANYONE], "x-amz-grant-write": ANYONE},
    ],
)
def test_a_bucket_that_is_made_for_others_is_delivered_once_and_looked_at(
    parameters: Mapping[str, object],
) -> None:
    event = creation(parameters)
    finding = parse(event)
    assert isinstance(finding, Finding)
    (ref,) = finding.subjects
    assert (ref, finding.routine) == (BucketRef(ref.account, ref.region, "reports"), True)
    assert RULES.count(event) == 1
    answering = [one.id for one in HARDEN_BUCKET.remediations if one.triggers and _answers(one, finding)]
    assert answering == ["block-bucket-public-access", "remove-public-grants"]


def _answers(remediation: Any, finding: Finding) -> bool:  # noqa: ANN401 - a remediation
    return any(trigger.matches(finding) for trigger in remediation.triggers)


@pytest.mark.parametrize(
    "event",
    [
        creation({}),
        creation({ACL: "private"}),
        creation({ACL: ["bucket-owner-full-control"]}),
        creation({"x-amz-object-ownership": "ObjectWriter"}),
        creation({ACL: "public-read"}, error="InvalidBucketAclWithBlockPublicAccessError"),
    ],
)
def test_a_bucket_that_is_made_for_its_owner_alone_is_left(event: dict[str, Any]) -> None:
    assert isinstance(parse(event), NotForUs)
    assert RULES.count(event) == 0


def test_the_pattern_is_one_that_eventbridge_takes() -> None:
    assert RULES.errors() == []


TEXTS = st.sampled_from(("private", *PUBLIC_ACLS, ANYONE, "", "PUBLIC-READ"))


@given(
    st.dictionaries(
        st.sampled_from((ACL, *GRANTS, "x-amz-object-ownership")), TEXTS | st.lists(TEXTS, max_size=2)
    )
)
def test_what_is_delivered_is_what_is_answered(parameters: dict[str, object]) -> None:
    assert RULES.agrees(creation(parameters))
