"""Clients for a person who reads several accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.aws.sessions import OwnClients, RoleClients

if TYPE_CHECKING:
    from botocore.client import BaseClient

    from ringfence.aws.sessions import Clients
    from ringfence.model.subject import Ref


class ReaderClients:
    """Acts with the person's own rights in the person's account, and with a role in all others."""

    def __init__(self, account: str, others: RoleClients) -> None:
        self._account = account
        self._own: Clients = OwnClients()
        self._others: Clients = others

    def client(self, ref: Ref, service: str, *, single_attempt: bool = False) -> BaseClient:
        """Return a client for the account and region of `ref`. Raises Retryable."""
        clients = self._own if ref.account == self._account else self._others
        return clients.client(ref, service, single_attempt=single_attempt)
