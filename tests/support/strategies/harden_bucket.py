"""The worlds of `harden-bucket`."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from ringfence.model.codec import canonical
from ringfence.observations.s3.acl import ALL_USERS, BucketAcl, Grant
from ringfence.observations.s3.block import PublicAccessBlock
from ringfence.observations.s3.documents import statements
from ringfence.observations.s3.encryption import BucketEncryption
from ringfence.observations.s3.log_bucket import LogBucketUse
from ringfence.observations.s3.policy import BucketPolicy
from ringfence.remediations.log_bucket_access import AccessLogging
from ringfence.remediations.version_bucket import ENABLED, BucketVersioning
from ringfence.runbooks.harden_bucket import HARDEN_BUCKET
from tests.support.runbook_worlds import Case, Worlds, independent, of, own
from tests.support.strategies.buckets import BUCKET, KEY, LOGS, bucket, buckets, incident, incidents

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.model.observation import Observation, ResourceState
    from ringfence.model.step import Step
    from ringfence.model.symbol import Symbol

FIX = own(HARDEN_BUCKET)

OPEN = bucket(
    PublicAccessBlock(),
    BucketPolicy('{"Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}}'),
    BucketAcl(frozenset({Grant(ALL_USERS, "READ")})),
    BucketEncryption(),
    BucketVersioning(),
    AccessLogging(),
    LogBucketUse(frozenset({"all"}), frozenset({"cloudtrail.amazonaws.com"})),
)
"""A bucket with everything to do."""
TYPES = ("Config:s3-bucket-level-public-access-prohibited", "Config:s3-bucket-public-read-prohibited")
CASES = {"bucket": Case(HARDEN_BUCKET, OPEN, TYPES, {"access-log-bucket": LOGS, "default-encryption": KEY})}


@cache
def steps() -> tuple[Step, ...]:
    """Return every class of step, and its way back."""
    planned = (
        step
        for encryption in ("AES256", KEY)
        for one in FIX.remediations
        for step in one.plan(OPEN, incident(logs=LOGS, encryption=encryption))
    )
    return tuple(dict.fromkeys(one for step in planned for one in (step, step.inverse())))


def meaning(state: ResourceState, names: Mapping[Symbol, str]) -> object:  # noqa: ARG001 - named by nothing
    """Return everything of a bucket but what cannot be told apart: one statement is a list of one.

    A bucket whose versioning is suspended, where it never was enabled, is as near as S3 lets it come.
    """
    return {kind: told(observation) for kind, observation in state.observations.items()}


def told(observation: Observation) -> object:
    """Return what can be told apart of an observation."""
    if isinstance(observation, BucketPolicy) and observation.document:
        return canonical({**observation.document, "Statement": list(statements(observation.document))})
    if isinstance(observation, BucketVersioning):
        return observation.status == ENABLED, observation.mfa_delete
    return observation


WORLDS = Worlds(
    FIX,
    CASES,
    independent(buckets, incidents),
    steps,
    of(BUCKET),
    meaning,
)
