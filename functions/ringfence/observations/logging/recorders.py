"""A configuration recorder of AWS Config: whether it records, and what.

https://docs.aws.amazon.com/config/latest/APIReference/API_ConfigurationRecorder.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from ringfence.model.call import Call, Failed, Permission, SansIO
from ringfence.model.codec import value
from ringfence.model.kinds.recorder import RecorderRef
from ringfence.model.observation import Observation
from ringfence.model.recorder_status import failure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.document import Document
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref

RECORDERS = ("arn:aws:config:{region}:{account}:configuration-recorder/*",)
NO_RECORDER = "NoSuchConfigurationRecorderException"
EVERYTHING = "ALL_SUPPORTED_RESOURCE_TYPES"
THESE = "INCLUSION_BY_RESOURCE_TYPES"
ALL_BUT_THESE = "EXCLUSION_BY_RESOURCE_TYPES"
CONTINUOUS = "CONTINUOUS"
_SERVICE_ROLE = ":role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"
"""How the ARN of Config's own role ends: only AWS says what that may see."""


@value
class RecorderSetup:
    """What a recorder records, in which role, how often, and where to.

    `types` are the types of resources that are recorded, or that are not, as `strategy` says; `rare` are
    the exceptions to `frequency`: recorded daily though the others are not, or the other way round.
    `channel` is the bucket and prefix.
    """

    role: str
    strategy: str = EVERYTHING
    types: frozenset[str] = frozenset()
    global_types: bool = False
    frequency: str = CONTINUOUS
    rare: frozenset[str] = frozenset()
    channel: str = ""

    @property
    def key(self) -> str:
        """All settings in one line, for a person who restores them manually."""
        named = {EVERYTHING: "everything", THESE: "only", ALL_BUT_THESE: "everything except"}
        types = f" {', '.join(sorted(self.types))}" if self.strategy != EVERYTHING else ""
        rare = f" ({', '.join(sorted(self.rare))} otherwise)" if self.rare else ""
        return (
            f"role {self.role}, {named.get(self.strategy, self.strategy)}{types}, "
            f"global types {'on' if self.global_types else 'off'}, {self.frequency.lower()}{rare}, "
            f"delivered to {self.channel or 'nowhere'}"
        )


@value
class RecorderStatus(Observation):
    """A configuration recorder of AWS Config.

    Attributes
    ----------
    setup : RecorderSetup or None
        What it records; None if it does not exist.
    recording : bool
        Whether it records.
    failure : str
        The quoted error code if it runs and fails to record. Empty if it does not fail.

    References
    ----------
    https://docs.aws.amazon.com/config/latest/APIReference/API_DescribeConfigurationRecorders.html
    """

    setup: RecorderSetup | None = None
    recording: bool = False
    failure: str = ""

    permissions: ClassVar = (
        Permission("config:DescribeConfigurationRecorders", RECORDERS),
        Permission("config:DescribeConfigurationRecorderStatus", RECORDERS),
        Permission("config:DescribeDeliveryChannels", ("*",), reason="the action has no resource types"),
    )

    @classmethod
    def read(cls, ref: Ref, past: tuple[Step, ...]) -> SansIO[Self]:  # noqa: ARG003 - needs no clues
        """Read it side by side: one round trip. A recorder that is gone is what it is about."""
        if not isinstance(ref, RecorderRef):
            return cls()
        named = {"ConfigurationRecorderNames": [ref.id]}
        described, status, channels = yield (
            Call("config", "DescribeConfigurationRecorders", named, expected=(NO_RECORDER,)),
            Call("config", "DescribeConfigurationRecorderStatus", named, expected=(NO_RECORDER,)),
            Call("config", "DescribeDeliveryChannels", expected=("NoSuchDeliveryChannelException",)),
        )
        if isinstance(described, Failed) or isinstance(status, Failed):
            return cls()
        channel = "" if isinstance(channels, Failed) else "; ".join(_channels(channels))
        for recorder in described.children("ConfigurationRecorders"):
            if recorder.optional_text("name") == ref.id:
                return cls(_setup(recorder, channel), *_state(status, ref.id))
        return cls()

    def absent(self, ref: Ref) -> bool:
        """Return whether there is no such recorder."""
        return isinstance(ref, RecorderRef) and self.setup is None


def narrower(before: RecorderSetup, now: RecorderSetup) -> tuple[str, ...]:
    """Say in words what is recorded less than before; nothing where nothing is. Pure."""
    return tuple(_narrower(before, now))


def _narrower(before: RecorderSetup, now: RecorderSetup) -> Iterator[str]:
    if missing := _missing(before, now):
        yield f"it no longer records {missing}"
    if before.global_types and not now.global_types:
        yield "it no longer records global types of resources"
    if _is_rarer(before, now):
        yield "it records daily instead of continuously"
    if before.channel != now.channel and before.channel:
        yield f"it delivers to {now.channel or 'nowhere'}"
    if before.role != now.role and not now.role.endswith(_SERVICE_ROLE):
        yield f"it uses the role {now.role}, which may have fewer permissions"


def _missing(before: RecorderSetup, now: RecorderSetup) -> str:
    if before.strategy == THESE:
        lost = before.types - now.types if now.strategy == THESE else before.types & _left_out(now)
        return ", ".join(sorted(lost))
    if now.strategy == THESE:
        return f"anything except {', '.join(sorted(now.types)) or 'nothing'}"
    return ", ".join(sorted(_left_out(now) - _left_out(before)))


def _left_out(setup: RecorderSetup) -> frozenset[str]:
    return setup.types if setup.strategy == ALL_BUT_THESE else frozenset()


def _is_rarer(before: RecorderSetup, now: RecorderSetup) -> bool:
    """Return whether anything is recorded daily that was recorded continuously."""
    if now.frequency == CONTINUOUS:
        return bool(now.rare - before.rare if before.frequency == CONTINUOUS else now.rare & before.rare)
    return before.frequency == CONTINUOUS or bool(before.rare - now.rare)


def _setup(recorder: Document, channel: str) -> RecorderSetup:
    group, mode = recorder.optional_child("recordingGroup"), recorder.optional_child("recordingMode")
    excluded = group.optional_child("exclusionByResourceTypes").texts("resourceTypes")
    overrides = mode.children("recordingModeOverrides")
    frequency = mode.optional_text("recordingFrequency") or CONTINUOUS
    return RecorderSetup(
        role=recorder.optional_text("roleARN") or "",
        strategy=_strategy(group),
        types=frozenset((*group.texts("resourceTypes"), *excluded)),
        global_types=group.flag("includeGlobalResourceTypes"),
        frequency=frequency,
        rare=frozenset(
            type_
            for one in overrides
            if one.optional_text("recordingFrequency") != frequency
            for type_ in one.texts("resourceTypes")
        ),
        channel=channel,
    )


def _strategy(group: Document) -> str:
    """Return the strategy; older recorders have the flag alone, and none of it means everything."""
    named = group.optional_child("recordingStrategy").optional_text("useOnly")
    return named or (EVERYTHING if group.flag("allSupported", default=not group.value) else THESE)


def _state(status: Document, name: str) -> tuple[bool, str]:
    """Return whether a recorder runs, and why it records nothing all the same."""
    for one in status.children("ConfigurationRecordersStatus"):
        if one.optional_text("name") == name and one.flag("recording"):
            return True, failure(one)
    return False, ""


def _channels(answer: Document) -> Iterator[str]:
    for one in answer.children("DeliveryChannels"):
        prefix = one.optional_text("s3KeyPrefix")
        yield f"{one.optional_text('s3BucketName') or ''}{f'/{prefix}' if prefix else ''}"
