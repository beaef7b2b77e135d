"""What `harden-bucket` takes for granted is true of S3 on the local AWS.

Each step of a real plan is taken by the real driver: what is observed then is what the step declares as its
effect, and its inverse leads back.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.aws.cloud import AwsCloud
from ringfence.engine.undo import undo
from ringfence.local import LocalAws
from ringfence.model.codec import canonical
from ringfence.model.errors import NotFound, Refused
from ringfence.model.incident import Incident
from ringfence.model.kinds.bucket import BucketRef
from ringfence.model.observation import ResourceState
from ringfence.model.plan import dependency_levels
from ringfence.model.step import State
from ringfence.observations.s3.acl import BucketAcl
from ringfence.observations.s3.block import PublicAccessBlock
from ringfence.observations.s3.documents import statements
from ringfence.observations.s3.exposure import ways_in
from ringfence.observations.s3.log_bucket import LogBucketUse
from ringfence.observations.s3.policy import BucketPolicy
from ringfence.observations.s3.tls import requires_tls
from ringfence.observations.s3.use import BucketPast, BucketUse
from ringfence.policy.decision import Permit
from ringfence.remediations.log_bucket_access import AccessLogging
from ringfence.remediations.version_bucket import BucketVersioning
from ringfence.runbooks.harden_bucket import HARDEN_BUCKET
from tests.support.worlds import AUTO, NOON

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.observation import Observation
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref

FIX = HARDEN_BUCKET.narrowed(one.id for one in HARDEN_BUCKET.remediations if one.triggers)
FACETS = tuple(one for one in FIX.observations if one is not BucketPast)
"""What is read of the bucket itself, and not of AWS Config's history."""
KEY = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"


@pytest.fixture(scope="module")
def aws() -> Iterator[LocalAws]:
    with LocalAws() as running:
        yield running


@dataclass
class LocalClients:
    """Clients of the local AWS."""

    aws: LocalAws

    def client(self, ref: Ref, service: str, *, single_attempt: bool = False) -> Any:  # noqa: ANN401, ARG002 - made at run time
        return self.aws.client(service)


@dataclass
class Case:
    """One bucket, and a responder on it."""

    aws: LocalAws
    ref: BucketRef
    logs: str

    @property
    def s3(self) -> Any:  # noqa: ANN401 - made at run time
        return self.aws.client("s3")

    @property
    def cloud(self) -> AwsCloud:
        return AwsCloud(LocalClients(self.aws), lambda: NOON, lambda jobs: [job() for job in jobs])

    @property
    def incident(self) -> Incident:
        choices = HARDEN_BUCKET.choose({"access-log-bucket": self.logs, "default-encryption": KEY})
        return Incident("inc-1", NOON, choices=choices)

    def observe(self, *observations: type[Observation]) -> ResourceState:
        return self.cloud.observe(self.ref, observations or FACETS)

    def take(self, step: Step) -> None:
        """Take one step between two looks."""
        before = self.observe(step.observation)
        assert step.state(before) is State.BEFORE, step
        made = self.cloud.apply(self.ref, step, {}, Permit.of(AUTO, self.ref, NOON + timedelta(days=1)))
        assert all(made.requests), "each call is recorded by its request id"
        after = self.observe(step.observation)
        assert step.state(after) is State.AFTER, step
        assert told(after) == told(step.effect(before)), step

    def fix(self) -> tuple[Step, ...]:
        steps = FIX.stages[0].plan(self.observe(), self.incident)
        for wave in dependency_levels(steps):
            for step in wave:
                self.take(step)
        return steps

    def release(self, steps: tuple[Step, ...]) -> None:
        way = undo(steps, self.observe())
        assert (way.drifted, way.settling, way.kept) == ((), (), ())
        for wave in dependency_levels(way.steps):
            for step in wave:
                self.take(step)


def told(observed: ResourceState) -> ResourceState:
    """Leave out what S3 does not tell apart: a statement alone, versioning that is not enabled."""
    found: list[Observation] = []
    for facet in observed.observations.values():
        one = facet
        if isinstance(one, BucketPolicy) and one.document:
            one = BucketPolicy(canonical({**one.document, "Statement": list(statements(one.document))}))
        if isinstance(one, BucketVersioning) and one.status != "Enabled":
            one = BucketVersioning("")
        found.append(one)
    return ResourceState(observed.ref, {type(one): one for one in found})


@pytest.fixture
def case(aws: LocalAws) -> Case:
    """A bucket with everything wrong: public by policy and ACL, not logged, not versioned."""
    name = f"t-{uuid.uuid4().hex[:10]}"
    s3 = aws.client("s3")
    for one in (name, f"{name}-logs"):
        s3.create_bucket(Bucket=one, ObjectOwnership="ObjectWriter")
    s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration={"BlockPublicAcls": False})
    arn = f"arn:aws:s3:::{name}/*"
    anyone = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": arn}
    policy = {"Version": "2008-10-17", "Id": "theirs", "Statement": anyone}
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps(policy))
    s3.put_bucket_acl(Bucket=name, ACL="public-read-write")
    return Case(aws, BucketRef(aws.account, aws.region, name), f"{name}-logs")


def test_everything_is_put_right_and_a_release_gives_it_back(case: Case) -> None:
    before = case.observe()
    assert len(tuple(ways_in(before))) == 2
    steps = case.fix()
    assert len(steps) == len({type(step) for step in steps}) == 6
    after = case.observe()
    assert FIX.stages[0].plan(after, case.incident) == ()
    assert not tuple(ways_in(after))
    assert requires_tls(after[BucketPolicy].document, case.ref.id)
    case.release(steps)
    assert told(case.observe()) == told(before)


def test_every_other_grant_and_the_owner_stay(case: Case) -> None:
    before = case.s3.get_bucket_acl(Bucket=case.ref.id)
    case.fix()
    after = case.s3.get_bucket_acl(Bucket=case.ref.id)
    assert after["Owner"] == before["Owner"]
    kept = [one for one in before["Grants"] if one["Grantee"]["Type"] != "Group"]
    assert after["Grants"] == kept


def test_a_public_policy_cannot_be_merged_once_it_is_blocked(case: Case) -> None:
    block = [
        step
        for step in FIX.stages[0].plan(case.observe(), case.incident)
        if step.observation is PublicAccessBlock
    ]
    (tls,) = [
        step for step in FIX.stages[0].plan(case.observe(), case.incident) if step.observation is BucketPolicy
    ]
    case.take(block[0])
    with pytest.raises(Refused, match="BlockPublicPolicy"):
        case.take(tls)


def test_a_new_bucket_shows_what_is_missing_without_an_error(aws: LocalAws) -> None:
    name = f"t-{uuid.uuid4().hex[:10]}"
    aws.client("s3").create_bucket(Bucket=name)
    seen = Case(aws, BucketRef(aws.account, aws.region, name), "").observe()
    assert (seen[BucketPolicy], seen[AccessLogging], seen[BucketUse]) == (
        BucketPolicy(),
        AccessLogging(),
        BucketUse(),
    )
    assert seen[PublicAccessBlock] == PublicAccessBlock()
    assert seen[BucketAcl].enforced


def test_a_website_and_a_tag_are_seen(case: Case) -> None:
    website = {"IndexDocument": {"Suffix": "index.html"}}
    case.s3.put_bucket_website(Bucket=case.ref.id, WebsiteConfiguration=website)
    tags = {"TagSet": [{"Key": "ringfence:public", "Value": "yes"}, {"Key": "team", "Value": "shop"}]}
    case.s3.put_bucket_tagging(Bucket=case.ref.id, Tagging=tags)
    assert case.observe(BucketUse)[BucketUse] == BucketUse(website=True, tag="yes")


def test_what_a_bucket_receives_is_read_also_after_it_was_deleted(aws: LocalAws) -> None:
    ref = BucketRef(aws.account, aws.region, f"t-{uuid.uuid4().hex[:10]}")
    assert Case(aws, ref, "").observe(LogBucketUse)[LogBucketUse] == LogBucketUse()


@pytest.mark.parametrize(
    "facet", [one for one in FACETS if one is not LogBucketUse], ids=lambda one: one.__name__
)
def test_a_bucket_that_is_gone_is_gone(aws: LocalAws, facet: type[Observation]) -> None:
    ref = BucketRef(aws.account, aws.region, f"t-{uuid.uuid4().hex[:10]}")
    with pytest.raises(NotFound):
        Case(aws, ref, "").observe(facet)


@pytest.mark.parametrize("facet", FACETS, ids=lambda one: one.__name__)
def test_a_bucket_of_another_account_shows_nothing(case: Case, facet: type[Observation]) -> None:
    """A bucket's name may have been taken by another account meanwhile."""
    strange = Case(case.aws, BucketRef("444455556666", case.ref.region, case.ref.id), "").observe(facet)
    assert not getattr(strange[facet], "readable", False)
