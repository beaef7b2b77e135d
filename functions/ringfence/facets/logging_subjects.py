"""What of an account and a region records what happens there: what a scheduled review looks at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.core.answers import accept
from ringfence.core.call import Call, Permission
from ringfence.core.errors import BadInput
from ringfence.core.subject import DetectorRef, KeyRef, RecorderRef, TrailRef
from ringfence.facets.detectors import LIST_DETECTORS, list_detectors
from ringfence.facets.recorders import RECORDERS
from ringfence.facets.trails import DESCRIBE_TRAILS, account_in, describe_trails, owner_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.core.document import Document
    from ringfence.core.reviews import Listing
    from ringfence.core.subject import LoggingRef

REVIEW = "logging"
"""The name of the scheduled review."""
PERMISSIONS = (
    DESCRIBE_TRAILS,
    LIST_DETECTORS,
    Permission("config:DescribeConfigurationRecorders", RECORDERS),
)


def logging_subjects(account: str, region: str) -> Listing:
    """Return the trails that have their home here, the keys that they write with, recorder and detector.

    What is shown of other regions' and accounts' trails is theirs to look at; a service's own recorder
    cannot be changed by anybody.
    """
    trails, recorders, detectors = yield (
        describe_trails(),
        Call("config", "DescribeConfigurationRecorders"),
        list_detectors(),
    )
    own = [one for one in accept(trails).children("trailList") if _at_home(one, account, region)]
    refs: list[LoggingRef] = [TrailRef(account, region, one.text("Name")) for one in own]
    refs.extend(_keys(own, account))
    refs.extend(
        RecorderRef(account, region, one.text("name"))
        for one in accept(recorders).children("ConfigurationRecorders")
        if not one.has("servicePrincipal")
    )
    refs.extend(DetectorRef(account, region, one) for one in accept(detectors).texts("DetectorIds"))
    return tuple(dict.fromkeys(refs))


def _at_home(trail: Document, account: str, region: str) -> bool:
    return trail.optional_text("HomeRegion") == region and owner_of(trail) in {"", account}


def _keys(trails: list[Document], account: str) -> Iterator[KeyRef]:
    """Yield the account's own keys, each in its own region; what is no key's ARN is none."""
    for trail in trails:
        arn = trail.optional_text("KmsKeyId") or ""
        if account_in(arn) == account and ":key/" in arn:
            try:
                yield KeyRef(account, arn.split(":")[3], arn.rpartition(":key/")[2])
            except BadInput:
                continue
