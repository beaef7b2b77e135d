"""What holds for `harden-bucket` beside the laws: nothing is lost, and it does what it is for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given

from ringfence.observations.s3.acl import BucketAcl
from ringfence.observations.s3.block import PublicAccessBlock
from ringfence.observations.s3.documents import same, statements
from ringfence.observations.s3.encryption import BucketEncryption
from ringfence.observations.s3.exposure import ways_in
from ringfence.observations.s3.policy import BucketPolicy
from ringfence.observations.s3.tls import requires_tls
from ringfence.observations.s3.use import BucketPast
from ringfence.remediations.log_bucket_access import AccessLogging
from ringfence.remediations.version_bucket import ENABLED, BucketVersioning
from tests.support.laws.permissions import calls_of
from tests.support.laws.plans import run
from tests.support.strategies.buckets import BUCKET, buckets, incidents
from tests.support.strategies.harden_bucket import FIX, WORLDS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ringfence.model.call import Call
    from ringfence.model.incident import Incident
    from ringfence.model.observation import Observation, ResourceState
    from ringfence.model.step import Step


# Nothing that was there is lost


@given(before=buckets(), incident=incidents())
def test_every_statement_and_every_other_grant_stays(before: ResourceState, incident: Incident) -> None:
    after, _ = run(FIX, before, incident)
    was, becomes = before[BucketPolicy].document, after[BucketPolicy].document
    if was:
        assert becomes
        kept = statements(becomes)[: len(statements(was))]
        assert all(same(one, other) for one, other in zip(statements(was), kept, strict=True))
        assert {name: one for name, one in becomes.items() if name != "Statement"} == {
            name: one for name, one in was.items() if name != "Statement"
        }
    lost = before[BucketAcl].grants - after[BucketAcl].grants
    assert all(grant.public for grant in lost)
    encryption, default = before[BucketEncryption].default, after[BucketEncryption].default
    assert encryption is None or (default and default.blocked == encryption.blocked)


@given(before=buckets(), incident=incidents())
def test_what_is_on_stays_on(before: ResourceState, incident: Incident) -> None:
    after, _ = run(FIX, before, incident)
    assert before[PublicAccessBlock].settings.within(after[PublicAccessBlock].settings)
    assert before[AccessLogging].target in {None, after[AccessLogging].target}
    assert before[BucketVersioning].status != ENABLED or after[BucketVersioning].status == ENABLED


# It does what it is for


@given(before=buckets(), incident=incidents())
def test_no_bucket_whose_settings_are_shown_stays_public(before: ResourceState, incident: Incident) -> None:
    after, _ = run(FIX, before, incident)
    assert not before[PublicAccessBlock].readable or not tuple(ways_in(after))


@given(before=buckets(), incident=incidents())
def test_every_policy_that_is_understood_requires_tls_in_the_end(
    before: ResourceState, incident: Incident
) -> None:
    after, _ = run(FIX, before, incident)
    assert not before[BucketPolicy].clear or requires_tls(after[BucketPolicy].document, BUCKET.id)


@given(before=buckets(), incident=incidents())
def test_what_is_not_shown_is_for_a_person_to_review(before: ResourceState, incident: Incident) -> None:
    hidden = [facet for facet in before.observations.values() if not getattr(facet, "readable", True)]
    reviews = {words for one in FIX.remediations for words in one.review_items(before, incident)}
    assert len([words for words in reviews if "cannot be read" in words]) == len(hidden)


IN_S3 = tuple(one for one in FIX.observations if one is not BucketPast)
"""What is read of the bucket itself. AWS Config's history is one's own account's."""


@pytest.mark.parametrize("facet", IN_S3, ids=lambda one: one.__name__)
def test_every_look_says_whose_bucket_it_expects(facet: type[Observation]) -> None:
    """A bucket's name is the world's: another account may have taken it meanwhile."""
    assert_owned(calls_of(WORLDS, facet))


@pytest.mark.parametrize("kind", dict.fromkeys((*FIX.steps, *FIX.inverses)), ids=lambda one: one.__name__)
def test_every_change_says_whose_bucket_it_expects(kind: type[Step]) -> None:
    assert_owned(calls_of(WORLDS, kind))


def assert_owned(calls: Iterable[Call]) -> None:
    owners = {call.parameters["ExpectedBucketOwner"] for call in calls if call.service == "s3"}
    assert owners == {BUCKET.account}
