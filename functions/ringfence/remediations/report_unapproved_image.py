"""Tag and report an instance with an unapproved image: the golden-image check.

An image is approved if it meets every rule in the policy: its owner, its tag and its age. An image that EC2
no longer shows meets none. An image that AWS Config judged is not approved, whatever these rules say. An
instance cannot change its image, so nothing else is changed.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ringfence.events.config.trigger import judged_by
from ringfence.events.ec2_states.trigger import entered
from ringfence.model.kinds.instance import InstanceRef
from ringfence.model.remediation import Option, remediation
from ringfence.model.step import counted
from ringfence.observations.ec2.first_start import FirstStart
from ringfence.observations.ec2.image import Image, Shown
from ringfence.observations.ec2.origin import Origin
from ringfence.observations.ec2.tags import IMAGE_TAG, ImageTag
from ringfence.steps.ec2.tags import TagUnapprovedImage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step

JUDGED = judged_by("approved-amis-by-tag", "approved-amis-by-id")
STARTED = entered("running")
OWNERS = Option(
    "image-owners",
    ("",),
    "the owners of approved images, separated by commas: account ids, self, or an owner alias (amazon, "
    "aws-marketplace). Empty: anybody",
    r"(?:self|amazon|aws-marketplace|[0-9]{12})(?:,(?:self|amazon|aws-marketplace|[0-9]{12}))*",
)
TAG = Option(
    "image-tag",
    ("",),
    "the tag of approved images, KEY=VALUE. Everybody who may tag images can approve them, and an "
    "account sees only its own tags. Empty: no tag is required",
    r"[^=]{1,128}=.{0,256}",
)
AGE = Option(
    "image-age",
    ("0",),
    "the maximum age of an approved image in days. 0: any age",
    r"[0-9]{1,4}",
)
Reasons = dict[str, str]
"""A reason why an image is not approved: a short name for the tag, and words for people."""


def unapproved(instance: ResourceState, incident: Incident) -> Reasons:
    """Yield why the image is not approved. Yield nothing if it is, or if that cannot be determined."""
    image = instance[Image]
    judged = any(one in JUDGED.types for one in incident.types)
    found = {"config": f"AWS Config judged that its image {image.id} is not approved"} if judged else {}
    if image.shown is Shown.YES:
        found |= _by_rules(image, instance.ref.account, incident)
    elif image.shown is Shown.NO and _has_rules(incident):
        found["gone"] = (
            f"its image {image.id} is deregistered or not shared with this account any more: "
            "nothing shows that it was approved"
        )
    return found


def _has_rules(incident: Incident) -> bool:
    return any(incident.choice(one.name) != one.values[0] for one in (OWNERS, TAG, AGE))


def _by_rules(image: Image, account: str, incident: Incident) -> Reasons:
    found: Reasons = {}
    owners = incident.choice(OWNERS.name)
    aliases = {image.owner, image.alias, "self" if image.owner == account else ""} - {""}
    if owners and aliases.isdisjoint(owners.split(",")):
        found["owner"] = f"its image {image.id} belongs to {image.alias or image.owner}, not to {owners}"
    wanted = incident.choice(TAG.name)
    if wanted and tuple(wanted.split("=", 1)) not in image.tags:
        found["tag"] = f"its image {image.id} does not have the tag {wanted}"
    days = int(incident.choice(AGE.name))
    if days and image.created is None:
        found["age"] = f"its image {image.id} has no creation date"
    elif days and image.created and incident.now - image.created > timedelta(days=days):
        age = counted((incident.now - image.created).days, "day")
        found["age"] = f"its image {image.id} is {age} old; the policy allows {counted(days, 'day')}"
    return found


def what_is_reported(instance: ResourceState, incident: Incident) -> Iterator[str]:
    """Yield why the image is not approved, and what launches the next instance."""
    reasons = unapproved(instance, incident)
    yield from reasons.values()
    if reasons:
        yield "an instance cannot change its image: replace the instance with one from an approved image"
        if words := instance[Origin].next_one("name an approved image"):
            yield words


def what_cannot_be_seen(instance: ResourceState, incident: Incident) -> Iterator[str]:
    """Yield that the image could not be judged, or that somebody set the tag in advance."""
    image = instance[Image]
    if image.shown is Shown.UNREADABLE and _has_rules(incident):
        yield f"EC2 did not show image {image.id}: a person must find out whether it is approved"
    if _is_tagged_by_others(instance, incident):
        yield (
            f"the instance already had the tag {IMAGE_TAG}={instance[ImageTag].reason} at the first read: "
            "the person who started it from an unapproved image may have set the tag to prevent a "
            "notification"
        )


def _is_tagged_by_others(instance: ResourceState, incident: Incident) -> bool:
    """Return whether the tag exists at the first start and is not ours. It must not stop the report."""
    ours = any(isinstance(one, TagUnapprovedImage) for one in incident.past)
    starts = not ours and instance[FirstStart].first and set(STARTED.types).intersection(incident.types)
    reasons = _tag(instance, incident) if starts else ""
    return bool(reasons) and instance[ImageTag].reason == reasons


def _tag(instance: ResourceState, incident: Incident) -> str:
    return " ".join(sorted(unapproved(instance, incident)))


@remediation(
    id="report-unapproved-image",
    title="Tag and report an instance with an unapproved image",
    subject=InstanceRef,
    triggers=(JUDGED, STARTED),
    observations=(Image, ImageTag, FirstStart, Origin),
    steps=(TagUnapprovedImage,),
    references=("NIST 800-53 CM-2", "NIST 800-53 CM-7(5)", "ATT&CK T1204.003"),
    controls=("outdated-images",),
    options=(OWNERS, TAG, AGE),
    residual_risk=what_is_reported,
    needs_review=what_cannot_be_seen,
)
def report_unapproved_image(instance: ResourceState, incident: Incident) -> Iterator[Step]:
    """Write the short names of the reasons into the tag, unless they are there."""
    reasons, tagged = _tag(instance, incident), instance[ImageTag].reason
    if reasons and tagged != reasons:
        yield TagUnapprovedImage(instance.ref.id, tagged, reasons)
