"""What only a read of a resource shows, and a policy's rules of caution can match on."""

from __future__ import annotations

from ringfence.model.frozen import frozen


@frozen
class Traits:
    """The place of a resource and its tags. Everybody who may tag the resource can write its tags.

    Attributes
    ----------
    group : str
        The Auto Scaling group. Empty if there is none.
    vpc : str
        The id of the VPC. Empty if there is none.
    tags : tuple of (str, str)
        The tags.
    """

    group: str = ""
    vpc: str = ""
    tags: tuple[tuple[str, str], ...] = ()
