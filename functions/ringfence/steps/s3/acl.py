"""The step on the public grants of a bucket's ACL. All other grants stay.

S3 takes an ACL as a whole. So it is read right before it is put, and put back with its owner and its other
grants as S3 shows them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from ringfence.model.codec import value
from ringfence.model.step import Done, State, Step, show
from ringfence.model.symbol import Ready
from ringfence.observations.s3.acl import BucketAcl, Grant, grant_in
from ringfence.observations.s3.calls import DENIED, of_bucket, on_buckets
from ringfence.steps.s3.calls import BLOCKED, accepted

if TYPE_CHECKING:
    from ringfence.model.call import SansIO
    from ringfence.model.kinds.bucket import BucketRef
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Names
    from ringfence.model.symbol import Symbol

_REFUSED = ("AccessControlListNotSupported", "InvalidBucketAclWithObjectOwnership", "MalformedACLError")


@value
class SetPublicGrants(Step):
    """Remove the public grants from the bucket's ACL. A release restores them.

    Attributes
    ----------
    bucket : BucketRef
        The bucket.

    References
    ----------
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketAcl.html
    """

    bucket: BucketRef
    before: frozenset[Grant]
    after: frozenset[Grant]

    observation: ClassVar = BucketAcl
    permissions: ClassVar = on_buckets("GetBucketAcl", "PutBucketAcl")

    @property
    def target(self) -> str:
        """The public grants."""
        return f"bucket/{self.bucket.id}/public-grants"

    @property
    def runs_after(self) -> tuple[Symbol, ...]:
        """S3 takes public grants only once nothing blocks them."""
        return (Ready(BLOCKED, self.bucket.id),) if self.after else ()

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no symbol
        """Read the ACL and put it with other public grants.

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketAcl.html
        """
        (answer,) = yield (of_bucket(self.bucket, "GetBucketAcl", *DENIED),)
        acl = accepted(answer)
        kept = [dict(grant.value) for grant in acl.children("Grants") if not grant_in(grant).public]
        changed = {"Owner": dict(acl.child("Owner").value), "Grants": [*kept, *self._granted()]}
        parameters: dict[str, object] = {"AccessControlPolicy": changed}
        call = of_bucket(self.bucket, "PutBucketAcl", *_REFUSED, *DENIED, parameters=parameters)
        (answer,) = yield (call,)
        accepted(answer, _REFUSED)
        return Done()

    def _granted(self) -> list[dict[str, object]]:
        return [
            {"Grantee": {"Type": "Group", "URI": one.grantee}, "Permission": one.permission}
            for one in sorted(self.after, key=lambda one: one.key)
        ]

    def state(self, observed: ResourceState) -> State:
        """Compare the public grants."""
        seen = observed[BucketAcl]
        if not seen.readable:
            return State.SETTLING
        if seen.public == self.after:
            return State.AFTER
        return State.BEFORE if seen.public == self.before else State.DRIFTED

    def effect(self, observed: ResourceState) -> ResourceState:
        """Put these in the place of the others."""
        seen = observed[BucketAcl]
        return observed.with_observation(replace(seen, grants=(seen.grants - seen.public) | self.after))

    def actual(self, observed: ResourceState) -> str:
        """Return the current value as text."""
        return show(observed[BucketAcl].public)

    def misfit(self) -> str:
        """Restore only grants to anyone: the step removes no others."""
        foreign = [one.key for one in sorted(self.after, key=lambda one: one.key) if not one.public]
        return f"{', '.join(foreign)} is no public grant" if foreign else ""

    def describe(self) -> str:
        """Describe the change."""
        if self.after:
            return f"restore the public grants in the ACL of bucket {self.bucket.id}: {show(self.after)}"
        return f"remove the public grants from the ACL of bucket {self.bucket.id}: {show(self.before)}"

    def side_effects(self) -> str:
        """Return the side effects as text."""
        return "" if self.after else "users of these grants lose their access"
