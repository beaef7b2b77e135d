"""Clients for the account and region of a subject, with the role that may act there."""

from __future__ import annotations

import os
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Protocol, TypeVar
from urllib.request import getproxies

import botocore
import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError
from botocore.handlers import BUILTIN_HANDLERS, REGISTER_FIRST, REGISTER_LAST

from ringfence.aws import serializing
from ringfence.aws.failures import raised
from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from botocore.client import BaseClient
    from botocore.hooks import BaseEventHooks

    from ringfence.engine.ports import Clock
    from ringfence.model.subject import Ref

MARGIN = timedelta(minutes=2)
"""Credentials that expire sooner are renewed."""
CONNECT_TIMEOUT, READ_TIMEOUT, ATTEMPTS = 2, 8, 3
"""Two limits in seconds, and how often a call is sent. A call that hangs must not use up the time."""
_FIXED_REQUESTS = frozenset({"dynamodb"})
"""Services whose requests have a few fixed forms that tests send with the check. The nested items of a
transaction make the check as expensive as the signature. DynamoDB refuses what is invalid.
"""
MOST_ACCOUNTS, MOST_CLIENTS = 4, 48
"""How many accounts' credentials are kept, and how many clients of each. A response needs fewer.

The oldest are dropped: a function that looks at 100 accounts must not run out of memory.
"""
_OF_DOCUMENTATION = "docs."
"""The beginning of the names of the events that botocore emits while it writes documentation."""
USER_AGENT = f"Botocore/{botocore.__version__} ringfence"
"""Given as a whole. botocore otherwise composes its own one twice for each request."""


K = TypeVar("K")
T = TypeVar("T")
_LAST_START: ContextVar[Callable[[], bool] | None] = ContextVar("last start", default=None)


class LeaseEnded(BotoCoreError):
    """The transport must not send a change, or send it again, because the lease ends."""

    fmt = "the lease ends before the request can be sent"


@contextmanager
def until(end: datetime, clock: Clock) -> Iterator[None]:
    """Let no request of this thread start when the lease ends, not even as a retry of the transport.

    A request that is sent can need some time to connect.
    """
    last = end - timedelta(seconds=CONNECT_TIMEOUT)
    token = _LAST_START.set(lambda: clock() < last)
    try:
        yield
    finally:
        _LAST_START.reset(token)


def _check_lease(**_: object) -> None:
    """Handle botocore's event before each attempt of a request."""
    may_start = _LAST_START.get()
    if may_start and not may_start():
        raise LeaseEnded


class Clients(Protocol):
    """The source of the driver's clients."""

    def client(self, ref: Ref, service: str, *, single_attempt: bool = False) -> BaseClient:
        """Return a client that acts in the account and region of `ref`. Raises Retryable."""
        ...


def config(*, single_attempt: bool = False, checks_parameters: bool = True) -> Config:
    """Return the settings of every client. `single_attempt` turns off the transport's retries.

    `checks_parameters`: whether botocore compares each request with the service's model.
    """
    return Config(
        parameter_validation=checks_parameters,
        retries={"mode": "standard", "total_max_attempts": 1 if single_attempt else ATTEMPTS},
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=READ_TIMEOUT,
        max_pool_connections=20,
        user_agent=USER_AGENT,
        proxies=known_proxies(),
    )


@cache
def known_proxies() -> dict[str, str] | None:
    """Return an empty mapping if this process has no proxy. None: botocore finds the one of each endpoint.

    Otherwise botocore would search the whole environment twice for each client.
    """
    return None if getproxies() else {}


@cache
def own_client(service: str, region: str | None = None) -> BaseClient:
    """Return a client with the credentials of this process. It is created once."""
    checks = service not in _FIXED_REQUESTS
    return session().create_client(service, region_name=region, config=config(checks_parameters=checks))


def is_region(name: str) -> bool:
    """Return whether AWS has a region with this name, as far as this version of the SDK knows."""
    found = session().get_component("data_loader").load_data("partitions")
    return any(name in one["regions"] for one in found["partitions"])


def has_credentials() -> bool:
    """Return whether this process has credentials. Raises botocore's error if they cannot be read."""
    return session().get_credentials() is not None


@dataclass(eq=False, repr=False)
class OwnClients:
    """Acts with the credentials of the process, which belong to an operator."""

    _made: _Made = field(default_factory=lambda: _Made({}))

    def client(self, ref: Ref, service: str, *, single_attempt: bool = False) -> BaseClient:
        """Return a client in the region of `ref`, in the account of the credentials."""
        return self._made.client(ref.region, service, single_attempt=single_attempt)


@dataclass(eq=False, repr=False)
class RoleClients:
    """Assumes `role` in the subject's account, including the home account.

    Credentials and clients of the last accounts are kept for the next event in the same Lambda environment.
    """

    role: str
    session_name: str
    clock: Clock
    _accounts: dict[str, _Assumed] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def client(self, ref: Ref, service: str, *, single_attempt: bool = False) -> BaseClient:
        """Return a client that acts as the role in the account of `ref`."""
        with self._lock:
            account = self._accounts.pop(ref.account, None)
            if account is None or account.ends - self.clock() < MARGIN:
                account = self._assume(ref)
            _keep(self._accounts, ref.account, account, MOST_ACCOUNTS)
        return account.made.client(ref.region, service, single_attempt=single_attempt)

    def _assume(self, ref: Ref) -> _Assumed:
        arn = f"arn:aws:iam::{ref.account}:role/{self.role}"
        with raised(f"sts:AssumeRole of {arn}"):
            answer = own_client(
                "sts"
            ).assume_role(  # type: ignore[attr-defined]  # made at run time
                RoleArn=arn, RoleSessionName=self.session_name[:64]
            )
        given = answer["Credentials"]
        credentials = {
            "aws_access_key_id": given["AccessKeyId"],
            "aws_secret_access_key": given["SecretAccessKey"],
            "aws_session_token": given["SessionToken"],
        }
        return _Assumed(_Made(credentials), given["Expiration"])


@dataclass(eq=False, repr=False)
class _Made:
    """Clients with one set of credentials. Creates one at a time, because threads ask in parallel."""

    credentials: Mapping[str, str]
    _clients: dict[tuple[str, str, bool], BaseClient] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def client(self, region: str, service: str, *, single_attempt: bool) -> BaseClient:
        key = (region, service, single_attempt)
        with self._lock:
            if key not in self._clients:
                made = self._clients[key] = session().create_client(
                    service,
                    region_name=region,
                    config=config(single_attempt=single_attempt),
                    aws_access_key_id=self.credentials.get("aws_access_key_id"),
                    aws_secret_access_key=self.credentials.get("aws_secret_access_key"),
                    aws_session_token=self.credentials.get("aws_session_token"),
                )
                made.meta.events.register("before-send", _check_lease)
            return _keep(self._clients, key, self._clients.pop(key), MOST_CLIENTS)


def _keep(kept: dict[K, T], key: K, newest: T, most: int) -> T:
    """Keep the newest and drop the oldest ones. A call that uses a dropped one is not disturbed."""
    kept[key] = newest
    while len(kept) > most:
        del kept[next(iter(kept))]
    return newest


@frozen
class _Assumed:
    """Clients with a role's temporary credentials, and the time when these expire."""

    made: _Made
    ends: datetime


@cache
def session() -> botocore.session.Session:
    """One session per process. It caches the service models.

    Lambda and people set AWS_REGION. botocore reads only AWS_DEFAULT_REGION.
    """
    serializing.install()
    made = botocore.session.Session(include_builtin_handlers=False)
    _register_handlers(made.get_component("event_emitter"))
    if region := os.environ.get("AWS_REGION"):
        made.set_config_variable("region", region)
    return made


def _register_handlers(events: BaseEventHooks) -> None:
    """Register what botocore registers, without the handlers that write its documentation: a fourth of them.

    To register one, botocore inspects its signature.
    """
    places = {REGISTER_FIRST: events.register_first, REGISTER_LAST: events.register_last}
    for name, handler, *place in BUILTIN_HANDLERS:
        if not name.startswith(_OF_DOCUMENTATION):
            places.get(place[0] if place else None, events.register)(name, handler)
