"""Clients of other accounts are kept for the next event, and those of many accounts are not."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from botocore.hooks import BaseEventHooks, EventAliaser
from botocore.session import Session

from ringfence.aws.sessions import (
    MARGIN,
    MOST_ACCOUNTS,
    MOST_CLIENTS,
    RoleClients,
    _Assumed,
    _Made,
    _register_handlers,
    config,
    known_proxies,
)
from ringfence.model.subject import Ref
from tests.support.worlds import Ticking

if TYPE_CHECKING:
    from collections.abc import Iterator

REGION = "eu-west-1"
CREDENTIALS = {"aws_access_key_id": "AKIA", "aws_secret_access_key": "s", "aws_session_token": "t"}


@dataclass
class Counted(RoleClients):
    """Assumes roles without AWS, and counts how often."""

    assumed: list[str] = field(default_factory=list)

    def _assume(self, ref: Ref) -> _Assumed:
        self.assumed.append(ref.account)
        return _Assumed(_Made(CREDENTIALS), self.clock() + timedelta(hours=1))


def counted() -> Counted:
    return Counted("ringfence-x", "ringfence", Ticking())


def test_a_hundred_accounts_leave_the_credentials_of_a_few() -> None:
    clients = counted()
    for number in range(100):
        clients.client(Ref(f"{number:012}", REGION, "x"), "sts")
    assert list(clients._accounts) == [f"{number:012}" for number in range(100 - MOST_ACCOUNTS, 100)]
    clients.client(Ref(f"{99:012}", REGION, "x"), "sts")
    assert len(clients.assumed) == 100


def test_what_was_used_last_is_kept() -> None:
    clients = counted()
    for number in (0, *range(1, MOST_ACCOUNTS), 0, 100):
        clients.client(Ref(f"{number:012}", REGION, "x"), "sts")
    assert f"{0:012}" in clients._accounts
    assert f"{1:012}" not in clients._accounts


def test_the_clients_of_one_account_are_bounded() -> None:
    made = _Made(CREDENTIALS)
    first = made.client("region-0", "sts", single_attempt=False)
    for number in range(MOST_CLIENTS):
        made.client(f"region-{number}", "sts", single_attempt=False)
    assert made.client("region-0", "sts", single_attempt=False) is first
    made.client("region-x", "sts", single_attempt=False)
    assert len(made._clients) == MOST_CLIENTS
    assert made.client("region-0", "sts", single_attempt=False) is first


def test_credentials_that_expire_are_renewed() -> None:
    clients, ref = counted(), Ref("111122223333", REGION, "x")
    clients.client(ref, "sts")
    clients.clock.tick(seconds=(timedelta(hours=1) - MARGIN).total_seconds() + 1)  # type: ignore[attr-defined]  # it ticks
    clients.client(ref, "sts")
    assert len(clients.assumed) == 2


class Noting(BaseEventHooks):
    """Notes which handlers are registered, and where."""

    def __init__(self) -> None:
        self.noted: list[tuple[str, str, object]] = []

    def register(self, event_name: str, handler: object, *_: object, **__: object) -> None:
        self.noted.append(("", event_name, handler))

    def register_first(self, event_name: str, handler: object, *_: object, **__: object) -> None:
        self.noted.append(("first", event_name, handler))

    def register_last(self, event_name: str, handler: object, *_: object, **__: object) -> None:
        self.noted.append(("last", event_name, handler))


def test_only_handlers_that_write_documentation_are_left_out() -> None:
    theirs, ours = Noting(), Noting()
    Session(event_hooks=theirs)
    _register_handlers(EventAliaser(ours))
    # Powertools, once imported, adds a handler of its own to each session.
    theirs.noted = [one for one in theirs.noted if "powertools" not in str(one[2])]
    documentation = [one for one in theirs.noted if one[1].startswith("docs.")]
    assert len(documentation) > 20
    assert [_plain(one) for one in ours.noted] == [
        _plain(one) for one in theirs.noted if one not in documentation
    ]


def _plain(noted: tuple[str, str, object]) -> tuple[str, str, object]:
    """Return it with a handler that can be compared: some are made anew for each session."""
    place, name, handler = noted
    return place, name, getattr(handler, "__qualname__", type(handler))


@pytest.fixture
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in tuple(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    known_proxies.cache_clear()
    yield
    known_proxies.cache_clear()


@pytest.mark.usefixtures("no_proxies")
def test_without_a_proxy_botocore_searches_for_none() -> None:
    assert vars(config())["proxies"] == {}


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "NO_PROXY", "ALL_PROXY"])
@pytest.mark.usefixtures("no_proxies")
def test_with_a_proxy_botocore_finds_the_one_of_each_endpoint(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "http://proxy.example:3128")
    assert vars(config())["proxies"] is None
