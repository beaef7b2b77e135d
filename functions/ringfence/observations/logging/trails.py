"""A trail of CloudTrail: whether it records, what, and where to."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Self

from ringfence.model.answers import accept
from ringfence.model.call import Call, Failed, Permission, SansIO
from ringfence.model.codec import value
from ringfence.model.kinds.trail import TrailRef
from ringfence.model.observation import Observation
from ringfence.observations.logging.selectors import (
    DEFAULT,
    Insights,
    Selectors,
    read_insights,
    read_selectors,
)

if TYPE_CHECKING:
    from ringfence.model.call import Answer
    from ringfence.model.document import Document
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref

TRAILS = ("arn:aws:cloudtrail:{region}:{account}:trail/*",)
DESCRIBE_TRAILS = Permission("cloudtrail:DescribeTrails", ("*",), reason="the action has no resource types")
NO_TRAIL = "TrailNotFoundException"
NO_INSIGHTS = "InsightNotEnabledException"
_NO_TAGS = ("ResourceNotFoundException", "CloudTrailARNInvalidException")
_NOT_OURS = ("UnsupportedOperationException", "OperationNotPermittedException")


@value
class TrailOptions:
    """The options of UpdateTrail; what is not set is empty. ARNs where AWS gives them."""

    bucket: str
    prefix: str = ""
    topic: str = ""
    global_events: bool = True
    multi_region: bool = False
    organization: bool = False
    validation: bool = False
    log_group: str = ""
    log_role: str = ""
    key: str = ""
    recursive: bool = True


@value
class TrailSetup:
    """All that a trail is made of: enough to make it again. Tags are names and values."""

    options: TrailOptions
    selectors: Selectors = DEFAULT
    insights: Insights = frozenset()
    tags: frozenset[tuple[str, str]] = frozenset()


@value
class Delivery:
    """What S3 answered when log files and digests were last delivered; empty if it took them.

    `last` is when it last took log files.
    """

    logs: str = ""
    digests: str = ""
    last: datetime | None = None


@value
class TrailStatus(Observation):
    """A trail of CloudTrail.

    Attributes
    ----------
    setup : TrailSetup or None
        Its options and selectors; None if none can be read in this account and region.
    logging : bool
        Whether it logs.
    home : str
        The region in which it can be changed; empty if no such trail is seen.
    owner : str
        The account that owns it; empty if no such trail is seen.
    delivery : Delivery
        What S3 answered when logs were last delivered.

    References
    ----------
    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetTrail.html
    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetTrailStatus.html
    """

    setup: TrailSetup | None = None
    logging: bool = False
    home: str = ""
    owner: str = ""
    delivery: Delivery = Delivery()

    permissions: ClassVar = (
        DESCRIBE_TRAILS,
        *(Permission(f"cloudtrail:Get{what}", TRAILS) for what in ("TrailStatus", "EventSelectors")),
        Permission("cloudtrail:GetInsightSelectors", TRAILS),
        Permission("cloudtrail:ListTags", TRAILS),
    )

    @classmethod
    def read(cls, ref: Ref, past: tuple[Step, ...]) -> SansIO[Self]:  # noqa: ARG003 - needs no clues
        """Read everything side by side: one round trip. A trail that is gone is what it is about.

        Trails are described without being named: by name, only those are shown that have their home here.
        """
        if not isinstance(ref, TrailRef):
            return cls()
        missing = (NO_TRAIL, *_NOT_OURS)
        by_name = {"TrailName": ref.id}
        described, status, selectors, insights, tags = yield (
            describe_trails(),
            Call("cloudtrail", "GetTrailStatus", {"Name": ref.id}, expected=missing),
            Call("cloudtrail", "GetEventSelectors", by_name, expected=missing),
            Call("cloudtrail", "GetInsightSelectors", by_name, expected=(*missing, NO_INSIGHTS)),
            Call(
                "cloudtrail", "ListTags", {"ResourceIdList": [arn_of(ref)]}, expected=(*_NO_TAGS, *_NOT_OURS)
            ),
        )
        seen = trail_in(accept(described), ref)
        if seen is None:
            return cls()
        shown = cls(home=seen.optional_text("HomeRegion") or ref.region, owner=owner_of(seen) or ref.account)
        if not shown.ours(ref):
            return shown
        if isinstance(status, Failed) or isinstance(selectors, Failed):
            return cls() if _gone(status, selectors) else shown
        setup = TrailSetup(
            read_options(seen),
            read_selectors(selectors),
            frozenset() if isinstance(insights, Failed) else read_insights(insights),
            frozenset() if isinstance(tags, Failed) else frozenset(_tags(tags, arn_of(ref))),
        )
        return replace(shown, setup=setup, logging=status.flag("IsLogging"), delivery=_delivery(status))

    def ours(self, ref: Ref) -> bool:
        """Return whether it can be changed from the subject's account and region."""
        return (self.home, self.owner) == (ref.region, ref.account)

    def absent(self, ref: Ref) -> bool:
        """Return whether there is no such trail."""
        return isinstance(ref, TrailRef) and self.gone

    @property
    def gone(self) -> bool:
        """Whether no trail of the name is to be seen."""
        return not self.home


def describe_trails() -> Call:
    """Return the call that shows every trail that a region has, those of other homes included."""
    return Call("cloudtrail", "DescribeTrails")


def trail_in(described: Document, ref: Ref) -> Document | None:
    """Return the trail of that name: the one with its home here, or else another's shadow."""
    found = [one for one in described.children("trailList") if one.optional_text("Name") == ref.id]
    here = [one for one in found if one.optional_text("HomeRegion") == ref.region]
    return next(iter((*here, *found)), None)


def owner_of(trail: Document) -> str:
    """Return the account of a described trail: an organization's is shown in every member account."""
    return account_in(trail.optional_text("TrailARN") or "")


def account_in(arn: str) -> str:
    """Return the account that an ARN names; empty if it names none."""
    return "".join(arn.split(":")[4:5])


def arn_of(ref: Ref) -> str:
    """Return the ARN of a trail of this account and region."""
    return f"arn:aws:cloudtrail:{ref.region}:{ref.account}:trail/{ref.id}"


def read_options(trail: Document) -> TrailOptions:
    """Return the options of a described trail.

    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_Trail.html
    """

    def text(key: str) -> str:
        return trail.optional_text(key) or ""

    return TrailOptions(
        bucket=text("S3BucketName"),
        prefix=text("S3KeyPrefix"),
        topic=text("SnsTopicARN") or text("SnsTopicName"),
        global_events=trail.flag("IncludeGlobalServiceEvents"),
        multi_region=trail.flag("IsMultiRegionTrail"),
        organization=trail.flag("IsOrganizationTrail"),
        validation=trail.flag("LogFileValidationEnabled"),
        log_group=text("CloudWatchLogsLogGroupArn"),
        log_role=text("CloudWatchLogsRoleArn"),
        key=text("KmsKeyId"),
        recursive=trail.flag("RecursiveLogging", default=True),
    )


def _delivery(status: Document) -> Delivery:
    """Return how delivery went.

    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetTrailStatus.html
    """
    at = status.value.get("LatestDeliveryTime")
    return Delivery(
        status.optional_text("LatestDeliveryError") or "",
        status.optional_text("LatestDigestDeliveryError") or "",
        at if isinstance(at, datetime) else None,
    )


def _gone(*answers: Answer) -> bool:
    """It may have been deleted between two answers."""
    return any(isinstance(one, Failed) and one.code == NO_TRAIL for one in answers)


def _tags(listed: Document, arn: str) -> list[tuple[str, str]]:
    return [
        (tag.text("Key"), tag.optional_text("Value") or "")
        for one in listed.children("ResourceTagList")
        if one.optional_text("ResourceId") == arn
        for tag in one.children("TagsList")
    ]
