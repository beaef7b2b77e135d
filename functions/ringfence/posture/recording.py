"""Whether AWS Config records what a scan wants to read in an account and region. Pure.

Where nothing is recorded, a query answers that there is nothing. That is no reason to say that all is well.

https://docs.aws.amazon.com/config/latest/APIReference/API_RecordingGroup.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.call import CLOSED, Call, Failed, Permission
from ringfence.model.frozen import frozen, replace
from ringfence.model.recorder_status import failure, is_pending

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ringfence.model.call import SansIO
    from ringfence.model.document import Document

_RECORDERS = ("arn:aws:config:{region}:{account}:configuration-recorder/*",)
_IDS = "owners name their recorders"
PERMISSIONS = (
    Permission("config:DescribeConfigurationRecorders", _RECORDERS, reason=_IDS),
    Permission("config:DescribeConfigurationRecorderStatus", _RECORDERS, reason=_IDS),
)
GLOBAL_IAM = frozenset({"AWS::IAM::User", "AWS::IAM::Role", "AWS::IAM::Policy", "AWS::IAM::Group"})
"""The types that are recorded in those of `RECORD_IAM` whose recorder includes global types."""
RECORD_IAM = frozenset(
    {
        *("us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "sa-east-1"),
        *("eu-central-1", "eu-north-1", "eu-south-1", "eu-west-1", "eu-west-2", "eu-west-3"),
        *("ap-east-1", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1"),
        *("ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "af-south-1", "me-south-1"),
        *("cn-north-1", "cn-northwest-1", "us-gov-east-1", "us-gov-west-1"),
        *("us-iso-east-1", "us-iso-west-1", "us-isob-east-1"),
    }
)
"""The regions that can record the types of IAM: those that existed before February 2022.

In a newer region, a recorder can include these types, and AWS Config never records them. So a region that is
not listed here counts as a newer one.

https://docs.aws.amazon.com/config/latest/developerguide/select-resources.html
"""
ONE_REGION = {"AWS::CloudFront::Distribution": "us-east-1"}
"""The global types that are recorded in one region only."""
GLOBAL_TYPES = GLOBAL_IAM | ONE_REGION.keys()
_CONTINUOUS = "CONTINUOUS"
_NEVER_DAILY = "AWS::Config::"
"""Daily recording is not for the types of AWS Config itself."""
_ONLY = {
    "ALL_SUPPORTED_RESOURCE_TYPES": "all",
    "INCLUSION_BY_RESOURCE_TYPES": "listed",
    "EXCLUSION_BY_RESOURCE_TYPES": "others",
}


@frozen
class Recording:
    """What is recorded in an account and region.

    Attributes
    ----------
    problem : str
        Why nothing is recorded. Empty: something is.
    everything : bool
        Whether every type is recorded, except for those in `excluded`.
    with_iam : bool
        Whether that includes the global types of IAM.
    listed, excluded : frozenset of str
        The types that are recorded, and those that are not.
    daily : bool
        Whether types are recorded once a day, except for those in `otherwise`.
    otherwise : frozenset of str
        The types with the other frequency.
    pending : bool
        Whether AWS Config has not ended the latest recording: what exists can be in no item yet.
    """

    problem: str = ""
    everything: bool = False
    with_iam: bool = False
    listed: frozenset[str] = frozenset()
    excluded: frozenset[str] = frozenset()
    daily: bool = False
    otherwise: frozenset[str] = frozenset()
    pending: bool = False

    def records(self, type_: str) -> bool:
        """Return whether a type is recorded."""
        if self.problem:
            return False
        if not self.everything:
            return type_ in self.listed
        return type_ not in self.excluded and (self.with_iam or type_ not in GLOBAL_IAM)

    def lacking(self, types: Iterable[str]) -> tuple[str, ...]:
        """Return the types that are not recorded."""
        return tuple(one for one in types if not self.records(one))

    def once_a_day(self, types: Iterable[str]) -> tuple[str, ...]:
        """Return the types whose items can be a day old."""
        possible = (one for one in types if not one.startswith(_NEVER_DAILY))
        return tuple(one for one in possible if self.daily is not (one in self.otherwise))


def recording() -> SansIO[Recording]:
    """Read what is recorded."""
    described, states = yield (
        Call("config", "DescribeConfigurationRecorders", expected=CLOSED),
        Call("config", "DescribeConfigurationRecorderStatus", expected=CLOSED),
    )
    if isinstance(described, Failed) or isinstance(states, Failed):
        return Recording("the account has not enabled this region")
    # A recorder of a service records only what that service needs.
    own = [one for one in described.children("ConfigurationRecorders") if not one.has("servicePrincipal")]
    if not own:
        return Recording("AWS Config has no recorder")
    named = {one.optional_text("name"): one for one in states.children("ConfigurationRecordersStatus")}
    on = [(one, named[name]) for one in own if (name := one.optional_text("name")) in named]
    on = [(one, state) for one, state in on if state.flag("recording")]
    if not on:
        return Recording("items can be old, because AWS Config has a stopped recorder")
    recorder, state = on[0]
    if code := failure(state):
        return Recording(f"items can be old, because AWS Config failed to record: {code}")
    recorded = _with_frequency(_group(recorder.optional_child("recordingGroup")), recorder)
    return replace(recorded, pending=is_pending(state))


def _with_frequency(recorded: Recording, recorder: Document) -> Recording:
    mode = recorder.optional_child("recordingMode")
    usual = mode.optional_text("recordingFrequency") or _CONTINUOUS
    others = (
        type_
        for one in mode.children("recordingModeOverrides")
        if (one.optional_text("recordingFrequency") or usual) != usual
        for type_ in one.texts("resourceTypes")
    )
    return replace(recorded, daily=usual != _CONTINUOUS, otherwise=frozenset(others))


def _group(group: Document) -> Recording:
    strategy = group.optional_child("recordingStrategy").optional_text("useOnly") or ""
    only = _ONLY.get(strategy) or ("all" if group.flag("allSupported") else "listed")
    if only == "others":
        excluded = frozenset(group.optional_child("exclusionByResourceTypes").texts("resourceTypes"))
        return Recording(everything=True, with_iam=True, excluded=excluded)
    if only == "all":
        return Recording(everything=True, with_iam=group.flag("includeGlobalResourceTypes"))
    return Recording(listed=frozenset(group.texts("resourceTypes")))
