"""What reads a local AWS for the self-check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from botocore.client import BaseClient

    from ringfence.local import LocalAws
    from ringfence.model.subject import Ref


@dataclass(frozen=True)
class LocalClients:
    """Clients of a local AWS, as the root user of each account."""

    local: LocalAws

    def client(self, ref: Ref, service: str, *, single_attempt: bool = False) -> BaseClient:
        del single_attempt
        found: BaseClient = self.local.client(service, ref.account, ref.region)
        return found
