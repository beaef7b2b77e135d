"""Taking the volumes of an instance as evidence."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime  # noqa: TC003 - the fields of a value are read back by type
from typing import TYPE_CHECKING, ClassVar

from ringfence.model.answers import accept
from ringfence.model.call import Call, Permission, SansIO
from ringfence.model.codec import value
from ringfence.model.step import Done, State, Step, counted
from ringfence.model.symbol import Ready, Symbol
from ringfence.observations.ec2.instance import NOT_FOUND, ec2_describes
from ringfence.observations.ec2.snapshots import (
    FINDING_TAG,
    INSTANCE_TAG,
    Snapshot,
    Snapshots,
    describe_snapshots,
    read_snapshots,
)
from ringfence.observations.ec2.tags import INCIDENT_TAG
from ringfence.steps.ec2.lifecycle import EVIDENCE

if TYPE_CHECKING:
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Names

_SNAPSHOTS = "arn:aws:ec2:{region}::snapshot/*"
_TAG_LENGTH = 256
"""Characters that a tag's value may have."""


@value
class CreateSnapshots(Step):
    """Take one crash-consistent set of snapshots of an instance's volumes.

    Attributes
    ----------
    instance_id : str
        The instance, such as `i-0123456789abcdef0`.
    incident : str
        The id of the incident: the tag of the snapshots.
    since : datetime
        The start of the incident, in UTC. Older snapshots are no evidence of it.
    finding : str
        The id of the finding, for the tags.
    volumes : tuple of str
        The volumes to take snapshots of.
    without_root : bool
        Whether the root volume is left out.
    without : tuple of str
        Other attached volumes that are left out.

    References
    ----------
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSnapshots.html
    """

    instance_id: str
    incident: str
    since: datetime
    finding: str
    volumes: tuple[str, ...]
    without_root: bool = False
    without: tuple[str, ...] = ()

    observation: ClassVar = Snapshots
    permissions: ClassVar = (
        *ec2_describes("Snapshots"),
        Permission(
            "ec2:CreateSnapshots",
            (
                "arn:aws:ec2:{region}:{account}:instance/*",
                "arn:aws:ec2:{region}:{account}:volume/*",
                _SNAPSHOTS,
            ),
        ),
        Permission(
            "ec2:CreateTags",
            (_SNAPSHOTS,),
            (("StringEquals", "ec2:CreateAction", ("CreateSnapshots",)),),
            implied=True,
        ),
    )
    irreversible: ClassVar = "evidence is kept"
    repeatable: ClassVar = False
    _REFUSED: ClassVar = ("SnapshotLimitExceeded", "UnsupportedOperation")

    @property
    def target(self) -> str:
        """The volumes of the set."""
        return f"instance/{self.instance_id}/snapshots/{'+'.join(self.volumes)}"

    @property
    def provides(self) -> tuple[Symbol, ...]:
        """The evidence is taken."""
        return (Ready(EVIDENCE, self.instance_id),)

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no symbol
        """Look for the set, then take it with a single attempt: the call has no client token.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSnapshots.html
        """
        (looked,) = yield (describe_snapshots(self.instance_id),)
        if self._shown(Snapshots(read_snapshots(looked))):
            return Done(note="it had already been taken")
        (answer,) = yield (
            Call(
                "ec2",
                "CreateSnapshots",
                self._parameters(),
                single_attempt=True,
                expected=(*NOT_FOUND, *self._REFUSED),
            ),
        )
        taken = accept(answer, not_found=NOT_FOUND, refused=self._REFUSED)
        return Done(note=", ".join(one.text("SnapshotId") for one in taken.children("Snapshots")))

    def _parameters(self) -> dict[str, object]:
        tags = {
            INCIDENT_TAG: self.incident,
            FINDING_TAG: self.finding[:_TAG_LENGTH],
            INSTANCE_TAG: self.instance_id,
        }
        specification: dict[str, object] = {"InstanceId": self.instance_id}
        if self.without_root:
            specification["ExcludeBootVolume"] = True
        if self.without:
            specification["ExcludeDataVolumeIds"] = list(self.without)
        return {
            "InstanceSpecification": specification,
            "Description": f"Evidence of {self.instance_id} for {self.incident}",
            "TagSpecifications": [
                {
                    "ResourceType": "snapshot",
                    "Tags": [{"Key": key, "Value": text} for key, text in tags.items() if text],
                }
            ],
        }

    def _shown(self, seen: Snapshots) -> bool:
        return seen.covered(self.incident, self.since).issuperset(self.volumes)

    def state(self, observed: ResourceState) -> State:
        """Look for the set by tag; a snapshot that was just taken may not be shown yet."""
        return State.AFTER if self._shown(observed[Snapshots]) else State.BEFORE

    def effect(self, observed: ResourceState) -> ResourceState:
        """Add a snapshot of each volume."""
        seen = observed[Snapshots]
        taken = {
            Snapshot(f"snap-of-{volume}", volume, self.incident, writing=True, started=self.since)
            for volume in self.volumes
        }
        return observed.with_observation(replace(seen, taken=seen.taken | taken))

    def describe(self) -> str:
        """Describe the change."""
        return f"take one crash-consistent set of snapshots of {', '.join(self.volumes)}"

    def diff(self) -> tuple[str, str]:
        """Count the snapshots."""
        return "no snapshots", counted(len(self.volumes), "snapshot")
