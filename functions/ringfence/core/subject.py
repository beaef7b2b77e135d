"""What a response acts on: always with its account and region."""

from __future__ import annotations

import re
from typing import ClassVar

from ringfence.core.codec import value
from ringfence.core.errors import BadInput

ACCOUNT = re.compile(r"[0-9]{12}")
REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-[0-9]")


@value
class Ref:
    """A resource by account, region and id. Subclasses say which kind and what an id looks like.

    Raises BadInput for anything that is not such an id: ids from findings end up in calls and keys.
    """

    kind: ClassVar[str] = "resource"
    pattern: ClassVar[re.Pattern[str]] = re.compile(r"[\w+=,.@/-]{1,512}")

    account: str
    region: str
    id: str

    def __post_init__(self) -> None:
        for field, given, pattern, what in (
            ("account", self.account, ACCOUNT, "a 12-digit account id"),
            ("region", self.region, REGION, "a region such as eu-west-1"),
            (self.kind, self.id, self.pattern, f"the id of {self.kind}"),
        ):
            if not isinstance(given, str) or not pattern.fullmatch(given):
                raise BadInput(field, f"must be {what}", given)

    @property
    def key(self) -> str:
        """A stable text for keys and logs: `kind/account/region/id`."""
        return f"{self.kind}/{self.account}/{self.region}/{self.id}"


@value
class InstanceRef(Ref):
    """An EC2 instance."""

    kind: ClassVar[str] = "instance"
    pattern: ClassVar[re.Pattern[str]] = re.compile(r"i-(?:[0-9a-f]{8}|[0-9a-f]{17})")


KINDS: dict[str, type[Ref]] = {kind.kind: kind for kind in (InstanceRef,)}


def parse_key(key: str) -> Ref:
    """Turn `kind/account/region/id` back into a reference; raises BadInput."""
    kind, _, rest = key.partition("/")
    parts = rest.split("/", 2)
    if kind not in KINDS or len(parts) != 3:  # noqa: PLR2004 - account, region and id
        raise BadInput("subject", f"must be KIND/ACCOUNT/REGION/ID with a kind of {sorted(KINDS)}", key)
    return KINDS[kind](*parts)
