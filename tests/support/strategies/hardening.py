"""Instances that break compliance in every way, for laws."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from ringfence.model.incident import Incident
from ringfence.observations.ec2.first_start import FirstStart
from ringfence.observations.ec2.image import Image, Shown
from ringfence.observations.ec2.management import NAME, Management
from ringfence.observations.ec2.metadata import Metadata
from ringfence.observations.ec2.metadata_use import MetadataUse
from ringfence.observations.ec2.network import Network
from ringfence.observations.ec2.origin import Origin
from ringfence.observations.ec2.tags import ImageTag, Tags
from ringfence.observations.iam.identity import Association, Profile, Role
from tests.support.strategies.instances import INCIDENT, ODD_TEXTS, networks, options
from tests.support.strategies.once import once
from tests.support.worlds import NOON, REF

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from ringfence.model.observation import Observation, ResourceState

OFFERED = Profile(f"arn:aws:iam::{REF.account}:instance-profile/{NAME}", Role(NAME, "AROASSM"))
OTHER = Profile(f"arn:aws:iam::{REF.account}:instance-profile/team/web", None)
IMAGE = Image("ami-1", Shown.YES, "999988887777", "", frozenset(), NOON - timedelta(days=100))
STARTED, BY_TAG = "EC2:running", "Config:approved-amis-by-tag"
RULES = {
    "image-owners": ("", "self", "self,amazon"),
    "image-tag": ("", "approved=true"),
    "image-age": ("0", "30"),
}


@once
def incidents() -> SearchStrategy[Incident]:
    """One incident, with any rules for images, because of a start or of a verdict on the image."""
    return st.builds(
        Incident,
        id=st.just(INCIDENT),
        opened_at=st.just(NOON),
        choices=st.fixed_dictionaries({name: st.sampled_from(each) for name, each in RULES.items()}).map(
            lambda drawn: tuple(sorted(drawn.items()))
        ),
        types=st.sampled_from(((STARTED,), (BY_TAG,), (STARTED, BY_TAG))),
    )


@once
def seen(*kinds: type[Observation]) -> SearchStrategy[ResourceState]:
    """An instance seen through these facets, or through every one."""
    from ringfence.model.observation import ResourceState

    facets: dict[type[Observation], SearchStrategy[Observation]] = {
        Metadata: st.builds(Metadata, options(), st.just(True)),
        MetadataUse: st.builds(MetadataUse, st.sampled_from((None, 0, 1, 700))),
        Origin: st.builds(Origin, st.sampled_from(("", "web")), st.sampled_from(("", "lt-1"))),
        FirstStart: st.builds(FirstStart, st.booleans()),
        Management: managements(),
        Network: networks(),
        Tags: st.builds(Tags, st.none() | ODD_TEXTS),
        Image: images(),
        ImageTag: st.builds(ImageTag, st.none() | ODD_TEXTS | st.just("owner")),
    }
    chosen = {kind: facet for kind, facet in facets.items() if not kinds or kind in kinds}
    return st.fixed_dictionaries(chosen).map(lambda drawn: ResourceState(REF, drawn))


@once
def managements() -> SearchStrategy[Management]:
    """No profile, the one that is offered, or another; and one to offer, or none."""
    attached = st.sampled_from((OTHER, Profile(OFFERED.arn, None)))
    association = st.builds(Association, st.just(""), attached, st.just("associated"))
    return st.builds(
        Management,
        st.lists(association, max_size=1).map(tuple),
        st.sampled_from((None, OFFERED)),
    )


@once
def images() -> SearchStrategy[Image]:
    """An image of any owner, tagged or not, of any age, or not shown."""
    shown = st.builds(
        Image,
        st.just("ami-1"),
        st.just(Shown.YES),
        st.sampled_from((REF.account, "999988887777")),
        st.sampled_from(("", "amazon")),
        st.sampled_from((frozenset(), frozenset({("approved", "true")}), frozenset({("approved", "no")}))),
        st.sampled_from((None, NOON - timedelta(days=100), NOON - timedelta(days=1), NOON + timedelta(1))),
    )
    return shown | st.builds(Image, st.just("ami-1"), st.sampled_from((Shown.NO, Shown.UNREADABLE)))
