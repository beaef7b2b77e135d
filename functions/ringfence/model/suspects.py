"""The words about the suspects of a finding. Their names are untrusted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.incident import Incident

_USER = re.compile(
    r"arn:aws[a-z-]*:iam::(?P<account>[0-9]{12}):user/(?:[!-~]*/)?(?P<name>[\w+=,.@-]{1,64})", re.ASCII
)


def suspected(incident: Incident) -> Iterator[str]:
    """Yield the suspects, and how to contain them."""
    for who in incident.suspects:
        user = _USER.fullmatch(who)
        id_ = f"{user['name']} --account {user['account']}" if user else "ID"
        yield (
            f"{who} did it: ask the owner of these credentials, and if nobody confirms it, run `ringfence "
            f'run contain-credentials {id_} --reason "…"`'
        )
