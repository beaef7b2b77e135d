"""Buckets in every condition, for laws: policies and ACLs of any shape, settings of any kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from ringfence.model.codec import canonical
from ringfence.model.incident import Incident
from ringfence.model.kinds.bucket import BucketRef
from ringfence.model.observation import ResourceState
from ringfence.observations.s3.acl import ALL_USERS, AUTHENTICATED_USERS, BucketAcl, Grant
from ringfence.observations.s3.block import BlockSettings, PublicAccessBlock
from ringfence.observations.s3.encryption import AES256, KMS, BucketEncryption, Encryption
from ringfence.observations.s3.log_bucket import WRITERS, LogBucketUse
from ringfence.observations.s3.policy import BucketPolicy
from ringfence.observations.s3.tls import SID, tls_statement
from ringfence.observations.s3.use import BucketPast, BucketUse
from ringfence.remediations.log_bucket_access import AccessLogging, LogTarget
from ringfence.remediations.version_bucket import BucketVersioning
from ringfence.runbooks.harden_bucket import HARDEN_BUCKET
from tests.support.strategies.once import once
from tests.support.worlds import NOON

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hypothesis.strategies import DrawFn, SearchStrategy

    from ringfence.model.observation import Observation

BUCKET = BucketRef("111122223333", "eu-west-1", "shop-pictures")
KEY = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
KEY_ELSEWHERE = "arn:aws:kms:us-east-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
STRANGE_KEY = "arn:aws:kms:eu-west-1:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab"
LOGS = "access-logs"
TYPES = tuple(name for trigger in HARDEN_BUCKET.triggers for name in trigger.types)
_OWNER = "75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078efc7c6caea54ba06a"

names = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=12)
leaves = st.none() | st.booleans() | st.integers(-(10**9), 10**9) | names
anything = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=6,
)
principals = st.sampled_from(
    (
        "*",
        {"AWS": "*"},
        {"AWS": "arn:aws:iam::444455556666:root"},
        {"AWS": ["444455556666", "arn:aws:iam::111122223333:role/web"]},
        {"Service": "cloudtrail.amazonaws.com"},
        {"CanonicalUser": _OWNER},
    )
)
conditions = st.sampled_from(
    (
        {"Bool": {"aws:SecureTransport": "false"}},
        {"IpAddress": {"aws:SourceIp": ["192.0.2.0/24", "2001:db8::/32"]}},
        {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}},
        {"NumericLessThan": {"s3:TlsVersion": 1.2}},
        {"StringLike": {"aws:Referer": "https://example.com/*"}},
    )
)


@once
@st.composite
def statements(draw: DrawFn) -> dict[str, object]:
    """One statement: of a usual form, of the form that requires TLS, or with whatever else it may have."""
    if draw(st.integers(0, 5)) == 0:
        return dict(tls_statement(BUCKET.id, draw(st.sampled_from((SID, "TlsOnly")))))
    arn = f"arn:aws:s3:::{BUCKET.id}"
    made: dict[str, object] = {
        "Effect": draw(st.sampled_from(("Allow", "Deny"))),
        draw(st.sampled_from(("Principal", "NotPrincipal"))): draw(principals),
        draw(st.sampled_from(("Action", "NotAction"))): draw(
            st.sampled_from(("s3:*", ["s3:GetObject"], "*"))
        ),
        "Resource": draw(st.sampled_from((arn, [arn, f"{arn}/*"], f"{arn}/public/*"))),
    }
    if draw(st.booleans()):
        made["Condition"] = draw(conditions)
    if draw(st.booleans()):
        made["Sid"] = draw(st.sampled_from((SID, f"{SID}2", "Other")) | names)
    if draw(st.integers(0, 9)) == 0:
        made[draw(names)] = draw(anything)
    return made


@once
@st.composite
def policies(draw: DrawFn) -> dict[str, object]:
    """A policy document: one statement alone or several, old versions and ids included."""
    found = draw(st.lists(statements(), min_size=1, max_size=4))
    document: dict[str, object] = {
        "Statement": found[0] if len(found) == 1 and draw(st.booleans()) else found
    }
    if draw(st.booleans()):
        document["Version"] = draw(st.sampled_from(("2012-10-17", "2008-10-17")))
    if draw(st.booleans()):
        document["Id"] = draw(names)
    return document


grants = st.frozensets(
    st.builds(
        Grant,
        st.sampled_from(
            (
                ALL_USERS,
                AUTHENTICATED_USERS,
                "http://acs.amazonaws.com/groups/s3/LogDelivery",
                _OWNER,
                "ab" * 32,
            )
        ),
        st.sampled_from(("FULL_CONTROL", "READ", "WRITE", "READ_ACP", "WRITE_ACP")),
    ),
    max_size=5,
)
blocks = st.builds(BlockSettings, st.booleans(), st.booleans(), st.booleans(), st.booleans())
encryptions = st.builds(
    Encryption,
    st.sampled_from((AES256, KMS, "aws:kms:dsse")),
    st.sampled_from(("", KEY, STRANGE_KEY, "alias/shop")),
    st.booleans(),
    st.sampled_from(((), ("SSE-C",))),
)


def shown(facets: SearchStrategy[Observation], hidden: Observation) -> SearchStrategy[Observation]:
    """Return these facets, and now and then what is seen where S3 shows nothing."""
    return st.integers(0, 9).flatmap(lambda number: facets if number else st.just(hidden))


texts = st.sampled_from(("", "no policy at all")) | policies().map(canonical)
versionings = st.sampled_from(("", "Enabled", "Suspended"))
targets = st.none() | st.builds(LogTarget, st.just(LOGS), st.sampled_from(("", "x/")))
FACETS: dict[type[Observation], SearchStrategy[Observation]] = {
    PublicAccessBlock: shown(st.builds(PublicAccessBlock, blocks), PublicAccessBlock(readable=False)),
    BucketPolicy: shown(st.builds(BucketPolicy, texts), BucketPolicy(readable=False)),
    BucketAcl: shown(st.builds(BucketAcl, grants, st.booleans()), BucketAcl(readable=False)),
    BucketUse: st.builds(BucketUse, st.booleans(), st.sampled_from(("", "yes"))),
    BucketPast: st.builds(BucketPast, st.booleans(), st.sampled_from(("", "yes"))),
    BucketEncryption: shown(
        st.builds(BucketEncryption, st.none() | encryptions), BucketEncryption(readable=False)
    ),
    BucketVersioning: shown(
        st.builds(BucketVersioning, versionings, st.booleans()), BucketVersioning(readable=False)
    ),
    AccessLogging: shown(st.builds(AccessLogging, targets), AccessLogging(readable=False)),
    LogBucketUse: st.builds(
        LogBucketUse,
        st.frozensets(st.sampled_from(("all", "org"))),
        st.frozensets(st.sampled_from(sorted(WRITERS)), max_size=2),
    ),
}


@once
def buckets(*kinds: type[Observation]) -> SearchStrategy[ResourceState]:
    """One bucket, seen through these facets, or through all."""
    wanted: Iterable[type[Observation]] = kinds or FACETS
    seen = st.tuples(*(FACETS[kind] for kind in wanted))
    return seen.map(lambda facets: ResourceState(BUCKET, {type(one): one for one in facets}))


@once
def incidents() -> SearchStrategy[Incident]:
    """One incident: by hand or because of findings of any of the types, with any of the options."""
    choices = st.builds(
        lambda logs, encryption, known: (
            ("access-log-bucket", logs),
            ("default-encryption", encryption),
            ("known-accounts", known),
        ),
        st.sampled_from(("", LOGS, BUCKET.id)),
        st.sampled_from((AES256, KEY, KEY_ELSEWHERE)),
        st.sampled_from(("", "444455556666")),
    )
    return st.builds(
        Incident,
        id=st.just("inc-1"),
        opened_at=st.just(NOON),
        findings=st.just(("f-1",)),
        choices=choices,
        types=st.lists(st.sampled_from(TYPES), max_size=2, unique=True).map(tuple),
    )


def incident(*types: str, logs: str = "", encryption: str = AES256, known: str = "") -> Incident:
    """Make one incident."""
    choices = (("access-log-bucket", logs), ("default-encryption", encryption), ("known-accounts", known))
    return Incident("inc-1", NOON, ("f-1",), choices=choices, types=types)


def bucket(*facets: Observation) -> ResourceState:
    """Make a bucket with nothing wrong but what these facets show."""
    sound: tuple[Observation, ...] = (
        PublicAccessBlock(),
        BucketPolicy(),
        BucketAcl(),
        BucketUse(),
        BucketPast(),
        BucketEncryption(Encryption(AES256)),
        BucketVersioning("Enabled"),
        AccessLogging(LogTarget(LOGS)),
        LogBucketUse(),
    )
    return ResourceState(BUCKET, {type(one): one for one in (*sound, *facets)})
