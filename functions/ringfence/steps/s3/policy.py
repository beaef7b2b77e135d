"""Steps that put the statement that requires TLS into a bucket policy, and take it out again.

S3 takes a policy as a whole and knows no condition on what it replaces. So it is read right before it is
put, and what was changed between plan and step is kept; nothing can be done about the moment between the two
calls.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from ringfence.model.call import Failed, SansIO
from ringfence.model.codec import canonical, value
from ringfence.model.errors import Refused
from ringfence.model.step import Done, State, Step, counted
from ringfence.model.symbol import Ready
from ringfence.observations.s3.calls import DENIED, of_bucket, on_buckets
from ringfence.observations.s3.documents import LIMIT, parsed, written
from ringfence.observations.s3.policy import NO_POLICY, BucketPolicy, policy_in
from ringfence.observations.s3.tls import has_statement, with_tls, without_tls
from ringfence.steps.s3.calls import BLOCKED, POLICY, accepted

if TYPE_CHECKING:
    from ringfence.model.kinds.bucket import BucketRef
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Names
    from ringfence.model.symbol import Symbol
    from ringfence.observations.s3.documents import Json

_REFUSED = ("InvalidPolicyDocument", "MalformedPolicy", "PolicyTooLarge")


class _TlsStep(Step):
    """What putting in and taking out have in common. `sid` is the statement's id."""

    bucket: BucketRef
    sid: str
    before: bool
    after: bool

    observation: ClassVar = BucketPolicy

    @property
    def target(self) -> str:
        """The statement."""
        return f"bucket/{self.bucket.id}/policy/{self.sid}"

    def state(self, observed: ResourceState) -> State:
        """Look for the statement, word for word."""
        seen = observed[BucketPolicy]
        if not seen.clear:
            return State.SETTLING
        there = has_statement(seen.document, self.bucket.id, self.sid)
        return State.AFTER if there == self.after else State.BEFORE

    def effect(self, observed: ResourceState) -> ResourceState:
        """Add or remove the statement."""
        seen = observed[BucketPolicy]
        document = self._changed(seen.document)
        return observed.with_observation(replace(seen, text="" if document is None else canonical(document)))

    def diff(self) -> tuple[str, str]:
        """Return the values before and after."""
        before, after = (
            f"statement {self.sid}" if one else "no statement" for one in (self.before, self.after)
        )
        return before, after

    def _changed(self, document: Json | None) -> Json | None:
        if self.after:
            known = has_statement(document, self.bucket.id, self.sid)
            return document if known else with_tls(document, self.bucket.id, self.sid)
        return without_tls(document, self.bucket.id, self.sid) if document else None

    def _read(self) -> SansIO[Json | None]:
        """Read the current policy. Raises Refused if it cannot be parsed."""
        (answer,) = yield (of_bucket(self.bucket, "GetBucketPolicy", *NO_POLICY),)
        none = isinstance(answer, Failed) and answer.code in NO_POLICY
        text = "" if none else policy_in(accepted(answer))
        document = parsed(text) if text else None
        if text and document is None:
            raise Refused(
                f"the policy of bucket {self.bucket.id} cannot be parsed, so nothing was merged into it"
            )
        return document

    def _put(self, document: Json) -> SansIO[None]:
        text = written(document)
        if (size := len(text.encode())) > LIMIT:
            raise Refused(
                f"the policy of bucket {self.bucket.id} would have {counted(size, 'byte')}; the limit of S3 "
                f"is {LIMIT}"
            )
        call = of_bucket(self.bucket, "PutBucketPolicy", *_REFUSED, *DENIED, parameters={"Policy": text})
        (answer,) = yield (call,)
        accepted(answer, _REFUSED)


@value
class AddTlsStatement(_TlsStep):
    """Deny every request without TLS, with one statement in the bucket policy.

    Attributes
    ----------
    bucket : BucketRef
        The bucket.
    sid : str
        The id of the statement in the policy.

    References
    ----------
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html
    """

    bucket: BucketRef
    sid: str
    before: bool
    after: bool

    permissions: ClassVar = on_buckets("GetBucketPolicy", "PutBucketPolicy")

    @property
    def provides(self) -> tuple[Symbol, ...]:
        """The policy is merged: what would keep S3 from taking it may come now."""
        return (Ready(POLICY, self.bucket.id),)

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no symbol
        """Read the policy and put it with our statement as its last.

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html
        """
        document = yield from self._read()
        if has_statement(document, self.bucket.id, self.sid):
            return Done(note="the statement already existed")
        yield from self._put(with_tls(document, self.bucket.id, self.sid))
        return Done()

    def describe(self) -> str:
        """Describe the change."""
        return f"require TLS for every request to bucket {self.bucket.id}"

    def side_effects(self) -> str:
        """Return the side effects as text."""
        return "clients without TLS are refused: http:// links and the website endpoint"


@value
class RemoveTlsStatement(_TlsStep):
    """Remove only Ringfence's statement from the bucket policy.

    References
    ----------
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketPolicy.html
    """

    bucket: BucketRef
    sid: str
    before: bool
    after: bool

    permissions: ClassVar = on_buckets("DeleteBucketPolicy", "GetBucketPolicy", "PutBucketPolicy")
    inverse_type: ClassVar = AddTlsStatement

    @property
    def runs_after(self) -> tuple[Symbol, ...]:
        """With public statements beside it the policy can be put only once nothing blocks it."""
        return (Ready(BLOCKED, self.bucket.id),)

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no symbol
        """Read the policy and put it without our statement; delete it where nothing is left."""
        document = yield from self._read()
        if document is None or not has_statement(document, self.bucket.id, self.sid):
            return Done(note="the statement no longer existed")
        left = without_tls(document, self.bucket.id, self.sid)
        if left is None:
            (answer,) = yield (of_bucket(self.bucket, "DeleteBucketPolicy"),)
            accepted(answer)
        else:
            yield from self._put(left)
        return Done()

    def describe(self) -> str:
        """Describe the change."""
        return f"no longer require TLS for requests to bucket {self.bucket.id}"


AddTlsStatement.inverse_type = RemoveTlsStatement
