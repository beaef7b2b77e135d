"""A bucket's access control list."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from ringfence.model.call import Failed, SansIO
from ringfence.model.codec import value
from ringfence.model.observation import Observation
from ringfence.observations.s3.calls import DENIED, is_denied, of_bucket, on_buckets, present

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.call import Answer
    from ringfence.model.document import Document
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref

_GLOBAL = "http://acs.amazonaws.com/groups/global/"
ALL_USERS, AUTHENTICATED_USERS = f"{_GLOBAL}AllUsers", f"{_GLOBAL}AuthenticatedUsers"
PUBLIC = frozenset({ALL_USERS, AUTHENTICATED_USERS})
"""S3's groups of anyone at all, and of anyone with an account of AWS, whosever."""
NO_CONTROLS = ("OwnershipControlsNotFoundError",)
ENFORCED = "BucketOwnerEnforced"


@value
class Grant:
    """What an ACL grants to one grantee: a group's URI, or the canonical id of an account."""

    grantee: str
    permission: str

    @property
    def public(self) -> bool:
        """Whether it is for anyone."""
        return self.grantee in PUBLIC

    @property
    def key(self) -> str:
        """Whom and what, in words."""
        return f"{self.permission} for {self.grantee.removeprefix(_GLOBAL)[:80]}"


@value
class BucketAcl(Observation):
    """The grants of a bucket's ACL as S3 enforces it, without those that Block Public Access ignores.

    Attributes
    ----------
    grants : frozenset of Grant
        Each with its grantee and its permission.
    enforced : bool
        Whether the bucket owner is enforced as the owner of all objects: then ACLs have no effect.
    readable : bool
        Whether S3 showed the ACL.

    References
    ----------
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketAcl.html
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketOwnershipControls.html
    """

    grants: frozenset[Grant] = frozenset()
    enforced: bool = False
    readable: bool = True

    permissions: ClassVar = on_buckets("GetBucketAcl", "GetBucketOwnershipControls")

    @classmethod
    def read(cls, ref: Ref, past: tuple[Step, ...]) -> SansIO[Self]:  # noqa: ARG003 - needs no clue
        """Read the ACL and who owns objects, side by side."""
        acl, controls = yield (
            of_bucket(ref, "GetBucketAcl", *DENIED),
            of_bucket(ref, "GetBucketOwnershipControls", *NO_CONTROLS, *DENIED),
        )
        grants = frozenset(_grants(present(acl, ref)))
        return cls(grants, _is_enforced(present(controls, ref)), readable=not is_denied(acl))

    @property
    def public(self) -> frozenset[Grant]:
        """The grants to anyone; none where ACLs are disabled."""
        return frozenset() if self.enforced else frozenset(one for one in self.grants if one.public)


def _grants(answer: Answer) -> Iterator[Grant]:
    if not isinstance(answer, Failed):
        yield from map(grant_in, answer.children("Grants"))


def grant_in(grant: Document) -> Grant:
    """Return one grant of an answer."""
    grantee = grant.optional_child("Grantee")
    named = (grantee.optional_text(name) for name in ("URI", "ID", "EmailAddress"))
    return Grant(next(filter(None, named), ""), grant.optional_text("Permission") or "")


def _is_enforced(answer: Answer) -> bool:
    if isinstance(answer, Failed):
        return False
    rules = answer.optional_child("OwnershipControls").children("Rules")
    return any(rule.optional_text("ObjectOwnership") == ENFORCED for rule in rules)
