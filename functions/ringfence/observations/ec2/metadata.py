"""The options of an instance's metadata service (IMDS), which hands out its role's credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from ringfence.model.codec import value
from ringfence.observations.ec2.instance import InstanceObservation

if TYPE_CHECKING:
    from ringfence.model.document import Document

ENABLED, DISABLED = "enabled", "disabled"
OPTIONAL, REQUIRED = "optional", "required"
"""Whether a token is asked for: only IMDSv2 has tokens."""


@value
class MetadataOptions:
    """Every option of ModifyInstanceMetadataOptions, in the service's words."""

    endpoint: str = ENABLED
    tokens: str = OPTIONAL
    hop_limit: int = 1
    ipv6: str = DISABLED
    tags: str = DISABLED

    @property
    def key(self) -> str:
        """All of it in one line."""
        return (
            f"endpoint {self.endpoint}, tokens {self.tokens}, hop limit {self.hop_limit}, "
            f"IPv6 {self.ipv6}, tags {self.tags}"
        )


@value
class Metadata(InstanceObservation):
    """The options of the metadata service (IMDS), which hands out the credentials of an instance's role.

    Attributes
    ----------
    options : MetadataOptions
        The options in force, or being applied.
    applied : bool
        False while EC2 still applies them.

    References
    ----------
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceMetadataOptionsResponse.html
    """

    options: MetadataOptions
    applied: bool = True

    @classmethod
    def of_instance(cls, instance: Document) -> Self:
        """Read them from the instance.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceMetadataOptionsResponse.html
        """
        found = instance.optional_child("MetadataOptions")
        options = MetadataOptions(
            endpoint=found.optional_text("HttpEndpoint") or ENABLED,
            tokens=found.optional_text("HttpTokens") or OPTIONAL,
            hop_limit=found.integer("HttpPutResponseHopLimit") if found.has("HttpPutResponseHopLimit") else 1,
            ipv6=found.optional_text("HttpProtocolIpv6") or DISABLED,
            tags=found.optional_text("InstanceMetadataTags") or DISABLED,
        )
        return cls(options, found.optional_text("State") != "pending")

    def settling(self) -> str:
        """Report that the options are still being applied."""
        return "" if self.applied else "EC2 is still applying the options of the metadata service"
