"""What logging should be, by what was noted and what is reported. Pure: several planners share it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ringfence.events.cloudtrail.trigger.impairing import (
    CHANGED_DETECTOR,
    STOPPED_RECORDER,
    STOPPED_TRAIL,
    TAKEN_KEY,
)
from ringfence.events.config.trigger import judged_by
from ringfence.model.reviews import PREFIX
from ringfence.observations.logging.detectors import DetectorStatus
from ringfence.observations.logging.log_keys import DISABLED, TO_BE_DELETED, LogKey
from ringfence.observations.logging.recorders import RecorderStatus
from ringfence.observations.logging.trails import TrailStatus
from ringfence.observations.logging.weakening import ASPECTS, restored
from ringfence.record.untrusted import plain
from ringfence.steps.logging.destinations import trail_baseline, unconfirmed
from ringfence.steps.logging.logging_notes import (
    RecordTrailBaseline,
    detector_baseline,
    key_baseline,
    recorder_baseline,
)
from ringfence.steps.logging.trail_selectors import SetEventSelectors, SetInsightSelectors
from ringfence.steps.logging.trails import DESTINATIONS, SetTrailOptions, StartTrail

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step
    from ringfence.model.trigger import Trigger
    from ringfence.observations.logging.trails import TrailSetup

UNVALIDATED = judged_by("cloud-trail-log-file-validation-enabled")
LONGEST = 4000
"""Maximum characters of settings that a person must restore: enough for many selectors."""
_BY_HAND = ("organization",)
"""What only an organization's management account may put back, with rights that nobody here is given."""


def reported(incident: Incident, trigger: Trigger) -> bool:
    """Return whether anything that the trigger answers to is reported."""
    return bool(set(trigger.types) & set(incident.types))


def is_reviewed_only(incident: Incident) -> bool:
    """Return whether nobody reports anything: what was deleted long ago, and never noted, is no loss then."""
    return all(one.startswith(PREFIX) for one in incident.types)


def trail_to_be_started(trail: ResourceState, incident: Incident) -> bool:
    """Return whether a stopped trail logged before, by a report or by its baseline.

    It is never started to log to where nobody has confirmed.
    """
    setup = wanted(trail, incident)
    if setup is None or (unconfirmed(setup.options, incident, trail.ref.account) and not incident.requested):
        return False
    logged = trail_baseline(incident, trail.ref.account) is not None or reported(incident, STOPPED_TRAIL)
    seen = trail[TrailStatus]
    return seen.setup is not None and not seen.logging and logged


def out_of_reach(trail: ResourceState, incident: Incident) -> Iterator[str]:
    """Say why a trail cannot be changed from here.

    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/creating-trail-organization.html
    """
    seen, name = trail[TrailStatus], trail.ref.id
    if seen.gone:
        if trail_baseline(incident, trail.ref.account) or not is_reviewed_only(incident):
            yield f"there is no trail {name} in {trail.ref.region}: it was deleted"
    elif not seen.ours(trail.ref) and (before := trail_baseline(incident, trail.ref.account)):
        was = plain(RecordTrailBaseline(before).diff()[1], LONGEST)
        yield (
            f"trail {name} of this region was deleted, and another trail with this name has its home "
            f"region {seen.home} in account {seen.owner}: it cannot be recreated while the other one has "
            f"the name; its settings were: {was}"
        )
    elif not seen.ours(trail.ref):
        yield (f"trail {name} can be changed only in its home region {seen.home} of account {seen.owner}")
    elif seen.setup is None:
        yield f"trail {name} cannot be read from here; a person must check"


def start(trail: ResourceState, incident: Incident) -> Iterator[Step]:
    """Yield the start, if it is to be started, after the destinations that were there before."""
    now, setup = trail[TrailStatus].setup, wanted(trail, incident)
    if not trail_to_be_started(trail, incident) or now is None or setup is None:
        return
    if unconfirmed(now.options, incident, trail.ref.account):
        yield from (one for one in restore(trail, incident) if _is_destination(one))
    yield StartTrail(trail.ref.id)


def _is_destination(step: Step) -> bool:
    return isinstance(step, SetTrailOptions) and step.aspect in DESTINATIONS


def wanted(trail: ResourceState, incident: Incident) -> TrailSetup | None:
    """Return what a trail should be, also a deleted one that can be created again from here.

    None if it is neither to be seen nor to be created.
    """
    now, before = trail[TrailStatus].setup, trail_baseline(incident, trail.ref.account)
    if now is None:
        setup = before if before and trail[TrailStatus].gone and not before.options.organization else None
    else:
        setup = restored(before, now, trail.ref.account) if before else now
    if setup and reported(incident, UNVALIDATED):
        setup = replace(setup, options=replace(setup.options, validation=True))
    return setup


def restore(trail: ResourceState, incident: Incident) -> Iterator[Step]:
    """Yield a step for each part that differs from what it should be."""
    now, setup, name = trail[TrailStatus].setup, wanted(trail, incident), trail.ref.id
    if now is None or setup is None:
        return
    for one in ASPECTS:
        if one.id not in _BY_HAND and one.of(now.options) != one.of(setup.options):
            yield SetTrailOptions(name, one.id, now.options, setup.options)
    if now.selectors != setup.selectors:
        yield SetEventSelectors(name, now.selectors, setup.selectors)
    if now.insights != setup.insights:
        yield SetInsightSelectors(name, now.insights, setup.insights)


def recorder_to_be_started(recorder: ResourceState, incident: Incident) -> bool:
    """Return whether a stopped recorder recorded before, by a report or by its baseline."""
    recorded_before = recorder_baseline(incident) is not None or reported(incident, STOPPED_RECORDER)
    seen = recorder[RecorderStatus]
    return seen.setup is not None and not seen.recording and recorded_before


def detector_to_be_enabled(detector: ResourceState, incident: Incident) -> bool:
    """Return whether a disabled detector was enabled before, by a report or by its baseline."""
    enabled_before = detector_baseline(incident) is not None or reported(incident, CHANGED_DETECTOR)
    seen = detector[DetectorStatus]
    return seen.setup is not None and not seen.enabled and enabled_before


def users_of_key(key: ResourceState, incident: Incident) -> frozenset[str]:
    """Return the trails that write with a key, or did when that was noted."""
    return key[LogKey].trails | key_baseline(incident)


def key_to_be_kept(key: ResourceState, incident: Incident) -> bool:
    """Return whether a key that trails or Ringfence write with was taken away, and could be used before."""
    usable_before = bool(key_baseline(incident)) or reported(incident, TAKEN_KEY)
    taken_away = key[LogKey].state in {DISABLED, *TO_BE_DELETED}
    return taken_away and usable_before and bool(key[LogKey].own or users_of_key(key, incident))
