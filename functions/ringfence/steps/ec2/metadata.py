"""Steps on the metadata service of an instance."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ringfence.model.answers import accept
from ringfence.model.call import Call, Permission, SansIO
from ringfence.model.codec import value
from ringfence.model.step import Done, State, Step, show
from ringfence.observations.ec2.instance import NOT_FOUND
from ringfence.observations.ec2.metadata import DISABLED, REQUIRED, Metadata, MetadataOptions

if TYPE_CHECKING:
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Names

_REFUSED = ("OperationNotPermitted", "UnsupportedOperation", "InvalidParameterCombination")


@value
class SetMetadataOptions(Step):
    """Set all options of the metadata service at once, because EC2 refuses others while it is off."""

    instance_id: str
    before: MetadataOptions
    after: MetadataOptions

    observation: ClassVar = Metadata
    permissions: ClassVar = (
        Permission("ec2:ModifyInstanceMetadataOptions", ("arn:aws:ec2:{region}:{account}:instance/*",)),
    )

    @property
    def target(self) -> str:
        """The options of the instance."""
        return f"instance/{self.instance_id}/metadata-options"

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no symbol
        """Set the options. What is not named stays as it is.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyInstanceMetadataOptions.html
        """
        parameters = {"InstanceId": self.instance_id, "HttpEndpoint": self.after.endpoint, **self._others}
        (answer,) = yield (
            Call("ec2", "ModifyInstanceMetadataOptions", parameters, expected=(*NOT_FOUND, *_REFUSED)),
        )
        accept(answer, not_found=NOT_FOUND, refused=_REFUSED)
        return Done()

    @property
    def _others(self) -> dict[str, object]:
        if self.after.endpoint == DISABLED:
            return {}
        return {
            "HttpTokens": self.after.tokens,
            "HttpPutResponseHopLimit": self.after.hop_limit,
            "HttpProtocolIpv6": self.after.ipv6,
            "InstanceMetadataTags": self.after.tags,
        }

    def state(self, observed: ResourceState) -> State:
        """Compare all options."""
        now = observed[Metadata]
        if now.options == self.after:
            return State.AFTER if now.applied else State.SETTLING
        return State.BEFORE if now.options == self.before else State.DRIFTED

    def actual(self, observed: ResourceState) -> str:
        """Write the options that are in force."""
        return show(observed[Metadata].options)

    def effect(self, observed: ResourceState) -> ResourceState:
        """Set the options."""
        return observed.with_observation(Metadata(self.after))

    def describe(self) -> str:
        """Say whether the service is reachable, or whether it asks for a token."""
        if self.after.endpoint == self.before.endpoint:
            return f"make a token {self.after.tokens} at the metadata service of {self.instance_id}"
        return f"set the metadata service of {self.instance_id} to {self.after.endpoint}"

    def side_effects(self) -> str:
        """Name what stops working."""
        if self.after.endpoint == DISABLED:
            return "software that reads the metadata service stops working, such as agents and SDKs"
        if self.after.tokens == REQUIRED != self.before.tokens:
            return "software on the instance that calls the metadata service without a token stops working"
        return ""
