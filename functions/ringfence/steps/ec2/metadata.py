"""Steps on the metadata service of an instance."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ringfence.model.call import Permission
from ringfence.model.codec import value
from ringfence.model.setting import SettingStep
from ringfence.model.step import State
from ringfence.observations.ec2.instance import NOT_FOUND
from ringfence.observations.ec2.metadata import DISABLED, REQUIRED, Metadata, MetadataOptions

if TYPE_CHECKING:
    from ringfence.model.observation import ResourceState


@value
class SetMetadataOptions(SettingStep):
    """Set all options of the metadata service in one call. EC2 refuses options while the service is off.

    Attributes
    ----------
    instance_id : str
        The instance, such as `i-0123456789abcdef0`.

    References
    ----------
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyInstanceMetadataOptions.html
    """

    instance_id: str
    before: MetadataOptions
    after: MetadataOptions

    observation: ClassVar = Metadata
    field: ClassVar = "options"
    service: ClassVar = "ec2"
    operation: ClassVar = "ModifyInstanceMetadataOptions"
    permissions: ClassVar = (
        Permission("ec2:ModifyInstanceMetadataOptions", ("arn:aws:ec2:{region}:{account}:instance/*",)),
    )
    not_found: ClassVar = NOT_FOUND
    refused: ClassVar = ("OperationNotPermitted", "UnsupportedOperation", "InvalidParameterCombination")

    @property
    def target(self) -> str:
        """The options of the instance."""
        return f"instance/{self.instance_id}/metadata-options"

    def parameters(self) -> dict[str, object]:
        """Return every option. EC2 keeps options that are missing."""
        endpoint = {"InstanceId": self.instance_id, "HttpEndpoint": self.after.endpoint}
        if self.after.endpoint == DISABLED:
            return {**endpoint}
        return {
            **endpoint,
            "HttpTokens": self.after.tokens,
            "HttpPutResponseHopLimit": self.after.hop_limit,
            "HttpProtocolIpv6": self.after.ipv6,
            "InstanceMetadataTags": self.after.tags,
        }

    def state(self, observed: ResourceState) -> State:
        """Compare all options; they are in force once they are applied."""
        found = super().state(observed)
        return State.SETTLING if found is State.AFTER and not observed[Metadata].applied else found

    def effect(self, observed: ResourceState) -> ResourceState:
        """Set and apply the options."""
        return observed.with_observation(Metadata(self.after))

    def describe(self) -> str:
        """Describe the change."""
        if self.after.endpoint == self.before.endpoint:
            return f"make a token {self.after.tokens} at the metadata service of {self.instance_id}"
        return f"set the metadata service of {self.instance_id} to {self.after.endpoint}"

    def side_effects(self) -> str:
        """Return the side effects as text."""
        if self.after.endpoint == DISABLED:
            return "software that reads the metadata service stops working, such as agents and SDKs"
        if self.after.tokens == REQUIRED != self.before.tokens:
            return "software on the instance that calls the metadata service without a token stops working"
        return ""
